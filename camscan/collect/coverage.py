"""How closely each range was looked at, and whether the run did all that it set out to do.

"None found" means something only beside this statement. A range on a link of ours is swept by ARP, or without privilege
through the kernel's neighbour table; a range behind a router is knocked at, and a silent camera there can be missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network

from camscan.collect.interfaces import Interface, overlap
from camscan.collect.ranges import Network, Spans, distinct, excluded_spans, inside, is_countless
from camscan.model import AttemptReason, AttemptStatus, CollectorAttempt, Coverage, CoverageLevel, Scope

LINK_SWEEPS = frozenset({"arp", "neighbours"})
"""Collectors that ask every address of IPv4 on our links; one that ran to its end is enough."""
LINK_SWEEPS_V6 = frozenset({"ndp", "echo"})
"""Collectors that ask all neighbours of IPv6 on our links; one that ran to its end is enough."""
ROUTED_SWEEPS = frozenset({"knock"})
"""Collectors that ask every address behind a router."""
ECHO_SWEEPS = frozenset({"ping"})
"""Collectors that ask every address of IPv4 behind a router for an echo, beside the knocks."""
ROUTER_TABLES = frozenset({"routers"})
"""Collectors that read from a router what its links showed it."""
BANNERS = frozenset({"tcp"})
"""Collectors that visit every live host."""
REQUIRE_LINK = "link"
MAX_HEARD = 1_024
"""Networks in which somebody was heard that become rows: whoever forges senders could make any number of them."""
MAX_NAMED = 3
"""Ranges, hosts or inputs that one message names."""
NO_LINK_LAYER = "behind a router, no link-layer evidence: a MAC here is a device's own word"
ROUTERS_WORD = "behind a router: link-layer evidence is what the router's own table tells"
NO_ECHO = "no echo requests were possible, TCP knocks alone"
NOT_LOOKED = "no host discovery ran"
EXCLUDED = "excluded by the scope"
NEVER_SWEPT = "too many addresses to ask each: who answered an echo request to all nodes, or announced itself"
"""What the coverage of a large range of IPv6 means where it is complete."""
OUT_OF_REACH = "too many addresses to ask each, and no link of this machine: name single addresses, or run camscan on its link"


def coverage_of(
    scope: Scope,
    networks: Iterable[Network],
    attempts: Sequence[CollectorAttempt],
    alive: Collection[str],
    visited: Collection[str] = frozenset(),
    down: Iterable[Interface] = (),
) -> tuple[Coverage, ...]:
    """Return what was done about each range of the scope; a range that is partly on a link of ours becomes several.

    networks: those on the links of the interfaces used. alive: addresses that answered and may be visited.
    visited: those of them whose visit ended, where the attempts do not say it of all. down: interfaces that were.
    """
    excluded, _ = excluded_spans(scope.exclude)
    links = tuple(networks)
    cut = {net: link.name for link in down for net in link.on_link if not any(overlap(net, own) for own in links)}
    pieces = [piece for text in scope.ranges for piece in by_reach(ip_network(text), (*links, *cut))]
    rows = []
    for net, on_link in pieces:
        name = next((name for own, name in cut.items() if inside(net, own)), None)
        rows.append(_cover(net, on_link, excluded, attempts, alive, visited) if name is None else _cut_off(net, name, excluded))
    return tuple(rows)


def _cut_off(net: Network, name: str, excluded: Spans) -> Coverage:
    """Return the coverage of a range on the link of an interface that is down."""
    if not Spans.of_networks([net]) - excluded:
        return Coverage(range=str(net), level=CoverageLevel.NONE, complete=True, detail=EXCLUDED)
    return Coverage(range=str(net), level=CoverageLevel.NONE, complete=False, detail=f"{name}: interface down")


def listened(
    networks: Iterable[Network], attempts: Sequence[CollectorAttempt], heard: Collection[str] = frozenset()
) -> tuple[Coverage, ...]:
    """Return the coverage of networks that were only listened to; why it is not complete, `completeness` says once for all.

    heard: addresses that sent something.
    """
    complete = not _reading_faults(attempts)
    return tuple(
        Coverage(
            range=str(net),
            level=CoverageLevel.LISTENED,
            complete=complete,
            hosts_alive=_count(Spans.of_networks([net]), heard),
        )
        for net in networks
    )


def heard_at(
    sites: Mapping[str | None, Iterable[str]], attempts: Sequence[CollectorAttempt]
) -> tuple[tuple[Coverage, ...], int]:
    """Return the coverage of the networks in which anybody was heard, and how many beyond MAX_HEARD are left out.

    sites: the addresses that were heard at each; equal ranges of two sites are two.
    """
    complete = not _reading_faults(attempts)
    heard = [(site, row) for site, ips in sorted(sites.items(), key=lambda item: item[0] or "") for row in networks_heard(ips)]
    rows = tuple(
        Coverage(range=str(net), level=CoverageLevel.LISTENED, complete=complete, hosts_alive=hosts, site=site)
        for site, (net, hosts) in heard[:MAX_HEARD]
    )
    return rows, len(heard) - len(rows)


def networks_heard(ips: Iterable[str]) -> tuple[tuple[Network, int], ...]:
    """Return the /24 networks (IPv6: /64) of the private addresses among `ips`, and how many of those each holds.

    It is where somebody was heard, not what was searched.
    """
    found = Counter(
        ip_network((ip, 24 if "." in ip else 64), strict=False)
        for ip in ips
        if (address := ip_address(ip)).is_private and not address.is_unspecified and not address.is_link_local
    )
    return tuple(sorted(found.items(), key=lambda item: (item[0].version, int(item[0].network_address))))


def networks_listened(scope: Scope, interfaces: Iterable[Interface], heard: Iterable[str]) -> tuple[tuple[Network, ...], int]:
    """Return the networks that live listening speaks of: the scope's ranges, or else those of the links and where else somebody was heard.

    The number is of those that were heard beyond MAX_HEARD, which are left out.
    """
    if scope.ranges:
        return tuple(ip_network(text) for text in scope.ranges), 0
    own = distinct(net for link in interfaces for net in link.on_link if not net.is_link_local)
    elsewhere = [net for net, _ in networks_heard(heard) if not any(overlap(net, link) for link in own)]
    return (*own, *elsewhere[:MAX_HEARD]), max(0, len(elsewhere) - MAX_HEARD)


def completeness(
    coverage: Sequence[Coverage], attempts: Sequence[CollectorAttempt], require: Iterable[str], interrupted: bool
) -> tuple[bool, tuple[str, ...]]:
    """Return whether a run is complete, and each reason why not, as a person reads it.

    A run that set out to cover ranges is judged range by range. One that only read or listened is complete when every
    input was read to its end and no frame was lost. require: `link`, or names of collectors that must have run to their end.
    """
    reasons = ["interrupted before its end"] if interrupted else []
    late = [a for a in attempts if a.reason is AttemptReason.DEADLINE]
    if late:
        named = next((a.detail for a in late if a.status is AttemptStatus.PARTIAL), "deadline")
        reasons.append(f"{named}; {_steps(len(late))} not finished")
    asked = [c for c in coverage if c.level is not CoverageLevel.LISTENED]
    blank = [c for c in asked if not c.complete and c.level is CoverageLevel.NONE]
    partly = [c for c in asked if not c.complete and c.level is not CoverageLevel.NONE]
    for rows, lack in ((blank, "not covered"), (partly, "not finished")):
        if rows:
            named = _named([f"{c.range}: {c.detail}" if c.detail else c.range for c in rows])
            reasons.append(f"{len(rows)} of {_ranges(len(asked))} {lack} ({named})")
    reasons += _reading_faults([a for a in attempts if not asked or a.reason is AttemptReason.DAMAGED])
    for name in dict.fromkeys(require):
        reasons += _unmet(name, asked, attempts)
    return not reasons, tuple(reasons)


def by_reach(net: Network, links: Sequence[Network]) -> tuple[tuple[Network, bool], ...]:
    """Return a range cut at the borders of our links, in order of address, each part with whether it is on one."""
    if any(inside(net, link) for link in links):
        return ((net, True),)
    within = distinct(link for link in links if inside(link, net))
    rest: list[Network] = [net]
    for link in within:
        rest = [part for whole in rest for part in _without(whole, link)]
    parts = [(part, False) for part in rest] + [(link, True) for link in within]
    return tuple(sorted(parts, key=lambda part: int(part[0].network_address)))


def _without(whole: Network, hole: Network) -> list[Network]:
    return list(whole.address_exclude(hole)) if inside(hole, whole) else [whole]  # type: ignore[arg-type]


def _cover(
    net: Network,
    on_link: bool,
    excluded: Spans,
    attempts: Sequence[CollectorAttempt],
    alive: Collection[str],
    visited: Collection[str],
) -> Coverage:
    span = Spans.of_networks([net]) - excluded
    if not span:
        return Coverage(range=str(net), level=CoverageLevel.NONE, complete=True, detail=EXCLUDED)
    level = CoverageLevel.LINK if on_link else CoverageLevel.ROUTED
    countless = is_countless(net)
    if countless and not on_link:
        hosts_alive = _count(span, alive)
        return Coverage(range=str(net), level=CoverageLevel.NONE, complete=False, hosts_alive=hosts_alive, detail=OUT_OF_REACH)
    sweeping = ROUTED_SWEEPS if not on_link else LINK_SWEEPS if net.version == 4 else LINK_SWEEPS_V6
    sweeps = [a for a in attempts if a.collector in sweeping and span & _aimed(a, span)]
    hosts = [ip for ip in alive if span.holds(ip)]
    if span - _ended(sweeps, span):
        looked = any(a.status is AttemptStatus.PARTIAL or a.sent for a in sweeps)
        return Coverage(
            range=str(net),
            level=level if looked else CoverageLevel.NONE,
            complete=False,
            hosts_alive=len(hosts),
            detail="; ".join([_why(sweeps) or NOT_LOOKED, *(_behind_router(net, attempts) if looked and not on_link else ())]),
        )
    visits = [a for a in attempts if a.collector in BANNERS]
    done = _ended(visits, span)
    waiting = [ip for ip in hosts if ip not in visited and not done.holds(ip)]
    detail = NEVER_SWEPT if countless else ""
    if waiting:
        detail = f"TCP banners not read of {len(waiting)} of {len(hosts)} live hosts: {_why(visits) or 'no visit was made'}"
    if not on_link:
        detail = "; ".join([*([detail] if detail else []), *_behind_router(net, attempts)])
    return Coverage(range=str(net), level=level, complete=not waiting, hosts_alive=len(hosts), detail=detail)


def _behind_router(net: Network, attempts: Iterable[CollectorAttempt]) -> list[str]:
    """Return what a look across a router could show of the links behind it, and could not."""
    runs = list(attempts)
    said = [ROUTERS_WORD if any(a.collector in ROUTER_TABLES and a.received for a in runs) else NO_LINK_LAYER]
    if net.version == 4 and not any(a.collector in ECHO_SWEEPS and a.status is not AttemptStatus.SKIPPED for a in runs):
        said.append(NO_ECHO)
    return said


def ended(attempt: CollectorAttempt) -> bool:
    """Return whether a run did all it may: it came to its end, or to the end of a device's budget."""
    return attempt.status is AttemptStatus.COMPLETED or attempt.reason is AttemptReason.BUDGET


def _ended(attempts: Iterable[CollectorAttempt], everything: Spans) -> Spans:
    """Return the addresses at which the attempts that ended were aimed."""
    parts = [_aimed(a, everything) for a in attempts if ended(a)]
    return Spans.of([(4, *span) for part in parts for span in part.v4] + [(6, *span) for part in parts for span in part.v6])


def _aimed(attempt: CollectorAttempt, everything: Spans) -> Spans:
    """Return the addresses of an attempt's target: networks with commas between, or else all that it could reach."""
    networks = []
    for text in attempt.target.split(","):
        try:
            networks.append(ip_network(text.strip()))
        except ValueError:
            return everything
    return Spans.of_networks(networks)


def _why(attempts: Iterable[CollectorAttempt]) -> str:
    """Return why the weightiest of the attempts that did not end did not; empty where there is none."""
    order = [AttemptStatus.PARTIAL, AttemptStatus.FAILED, AttemptStatus.SKIPPED]
    open_ends = [a for a in attempts if not ended(a)]
    open_ends.sort(key=lambda a: (order.index(a.status), a.reason is AttemptReason.DISABLED, a.collector, a.detail))
    return _said(open_ends[0]) if open_ends else ""


def _said(attempt: CollectorAttempt) -> str:
    if attempt.detail:
        return attempt.detail
    return attempt.reason.value.replace("_", " ") if attempt.reason else attempt.status.value


def _reading_faults(attempts: Iterable[CollectorAttempt]) -> list[str]:
    """Return what was not read to its end, or lost on the way."""
    faults = []
    for attempt in attempts:
        whose = f"{attempt.collector} {attempt.target}".strip()
        if attempt.reason is AttemptReason.DISABLED:
            continue
        if not ended(attempt) or attempt.reason is AttemptReason.DAMAGED:
            faults.append(f"{whose}: {_said(attempt)}")
        elif attempt.dropped:
            faults.append(f"{whose}: {attempt.dropped} frames lost before they were read")
    more = len(faults) - MAX_NAMED
    return faults[:MAX_NAMED] + ([f"{more} inputs more not read to their end"] if more > 0 else [])


def _unmet(name: str, asked: Sequence[Coverage], attempts: Sequence[CollectorAttempt]) -> list[str]:
    """Return what one requirement lacks."""
    if name == REQUIRE_LINK:
        short = [c.range for c in asked if c.level is not CoverageLevel.LINK and c.detail != EXCLUDED]
        if not asked:
            return ["--require link: no range was covered at all"]
        return [f"--require link: {len(short)} of {_ranges(len(asked))} not on a link ({_named(short)})"] if short else []
    runs = [a for a in attempts if a.collector == name]
    if not runs:
        return [f"--require {name}: did not run"]
    why = _why(runs)
    return [f"--require {name}: {why}"] if why else []


def _count(span: Spans, ips: Collection[str]) -> int:
    return sum(1 for ip in ips if span.holds(ip))


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"


def _ranges(count: int) -> str:
    return f"{count} range" if count == 1 else f"{count} ranges"


def _named(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMED
    return "; ".join(names[:MAX_NAMED]) + (f"; and {more} more" if more > 0 else "")
