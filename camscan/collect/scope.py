"""What a run may touch: the scope from file and flags, its authority, and the guard that every packet passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from camscan.codecs.base import mac_from_text
from camscan.collect.interfaces import is_link_local, overlap
from camscan.collect.pace import ORDER
from camscan.collect.ranges import (
    LAST_PREFIX_WITH_BROADCAST,
    Network,
    Spans,
    check_hosts,
    distinct,
    excluded_spans,
    exclusion,
    host,
    inside,
    is_countless,
    is_public,
    largest,
    network,
    without_hosts,
)
from camscan.collect.scopefile import ScopeFile, hours, read_scope_file
from camscan.errors import RefusedError, UsageError
from camscan.model import Scope

if TYPE_CHECKING:
    from camscan.collect.interfaces import Interface

EVERYONE = "255.255.255.255"
MET_AT_MOST = 65_536
"""A flood of forged addresses cannot grow the memory without bound."""


def build_scope(
    targets: Sequence[str],
    exclude: Sequence[str] = (),
    interfaces: Sequence[str] = (),
    pace: str | None = None,
    scope_file: Path | None = None,
    allow_public: bool = False,
    allow_large: bool = False,
    infrastructure: Sequence[str] = (),
) -> Scope:
    """Return the scope that file and flags give together; flags narrow what the file allows, exclusions add up.

    Raises UsageError for what cannot be used, RefusedError for what the file does not allow.
    """
    file = read_scope_file(scope_file) if scope_file is not None else None
    wanted = tuple(network(target, "target") for target in targets)
    for net in wanted:
        check_hosts(net, "target")
    if file is not None:
        _must_lie_inside(wanted, file)
        _must_be_listed(interfaces, file)
        _must_be_infrastructure(infrastructure, file)
    ranges = distinct(wanted or (file.ranges if file else ()))
    _needs_no_flag(ranges, allow_public or bool(file and file.allow_public), allow_large or bool(file and file.allow_large))
    named = tuple(dict.fromkeys(host(text, "--infrastructure") for text in infrastructure))
    named = named or (file.infrastructure if file else ())
    _needs_no_flag([ip_network(ip) for ip in named], allow_public or bool(file and file.allow_public), allow_large=True)
    if pace is not None and pace not in ORDER:
        raise UsageError(f"--pace {pace}: no such pace; there are {', '.join(ORDER)}")
    excluded = dict.fromkeys([*(file.exclude if file else ()), *(exclusion(text, "--exclude") for text in exclude)])
    if ranges and not Spans.of_networks(ranges) - excluded_spans(excluded)[0]:
        raise UsageError("nothing is left to scan: the exclusions cover every range")
    standard = Scope()
    return Scope(
        ranges=tuple(str(net) for net in ranges),
        exclude=tuple(excluded),
        interfaces=tuple(dict.fromkeys(interfaces)) or (file.interfaces if file else ()),
        techniques=standard.techniques if file is None or file.techniques is None else file.techniques,
        pace=pace or standard.pace,
        highest_pace=file.highest_pace if file and file.highest_pace else standard.highest_pace,
        authorised_by=file.authorised_by if file else None,
        reference=file.reference if file else None,
        not_before=file.not_before if file else None,
        not_after=file.not_after if file else None,
        hours=file.hours if file else None,
        sha256=file.sha256 if file else None,
        allow_public=allow_public or bool(file and file.allow_public),
        allow_large=allow_large or bool(file and file.allow_large),
        infrastructure=named,
    )


def authorise(scope: Scope, now: datetime, technique: str) -> None:
    """Return where the scope allows a technique at this moment, at its pace. Raises RefusedError with the reason.

    now: aware. technique: `active`, `listen`, `credentials` or `deep`.
    """
    whose = f" ({', '.join(part for part in (scope.reference, scope.authorised_by) if part)})"
    scope_is = f"the scope{whose if scope.reference or scope.authorised_by else ''}"
    if technique not in scope.techniques:
        allowed = ", ".join(scope.techniques) or "none"
        raise RefusedError(f"{scope_is} does not allow the technique {technique} (allowed: {allowed})")
    if ORDER.index(scope.pace) > ORDER.index(scope.highest_pace):
        raise RefusedError(
            f"{scope_is} allows the pace {scope.highest_pace} at most, not {scope.pace}; highest_pace in a scope file says so"
        )
    if scope.not_before is not None and now < scope.not_before:
        raise RefusedError(f"{scope_is} begins on {_local(scope.not_before)}")
    if scope.not_after is not None and now > scope.not_after:
        raise RefusedError(f"{scope_is} expired on {_local(scope.not_after)}; ask for a new one")
    if scope.hours is not None:
        start, end = hours(scope.hours)
        clock = now.astimezone().time()
        within = start <= clock < end if start < end else clock >= start or clock < end
        if not within:
            raise RefusedError(f"{scope_is} allows runs between {scope.hours} local time; it is {clock:%H:%M}")


def authorise_capture(scope: Scope, file: ScopeFile | None) -> None:
    """Return where somebody answers for hearing what others say to each other. file: of the scope. Raises RefusedError.

    Scope files that name no techniques allow the usual ones; this one is unusual, so it must be written there.
    """
    if file is None:
        raise RefusedError(
            '--promisc hears what others say to each other: it needs --scope FILE with techniques = ["listen"] and authorised_by'
        )
    if scope.authorised_by is None:
        raise RefusedError("the scope does not name who authorised it: --promisc needs authorised_by in the scope file")
    if file.techniques is None:
        raise RefusedError('the scope names no techniques: --promisc needs techniques = ["listen"] in the scope file')


def allowed_until(scope: Scope, now: datetime) -> datetime | None:
    """Return when a run that is allowed now has to end by its scope; None where nothing says so. now: aware."""
    ends = [] if scope.not_after is None else [scope.not_after]
    if scope.hours is not None:
        _, end = hours(scope.hours)
        local = now.astimezone()
        today = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
        ends.append(today if today > local else today + timedelta(days=1))
    return min(ends, default=None)


def _local(instant: datetime) -> str:
    return f"{instant.astimezone():%Y-%m-%d %H:%M %Z}"


def _must_lie_inside(wanted: Sequence[Network], file: ScopeFile) -> None:
    """Raise RefusedError where a target reaches beyond the ranges of the scope file."""
    allowed = Spans.of_networks(file.ranges)
    for net in wanted:
        if Spans.of_networks([net]) - allowed:
            listed = ", ".join(str(r) for r in file.ranges[:5]) or "none"
            raise RefusedError(f"target {net}: not inside the ranges of {file.path} ({listed})")


def _must_be_listed(interfaces: Sequence[str], file: ScopeFile) -> None:
    """Raise RefusedError where an interface is not among those of the scope file."""
    for name in interfaces:
        if file.interfaces and name not in file.interfaces:
            raise RefusedError(f"--iface {name}: {file.path} allows {', '.join(file.interfaces)}")


def _must_be_infrastructure(named: Sequence[str], file: ScopeFile) -> None:
    """Raise RefusedError where a switch or router is neither in the ranges of the scope file nor among its infrastructure."""
    allowed = Spans.of_networks([*file.ranges, *(ip_network(ip) for ip in file.infrastructure)])
    for text in named:
        if not allowed.holds(host(text, "--infrastructure")):
            raise RefusedError(f"--infrastructure {text}: {file.path} names {', '.join(file.infrastructure) or 'none'}")


def _needs_no_flag(ranges: Sequence[Network], allow_public: bool, allow_large: bool) -> None:
    """Raise UsageError where a range is public or large and the flag that says so on purpose is missing."""
    for net in ranges:
        if not allow_public and is_public(net):
            raise UsageError(f"range {net}: holds public addresses; --allow-public says that they are meant")
    large = largest(ranges)
    if large is not None and not allow_large:
        raise UsageError(
            f"range {large}: {large.num_addresses} addresses, more than a /16; --allow-large says that they are meant"
        )


class Guard:
    """Says of every packet whether it may leave. Exclusions always win.

    A link-local address of IPv6 names a host on one link alone, so where it was met decides: on a link that holds a range of
    the scope its words are inside, and on one that holds a range of IPv6 it may be visited.
    """

    def __init__(
        self,
        scope: Scope,
        networks: Iterable[Network | str] = (),
        *,
        groups: Iterable[tuple[str, int]] = (),
        broadcast_ports: Iterable[int] = (),
    ) -> None:
        """Take the networks on the links of the scope's interfaces, and what the enabled codecs declare."""
        ranges = [ip_network(text) for text in scope.ranges]
        on_link = [net if isinstance(net, IPv4Network | IPv6Network) else ip_network(net, strict=False) for net in networks]
        excluded, self._excluded_macs = excluded_spans(scope.exclude)
        self._excluded = excluded
        self._inside = Spans.of_networks(ranges) - excluded
        # Inside a network of ours its own first and last address are known; elsewhere the range is all that is known.
        of_ranges = [r for r in ranges if not any(r != n and inside(r, n) for n in on_link)]
        self._hosts = self._inside - without_hosts(on_link)
        named = Spans.of_networks([ip_network(ip) for ip in scope.infrastructure])
        self._infrastructure = named - excluded - without_hosts(on_link)
        self._targets = self._hosts - without_hosts(of_ranges) - Spans.of_networks(r for r in ranges if is_countless(r))
        self._ranges = ranges
        self._met: dict[str, set[int]] = {}
        """Address of IPv6 → indexes of the links on which it was heard."""
        self._links_inside: dict[int, bool] = {}
        """Index of a link that holds a range of the scope → whether one of them is of IPv6."""
        self._groups = frozenset((str(ip_address(group)), port) for group, port in groups)
        self._broadcast_ports = frozenset(broadcast_ports)
        self._broadcasts = frozenset(
            str(net.broadcast_address)
            for net in on_link
            if isinstance(net, IPv4Network) and net.prefixlen <= LAST_PREFIX_WITH_BROADCAST
        )

    def allows_unicast(self, ip: str) -> bool:
        """Return whether a packet may go to one host: in the ranges, not excluded, and no broadcast address of our links."""
        if not is_link_local(ip):
            return self._hosts.holds(ip)
        zone = self.zone(ip)
        return (
            zone is not None and not self._excluded.holds(ip) and (self._hosts.holds(ip) or self._links_inside.get(zone, False))
        )

    def meet(self, ip: str, interface: Interface) -> None:
        """Note on which link a host of IPv6 was heard."""
        if ":" not in ip or (ip not in self._met and len(self._met) >= MET_AT_MOST):
            return
        self._met.setdefault(ip, set()).add(interface.index)
        held = [r for r in self._ranges if any(overlap(r, own) for own in interface.on_link)]
        if held:
            self._links_inside[interface.index] = any(r.version == 6 for r in held)

    def met_on(self, interface: Interface) -> Iterator[str]:
        """Yield the addresses of IPv6 that were heard on one link."""
        return (ip for ip, links in self._met.items() if interface.index in links)

    def zone(self, ip: str) -> int | None:
        """Return the index of the only link on which an address was heard; None where it was heard on none, or on several."""
        links = self._met.get(ip, set())
        return next(iter(links)) if len(links) == 1 else None

    def allows_infrastructure(self, ip: str) -> bool:
        """Return whether the tables of a switch or router may be read: inside the ranges, or named by the scope, not excluded."""
        return self.allows_unicast(ip) or self._infrastructure.holds(ip)

    def allows_mac(self, mac: str | None) -> bool:
        """Return whether the device behind a MAC may be addressed; an unknown MAC is not excluded."""
        return mac is None or mac_from_text(mac) not in self._excluded_macs

    def allows_group(self, group: str, port: int) -> bool:
        """Return whether a packet may go to a multicast group: an enabled codec declares it, nobody excluded it."""
        try:
            address = ip_address(group)
        except ValueError:
            return False
        return address.is_multicast and (str(address), port) in self._groups and not self._excluded.holds(group)

    def allows_broadcast(self, ip: str, port: int) -> bool:
        """Return whether a packet may go to everyone on a link of ours, at a port that an enabled codec declares."""
        known = ip == EVERYONE or ip in self._broadcasts
        return known and port in self._broadcast_ports and not self._excluded.holds(ip)

    def is_inside(self, ip: str) -> bool:
        """Return whether what an address sends is inside the scope; else its observations are marked `outside_scope`."""
        if self._inside.holds(ip):
            return True
        met = is_link_local(ip) and not self._excluded.holds(ip)
        return met and not self._links_inside.keys().isdisjoint(self._met.get(ip, ()))

    def excludes(self, ip: str) -> bool:
        """Return whether the operator excluded an address."""
        return self._excluded.holds(ip)

    def addresses(self, within: Network | str | None = None) -> Iterator[str]:
        """Yield the addresses to ask, in order and one at a time; network and broadcast addresses are left out."""
        return self._spans(within).addresses()

    def count(self, within: Network | str | None = None) -> int:
        """Return how many addresses `addresses` yields."""
        return self._spans(within).count()

    def _spans(self, within: Network | str | None) -> Spans:
        if within is None:
            return self._targets
        return self._targets & Spans.of_networks([ip_network(within)])
