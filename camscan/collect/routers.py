"""ARP tables of the routers that the operator names: who stands behind them, and with which MAC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from camscan.codecs import snmptables
from camscan.codecs.base import fields
from camscan.collect.base import Ground, Host, Stage
from camscan.collect.interfaces import is_link_local
from camscan.collect.snmpagent import Agent, Walked
from camscan.collect.tablereader import TableReader

PROTOCOL = "snmp-arp"


class Routers(TableReader[None]):
    """Reads the ARP tables, and emits the addresses of the scope that are on no link of ours."""

    NAME = "routers"
    STAGE = Stage.PRESENCE
    APPLIANCE = "router"
    NOT_ASKED = "no router was named, so no ARP table was read: routers = [...] in the table [snmp] of --credentials"

    @property
    def asked(self) -> tuple[str, ...]:
        """The addresses to read."""
        return self._access.routers

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Read the routers side by side."""
        await self._read_all(ground)

    async def _tables_of(self, ground: Ground, agent: Agent) -> None:
        """Read the table of one router and emit it, so that an interrupted run keeps it."""
        walked = [await agent.walk(snmptables.ARP_ANY)]
        if not any(
            "." in ip for ip, _ in snmptables.addresses(walked[0].rows)[0]
        ):  # older agents have IPv4 in a table of its own
            walked.append(await agent.walk(snmptables.ARP_IPV4))
        self._emit(ground, agent.ip, walked)

    def _emit(self, ground: Ground, router: str, walked: Sequence[Walked]) -> None:
        """Emit the addresses that stand behind a router, and count the others."""
        pairs, unreadable = snmptables.addresses(row for part in walked for row in part.rows)
        counted: Counter[str] = Counter()
        for ip, mac in pairs:
            if not ground.guard.is_inside(ip) or is_link_local(ip):
                counted["outside the scope"] += 1
            elif any(interface.reaches(ip) for interface in ground.interfaces):
                counted["on links of ours, where ARP tells it first hand"] += 1
            else:
                counted["behind it"] += 1
                ground.tally.received += 1
                said = fields(("arp.ip", ip), ("arp.mac", mac), ("switch.address", router))
                ground.emit(ground.observed(PROTOCOL, self.NAME, said, ip=ip, mac=mac))
        counted["not readable"] = unreadable
        told = ", ".join(f"{number} {where}" for where, number in sorted(counted.items()) if number)
        ground.tally.notes.append(f"router {router}: {told or 'its ARP table is empty, or not shown to this account'}")
        ground.tally.unfinished += [
            f"router {router}: ARP table not read to its end: {part.cut}" for part in walked if part.cut
        ]
