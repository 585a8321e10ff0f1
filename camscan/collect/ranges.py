"""Addresses and networks as people write them, and exact arithmetic on sets of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)

from camscan.codecs.base import mac_from_text
from camscan.errors import UsageError

Network = IPv4Network | IPv6Network
Span = tuple[int, int]
"""First and last address, as numbers."""

LARGEST_BITS = 16
"""Host bits of the largest range that needs no flag: a /16 of IPv4."""
LARGEST_BITS_V6 = 16
"""Host bits of the largest range of IPv6 whose addresses are asked one by one: a /112."""
LAST_PREFIX_WITH_BROADCAST = 30
"""Networks of two addresses and less have neither network nor broadcast address (RFC 3021)."""

NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15",
        "fc00::/7", "fe80::/10", "::1/128", "2001:db8::/32",
    )
)  # fmt: skip
"""Ranges that the Internet does not route (RFC 1918, 6598, 3927, 1122, 5737, 2544, 4193, 4291, 3849)."""
NO_HOSTS = tuple(
    ip_network(text) for text in ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8", "::ffff:0:0/96")
)
"""Ranges in which no address names one host; an IPv4 address written as IPv6 would slip past an exclusion."""


@dataclass(frozen=True, slots=True)
class Spans:
    """A set of addresses as sorted, disjoint spans of each family."""

    v4: tuple[Span, ...] = ()
    v6: tuple[Span, ...] = ()

    @classmethod
    def of(cls, parts: Iterable[tuple[int, int, int]]) -> Spans:
        """Return the union of (version, first, last)."""
        found: dict[int, list[Span]] = {4: [], 6: []}
        for version, first, last in sorted(parts):
            spans = found[version]
            if spans and first <= spans[-1][1] + 1:
                spans[-1] = (spans[-1][0], max(spans[-1][1], last))
            else:
                spans.append((first, last))
        return cls(tuple(found[4]), tuple(found[6]))

    @classmethod
    def of_networks(cls, networks: Iterable[Network]) -> Spans:
        """Return the addresses of networks, first and last included."""
        return cls.of((n.version, int(n.network_address), int(n.broadcast_address)) for n in networks)

    def holds(self, ip: str) -> bool:
        """Return whether an address is in the set; False for what is no address."""
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        return _holds(self.v4 if address.version == 4 else self.v6, int(address))

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)

    def __sub__(self, other: Spans) -> Spans:
        return Spans(_subtract(self.v4, other.v4), _subtract(self.v6, other.v6))

    def __and__(self, other: Spans) -> Spans:
        return self - (self - other)

    def count(self) -> int:
        """Return the number of addresses."""
        return sum(last - first + 1 for first, last in (*self.v4, *self.v6))

    def addresses(self) -> Iterator[str]:
        """Yield every address in order, IPv4 first, one at a time."""
        for first, last in self.v4:
            for number in range(first, last + 1):
                yield str(IPv4Address(number))
        for first, last in self.v6:
            for number in range(first, last + 1):
                yield str(IPv6Address(number))


def _holds(spans: tuple[Span, ...], number: int) -> bool:
    at = bisect_right(spans, number, key=lambda span: span[0]) - 1
    return at >= 0 and number <= spans[at][1]


def _subtract(spans: tuple[Span, ...], holes: tuple[Span, ...]) -> tuple[Span, ...]:
    left: list[Span] = []
    for first, last in spans:
        start = first
        for hole_first, hole_last in holes[max(0, bisect_right(holes, first, key=lambda span: span[0]) - 1) :]:
            if hole_first > last:
                break
            if hole_last < start:
                continue
            if hole_first > start:
                left.append((start, hole_first - 1))
            start = hole_last + 1
        if start <= last:
            left.append((start, last))
    return tuple(left)


def network(text: str, said: str) -> Network:
    """Return a network or a single address. said: the flag or key that named it. Raises UsageError with the remedy."""
    text = text.strip()
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        if "-" in text and _span(text) is not None:
            raise UsageError(f"{said} {text}: write networks (10.20.0.0/24) or single addresses, one by one") from None
        raise UsageError(f"{said} {text}: not an address or network; write 10.20.0.0/24 or 10.20.0.5, not a name") from None
    alone = text.partition("/")[0]
    raise UsageError(f"{said} {text}: has host bits set; write {meant} for the network or {alone} for the one address")


def host(text: str, said: str) -> str:
    """Return one address in canonical form. said: the flag or key that named it. Raises UsageError with the remedy."""
    found = network(text, said)
    if found.prefixlen != found.max_prefixlen or any(found.version == n.version and inside(found, n) for n in NO_HOSTS):
        raise UsageError(f"{said} {text.strip()}: not the address of one host; write 10.20.0.5")
    return str(found.network_address)


def exclusion(text: str, said: str) -> str:
    """Return an address, a network, a span `first-last` or a MAC in canonical form. Raises UsageError with the remedy."""
    text = text.strip()
    span = _span(text)
    if span is not None:
        return "-".join(str(address) for address in span)
    mac = mac_from_text(text)
    if mac is not None and _is_written_as_mac(text):
        return mac
    try:
        found = network(text, said)
    except UsageError as fault:
        if "host bits" in str(fault):
            raise
        raise UsageError(
            f"{said} {text}: not an address (10.20.0.5), network (10.20.0.0/28), span (10.20.0.5-10.20.0.9) or MAC"
        ) from None
    return str(found.network_address) if found.prefixlen == found.max_prefixlen else str(found)


def excluded_spans(exclude: Iterable[str]) -> tuple[Spans, frozenset[str]]:
    """Return the addresses and the MACs of canonical exclusions."""
    parts: list[tuple[int, int, int]] = []
    macs: set[str] = set()
    for text in exclude:
        span = _span(text)
        if span is not None:
            parts.append((span[0].version, int(span[0]), int(span[1])))
        elif _is_network(text):
            net = ip_network(text)
            parts.append((net.version, int(net.network_address), int(net.broadcast_address)))
        else:
            macs.add(text)
    return Spans.of(parts), frozenset(macs)


def _span(text: str) -> tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address] | None:
    """Return both ends of `first-last`; None where it is not one."""
    first, dash, last = text.partition("-")
    try:
        ends = ip_address(first.strip()), ip_address(last.strip())
    except ValueError:
        return None
    if not dash or ends[0].version != ends[1].version or int(ends[0]) > int(ends[1]):
        return None
    return ends


def _is_written_as_mac(text: str) -> bool:
    """Return whether twelve digits stand as one, as six pairs, or as three groups of four; other dots and dashes are typing errors."""
    groups = {sep: [len(part) for part in text.split(sep)] for sep in ":-."}
    return len(text) == 12 or [2] * 6 in (groups[":"], groups["-"]) or groups["."] == [4] * 3


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def inside(inner: Network, outer: Network) -> bool:
    """Return whether every address of one network is in another."""
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def distinct(networks: Iterable[Network]) -> tuple[Network, ...]:
    """Return the networks in order of address, without those that another contains."""
    kept: list[Network] = []
    for net in sorted(set(networks), key=lambda n: (n.version, int(n.network_address), n.prefixlen)):
        if not (kept and inside(net, kept[-1])):
            kept.append(net)
    return tuple(kept)


def check_hosts(net: Network, said: str) -> None:
    """Raise UsageError where a range holds no hosts."""
    for without in NO_HOSTS:
        if net.version == without.version and net.overlaps(without):
            raise UsageError(f"{said} {net}: {without} holds no hosts (multicast, reserved or unspecified); leave it out")


def is_countless(net: Network) -> bool:
    """Return whether a range is one of IPv6 with too many addresses to ask one by one: it says who belongs to the scope, no more."""
    return net.version == 6 and net.max_prefixlen - net.prefixlen > LARGEST_BITS_V6


def is_public(net: Network) -> bool:
    """Return whether any address of a network is routed on the Internet, as far as addresses show it."""
    return not any(inside(net, own) for own in NOT_PUBLIC)


def largest(networks: Iterable[Network]) -> Network | None:
    """Return the largest network of IPv4 that the networks make together, where it is larger than a /16."""
    v4 = [n for n in networks if isinstance(n, IPv4Network)]
    too_large = [n for n in collapse_addresses(v4) if n.max_prefixlen - n.prefixlen > LARGEST_BITS]
    return min(too_large, key=lambda n: n.prefixlen, default=None)


def without_hosts(networks: Iterable[Network]) -> Spans:
    """Return the network and broadcast addresses of networks of IPv4."""
    return Spans.of(
        (4, int(address), int(address))
        for net in networks
        if net.version == 4 and net.prefixlen <= LAST_PREFIX_WITH_BROADCAST
        for address in (net.network_address, net.broadcast_address)
    )
