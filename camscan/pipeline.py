"""The only orchestration: stages of collectors, then correlate, identify, judge. Every output derives from the Report it returns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from camscan import __version__
from camscan.codecs.fold import fold
from camscan.collect.base import Stage, Tally
from camscan.collect.coverage import completeness, coverage_of, listened, networks_heard
from camscan.collect.files import InputKind, kind_of, read_input
from camscan.collect.net import Net
from camscan.collect.pace import PACES, Meter
from camscan.collect.privileges import CAP_NET_RAW, drop_capabilities, may
from camscan.collect.stages import Gathered, ScanPlan, StageRunner, live, outcome
from camscan.correlate import correlate, rekey_all
from camscan.identify.engine import identify
from camscan.identify.minimise import minimise
from camscan.identify.rules import Knowledge
from camscan.model import (
    AssessedAsset,
    Asset,
    AttemptReason,
    CollectorAttempt,
    Coverage,
    Identification,
    Ledger,
    Observation,
    Report,
    Run,
    Scope,
    SiteContext,
)
from camscan.policy.engine import judge
from camscan.policy.rules import PolicyBook
from camscan.policy.totals import urgency
from camscan.policy.upkeep import overdue_reviews
from camscan.report.observations import ObservationFile
from camscan.report.observations import read as read_observations


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """By what evidence is weighed: the same for scan, replay and judge."""

    knowledge: Knowledge
    book: PolicyBook
    policies: tuple[str, ...]
    site: SiteContext
    as_of: date
    command: str
    marking: str | None = None
    require: tuple[str, ...] = ()
    inventory: bool = False
    """Keep host names and raw bytes also of hosts that are positively known as something else."""


async def scan(plan: ScanPlan, judging: Judging) -> tuple[Report, tuple[Observation, ...]]:
    """Run every stage and return the report and the observations behind it.

    Cancelling the task ends the collecting, not the reporting: what was found is returned with PARTIAL attempts.
    """
    started_at = plan.now()
    privileged = may(CAP_NET_RAW)
    gathered = Gathered()
    loop = asyncio.get_running_loop()
    net = Net(plan.guard, Meter(PACES[plan.scope.pace], loop.time()))
    stage = StageRunner(plan, judging.knowledge, gathered, net)
    try:
        stage.open_all()
        drop_capabilities()
        for number in Stage:
            if not await stage.run(number):
                break
    except asyncio.CancelledError:
        gathered.interrupted = True
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
    finally:
        stage.close_all()
    ledgers = {ip: account.ledger() for ip, account in net.meter.accounts.items()}
    observations = kept(gathered.observations, judging)
    attempts = tuple(gathered.attempts)
    coverage = coverage_of(
        plan.scope, [n for i in plan.interfaces for n in i.networks], attempts, frozenset(live(observations, plan.guard))
    )
    run = _run(judging, started_at, plan.now(), privileged=privileged, interrupted=gathered.interrupted)
    warnings = (f"{gathered.left_out} observations beyond the limit were not kept",) if gathered.left_out else ()
    return (
        assemble(run, plan.scope, attempts, coverage, observations, judging, ledgers=ledgers, warnings=warnings),
        observations,
    )


def kept(observations: Iterable[Observation], judging: Judging) -> tuple[Observation, ...]:
    """Return what may be kept of a run's observations, equal ones folded."""
    folded = fold(observations)
    if judging.inventory:
        return folded
    assets = correlate(folded, claims=judging.knowledge.claims)
    return fold(minimise(folded, [(asset, identify(asset, judging.knowledge)) for asset in assets]))


def assemble(
    run: Run,
    scope: Scope,
    attempts: tuple[CollectorAttempt, ...],
    coverage: tuple[Coverage, ...],
    observations: Iterable[Observation],
    judging: Judging,
    *,
    ledgers: Mapping[str, Ledger] | None = None,
    warnings: tuple[str, ...] = (),
) -> Report:
    """Return the report that follows from evidence and rules: no I/O, no clock, no order."""
    found = [(asset, identify(asset, judging.knowledge)) for asset in correlate(observations, claims=judging.knowledge.claims)]
    assets = rekey_all([(asset, identification.maker) for asset, identification in found])
    assessed = [
        _assess(asset, identification, judging, ledgers or {}) for asset, (_, identification) in zip(assets, found, strict=True)
    ]
    complete, because = completeness(coverage, attempts, run.require, run.interrupted)
    slugs = {s for a in assessed for s in (a.identification.brand, a.identification.maker, *a.identification.components) if s}
    return Report(
        run=run,
        scope=scope,
        attempts=attempts,
        coverage=coverage,
        assets=tuple(sorted(assessed, key=urgency)),
        complete=complete,
        incomplete_because=because,
        warnings=warnings + overdue_reviews(judging.book, run.policies, judging.as_of),
        assumptions=tuple(sorted({text for a in assessed for f in a.judgement.findings for text in f.assumptions})),
        display=tuple(sorted((slug, judging.knowledge.display.get(slug) or judging.book.name(slug)) for slug in slugs)),
    )


def _assess(asset: Asset, found: Identification, judging: Judging, ledgers: Mapping[str, Ledger]) -> AssessedAsset:
    verdict = judge(asset, found, book=judging.book, policies=judging.policies, site=judging.site, as_of=judging.as_of)
    return AssessedAsset(asset=asset, identification=found, judgement=verdict, ledger=_total(ledgers, asset.ips))


def _total(ledgers: Mapping[str, Ledger], ips: Sequence[str]) -> Ledger:
    """Return what was sent to all addresses of one asset."""
    own = [ledgers[ip] for ip in ips if ip in ledgers]
    return Ledger(
        packets=sum(x.packets for x in own),
        connections=sum(x.connections for x in own),
        requests=sum(x.requests for x in own),
        bytes_sent=sum(x.bytes_sent for x in own),
        metered=all(x.metered for x in own),
    )


def _run(judging: Judging, started_at: datetime, ended_at: datetime, *, privileged: bool, interrupted: bool) -> Run:
    return Run(
        id=f"{started_at:%Y%m%dT%H%M%SZ}-{judging.site.name}",
        command=judging.command,
        started_at=started_at,
        ended_at=ended_at,
        site=judging.site,
        policies=tuple(p for p in judging.policies if p != "none"),
        version=__version__,
        data_version=judging.knowledge.version,
        as_of=judging.as_of,
        privileged=privileged,
        interrupted=interrupted,
        require=judging.require,
        marking=judging.marking,
    )


def replay(files: Sequence[Path], judging: Judging) -> tuple[Report, tuple[Observation, ...]]:
    """Return the report on files of any kind that is read. Raises UsageError for one that cannot be read at all."""
    gathered = Gathered()
    evidence: list[ObservationFile] = []
    for path in files:
        started_at = datetime.now(UTC)  # noqa: TID251  (an attempt records when it ran)
        tally = Tally()
        kind = kind_of(path)
        if kind is InputKind.OBSERVATIONS:
            evidence.append(read_observations(path))
            for seen in evidence[-1].observations:
                gathered.add(seen)
            tally.received = len(evidence[-1].observations)
            if evidence[-1].damaged:
                tally.unfinished.append(evidence[-1].damaged)
        else:
            read_input(path, kind, site=judging.site.name, at=started_at, emit=gathered.add, tally=tally)
        status, reason, detail = outcome(tally, stopped=AttemptReason.DAMAGED)
        gathered.attempts.append(
            CollectorAttempt(
                collector=f"{kind}",
                target=path.name,
                status=status,
                reason=reason,
                detail=detail,
                started_at=started_at,
                ended_at=datetime.now(UTC),  # noqa: TID251  (as above)
                received=tally.received,
                undecoded=tally.undecoded,
                sample=tally.sample,
            )
        )
    observations = kept(gathered.observations, judging)
    times = [at for o in observations for at in (o.first_seen_at, o.last_seen_at)] or [datetime.now(UTC)]  # noqa: TID251
    run = replace(
        _run(judging, min(times), max(times), privileged=False, interrupted=False), inputs=tuple(path.name for path in files)
    )
    heard = {o.ip for o in observations if o.ip}
    coverage = listened(networks_heard(heard), gathered.attempts, heard)
    ledgers = {ip: ledger for one in evidence for ip, ledger in one.ledgers.items()}
    report = assemble(run, Scope(techniques=()), tuple(gathered.attempts), coverage, observations, judging, ledgers=ledgers)
    return report, observations


def judge_run(path: Path, judging: Judging, *, keep_name: bool = True) -> tuple[Report, tuple[Observation, ...]]:
    """Return the report on a kept run under other rules, facts or another day; what the site context leaves open, the run fills in.

    Raises UsageError when the file cannot be read.
    """
    evidence = read_observations(path)
    stated, recorded = judging.site, evidence.run.site
    site = SiteContext(
        name=recorded.name if keep_name else stated.name,
        class_=stated.class_ or recorded.class_,
        zone=stated.zone or recorded.zone,
        purpose=stated.purpose or recorded.purpose,
        decision=stated.decision or recorded.decision,
    )
    judging = replace(judging, site=site)
    run = replace(
        evidence.run,
        command="judge",
        site=site,
        policies=tuple(p for p in judging.policies if p != "none"),
        version=__version__,
        data_version=judging.knowledge.version,
        as_of=judging.as_of,
        marking=judging.marking or evidence.run.marking,
        inputs=(path.name,),
    )
    warnings = (evidence.damaged,) if evidence.damaged else ()
    report = assemble(
        run,
        evidence.scope,
        evidence.attempts,
        evidence.coverage,
        evidence.observations,
        judging,
        ledgers=evidence.ledgers,
        warnings=warnings,
    )
    if evidence.damaged:
        report = replace(report, complete=False, incomplete_because=(*report.incomplete_because, evidence.damaged))
    return report, evidence.observations
