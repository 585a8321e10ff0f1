"""How fresh what is known of each site and range is, by the records of the chain. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from camscan.history.heartbeat import Heartbeat, Recorded
from camscan.model import CoverageLevel

CLOSELY = frozenset({CoverageLevel.LINK, CoverageLevel.ROUTED})
"""Levels of a range that was really looked at."""
LOOKED_BACK = timedelta(days=7)
"""Before a site's newest run, for ranges that not every run covers."""
CLOCK_TOLERANCE = timedelta(minutes=2)
"""By which an end may stand in the future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeState:
    """One range of a site; of a site whose runs cover none, all that it has."""

    range: str
    """Empty where runs of the site cover no range."""
    last: Heartbeat | None
    """The end of the last run that covered it completely; None where no record knows one."""
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """One site."""

    site: str
    ranges: tuple[RangeState, ...]
    last: Heartbeat | None
    """How its newest run ended, or came to nothing; None where it is not known."""
    unended: Heartbeat | None
    """The begin of the newest run of its kind whose end is not recorded: it goes on, or was killed."""
    lapsed: int
    """Devices of its newest run with a report beside which an exception stands that has lapsed."""

    @property
    def fresh(self) -> bool:
        """Whether each of its ranges is."""
        return all(one.fresh for one in self.ranges)


def states(records: Iterable[Recorded], now: datetime, max_age: timedelta) -> tuple[SiteState, ...]:
    """Return the sites by name. records: newest first; an end that is older than `max_age`, or in the future, is not fresh."""
    of_site: dict[str, list[Recorded]] = defaultdict(list)
    for one in records:
        if one.beat.site and one.beat.event not in ("told", "pruned"):
            of_site[one.beat.site].append(one)
    return tuple(_state(site, of_site[site], now, max_age) for site in sorted(of_site))


def _state(site: str, records: Sequence[Recorded], now: datetime, max_age: timedelta) -> SiteState:
    ends = [one.beat for one in records if one.beat.event == "ended"]
    found = _last_complete(ends)

    def is_fresh(last: Heartbeat | None) -> bool:
        return last is not None and -CLOCK_TOLERANCE <= now - last.at <= max_age

    lasts = {range_: _covering(range_, found) for range_ in _expected(ends)}
    if not lasts:
        lasts[""] = next((one for one in ends if one.complete), None)
    of_runs = [one for one in records if not one.beat.locked_out] or records
    return SiteState(
        site=site,
        ranges=tuple(RangeState(range=name, last=last, fresh=is_fresh(last)) for name, last in lasts.items()),
        last=next((one.beat for one in of_runs if one.beat.event != "began"), None),
        unended=_unended(records),
        lapsed=ends[0].lapsed if ends else 0,
    )


def _unended(records: Sequence[Recorded]) -> Heartbeat | None:
    """Return the newest begin without an end. A run that was followed by another of its kind goes on no more."""
    ended = {number for one in records for number in (one.beat.began, *one.beat.resumed)}
    followed: set[tuple[str, str]] = set()
    for one in records:
        if one.beat.event != "began":
            continue
        kind = one.beat.command, one.beat.machine
        if one.number not in ended and kind not in followed:
            return one.beat
        followed.add(kind)
    return None


def _expected(ends: Sequence[Heartbeat]) -> tuple[str, ...]:
    """Return the ranges that are looked at again and again: those of the scheduled runs; where none is scheduled, of all."""
    covering = [one for one in ends if _asked(one)]
    scheduled = [one for one in covering if one.unattended] or covering
    if not scheduled:
        return ()
    since = scheduled[0].at - LOOKED_BACK
    return tuple(dict.fromkeys(name for one in scheduled if one.at >= since for name in _asked(one)))


def _asked(end: Heartbeat) -> list[str]:
    """Return the ranges that a run was to look at; what it only listened to is none."""
    return [one.range for one in end.coverage if one.level is not CoverageLevel.LISTENED]


def _last_complete(ends: Sequence[Heartbeat]) -> dict[str, Heartbeat]:
    """Return by range the last run that covered it completely."""
    found: dict[str, Heartbeat] = {}
    for end in ends:
        for one in end.coverage:
            if one.complete and one.level in CLOSELY:
                found.setdefault(one.range, end)
    return found


def _covering(range_: str, found: dict[str, Heartbeat]) -> Heartbeat | None:
    """Return the last run that covered a range completely, or a wider one that holds it."""
    wanted = _network(range_)
    ends = [
        end
        for name, end in found.items()
        if name == range_ or (wanted is not None and (wider := _network(name)) is not None and _holds(wider, wanted))
    ]
    return max(ends, key=lambda one: one.at, default=None)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _holds(wider: IPv4Network | IPv6Network, narrow: IPv4Network | IPv6Network) -> bool:
    return wider.version == narrow.version and wider.prefixlen <= narrow.prefixlen and narrow.network_address in wider
