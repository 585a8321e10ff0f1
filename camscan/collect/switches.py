"""Bridge and LLDP tables of the switches that the operator names: at which port and in which VLAN a device stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from camscan.claims import MAX_ADDRESSES
from camscan.codecs import lldp, snmp, snmptables
from camscan.codecs.base import DecodeError, fields, unit_mac_from_text
from camscan.codecs.ber import of_dotted
from camscan.codecs.snmptables import Learned, Neighbour
from camscan.collect.base import Ground, Host, Stage
from camscan.collect.snmpagent import Agent, Walked
from camscan.collect.tablereader import TableReader
from camscan.model import Fields, Observation, Via, is_local_mac

BRIDGES = frozenset({"bridge", "router", "access-point", "repeater"})
"""What says of an LLDP neighbour that others stand behind it; a telephone passes one desk on and is none."""

MAX_NAME = 64
"""Characters kept of the name of a switch or port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One switch as its tables show it."""

    address: str
    name: str
    learned: tuple[Learned, ...]
    ports: dict[int, str]
    """Names of bridge ports."""
    neighbours: tuple[tuple[int, Neighbour, Fields], ...]
    """Bridge port, row and what it announces."""
    macs_at: Counter[int]

    def port_name(self, port: int) -> str:
        """Return the name of a port; its number where it has none."""
        return self.ports.get(port, "")[:MAX_NAME] or str(port)

    def behind(self, port: int) -> str | None:
        """Return the name of the switch, router or access point that announces itself at a port; None where none does."""
        for at, _, said in self.neighbours:
            abilities = {word for name, value in said if name == "lldp.capabilities" for word in value.split(",")}
            if at == port and abilities & BRIDGES and "telephone" not in abilities:
                named = dict(reversed(said))
                return (named.get("lldp.system_name") or named.get("lldp.chassis") or "?")[:MAX_NAME]
        return None


class Switches(TableReader[Switch]):
    """Reads the switches, and emits where the devices of this run stand."""

    NAME = "switches"
    STAGE = Stage.READS
    APPLIANCE = "switch"
    NOT_ASKED = (
        "no switch was named, so the ports of devices are not known: switches = [...] in the table [snmp] of --credentials"
    )

    @property
    def asked(self) -> tuple[str, ...]:
        """The addresses to read."""
        return self._access.switches

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Read the switches side by side, then emit what concerns this run."""
        switches = await self._read_all(ground)
        known = addresses_by_mac(hosts)
        vlans = {row.vlan for switch in switches for row in switch.learned if row.mac in known and row.vlan is not None}
        for switch in switches:
            self._emit(ground, switch, known, vlans)

    async def _tables_of(self, ground: Ground, agent: Agent) -> Switch:
        return await read_switch(ground, agent)

    def _emit(self, ground: Ground, switch: Switch, known: dict[str, list[str]], vlans: set[int]) -> None:
        """Emit the rows and neighbours of devices of this run and of their VLANs, and count the others."""
        counted: Counter[str] = Counter()
        wanted: set[str] = set()
        for row in switch.learned:
            if not ground.guard.allows_mac(row.mac):
                counted["excluded"] += 1
            elif len(known.get(row.mac, ())) > MAX_ADDRESSES:
                counted["of gateways"] += 1
            elif row.mac in known:
                counted["of devices of this run"] += 1
                wanted.add(row.mac)
            elif row.vlan not in vlans:
                counted["in other VLANs"] += 1
            elif is_local_mac(row.mac):
                counted["made up by their devices, so no identity"] += 1
            else:
                counted["of other devices in the same VLANs"] += 1
                wanted.add(row.mac)
        for row in switch.learned:
            if row.mac in wanted:
                ground.tally.received += 1
                ground.emit(_seen(ground, "bridge", where(switch, row), row.mac, known))
        for port, neighbour, said in switch.neighbours:
            mac = confirmed_mac(switch, port, neighbour)
            if mac in wanted:
                ground.tally.received += 1
                ground.emit(_seen(ground, lldp.NAME, said, mac, known))
        told = ", ".join(f"{number} {whose}" for whose, number in sorted(counted.items()))
        ground.tally.notes.append(
            f"switch {switch.name} ({switch.address}): {len(switch.learned)} MACs learned{': ' if told else ''}{told}"
        )


async def read_switch(ground: Ground, agent: Agent) -> Switch:
    """Return what the tables of a switch show. Raises CamscanError, DecodeError, OSError."""
    system = agent.message(await agent.get((of_dotted(snmp.SYS_NAME),)))
    forwarding = await agent.walk(snmptables.VLAN_PORT, snmptables.VLAN_STATUS)
    parts = [forwarding]
    ports, status = forwarding.of(snmptables.VLAN_PORT), forwarding.of(snmptables.VLAN_STATUS)
    if not ports:
        forwarding = await agent.walk(snmptables.BRIDGE_PORT, snmptables.BRIDGE_STATUS)
        parts.append(forwarding)
        ports, status = forwarding.of(snmptables.BRIDGE_PORT), forwarding.of(snmptables.BRIDGE_STATUS)

    async def table(*columns: tuple[int, ...]) -> Walked:
        parts.append(await agent.walk(*columns))
        return parts[-1]

    learned = snmptables.learned(
        ports, status, (await table(snmptables.VLAN_DATABASE)).rows, (await table(snmptables.PORT_VLAN)).rows
    )
    interfaces = (await table(snmptables.PORT_INTERFACE)).rows
    names = (await table(snmptables.INTERFACE_NAME)).rows
    texts = [] if names else (await table(snmptables.INTERFACE_TEXT)).rows
    named = snmptables.port_names(interfaces, names, texts)
    local = snmptables.local_ports((await table(snmptables.LLDP_LOCAL)).rows)
    remote = (await table(*snmptables.LLDP_COLUMNS)).rows
    managed = (await table(snmptables.LLDP_MANAGED)).rows if remote else []
    inventory = (await table(*snmptables.LLDP_INVENTORY_COLUMNS)).rows if remote else []
    cuts = dict.fromkeys(part.cut for part in parts if part.cut)
    ground.tally.unfinished += [f"switch {agent.ip}: tables not read to their end: {cut}" for cut in cuts]
    return Switch(
        address=agent.ip,
        name=system.get(snmp.SYS_NAME) or agent.ip,
        learned=learned,
        ports=named,
        neighbours=tuple(announced(snmptables.neighbours(remote, managed, inventory), local, named)),
        macs_at=Counter(port for _, port in {(row.mac, row.port) for row in learned}),
    )


def announced(
    rows: Iterable[Neighbour], local: dict[int, str], named: dict[int, str]
) -> Iterable[tuple[int, Neighbour, Fields]]:
    """Yield bridge port, row and fields of each neighbour whose announcement can be read.

    LLDP counts ports in its own way: its name of a port decides, and where it has none of ours, its number.
    """
    by_name = {name: port for port, name in named.items()}
    for row in rows:
        frame = snmptables.announcement(row)
        try:
            said = lldp.observe(lldp.decode(frame)) if frame is not None else ()
        except DecodeError:
            continue
        if said:
            yield by_name.get(local.get(row.port, ""), row.port), row, said


def where(switch: Switch, row: Learned) -> Fields:
    """Return where a switch learned a MAC, in the shared vocabulary."""
    return fields(
        ("switch.name", switch.name[:MAX_NAME]),
        ("switch.address", switch.address),
        ("switch.port", switch.port_name(row.port)),
        ("switch.port_macs", str(switch.macs_at[row.port])),
        ("switch.vlan", None if row.vlan is None else str(row.vlan)),
        ("switch.source", row.source),
        ("switch.neighbour", switch.behind(row.port)),
    )


def confirmed_mac(switch: Switch, port: int, neighbour: Neighbour) -> str | None:
    """Return the MAC of an LLDP neighbour: one by which it names itself and which the switch learned at that port, or the only one there."""
    here = {row.mac for row in switch.learned if row.port == port}
    named = [mac for mac in snmptables.chassis_macs(neighbour) if mac in here]
    return named[0] if named else next(iter(here)) if len(here) == 1 else None


def addresses_by_mac(hosts: Sequence[Host]) -> dict[str, list[str]]:
    """Return the addresses of each MAC that a host has or, across a router, states."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        stated = (value for seen in host.observations for name, value in seen.fields if name.endswith(".mac"))
        links = (seen.link_mac for seen in host.observations if seen.link_mac)
        own = [mac for mac in (host.mac, *links) if mac]
        macs = own or [mac for value in stated if (mac := unit_mac_from_text(value))]
        for mac in dict.fromkeys(chain(macs)):
            found.setdefault(mac, []).append(host.ip)
    return found


def _seen(ground: Ground, protocol: str, said: Fields, mac: str | None, known: dict[str, list[str]]) -> Observation:
    """Return the word of a switch on one MAC. A MAC that its device made up is no identity: there the address says whose it is."""
    at = ground.now()
    return Observation(
        protocol=protocol,
        collector=Switches.NAME,
        via=Via.ACTIVE,
        site=ground.site,
        fields=said,
        first_seen_at=at,
        last_seen_at=at,
        ip=known[mac][0] if mac in known and is_local_mac(mac) else None,
        link_mac=mac,
    )
