"""Which sites a device stands at, and what holds of one that stands at several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from camscan.model import SiteContext

Networks = Mapping[tuple[int, int], Mapping[int, SiteContext]]
"""By family and length of prefix, longest first: the site of each network, by the number of its first bits."""

PREVAILING: Mapping[str, tuple[str, ...]] = {
    "class_": ("sensitive",),
    "zone": ("core",),
    "purpose": ("critical-infrastructure", "facility-security", "public-safety", "national-security"),
    "decision": ("extend",),
}
"""By fact: what holds of a device as soon as it holds of one of its sites, the first of them where several do.

Of the purposes that one comes first which no rule leaves out that names another.
"""
MOST_NAMED = 4
"""Sites in the name of several."""


def sites_of(ips: Iterable[str], sites: Sequence[SiteContext], elsewhere: SiteContext) -> tuple[SiteContext, ...]:
    """Return the sites whose ranges hold these addresses, by name; none where no range holds one.

    Of ranges that hold the same address the most specific speaks. elsewhere: the site of an address in no range, told beside
    those of the others. An address that is valid on its own link alone, or of a family of which no range is stated, says nothing of
    a place, unless a range holds it.
    """
    if not sites:
        return ()
    networks = _networks(tuple(sites))
    stated = {version for version, _ in networks}
    found: list[SiteContext] = []
    astray = False
    for ip in ips:
        address = ip_address(ip)
        site = _most_specific(address, networks)
        if site is None:
            astray = astray or not (address.is_link_local or address.is_unspecified or address.version not in stated)
        elif site not in found:
            found.append(site)
    if found and astray and elsewhere not in found:
        found.append(elsewhere)
    return tuple(sorted(found, key=lambda site: (site.name, site.ranges)))


@lru_cache(maxsize=1024)
def combined(sites: tuple[SiteContext, ...]) -> SiteContext:
    """Return what holds of a device that stands at all of these sites, at least one, fact by fact.

    What prevails (`PREVAILING`) holds where one site states it. Anything else holds only where all state it alike; where they
    differ, or one leaves it open, it is unknown. An extension holds from the earliest day on which one of the sites has it.
    """
    if len(sites) == 1:
        return sites[0]
    decision = _fact("decision", sites)
    decided = _decided(decision, sites)
    return SiteContext(
        name=joint_name(site.name for site in sites),
        class_=_fact("class_", sites),
        zone=_fact("zone", sites),
        purpose=_fact("purpose", sites),
        decision=decision,
        decision_on=decided.decision_on if decided else None,
        decision_reference=decided.decision_reference if decided else None,
        equipment_owner=_alike("equipment_owner", sites),
        controller=_alike("controller", sites),
        ranges=tuple(dict.fromkeys(text for site in sites for text in site.ranges)),
    )


def joint_name(names: Iterable[str]) -> str:
    """Return the name of several sites taken as one."""
    listed = list(dict.fromkeys(names))
    rest = len(listed) - MOST_NAMED
    return " + ".join([*listed[:MOST_NAMED], *([f"{rest} more"] if rest > 0 else [])])


def _fact(name: str, sites: Sequence[SiteContext]) -> Any:
    stated = {getattr(site, name) for site in sites}
    return next((value for value in PREVAILING[name] if value in stated), None) or _alike(name, sites)


def _alike(name: str, sites: Sequence[SiteContext]) -> Any:
    stated = {getattr(site, name) for site in sites}
    return stated.pop() if len(stated) == 1 else None


def _decided(decision: str | None, sites: Sequence[SiteContext]) -> SiteContext | None:
    """Return the site whose day and reference go with a decision: of an extension the earliest, of any other the last to hold."""
    if decision is None:
        return None
    by_day = sorted(
        (site for site in sites if site.decision == decision),
        key=lambda site: (site.decision_on or date.min, site.decision_reference or ""),
    )
    return by_day[0] if decision in PREVAILING["decision"] else by_day[-1]


def _most_specific(address: IPv4Address | IPv6Address, networks: Networks) -> SiteContext | None:
    number = int(address)
    for (version, length), named in networks.items():
        if version == address.version:
            site = named.get(number >> (address.max_prefixlen - length))
            if site is not None:
                return site
    return None


@lru_cache(maxsize=64)
def _networks(sites: tuple[SiteContext, ...]) -> Networks:
    found: dict[tuple[int, int], dict[int, SiteContext]] = {}
    for site in sites:
        for text in site.ranges:
            net = ip_network(text)
            named = found.setdefault((net.version, net.prefixlen), {})
            named[int(net.network_address) >> (net.max_prefixlen - net.prefixlen)] = site
    return dict(sorted(found.items(), key=lambda item: (item[0][0], -item[0][1])))
