"""Signed ONVIF requests: onvif-zeep brings the service descriptions, zeep the WS-Security password digest.

Nothing here sends anything: the bytes travel through our own net and are read by our own codec, so that nothing else is fetched,
followed or parsed. Each description is parsed once and shared.
"""

from __future__ import annotations

import importlib.util
from datetime import datetime
from pathlib import Path
from typing import Any

from camscan.codecs import xml
from camscan.collect.account import Account
from camscan.collect.base import MissingTool

REMEDY = "the library onvif-zeep is not installed: pip install onvif-zeep"
_SERVICES = {
    "devicemgmt.wsdl": "{http://www.onvif.org/ver10/device/wsdl}DeviceBinding",
    "media.wsdl": "{http://www.onvif.org/ver10/media/wsdl}MediaBinding",
}
_OF_MEDIA = frozenset({"GetProfiles", "GetVideoSources"})
_ARGUMENTS: dict[str, dict[str, object]] = {"GetServices": {"IncludeCapability": False}}
_NOWHERE = "http://device.invalid/"


def descriptions() -> Path | None:
    """Return the folder where onvif-zeep keeps its WSDLs; None where it is not installed. Not imported: it sets up logging."""
    found = importlib.util.find_spec("onvif")
    if found is None or found.origin is None or importlib.util.find_spec("zeep") is None:
        return None
    folder = Path(found.origin).parent.parent / "wsdl"
    return folder if all((folder / name).is_file() for name in _SERVICES) else None


class Signer:
    """Builds signed requests; parsing the descriptions takes about 0.2 s each, a request about a millisecond."""

    def __init__(self) -> None:
        """Find the descriptions. Raises MissingTool without the library."""
        folder = descriptions()
        if folder is None:
            raise MissingTool(REMEDY)
        self._folder = folder
        self._clients: dict[str, tuple[Any, Any]] = {}

    def request(self, operation: str, account: Account, created: datetime) -> bytes:
        """Return the request for an operation, signed for one instant on the device's clock. Raises NotTold."""
        from zeep.wsse.username import UsernameToken

        credentials = account.usable()
        client, service = self._client("media.wsdl" if operation in _OF_MEDIA else "devicemgmt.wsdl")
        client.wsse = UsernameToken(  # type: ignore[no-untyped-call]
            credentials.user, credentials.password, use_digest=True, created=created, zulu_timestamp=True
        )
        try:
            signed = bytes(getattr(service, operation)(**_ARGUMENTS.get(operation, {})))
        finally:
            client.wsse = None
        account.keep_quiet(
            *((element.text or "") for element in xml.parse(signed).iter() if xml.local(element) in ("Password", "Nonce"))
        )
        return signed

    def _client(self, name: str) -> tuple[Any, Any]:
        """Return the client of a description and its service."""
        if name not in self._clients:
            from zeep import Client, Settings
            from zeep.transports import Transport

            class HandsBack(Transport):
                """Hands the envelope back instead of sending it, and reads only local files."""

                def post(self, address: str, message: bytes, headers: object) -> bytes:
                    return message

                def load(self, url: str) -> bytes:
                    return Path(url.removeprefix("file://")).read_bytes()

            transport = HandsBack()  # type: ignore[no-untyped-call]
            settings = Settings(raw_response=True, strict=False)
            client = Client(str(self._folder / name), transport=transport, settings=settings)  # type: ignore[no-untyped-call]
            self._clients[name] = (client, client.create_service(_SERVICES[name], _NOWHERE))  # type: ignore[no-untyped-call]
        return self._clients[name]
