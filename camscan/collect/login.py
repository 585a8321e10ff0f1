"""Asks devices with the operator's account: ONVIF where it was announced, then ISAPI where the maker speaks it.

One account, one device, one refusal: after it neither protocol is tried there again, because wrong passwords lock accounts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from camscan.collect import isapi, onvif
from camscan.collect.account import Account, Accounts, Credentials
from camscan.collect.base import Ground, Host, MissingTool, NotAsked, Stage, fault_named
from camscan.collect.faults import BudgetSpent, OutOfScope
from camscan.collect.followed import PRINTING, service
from camscan.collect.reads import over_tls, web_port
from camscan.collect.signing import REMEDY, Signer, descriptions
from camscan.errors import CamscanError
from camscan.model import RECORDER_KINDS, Observation

AT_ONCE = 16
USUAL_PORT = 80
WITH_ACCOUNT = "with an account"
CUT_OFF = "the run was interrupted while it was asked with the account: it may have refused, so it is left alone"


class Login:
    """Visits each device for which there is an account once."""

    NAME = onvif.NAME
    STAGE = Stage.READS

    def __init__(self, credentials: Mapping[str, Credentials] | None = None) -> None:
        """credentials: by IP, and under `default` for all others."""
        self._accounts = Accounts(credentials)

    @property
    def asked(self) -> tuple[str, ...]:
        """The addresses that may be asked with an account; `default` last, for all others."""
        return self._accounts.places

    def open(self, ground: Ground) -> None:
        """Raise NotAsked without credentials, MissingTool without the libraries."""
        if not self._accounts:
            raise NotAsked(
                "no credentials were given, so no device was asked for what it tells after a login: --credentials FILE"
            )
        if descriptions() is None:
            raise MissingTool(REMEDY)

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask the devices, a few at a time."""
        mine = [(host, account) for host in hosts if (account := self._accounts.on(host.ip)) is not None]
        if not mine:
            return
        signer = await asyncio.to_thread(Signer)
        places = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for host, account in mine:
                tasks.create_task(self._visit(ground, host, account, signer, places))

    def close(self) -> None:
        """Forget the credentials."""
        self._accounts.forget()

    async def _visit(self, ground: Ground, host: Host, account: Account, signer: Signer, places: asyncio.Semaphore) -> None:
        if not ground.guard.allows_mac(ground.macs.get(host.ip) or host.mac):
            return
        async with places:
            try:
                if not _is_open(ground, host):
                    ground.visited(host)
                    return
                if WITH_ACCOUNT in ground.asked_before(host):
                    ground.tally.unfinished.append(f"{host.ip}: {CUT_OFF}")
                    return
                ground.asked(host, WITH_ACCOUNT)
                seen = await self._over_onvif(ground, host, account, signer)
                await self._over_isapi(ground, host, account, seen)
            except BudgetSpent:
                ground.tally.budget_hosts.add(host.ip)
            except OutOfScope:
                return
            except Exception as fault:  # a bug met with one device: it is told, and the next is asked
                ground.tally.unfinished.append(f"{host.ip}: a fault of camscan's own: {fault_named(fault)}")
            ground.visited(host)

    async def _over_onvif(self, ground: Ground, host: Host, account: Account, signer: Signer) -> list[Observation]:
        """Return what ONVIF told; what it did not is a gap."""
        announced = service(host)
        if announced.refused:
            ground.tally.unfinished.append(f"{host.ip}: {announced.refused}")
        if announced.url is None:
            return []
        conversation = onvif.Conversation(ground, host, announced.url, account, signer)
        try:
            await conversation.hold()
        except (BudgetSpent, OutOfScope):
            raise
        except CamscanError as fault:
            ground.tally.unfinished.append(account.masked(f"{host.ip}: ONVIF: {fault}"))
        return conversation.seen

    async def _over_isapi(self, ground: Ground, host: Host, account: Account, seen: Sequence[Observation]) -> None:
        """Ask what ONVIF left open; what is not told is a gap."""
        found = ground.identify(host, seen)
        if account.refused or not isapi.speaks(found) or not isapi.questions(found):
            return
        port = web_port(host) or stated_port(host) or USUAL_PORT
        conversation = isapi.Conversation(ground, host, port, account, tls=over_tls(host, port))
        try:
            await conversation.hold(seen, self.NAME)
        except (BudgetSpent, OutOfScope):
            raise
        except CamscanError as fault:
            ground.tally.unfinished.append(account.masked(f"{host.ip}: ISAPI: {fault}"))


def _is_open(ground: Ground, host: Host) -> bool:
    """Return whether an account could tell more of a device: not of what is no camera, nor of cameras that are known well already."""
    found = ground.identify(host, ())
    return found.kind not in ("software", "other") and (found.kind in RECORDER_KINDS or not ground.enough(host, ()))


def stated_port(host: Host) -> int | None:
    """Return the port of the web interface that a device stated in discovery; None where it stated none, or one of printers."""
    stated = (value for seen in host.observations for value in seen.values("sadp.http_port"))
    ports = (int(value) for value in stated if value.isascii() and value.isdecimal() and len(value) <= 5)
    return next((port for port in ports if 0 < port <= 0xFFFF and port not in PRINTING), None)
