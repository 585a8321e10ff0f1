"""What messages say of who sent them, and which messages have a say in each other's device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address

from camscan.identity import KEPT_CLAIMS, LONGEST_CLAIM, bare, canonical_mac, is_common
from camscan.model import Observation, address_order, is_local_mac

MAX_ADDRESSES = 3
"""IPv4 addresses of one device; a MAC or a claimed value at more of them stands for several devices.

Of IPv6 one device has many: there, networks and interfaces that addresses were made from are counted instead.
"""
EUI64_FIELD = "eui64.mac"
"""The interface that a sender's address of IPv6 was made from, where the link showed another one."""
PRODUCT_FIELDS = (".manufacturer", ".vendor", ".model")
"""Ends of the names of fields in which a device says what product it is."""
Claim = tuple[str, str]
"""Kind of claim and its value in canonical form."""
Bond = tuple[str, str, str]
"""Site, and what messages there are joined by or told apart: an address, a MAC, a claim."""


def connected(some: Iterable[Observation], every: Collection[Observation], claims: Mapping[str, str]) -> Collection[int]:
    """Return the `id` of `some`, and of those of `every` that are bound to one of them, be it through others."""
    relays = relays_among(every)
    bound: dict[Bond, list[Observation]] = defaultdict(list)
    for one in every:
        for bond in _bonds(one, relays, claims):
            bound[bond].append(one)
    found: set[int] = set()
    waiting = list(some)
    while waiting:
        one = waiting.pop()
        if id(one) not in found:
            found.add(id(one))
            for bond in _bonds(one, relays, claims):
                waiting += bound.pop(bond, ())
    return found


def _bonds(observation: Observation, relays: Collection[str], claims: Mapping[str, str]) -> list[Bond]:
    """Return all by which an observation can have a say in what device another one is joined to, and under which key."""
    site, ip, mac = observation.site, observation.ip, observation.link_mac
    bonds = [(site, *claim) for _, _, claim in claims_of(observation, claims)]
    if mac:
        bonds.append((site, "mac", mac))
    if ip is not None:
        bonds.append((site, "ip", ip))
    elif not mac or mac in relays or is_local_mac(mac):
        bonds.append((site, "numbered", ""))  # what nothing addresses is numbered through the site
    return bonds


def claims_of(observation: Observation, claims: Mapping[str, str]) -> list[tuple[str, str, Claim]]:
    """Return field, value and claim of everything in one message that can tell its sender from another."""
    said = []
    for name, value in observation.fields:
        if name in claims:
            claim = _claim(claims[name], value[: LONGEST_CLAIM + 1])
            if claim is not None:
                said.append((name, value, claim))
    return said


def products_of(observation: Observation) -> list[tuple[str, str]]:
    """Return field and value, in canonical form, of all by which one message says what product its sender is."""
    said = ((name, bare(value[:LONGEST_CLAIM])) for name, value in observation.fields if name.endswith(PRODUCT_FIELDS))
    return [(name, letters) for name, letters in said if letters]


@lru_cache(maxsize=KEPT_CLAIMS)
def _claim(kind: str, value: str) -> Claim | None:
    """Return a claim in canonical form; None where the value is no identity. value: its first LONGEST_CLAIM + 1 characters."""
    if kind == "mac":
        mac = canonical_mac(value)
        return None if mac is None else (kind, mac)
    return (kind, letters) if len(value) <= LONGEST_CLAIM and not is_common(letters := bare(value)) else None


def relays_among(seen: Iterable[Observation]) -> frozenset[str]:
    """Return the MACs that answer for more addresses than one device has."""
    places: dict[tuple[str, int], set[str]] = defaultdict(set)
    for mac, ip, made_from in {(one.link_mac, one.ip, _made_from(one)) for one in seen}:
        place = _place(ip, made_from) if mac and ip is not None else None
        if mac and place is not None:
            places[mac, place[0]].add(place[1])
    return frozenset(mac for (mac, _), distinct in places.items() if len(distinct) > MAX_ADDRESSES)


def _place(ip: str, made_from: str | None) -> tuple[int, str] | None:
    """Return the family, and what tells the place of a message's sender from that of another host behind the same gateway."""
    if ":" not in ip:
        return (4, ip) if counts_as_address(ip) else None
    if is_link_local(ip):
        return None
    return (6, made_from if made_from is not None else ":".join(ip_address(ip).exploded.split(":")[:4]))


def _made_from(observation: Observation) -> str | None:
    """Return the interface that the sender's address of IPv6 was made from, where that is known."""
    if observation.ip is None or ":" not in observation.ip:
        return None
    return next(iter(observation.values(EUI64_FIELD)), None)


def is_link_local(ip: str) -> bool:
    """Return whether an address of IPv6 names a host on one link alone: the same one may stand on each link."""
    return ":" in ip and ip_address(ip).is_link_local


def counts_as_address(ip: str) -> bool:
    """Return whether an address says how many devices there are: one device has many of IPv6 and 169.254.0.0/16."""
    return address_order(ip)[0] == 4 and not ip.startswith("169.254.")
