"""Keeping no more than is needed of hosts that are positively known as something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from camscan.identify.control import CONTROL, PAGE_FIELDS, REPLACED
from camscan.identify.proof import proving
from camscan.identify.rules import Knowledge
from camscan.model import Asset, Confidence, Identification, Observation

SWITCH_FIELDS = frozenset(f"switch.{name}" for name in ("name", "address", "port", "port_macs", "vlan", "source", "neighbour"))
PRESENCE = frozenset({"arp.ip", "arp.mac", "ndp.ip", "ndp.mac", "mld.ip", "eui64.mac", "tcp.port"}) | SWITCH_FIELDS
"""Fields that say where a host is, and nothing of what it is."""
NAMING = frozenset(
    {
        "cdp.device",
        "dhcp.hostname",
        "dhcpv6.hostname",
        "lldp.system_name",
        "llmnr.name",
        "mdns.host",
        "mdns.instance",
        "mdns.txt",
        "mndp.identity",
        "snmp.sysname",
        "ssdp.usn",
        "ubiquiti.hostname",
    }
)
"""Fields in which a host or a person may be named: of these the part alone is kept that shows the class."""
CONTROL_FIELDS = frozenset(f"{CONTROL}{name.removeprefix('http.')}" for name in REPLACED)

Place = tuple[str, str]
"""Site, and MAC or address."""


def minimise(
    observations: Iterable[Observation], identified: Iterable[tuple[Asset, Identification]], knowledge: Knowledge
) -> tuple[Observation, ...]:
    """Return observations of which those of hosts known as something else are cut: address, MAC and marks of their class stay.

    No host names and no raw bytes are left, and what is left identifies the host again in the same words.
    """
    others = [(asset, found) for asset, found in identified if is_something_else(found)]
    of_mac = {(asset.site, mac): found for asset, found in others for mac in asset.macs}
    of_ip = {(asset.site, ip): found for asset, found in others for ip in asset.ips}
    cut = (_cut(seen, _of_host(seen, of_mac, of_ip), knowledge) for seen in observations)
    return tuple(seen for seen in cut if seen is not None)


def is_something_else(found: Identification) -> bool:
    """Return whether a host is positively known and no video equipment: one value that its owner can set is not enough."""
    return found.kind == "other" and found.kind_confidence not in (None, Confidence.TENTATIVE)


def evident_fields(found: Identification) -> frozenset[str]:
    """Return the names of the fields that an identification rests on, and those that took other marks of them away."""
    named = frozenset(evidence.field for evidence in found.evidence)
    return named | (CONTROL_FIELDS if named & PAGE_FIELDS else frozenset())


def _of_host(
    seen: Observation, of_mac: Mapping[Place, Identification], of_ip: Mapping[Place, Identification]
) -> Identification | None:
    """Return what the host of an observation is; None where it is not one of these hosts."""
    if seen.link_mac is not None and (seen.site, seen.link_mac) in of_mac:
        return of_mac[seen.site, seen.link_mac]
    return of_ip.get((seen.site, seen.ip)) if seen.ip is not None and seen.link_mac is None else None


def _cut(seen: Observation, found: Identification | None, knowledge: Knowledge) -> Observation | None:
    """Return an observation with presence and what shows the class alone; None where nothing is left."""
    if found is None:
        return seen
    kept = evident_fields(found)
    proof = proving(seen.fields, found.evidence, knowledge) if any(name in NAMING for name, _ in seen.fields) else {}
    left: set[tuple[str, str]] = set()
    for pair in seen.fields:
        if pair[0] in NAMING:
            left.update(proof.get(pair, ()))
        elif pair[0] in PRESENCE | kept:
            left.add(pair)
    return replace(seen, fields=tuple(sorted(left)), raw=b"", truncated=False) if left else None
