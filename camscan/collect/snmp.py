"""The system group of SNMP, and what makers' own trees say of a device, with the operator's community or user.

One question a device, and a second where the first names a tree that is known. A device that does not answer is left alone.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from camscan.codecs import snmp
from camscan.codecs.base import DecodeError
from camscan.codecs.ber import of_dotted
from camscan.codecs.snmpquery import Answer
from camscan.collect.base import Ground, Host, NotAsked, Stage
from camscan.collect.faults import BudgetSpent, OutOfScope, Unanswered
from camscan.collect.snmpaccess import SnmpAccess
from camscan.collect.snmpagent import PORT, Agent, SnmpLine, Speakers
from camscan.errors import CamscanError
from camscan.identify.minimise import is_something_else

AT_ONCE = 32
MOST_NAMED = 8
SYSTEM = tuple(map(of_dotted, (snmp.SYS_DESCR, snmp.SYS_OBJECT_ID, snmp.SYS_NAME)))
NOT_ASKED = "no community or user of SNMP was given"


class Snmp:
    """Asks each live device whose identity is open."""

    NAME = "snmp"
    STAGE = Stage.READS

    def __init__(self, access: SnmpAccess | None = None) -> None:
        self._access = access or SnmpAccess()
        self._speakers = Speakers()
        self._line: SnmpLine | None = None
        self._silent = 0
        self._refused: dict[str, list[str]] = defaultdict(list)

    @property
    def asked(self) -> bool:
        """Whether anybody is to be asked."""
        return bool(self._access.accounts)

    def open(self, ground: Ground) -> None:
        """Open the sockets. Raises NotAsked without an account, MissingTool where version 3 cannot be spoken."""
        if not self._access.accounts:
            raise NotAsked(f"{NOT_ASKED}, so no device was asked: a table [snmp] in --credentials FILE")
        for account in self._access.accounts.values():
            self._speakers.of(account)
        self._line = SnmpLine(ground)

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask the devices, some at a time."""
        assert self._line is not None
        self._line.start()
        places = asyncio.Semaphore(AT_ONCE)
        asked = [host for host in hosts if self._access.account(host.ip) and _is_open(ground, host)]
        try:
            async with asyncio.TaskGroup() as tasks:
                for host in asked:
                    tasks.create_task(self._visit(ground, host, places))
        finally:
            self._line.stop()
        if self._silent:
            ground.tally.notes.append(
                f"{self._silent} of {len(asked)} devices asked by SNMP did not answer: it is off there, or the community is another"
            )
        for reason, ips in sorted(self._refused.items()):
            more = f" and {len(ips) - MOST_NAMED} more" if len(ips) > MOST_NAMED else ""
            ground.tally.unfinished.append(f"SNMP at {', '.join(ips[:MOST_NAMED])}{more}: {reason}")

    def close(self) -> None:
        """Close the sockets and forget the accounts."""
        if self._line is not None:
            self._line.close()
        self._access = SnmpAccess()
        self._speakers.forget()

    async def _visit(self, ground: Ground, host: Host, places: asyncio.Semaphore) -> None:
        account = self._access.account(host.ip)
        if account is None or self._line is None or not ground.guard.allows_mac(ground.macs.get(host.ip) or host.mac):
            return
        async with places:
            try:
                agent = Agent(ground, self._line, host.ip, account, self._speakers.of(account))
                system = self._take(ground, host, agent, await agent.get(SYSTEM))
                further = snmp.private_objects(system.get(snmp.SYS_OBJECT_ID))
                if further:
                    self._take(ground, host, agent, await agent.get(tuple(map(of_dotted, further))))
            except Unanswered:
                self._silent += 1
            except BudgetSpent:
                ground.tally.budget_hosts.add(host.ip)
            except OutOfScope:
                return
            except OSError as fault:
                self._refused[fault.strerror or "could not be sent to"].append(host.ip)
            except (CamscanError, DecodeError) as fault:
                self._refused[account.masked(str(fault))].append(host.ip)
            ground.visited(host)

    def _take(self, ground: Ground, host: Host, agent: Agent, answer: Answer) -> snmp.Message:
        """Emit what an answer says, and return it. Raises DecodeError."""
        message = agent.message(answer)
        said = snmp.observe(message)
        if said:
            ground.tally.received += 1
            ground.emit(ground.observed(snmp.NAME, self.NAME, said, ip=host.ip, port=PORT, mac=host.mac, raw=agent.raw))
        return message


def _is_open(ground: Ground, host: Host) -> bool:
    """Return whether SNMP could tell something of a host that two witnesses have not: a community is shown to no one else."""
    return not ground.enough(host, ()) and not is_something_else(ground.identify(host, ()))
