"""A run that was interrupted, and will not be resumed, as the report that it can still give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network

from camscan.assessment import Judging, assemble, kept
from camscan.collect.coverage import coverage_of
from camscan.collect.journal import Interrupted, joined
from camscan.collect.pace import Spent
from camscan.collect.scope import Guard
from camscan.collect.stages import live
from camscan.model import AttemptReason, AttemptStatus, CollectorAttempt, Ledger, Observation, Report

CUT_OFF = "the run was interrupted before it ended"


def recovered(left: Interrupted, judging: Judging, *, inventory: bool) -> tuple[Report, tuple[Observation, ...]]:
    """Return the report on what an interrupted run had found, and the observations behind it, judged as that run was to be.

    judging: with the knowledge and the rules of today. inventory: as that run was told.
    """
    run = replace(left.beginning.run, ended_at=left.at, interrupted=True, data_version=judging.knowledge.version)
    known = tuple(name for name in run.policies if name in judging.book.sets or name in judging.book.singles)
    then = replace(
        judging,
        policies=known,
        site=run.site,
        sites=run.sites,
        as_of=run.as_of,
        command=run.command,
        marking=run.marking,
        require=run.require,
        inventory=inventory,
        warnings=(),
    )
    observations, found = kept(left.observations, then)
    scope, attempts = left.beginning.scope, _attempts(left)
    networks = [ip_network(text) for text in left.beginning.networks]
    alive = live(observations, Guard(scope, networks))
    coverage = coverage_of(scope, networks, attempts, alive, visited=left.finished.get("tcp", frozenset()))
    ledgers = {ip: _ledger(spent) for ip, spent in left.spent.items()}
    run = replace(run, policies=known)
    return assemble(run, scope, attempts, coverage, observations, then, ledgers=ledgers, found=found), observations


def _attempts(left: Interrupted) -> tuple[CollectorAttempt, ...]:
    """Return one attempt of each collector: as it ended, or cut off."""
    ended = {attempt.collector: attempt for attempt in left.attempts}
    last = [ended.get(name) or _cut_off(left, name) for name in left.beginning.collectors]
    earlier = [attempt for attempt in left.attempts if attempt is not ended[attempt.collector]]
    return joined(earlier, last)


def _cut_off(left: Interrupted, collector: str) -> CollectorAttempt:
    began = collector in left.finished or collector in left.asked or _heard(left.observations, collector)
    return CollectorAttempt(
        collector=collector,
        target=", ".join(left.beginning.scope.ranges),
        status=AttemptStatus.PARTIAL if began else AttemptStatus.SKIPPED,
        reason=AttemptReason.INTERRUPTED,
        detail=CUT_OFF,
        started_at=left.beginning.run.started_at,
        ended_at=left.at,
    )


def _heard(observations: Sequence[Observation], collector: str) -> bool:
    return any(seen.collector == collector for seen in observations)


def _ledger(spent: Spent) -> Ledger:
    return Ledger(
        packets=spent.packets,
        connections=spent.connections,
        requests=spent.requests,
        bytes_sent=spent.bytes_sent,
        metered=spent.metered,
    )
