"""The stages of a scan: which collector runs when, on whom, and how each run ended."""

from __future__ import annotations

import asyncio
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from camscan import __version__
from camscan.codecs.fold import fold
from camscan.collect.base import Collector, Ground, Host, MissingTool, NotAsked, NotNeeded, Stage, Tally
from camscan.collect.forecast import forecast
from camscan.collect.gathered import Deadline, Gathered, outcome
from camscan.collect.interfaces import Interface, is_link_local
from camscan.collect.journal import NO_JOURNAL, Interrupted, Journal
from camscan.collect.net import Net
from camscan.collect.presence import Liveness
from camscan.collect.routed import RoutedLiveness
from camscan.collect.scope import Guard
from camscan.collect.track import Track
from camscan.correlate import correlate
from camscan.errors import CamscanError, PrivilegeError
from camscan.identify.engine import identify
from camscan.identify.minimise import is_something_else
from camscan.identify.rules import Knowledge
from camscan.model import (
    AttemptReason,
    AttemptStatus,
    CollectorAttempt,
    Confidence,
    Identification,
    Observation,
    Scope,
)
from camscan.progress import NOBODY, Steps

FOLLOWED_BY = {"unicast": "tcp"}
"""Collectors that are through with a host where that other one is."""
QUIET_SHARE = 0.1
QUIET_AT_LEAST = 3
"""A run stops by itself when this many, and this share, of the visited devices fell silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """Everything that a scan needs to know before it begins."""

    site: str
    scope: Scope
    guard: Guard
    interfaces: tuple[Interface, ...]
    down: tuple[Interface, ...] = ()
    """Interfaces of this machine that are down, so that nothing on their links can be seen."""
    collectors: tuple[Collector, ...]
    contact: str | None = None
    now: Callable[[], datetime]
    progress: Callable[[str], None] = lambda line: None
    steps: Steps = NOBODY
    deadline: Deadline | None = None
    journal: Journal = NO_JOURNAL
    interrupted: Interrupted | None = None
    """What an earlier part of the same run left: it goes on with what is missing."""


def live(observations: Iterable[Observation], guard: Guard) -> set[str]:
    """Return the addresses that answered, may be visited, and are not excluded by address or MAC.

    Who is excluded by an address is left alone at its addresses of IPv6 too, as far as its MAC is known.
    """
    seen = tuple(observations)
    excluded = {o.link_mac for o in seen if o.link_mac and o.ip and guard.excludes(o.ip)}
    barred = {
        o.ip
        for o in seen
        if o.link_mac and (not guard.allows_mac(o.link_mac) or (":" in (o.ip or "") and o.link_mac in excluded))
    }
    return {o.ip for o in seen if o.ip and o.ip not in barred and guard.allows_unicast(o.ip)}


def one_address_each(ips: Iterable[str], macs: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the addresses to visit, in order, each with the others of the same device.

    A device that has one of IPv4 is visited there, any other at one of IPv6. macs: MAC by address, where it is known;
    without it nothing shows that two addresses are one device.
    """
    chosen: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    for ip in sorted(ips, key=lambda ip: (":" in ip, is_link_local(ip), len(ip), ip)):
        mac = macs.get(ip)
        if ":" in ip and mac in first:
            chosen[first[mac]].append(ip)
            continue
        chosen[ip] = []
        if mac:
            first.setdefault(mac, ip)
    return chosen


class StageRunner:
    """Opens, runs and closes the collectors of a scan, and writes down how each run ended."""

    def __init__(self, plan: ScanPlan, knowledge: Knowledge, gathered: Gathered, net: Net) -> None:
        self._plan = plan
        self._knowledge = knowledge
        self._gathered = gathered
        self._net = net
        self._ready: list[tuple[Collector, Ground]] = []
        self._before = plan.interrupted
        self._through: defaultdict[str, set[str]] = defaultdict(set)
        self._track = Track(plan.steps, lambda hosts: forecast(plan, hosts))

    def open_all(self) -> None:
        """Open every collector's sockets; what cannot be opened becomes a skipped attempt with its remedy."""
        for collector in self._plan.collectors:
            ground = self._ground(collector.NAME)
            try:
                collector.open(ground)
            except PrivilegeError as fault:
                self._skip(collector, AttemptReason.NO_PRIVILEGE, str(fault))
            except MissingTool as fault:
                self._skip(collector, AttemptReason.MISSING_TOOL, str(fault))
            except NotAsked as fault:
                self._skip(collector, AttemptReason.DISABLED, str(fault))
            except NotNeeded as fault:
                self._skip(collector, None, str(fault))
            except (OSError, CamscanError) as fault:
                now = self._plan.now()
                self._record(collector, now, AttemptStatus.FAILED, AttemptReason.UNREACHABLE, Tally(), str(fault))
            else:
                self._ready.append((collector, ground))

    def close_all(self) -> None:
        """Close every collector; one whose turn never came leaves an attempt that says so."""
        recorded = {attempt.collector for attempt in self._gathered.attempts}
        for collector in self._plan.collectors:
            collector.close()
            if collector.NAME not in recorded:
                self._skip(collector, self._gathered.stopped_by[0], "the run ended before its turn came")

    async def run(self, stage: Stage) -> bool:
        """Run the collectors of one stage side by side (the liveness check after them); False ends the scan."""
        self._track.begin(stage)
        hosts = self._hosts(stage)
        self._track.visiting(stage, len(hosts))
        here = [(c, g) for c, g in self._ready if stage == c.STAGE]
        if here:
            self._plan.progress(announcement(stage, [c.NAME for c, _ in here], len(hosts)))
        async with asyncio.TaskGroup() as tasks:
            for collector, ground in here:
                if not isinstance(collector, Liveness | RoutedLiveness):
                    tasks.create_task(self._run_one(collector, ground, hosts))
        for collector, ground in here:
            if isinstance(collector, Liveness | RoutedLiveness):
                await self._run_one(collector, ground, hosts)
                visited = sum(1 for account in self._net.meter.accounts.values() if account.connections)
                if len(collector.quiet) >= max(QUIET_AT_LEAST, QUIET_SHARE * visited):
                    self._plan.progress(f"stopping: {len(collector.quiet)} of {visited} devices fell silent after our visit")
                    return False
        await self._plan.journal.catch_up()
        return True

    async def _run_one(self, collector: Collector, ground: Ground, hosts: Sequence[Host]) -> None:
        """Run one collector to its end; whatever happens becomes its attempt, and the others go on."""
        started_at = self._plan.now()
        tally = ground.tally
        try:
            await collector.run(ground, self._waiting(collector, hosts))
        except asyncio.CancelledError:
            cause, words = self._gathered.stopped_by
            self._record(collector, started_at, AttemptStatus.PARTIAL, cause, tally, words)
            raise
        except MissingTool as fault:
            self._record(collector, started_at, AttemptStatus.SKIPPED, AttemptReason.MISSING_TOOL, tally, str(fault))
        except OSError as fault:
            self._record(collector, started_at, AttemptStatus.FAILED, AttemptReason.UNREACHABLE, tally, str(fault))
        except Exception as fault:  # a bug of one collector is an attempt that failed; the others go on
            detail = f"{type(fault).__name__}: {fault} ({_where(fault)})"
            self._record(collector, started_at, AttemptStatus.FAILED, AttemptReason.BUG, tally, detail)
        else:
            status, reason, detail = outcome(tally)
            self._record(collector, started_at, status, reason, tally, detail)

    def _waiting(self, collector: Collector, hosts: Sequence[Host]) -> tuple[Host, ...]:
        """Return the hosts that a collector was not through with when the run was interrupted."""
        waiting = []
        for host in hosts:
            through = self._before is not None and any(
                self._before.is_through(name, host) for name in (collector.NAME, FOLLOWED_BY.get(collector.NAME, ""))
            )
            if through:
                self._track.visited(host)
            else:
                waiting.append(host)
        return tuple(waiting)

    def _forget_others(self) -> None:
        """Forget what was asked of addresses that another device has by now."""
        if self._before is None:
            return
        gone = self._before.moved_away(self._gathered.macs)
        for ip in gone & self._before.spent.keys():
            self._net.meter.account(ip).add(self._before.spent[ip], -1)
        self._before = self._before.without(gone)

    def _hosts(self, stage: Stage) -> tuple[Host, ...]:
        """Return whom a stage may visit."""
        if stage is Stage.PRESENCE:
            return ()
        self._forget_others()
        self._net.meter.share(self._gathered.macs)
        observations = fold(self._gathered.observations)
        present = live(observations, self._plan.guard)
        by_ip: dict[str, list[Observation]] = {}
        for seen in observations:
            if seen.ip in present:
                by_ip.setdefault(seen.ip, []).append(seen)
        if stage is Stage.DEEP:
            present = {ip for ip in present if self._undecided(by_ip[ip])}
        own = {a for i in self._plan.interfaces for a in (*i.addresses, *i.addresses_v6)}
        macs = {o.ip: o.link_mac for o in observations if o.ip and o.link_mac} | self._gathered.macs
        return tuple(
            Host(
                ip=ip,
                mac=self._gathered.macs.get(ip) or None,
                observations=tuple(seen for one in (ip, *others) for seen in by_ip[one]),
            )
            for ip, others in one_address_each(present - own, macs).items()
        )

    def _identified(self, observations: Sequence[Observation]) -> Identification:
        assets = correlate(observations, claims=self._knowledge.claims)
        return max(
            (identify(a, self._knowledge) for a in assets),
            key=lambda i: (i.confidence is not None, i.maker or "", i.model or ""),
            default=Identification(),
        )

    def _undecided(self, observations: Sequence[Observation]) -> bool:
        found = self._identified(observations)
        return found.maker is None and found.kind != "software" and not is_something_else(found)

    def _looked_at(self, host: Host, seen: Sequence[Observation]) -> Identification:
        found = self._identified([*host.observations, *seen])
        self._track.looked_at(host, found)
        return found

    def _enough(self, host: Host, seen: Sequence[Observation]) -> bool:
        """Return whether maker, model and firmware rest on two independent witnesses, so that a visit may end."""
        found = self._looked_at(host, seen)
        witnesses = {e.witness for e in found.evidence if ("maker", found.maker or "") in e.says and e.witness != "oui"}
        return bool(found.maker and found.model and found.firmware) and (
            len(witnesses) >= 2 and found.confidence is Confidence.CERTAIN
        )

    def visited(self, collector: str) -> frozenset[str]:
        """Return the addresses of the hosts that a collector is through with, in whichever part of the run."""
        before = self._before.finished.get(collector, frozenset()) if self._before else frozenset()
        return before | self._through[collector]

    def _visited(self, collector: str, host: Host) -> None:
        self._through[collector].add(host.ip)
        self._plan.journal.finished(collector, host)
        self._track.visited(host)

    def _ground(self, collector: str) -> Ground:
        journal = self._plan.journal
        contact = f" ({self._plan.contact})" if self._plan.contact else ""
        return Ground(
            site=self._plan.site,
            scope=self._plan.scope,
            guard=self._plan.guard,
            interfaces=self._plan.interfaces,
            net=self._net,
            now=self._plan.now,
            user_agent=f"camscan/{__version__}{contact}",
            tally=Tally(),
            macs=self._gathered.macs,
            emit=self._emit,
            enough=self._enough,
            identify=self._looked_at,
            reads=self._knowledge.reads,
            visited=lambda host: self._visited(collector, host),
            asked=lambda host, what: journal.asked(collector, host, what),
            asked_before=lambda host: self._before.asked_of(collector, host) if self._before else frozenset(),
        )

    def _emit(self, seen: Observation) -> None:
        """Keep an observation, marked when its sender stands outside the scope."""
        outside = seen.ip is not None and not self._plan.guard.is_inside(seen.ip)
        if seen.ip is not None and not outside:
            self._track.heard(seen.ip)
        kept = replace(seen, outside_scope=True) if outside else seen
        if self._gathered.add(kept):
            self._plan.journal.observed(kept)

    def _skip(self, collector: Collector, reason: AttemptReason | None, detail: str) -> None:
        self._record(collector, self._plan.now(), AttemptStatus.SKIPPED, reason, Tally(), detail)

    def _record(
        self,
        collector: Collector,
        started_at: datetime,
        status: AttemptStatus,
        reason: AttemptReason | None,
        tally: Tally,
        detail: str,
    ) -> None:
        attempt = CollectorAttempt(
            collector=collector.NAME,
            target=", ".join(self._plan.scope.ranges),
            status=status,
            reason=reason,
            detail=detail,
            started_at=started_at,
            ended_at=self._plan.now(),
            sent=tally.sent,
            received=tally.received,
            undecoded=tally.undecoded,
            dropped=tally.dropped,
            sample=tally.sample,
        )
        self._gathered.attempts.append(attempt)
        self._plan.journal.attempted(attempt)


def announcement(stage: Stage, names: Sequence[str], hosts: int) -> str:
    """Return what a stage is about to do, as the progress says it."""
    if stage is Stage.DEEP:
        return f"deep: {', '.join(names)} on {hosts} hosts that stayed unidentified, outside pace and budget (not metered)"
    return f"{stage.name.lower()}: {', '.join(names)}; {hosts} live so far"


def _where(fault: Exception) -> str:
    """Return file and line where a fault was raised."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
