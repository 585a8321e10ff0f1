"""GetDeviceInformation with the operator's credentials, from devices that announce ONVIF.

onvif-zeep brings the service descriptions, zeep builds the messages and signs them with a WS-Security password digest; the bytes
travel through our own net and are read by our own codec, so nothing else is fetched, followed or parsed. One failure, and the
device is left alone: wrong passwords lock accounts.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from camscan.codecs import onvif
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import Undecoded
from camscan.collect.base import Ground, Host, MissingTool, NotAsked, Stage
from camscan.collect.net import READ_PATIENCE_S, BudgetSpent, Connection, OutOfScope, Refused, Unanswered
from camscan.errors import CamscanError

BINDING = "{http://www.onvif.org/ver10/device/wsdl}DeviceBinding"
DEFAULT = "default"
"""Key of the credentials for devices without their own."""
AT_ONCE = 16
READ_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the operator supplied for one device, or for all; never printed."""

    user: str
    password: str = field(repr=False)


Sign = Callable[[Credentials, datetime], bytes]
"""Returns the signed request for credentials and the instant on the device's clock."""


class Onvif:
    """Asks each device that announced ONVIF once."""

    NAME = "onvif"
    STAGE = Stage.READS

    def __init__(self, credentials: Mapping[str, Credentials] | None = None) -> None:
        """credentials: by IP, and under DEFAULT for all others."""
        self._credentials = dict(credentials or {})
        self._sign: Sign | None = None

    def open(self, ground: Ground) -> None:
        """Raise NotAsked without credentials, MissingTool without the libraries."""
        if not self._credentials:
            raise NotAsked("no credentials were given, so no device was asked for its model and firmware: --credentials FILE")
        if service_description() is None:
            raise MissingTool("the library onvif-zeep is not installed: pip install onvif-zeep")

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask the devices, a few at a time."""
        asked = [(host, url) for host in hosts if self._for(host.ip) and (url := device_service(host))]
        if not asked:
            return
        self._sign = await asyncio.to_thread(signer)
        places = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for host, url in asked:
                tasks.create_task(self._visit(ground, host, url, places))

    def close(self) -> None:
        """Forget the credentials."""
        self._credentials.clear()
        self._sign = None

    def _for(self, ip: str) -> Credentials | None:
        return self._credentials.get(ip) or self._credentials.get(DEFAULT)

    async def _visit(self, ground: Ground, host: Host, url: str, places: asyncio.Semaphore) -> None:
        credentials = self._for(host.ip)
        if credentials is None or not ground.guard.allows_mac(ground.macs.get(host.ip) or host.mac):
            return
        async with places:
            try:
                raw = await self._ask(ground, host.ip, url, credentials)
                self._take(ground, host, url, raw)
            except BudgetSpent:
                ground.tally.budget_hosts.add(host.ip)
            except OutOfScope:
                return
            except CamscanError as fault:
                ground.tally.unfinished.append(masked(f"{host.ip}: ONVIF: {fault}", credentials))

    async def _ask(self, ground: Ground, ip: str, url: str, credentials: Credentials) -> bytes:
        """Ask for the clock, then for the device information signed by that clock. Raises CamscanError."""
        assert self._sign is not None
        line = Line(ground, ip, url)
        try:
            skew = timedelta(0)
            try:
                clock = onvif.decode(await line.post(onvif.get_system_date_and_time()))
                if isinstance(clock, onvif.SystemTime) and clock.utc is not None:
                    skew = clock.utc - ground.now()
            except DecodeError:  # then our own clock has to do
                pass
            return await line.post(self._sign(credentials, ground.now() + skew))
        finally:
            await line.close()

    def _take(self, ground: Ground, host: Host, url: str, raw: bytes) -> None:
        """Emit the answer, or say why there is none."""
        try:
            message = onvif.decode(raw)
        except DecodeError as fault:
            ground.tally.could_not_read(Undecoded(protocol=self.NAME, reason=str(fault), sample=raw[:256]))
            raise CamscanError(f"an answer that is not ONVIF ({fault})") from None
        if isinstance(message, onvif.Fault):
            raise CamscanError(f"the device refused: {message.code} {message.reason}".rstrip())
        said = onvif.observe(message)
        if not said:
            raise CamscanError("the device answered without any information")
        ground.tally.received += 1
        ground.emit(ground.observed(onvif.NAME, self.NAME, said, ip=host.ip, port=port_of(url), mac=host.mac, raw=raw))


class Line:
    """HTTP to one device service; the connection is kept, and made once more where the device closed it."""

    def __init__(self, ground: Ground, ip: str, url: str) -> None:
        self._ground = ground
        self._ip = ip
        self._url = urlsplit(url)
        self._connection: Connection | None = None

    async def post(self, message: bytes) -> bytes:
        """Return the answer to one SOAP message. Raises CamscanError."""
        request = self._request(message)
        clock = asyncio.get_running_loop().time
        for last in (self._connection is None, True):
            connection = self._connection or await self._connect()
            self._connection = connection
            asked_at = clock()
            try:
                await connection.send(request)
                self._ground.tally.sent += 1
                answer = await connection.receive(onvif.complete, limit=READ_LIMIT)
            except Refused:
                answer = b""
            if answer and b"connection: close" not in answer[:1024].lower():
                return answer
            await self.close()
            if answer:
                return answer
            if last or clock() - asked_at >= READ_PATIENCE_S * 0.9:  # silent, rather than closed since the last answer
                break
        raise Unanswered("no answer")

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _connect(self) -> Connection:
        self._ground.tally.sent += 1
        connection = await self._ground.net.connect(self._ip, port_of(self._url.geturl()))
        if self._url.scheme == "https":
            try:
                await connection.start_tls()
            except (Refused, Unanswered):
                await connection.close()
                raise
        return connection

    def _request(self, message: bytes) -> bytes:
        lines = (
            f"POST {self._url.path or onvif.PATH} HTTP/1.1",
            f"Host: {self._url.netloc}",
            f"User-Agent: {self._ground.user_agent}",
            "Content-Type: application/soap+xml; charset=utf-8",
            f"Content-Length: {len(message)}",
            "Connection: keep-alive",
            "",
            "",
        )
        return "\r\n".join(lines).encode("latin-1", "replace") + message


def device_service(host: Host) -> str | None:
    """Return the address of the device service that a host announced for itself; None where it announced none."""
    for seen in host.observations:
        for url in " ".join(seen.values("wsd.xaddrs")).split()[:16]:
            try:
                parts = urlsplit(url)
                if parts.scheme in ("http", "https") and parts.hostname == host.ip and parts.port != 0 and url.isprintable():
                    return url
            except ValueError:
                continue
    return None


def port_of(url: str) -> int:
    """Return the port of a URL of HTTP."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def masked(message: str, credentials: Credentials) -> str:
    """Return a text without the password, should a device or a library have put it there."""
    return message.replace(credentials.password, "***") if credentials.password else message


def service_description() -> Path | None:
    """Return where onvif-zeep keeps devicemgmt.wsdl; None where it is not installed. Not imported: it sets up logging."""
    found = importlib.util.find_spec("onvif")
    if found is None or found.origin is None or importlib.util.find_spec("zeep") is None:
        return None
    path = Path(found.origin).parent.parent / "wsdl" / "devicemgmt.wsdl"
    return path if path.is_file() else None


def signer() -> Sign:
    """Return a function that builds signed requests. The description is parsed once; building one takes about a millisecond."""
    from zeep import Client, Settings
    from zeep.transports import Transport
    from zeep.wsse.username import UsernameToken

    class HandsBack(Transport):
        """Hands the envelope back instead of sending it, and reads only local files."""

        def post(self, address: str, message: bytes, headers: object) -> bytes:
            return message

        def load(self, url: str) -> bytes:
            return Path(url.removeprefix("file://")).read_bytes()

    description = service_description()
    if description is None:
        raise MissingTool("the library onvif-zeep is not installed: pip install onvif-zeep")
    transport = HandsBack()  # type: ignore[no-untyped-call]
    settings = Settings(raw_response=True, strict=False)
    client = Client(str(description), transport=transport, settings=settings)  # type: ignore[no-untyped-call]
    service = client.create_service(BINDING, "http://device.invalid" + onvif.PATH)  # type: ignore[no-untyped-call]

    def sign(credentials: Credentials, created: datetime) -> bytes:
        token = UsernameToken(credentials.user, credentials.password, use_digest=True, created=created, zulu_timestamp=True)  # type: ignore[no-untyped-call]
        client.wsse = token
        try:
            return bytes(service.GetDeviceInformation())
        finally:
            client.wsse = None

    return sign
