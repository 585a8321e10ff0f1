"""ISAPI with the operator's account: device information, and the cameras behind a recorder. GET requests alone."""

from __future__ import annotations

from collections.abc import Sequence

from camscan.codecs import isapi
from camscan.codecs.base import DecodeError
from camscan.codecs.outcome import Undecoded
from camscan.collect.account import Account, status_of
from camscan.collect.base import Ground, Host
from camscan.collect.faults import Unanswered
from camscan.collect.line import Line
from camscan.identify.reads import missing, named
from camscan.model import RECORDER_KINDS, Identification, Observation

MAKERS = ("hikvision",)
"""Whose firmware speaks ISAPI: a device of which more than the MAC names another maker, or none, is not asked."""
OF_RECORDERS = (isapi.CHANNELS, isapi.CHANNEL_STATES)


def speaks(found: Identification) -> bool:
    """Return whether the evidence says that a device speaks ISAPI."""
    return found.maker in MAKERS and named(found, MAKERS)


def questions(found: Identification) -> tuple[str, ...]:
    """Return the paths whose answers would tell what is not known of a device."""
    about_itself = (isapi.DEVICE_INFORMATION,) if missing(found) or found.kind == "unknown" else ()
    return about_itself + (OF_RECORDERS if found.kind in RECORDER_KINDS else ())


class Conversation:
    """One visit to the web interface of one device."""

    def __init__(self, ground: Ground, host: Host, port: int, account: Account, *, tls: bool) -> None:
        self._ground = ground
        self._host = host
        self._account = account
        self._line = Line(ground, host.ip, port, tls=tls)

    async def hold(self, seen: Sequence[Observation], collector: str) -> None:
        """Ask what is open, and emit each answer as it comes. seen: told since the host was given. Raises CamscanError."""
        told = list(seen)
        asked: set[str] = set()
        try:
            while True:
                found = self._ground.identify(self._host, told)
                path = next((path for path in questions(found) if path not in asked), None)
                if path is None:
                    return
                asked.add(path)
                raw = self._account.scrubbed(await self._get(path))
                if status_of(raw) == 200:
                    told += self._taken(raw, collector)
        finally:
            await self._line.close()

    async def _get(self, path: str) -> bytes:
        """Return an answer, shown the account where the device asks for it. Raises CamscanError."""
        plain = await self._line.ask("GET", path)
        if status_of(plain) != 401:
            return plain
        authorization = self._account.answer(plain, "GET", path)
        try:
            answer = await self._line.ask("GET", path, authorization=authorization, once=True)
        except Unanswered:
            raise self._account.refuse("no answer to a request with the account") from None
        status = status_of(answer)
        if status == 401 or (status != 200 and not self._account.accepted):
            raise self._account.refuse(f"the device refused the account (HTTP {status or 'without a status'})")
        self._account.accepted = True
        return answer

    def _taken(self, raw: bytes, collector: str) -> list[Observation]:
        """Emit and return what an answer says, without the accounts of cameras."""
        kept = isapi.without_secrets(raw)
        try:
            said = isapi.observe(isapi.decode(kept))
        except DecodeError as fault:
            self._ground.tally.could_not_read(Undecoded(protocol=isapi.NAME, reason=str(fault), sample=kept[:256]))
            return []
        if not said:
            return []
        self._ground.tally.received += 1
        observed = self._ground.observed(
            isapi.NAME, collector, said, ip=self._host.ip, port=self._line.port, mac=self._host.mac, raw=kept
        )
        self._ground.emit(observed)
        return [observed]
