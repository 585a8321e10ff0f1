"""ONVIF with the operator's account: what a device is, its interfaces, scopes and services, and its video sources.

The device says how it wants to be asked: each conversation begins without the account. A 401 with a Digest challenge is answered by
HTTP Digest, a SOAP fault by a WS-Security password digest, and nothing else is answered at all.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from urllib.parse import urlsplit

from camscan.codecs import onvif
from camscan.codecs.base import DecodeError, ip_from_text
from camscan.codecs.onvif_messages import Services
from camscan.codecs.outcome import Undecoded
from camscan.collect.account import Account, LoginRefused, NotTold, offer_of, status_of
from camscan.collect.base import Ground, Host
from camscan.collect.faults import Unanswered
from camscan.collect.followed import is_service, port_of
from camscan.collect.line import Line, whole
from camscan.collect.signing import Signer
from camscan.errors import CamscanError
from camscan.model import Observation

NAME = "credentials"
"""The collector that holds the conversation."""
CLOCK = "GetSystemDateAndTime"
"""Asked first, and never with the account."""
INFORMATION = "GetDeviceInformation"
ALSO = ("GetNetworkInterfaces", "GetScopes", "GetServices")
"""Asked of the device service after the device information."""
CHANNELS = ("GetVideoSources", "GetProfiles")
"""Asked of the media service."""
CONTENT_TYPE = "application/soap+xml; charset=utf-8"
_REFUSING = ("authoriz", "authoris", "authentic", "locked")
"""Parts of the code or the reason of a fault that means the account."""


class Manner(Enum):
    """How a device wants to be shown the account."""

    DIGEST = "HTTP Digest"
    TOKEN = "WS-Security password digest"  # noqa: S105  (no password)


class Conversation:
    """One visit to the ONVIF services of one device."""

    def __init__(self, ground: Ground, host: Host, url: str, account: Account, signer: Signer) -> None:
        parts = urlsplit(url)
        self.seen: list[Observation] = []
        """What it has told so far."""
        self._ground = ground
        self._host = host
        self._path = parts.path or onvif.PATH
        self._account = account
        self._signer = signer
        self._line = Line(ground, host.ip, port_of(url), tls=parts.scheme == "https")
        self._manner: Manner | None = None
        self._skew = timedelta(0)

    async def hold(self) -> None:
        """Ask everything, and emit each answer as it comes. Raises CamscanError where the first question is not answered."""
        try:
            await self._read_clock()
            self._take(await self._ask(INFORMATION, self._path, essential=True))
            media = ""
            for operation in ALSO:
                message = await self._ask_also(operation, self._path)
                if isinstance(message, Services):
                    media = self._own_path(message.media())
            if media:
                for operation in CHANNELS:
                    await self._ask_also(operation, media)
        finally:
            await self._line.close()

    async def _read_clock(self) -> None:
        """Learn how far the device's clock is off: it refuses what was signed at another time."""
        try:
            clock = onvif.decode(await self._post(onvif.request(CLOCK), self._path))
        except DecodeError:  # then our own clock has to do
            return
        if isinstance(clock, onvif.SystemTime) and clock.utc is not None:
            self._skew = clock.utc - self._ground.now()

    async def _ask_also(self, operation: str, path: str) -> onvif.Message | None:
        """Return the answer to a question that a device may leave open; None where it does. Raises LoginRefused and NotTold."""
        try:
            return self._take(await self._ask(operation, path))
        except (LoginRefused, NotTold, Unanswered):
            raise
        except CamscanError:
            return None

    async def _ask(self, operation: str, path: str, *, essential: bool = False) -> bytes:
        """Return the answer to an operation, asked with the account where the device wants it. Raises CamscanError."""
        if self._manner is not Manner.TOKEN:
            plain = await self._post(onvif.request(operation), path)
            if not (wants_login(plain) or (essential and refuses(plain))):
                return plain
            offered = offer_of(plain)
            self._manner = Manner.DIGEST if status_of(plain) == 401 and offered.schemes else Manner.TOKEN
            if self._manner is Manner.DIGEST:
                authorization = self._account.answer(plain, "POST", path)
                return self._judged(await self._post_once(onvif.request(operation), path, authorization))
        at = self._ground.now() + self._skew
        return self._judged(await self._post_once(self._signer.request(operation, self._account, at), path))

    def _judged(self, raw: bytes) -> bytes:
        """Return an answer to the account. Raises LoginRefused where it is no success, or, once it was accepted, no refusal."""
        if wants_login(raw) or (not self._account.accepted and refuses(raw)):
            raise self._account.refuse(f"the device refused the account ({said_in(raw)})")
        self._account.accepted = True
        return raw

    async def _post_once(self, message: bytes, path: str, authorization: bytes = b"") -> bytes:
        """Send what bears the account, never twice. Raises LoginRefused where nothing comes back."""
        try:
            return await self._post(message, path, authorization, once=True)
        except Unanswered:
            raise self._account.refuse("no answer to a request with the account") from None

    async def _post(self, message: bytes, path: str, authorization: bytes = b"", *, once: bool = False) -> bytes:
        answer = await self._line.ask(
            "POST",
            path,
            body=message,
            content_type=CONTENT_TYPE,
            authorization=authorization,
            once=once,
            until=lambda buffer: whole(buffer) or onvif.complete(buffer),
        )
        return self._account.scrubbed(answer)

    def _take(self, raw: bytes) -> onvif.Message:
        """Emit an answer and return it. Raises CamscanError where it says nothing."""
        try:
            message = onvif.decode(raw)
        except DecodeError as fault:
            self._ground.tally.could_not_read(Undecoded(protocol=onvif.NAME, reason=str(fault), sample=raw[:256]))
            raise CamscanError(f"an answer that is not ONVIF ({fault})") from None
        if isinstance(message, onvif.Fault):
            raise CamscanError(f"the device refused: {message.code} {message.reason}".rstrip())
        said = onvif.observe(message)
        if not said:
            raise CamscanError("the device answered without any information")
        self._ground.tally.received += 1
        observed = self._ground.observed(
            onvif.NAME, NAME, said, ip=self._host.ip, port=self._line.port, mac=self._host.mac, raw=raw
        )
        self.seen.append(observed)
        self._ground.emit(observed)
        return message

    def _own_path(self, url: str) -> str:
        """Return the path of a service's address; empty unless it stands on this device, at this port."""
        try:
            parts = urlsplit(url)
            own = ip_from_text(parts.hostname or "") == self._host.ip and port_of(url) == self._line.port
        except ValueError:
            return ""
        if not own:
            return ""
        if not is_service(parts.path):
            self._ground.tally.unfinished.append(
                f"{self._host.ip}: ONVIF: the media service stands at no path of one: not asked"
            )
            return ""
        return parts.path or "/"


def wants_login(raw: bytes) -> bool:
    """Return whether an answer says that the account is missing, or wrong."""
    if status_of(raw) in (401, 403):
        return True
    fault = fault_in(raw)
    words = f"{fault.code} {fault.reason}".lower() if fault is not None else ""
    return any(part in words for part in _REFUSING)


def refuses(raw: bytes) -> bool:
    """Return whether an answer is a fault, or nothing that can be read."""
    try:
        return isinstance(onvif.decode(raw), onvif.Fault)
    except DecodeError:
        status = status_of(raw)
        return status is None or status >= 400


def said_in(raw: bytes) -> str:
    """Return how an answer refuses, in a few words."""
    fault = fault_in(raw)
    stated = f"{fault.code} {fault.reason}".strip()[:200] if fault is not None else ""
    return stated or f"HTTP {status_of(raw) or 'without a status'}"


def fault_in(raw: bytes) -> onvif.Fault | None:
    """Return the fault in an answer; None where it holds none."""
    try:
        message = onvif.decode(raw)
    except DecodeError:
        return None
    return message if isinstance(message, onvif.Fault) else None
