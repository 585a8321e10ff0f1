"""Whom a device called beyond its site, or answered there: clouds of cameras, addresses outside, routers asked to open a port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal, TypedDict, Unpack

from camscan.identify.clouds import Cloud, Clouds
from camscan.model import OVERHEARD, Asset, Egress, Grade, Observation, address_order

NAME_FIELDS = ("dns.name", "tls.sni", "http.host")
"""Fields in which a client names the server that it wants."""
MAX_NAMES = 8
"""Names of one destination."""
ASSUMED = (
    "no ranges of the site are stated: private, link-local and loopback addresses count as inside it, all others as outside"
)

Network = IPv4Network | IPv6Network

_OWN: tuple[Network, ...] = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1"),
    )
)
"""Private, link-local and loopback addresses: RFC 1918, 3927, 1122, 4193, 4291."""
_OF_NO_ONE: tuple[Network, ...] = tuple(map(ip_network, ("0.0.0.0", "::", "224.0.0.0/4", "255.255.255.255", "ff00::/8")))
_ON_LINK: tuple[Network, ...] = tuple(map(ip_network, ("169.254.0.0/16", "127.0.0.0/8", "fe80::/10", "::1")))
_OF_CARRIERS: tuple[Network, ...] = (ip_network("100.64.0.0/10"),)
_GRADES: tuple[Grade, ...] = ("confirmed", "reported", "unverified")
_LONGEST_NUMBER = 19


class _Known(TypedDict, total=False):
    how: Literal["connected", "attempted", "served", "asked", "port-mapping", "router-search"]
    destination: str | None
    names: tuple[str, ...]
    ports: tuple[str, ...]
    bytes_out: int
    bytes_in: int
    bound: Literal["exact", "at-least"] | None
    outside: bool
    internet: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What counts as inside a site: its ranges; where none are stated, every private address and the scope of the run."""

    ranges: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()

    def hold(self, ip: str) -> bool:
        """Return whether an address is the site's own, or that of no device elsewhere."""
        return _held(ip, self.ranges, self.scope)


@dataclass(slots=True)
class _Calls:
    """All that leads to one entry."""

    seen: list[int] = field(default_factory=list)
    ports: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    """Names that a resolver's answer alone gave."""
    sent: int = 0
    received: int = 0
    exact: bool = True
    answered: bool = False


def egress_of(asset: Asset, surroundings: Surroundings, clouds: Clouds) -> tuple[Egress, ...]:
    """Return whom a device called: destinations outside and clouds, the internet first; and whom outside it answered.

    A call that nobody answered stands apart, as attempted. A connection to an address of the site is left out, unless it is to a cloud by its name. Bounded by the asset's own caps.
    """
    observations = asset.observations
    flows: dict[tuple[str, bool], _Calls] = {}
    served: dict[str, _Calls] = {}
    asked_the_time: dict[str, list[int]] = {}
    named: dict[str, list[int]] = {}
    mapped: dict[tuple[str | None, str], list[int]] = {}
    searches: list[int] = []
    for number, one in enumerate(observations):
        if one.via not in OVERHEARD:
            continue
        for name, value in one.fields:
            if name == "flow.destination" and _address(value) is not None:
                _count(flows.setdefault((value, not one.values("flow.answered")), _Calls()), one, number)
            elif name == "flow.source" and _address(value) is not None:
                _count(served.setdefault(value, _Calls()), one, number)
            elif name == "ntp.server" and _address(value) is not None:
                asked_the_time.setdefault(value, []).append(number)
            elif name in NAME_FIELDS:
                named.setdefault(value.lower().removesuffix("."), []).append(number)
            elif name == "igd.port":
                router = next((ip for ip in one.values("igd.router") if _address(ip) is not None), None)
                mapped.setdefault((router, value), []).append(number)
            elif name == "ssdp.search":
                searches.append(number)
    for server, numbers in asked_the_time.items():
        answered = (server, True) in flows
        calls = flows.setdefault((server, answered), _Calls(exact=False))
        calls.seen += numbers
        calls.ports.add("123/udp")
    found = [*_connected(flows, named, surroundings, clouds, observations), *_asked(named, flows, clouds, observations)]
    found += _served(served, surroundings, observations)
    for (router, port), seen in sorted(mapped.items(), key=lambda item: (address_order(item[0][0]), item[0][1])):
        found.append(_entry(observations, seen, None, how="port-mapping", destination=router, ports=(port,)))
    if searches:
        found.append(_entry(observations, searches, None, how="router-search"))
    return tuple(sorted(found, key=_order))


@lru_cache(maxsize=4096)
def is_public(ip: str) -> bool:
    """Return whether an address is neither private nor link-local, nor of a group."""
    address = _address(ip)
    return address is not None and not _in_any(address, _OWN) and not _in_any(address, _OF_NO_ONE)


def _is_internet(ip: str) -> bool:
    """Return whether an address is reached from anywhere; those that carriers share among customers (RFC 6598) are not."""
    return is_public(ip) and not _in_any(_address(ip), _OF_CARRIERS)


def _connected(
    flows: dict[tuple[str, bool], _Calls],
    named: dict[str, list[int]],
    surroundings: Surroundings,
    clouds: Clouds,
    observations: Sequence[Observation],
) -> Iterator[Egress]:
    for (destination, answered), calls in flows.items():
        outside = not surroundings.hold(destination)
        cloud = _best(clouds, calls.names)
        if cloud is None and outside:
            cloud = next(filter(None, map(clouds.at_port, sorted(calls.ports))), None) or _unsure(_best(clouds, calls.told))
        if not outside and cloud is None:
            continue
        seen = {*calls.seen, *(number for name in calls.names for number in named.get(name, ()))}
        yield _entry(
            observations,
            sorted(seen),
            cloud,
            how="connected" if answered else "attempted",
            destination=destination,
            names=tuple(sorted(calls.names | calls.told))[:MAX_NAMES],
            ports=tuple(sorted(calls.ports, key=_port_order)),
            bytes_out=calls.sent,
            bytes_in=calls.received,
            bound=_bound(calls) if answered or calls.sent else None,
            outside=outside,
            internet=outside and _is_internet(destination),
        )


def _served(served: dict[str, _Calls], surroundings: Surroundings, observations: Sequence[Observation]) -> Iterator[Egress]:
    for client, calls in served.items():
        if surroundings.hold(client):
            continue
        yield _entry(
            observations,
            calls.seen,
            None,
            how="served",
            destination=client,
            ports=tuple(sorted(calls.ports, key=_port_order)),
            bytes_out=calls.sent,
            bytes_in=calls.received,
            bound=_bound(calls),
            outside=True,
            internet=_is_internet(client),
        )


def _bound(calls: _Calls) -> Literal["exact", "at-least"]:
    return "exact" if calls.exact else "at-least"


def _asked(
    named: dict[str, list[int]], flows: dict[tuple[str, bool], _Calls], clouds: Clouds, observations: Sequence[Observation]
) -> Iterator[Egress]:
    """Yield the clouds that were asked for by name, without a connection that was seen to go to that name."""
    called = {name for calls in flows.values() for name in calls.names}
    by_cloud: dict[str, tuple[Cloud, list[str], set[int]]] = {}
    for name in sorted(named.keys() - called):
        cloud = clouds.named(name)
        if cloud is not None:
            _, names, seen = by_cloud.setdefault(cloud.id, (cloud, [], set()))
            names.append(name)
            seen.update(named[name])
    for cloud, names, numbers in by_cloud.values():
        yield _entry(observations, sorted(numbers), cloud, how="asked", names=tuple(names[:MAX_NAMES]))


def _count(calls: _Calls, one: Observation, number: int) -> None:
    said = dict(one.fields)
    calls.seen.append(number)
    calls.ports.add(f"{said.get('flow.port', '?')}/{said.get('flow.transport', '?')}")
    calls.names.update(name.lower().removesuffix(".") for name in one.values("flow.name"))
    calls.told.update(name.lower().removesuffix(".") for name in one.values("flow.told.name"))
    calls.sent += _number(said.get("flow.out"))
    calls.received += _number(said.get("flow.in"))
    calls.exact = calls.exact and said.get("flow.bound") == "exact"


def _entry(observations: Sequence[Observation], seen: Sequence[int], cloud: Cloud | None, **known: Unpack[_Known]) -> Egress:
    at = [observations[number] for number in seen]
    return Egress(
        who=cloud.who if cloud else None,
        service=cloud.service if cloud else None,
        purpose=cloud.purpose if cloud else None,
        grade=cloud.grade if cloud else None,
        first_seen=min(one.first_seen_at for one in at),
        last_seen=max(one.last_seen_at for one in at),
        evidence=tuple(seen),
        **known,
    )


def _best(clouds: Clouds, names: Iterable[str]) -> Cloud | None:
    """Return the best known of the clouds that names belong to."""
    found = [cloud for cloud in map(clouds.named, names) if cloud is not None]
    return min(found, key=lambda cloud: (_GRADES.index(cloud.grade), cloud.id), default=None)


def _unsure(cloud: Cloud | None) -> Cloud | None:
    """Return a cloud as it is known by a name that nobody was heard to ask for: whoever is on the network may have written it."""
    return cloud and replace(cloud, grade="unverified")


def _order(one: Egress) -> tuple[object, ...]:
    return (
        not one.internet,
        not one.outside,
        one.how == "attempted",
        one.how,
        address_order(one.destination),
        one.names,
        one.ports,
    )


def _port_order(port: str) -> tuple[int, str]:
    number, _, transport = port.partition("/")
    return (_number(number), transport)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


@lru_cache(maxsize=4096)
def _held(ip: str, ranges: tuple[str, ...], scope: tuple[str, ...]) -> bool:
    address = _address(ip)
    return address is None or any(_in_any(address, networks) for networks in (_OF_NO_ONE, _ON_LINK, _inside(ranges, scope)))


@lru_cache(maxsize=64)
def _inside(ranges: tuple[str, ...], scope: tuple[str, ...]) -> tuple[Network, ...]:
    return _readable(ranges) or (*_OWN, *_readable(scope))


def _readable(ranges: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of a run; a damaged file may hold others than those that were used."""
    found: list[Network] = []
    for text in ranges:
        with suppress(ValueError):
            found.append(ip_network(text))
    return tuple(found)


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _in_any(address: IPv4Address | IPv6Address | None, networks: Iterable[Network]) -> bool:
    return address is not None and any(address.version == network.version and address in network for network in networks)
