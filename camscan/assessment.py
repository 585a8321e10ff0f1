"""From observations to the report: correlate, identify, judge. Every output derives from the Report that comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from camscan import __version__
from camscan.codecs.fold import fold
from camscan.collect.coverage import MAX_HEARD, completeness
from camscan.collect.gathered import Gathered
from camscan.correlate import correlate, correlate_again, rekey_all
from camscan.identify.attachment import attachment
from camscan.identify.bystanders import in_words, without_bystanders
from camscan.identify.channels import channels_of, range_of
from camscan.identify.egress import ASSUMED, Surroundings, egress_of
from camscan.identify.engine import identify
from camscan.identify.minimise import minimise
from camscan.identify.rules import Knowledge
from camscan.identity import Identity, identities
from camscan.model import (
    AssessedAsset,
    Asset,
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
from camscan.policy.sites import combined, sites_of
from camscan.policy.totals import urgency
from camscan.policy.upkeep import overdue_reviews
from camscan.progress import NOBODY, Steps
from camscan.statements import NOTHING_RECORDED, Recorded, Statements

Found = tuple[tuple[Asset, Identification], ...]
"""Assets, and what each is."""

Item = TypeVar("Item")
TOLD_EVERY = 64
"""Devices between two words of the progress."""
IDENTIFYING, JUDGING = "identifying", "judging"
JUDGING_DEVICE_S = 0.002
"""Seconds that identifying a device takes, roughly; judging it takes as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """By what evidence is weighed: the same for scan, replay and judge."""

    knowledge: Knowledge
    book: PolicyBook
    policies: tuple[str, ...]
    site: SiteContext
    """What is stated where no site's range holds an address."""
    as_of: date
    command: str
    sites: tuple[SiteContext, ...] = ()
    """Sites with their ranges."""
    marking: str | None = None
    require: tuple[str, ...] = ()
    inventory: bool = False
    """Keep host names and raw bytes also of hosts that are positively known as something else."""
    recorded: Recorded = NOTHING_RECORDED
    """What persons stated of devices, and the exceptions that were given."""
    warnings: tuple[str, ...] = ()
    """What is to be known of the data, such as its age."""
    steps: Steps = NOBODY
    """Who is told how the work goes on."""


def judging_s(devices: int) -> dict[str, float]:
    """Return the seconds that identifying and judging so many devices should take."""
    return dict.fromkeys((IDENTIFYING, JUDGING), devices * JUDGING_DEVICE_S)


def not_kept(gathered: Gathered) -> tuple[str, ...]:
    """Return the warning of what a run heard beyond its limit; none where it kept all."""
    return (f"{gathered.left_out} observations beyond the limit were not kept",) if gathered.left_out else ()


def unlisted(networks: int) -> tuple[str, ...]:
    """Return the warning of networks in which somebody was heard and that the coverage leaves out; none where there are none."""
    said = "1 further network is" if networks == 1 else f"{networks:,} further networks are"
    return (f"coverage: somebody was heard in {MAX_HEARD:,} networks; {said} not listed",) if networks else ()


def kept(observations: Iterable[Observation], judging: Judging) -> tuple[tuple[Observation, ...], Found]:
    """Return what may be kept of a run's observations, equal ones folded, and what that shows."""
    folded = fold(observations)
    found = identified(folded, judging)
    if judging.inventory:
        return folded, found
    concerned = without_bystanders(folded, found, judging.knowledge, _surroundings(judging))
    left = minimise(concerned, found, judging.knowledge)
    if left == folded:
        return folded, found
    minimised = fold(left)
    assets = correlate_again([asset for asset, _ in found], folded, minimised, claims=judging.knowledge.claims)
    return minimised, _each_identified(assets, judging, found)


def identified(observations: Iterable[Observation], judging: Judging) -> Found:
    """Return the assets behind observations, and what each is."""
    return _each_identified(correlate(observations, claims=judging.knowledge.claims), judging)


def _each_identified(assets: Sequence[Asset], judging: Judging, before: Found = ()) -> Found:
    """Return what each asset is; those of `before` that are the same still need no second look."""
    known = {asset.key: (asset, found) for asset, found in before}
    judging.steps.expect(judging_s(len(assets)))
    judging.steps.enter(IDENTIFYING)
    return tuple(
        known[asset.key] if asset.key in known and known[asset.key][0] == asset else (asset, identify(asset, judging.knowledge))
        for asset in counted(assets, judging.steps)
    )


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
    found: Found | None = None,
) -> Report:
    """Return the report that follows from evidence and rules: no I/O, no clock, no order. found: what the observations show, where known."""
    found = identified(observations, judging) if found is None else found
    assets = rekey_all([(asset, identification.maker) for asset, identification in found])
    judging.steps.enter(JUDGING)
    statements = Statements(judging.recorded, judging.knowledge, judging.as_of)
    marks = identities(assets, judging.knowledge.claims) if judging.recorded else ((),) * len(assets)
    assessed = [
        _assess(asset, identification, identity, judging, statements, ledgers or {}, scope)
        for (asset, (_, identification), identity) in counted(tuple(zip(assets, found, marks, strict=True)), judging.steps)
    ]
    attestations, exceptions = statements.used()
    complete, because = completeness(coverage, attempts, run.require, run.interrupted)
    named = [(a.identification.brand, a.identification.maker, *a.identification.components) for a in assessed]
    named += [(one.brand, one.maker) for a in assessed for one in a.channels]
    named += [(one.who,) for a in assessed for one in a.egress]
    slugs = {slug for slugs in named for slug in slugs if slug}
    bystanders = in_words(one for a in assessed for one in a.asset.observations)
    assumed = {text for a in assessed for f in a.judgement.findings for text in f.assumptions}
    assumed |= {ASSUMED for a in assessed if a.egress and not (a.site or judging.site).ranges}
    return Report(
        run=replace(run, attestations=attestations, exceptions=exceptions),
        scope=scope,
        attempts=attempts,
        coverage=coverage,
        assets=tuple(sorted(assessed, key=urgency)),
        complete=complete,
        incomplete_because=because,
        warnings=warnings
        + judging.warnings
        + statements.warnings()
        + overdue_reviews(judging.book, run.policies, judging.as_of)
        + ((bystanders,) if bystanders else ()),
        assumptions=tuple(sorted(assumed)),
        display=tuple(sorted((slug, judging.knowledge.display.get(slug) or judging.book.name(slug)) for slug in slugs)),
    )


def counted(items: Sequence[Item], steps: Steps) -> Iterator[Item]:
    """Yield items, and tell how many are done now and then."""
    for number, item in enumerate(items, 1):
        yield item
        if number % TOLD_EVERY == 0:
            steps.done(number, len(items))


def _surroundings(judging: Judging) -> Surroundings:
    """Return what counts as inside any of the sites."""
    return Surroundings(tuple(text for site in (judging.site, *judging.sites) for text in site.ranges))


def _assess(
    asset: Asset,
    found: Identification,
    identity: Identity,
    judging: Judging,
    statements: Statements,
    ledgers: Mapping[str, Ledger],
    scope: Scope,
) -> AssessedAsset:
    sites = sites_of(asset.ips, judging.sites, judging.site)
    site = combined(sites) if sites else None
    egress = egress_of(asset, Surroundings((site or judging.site).ranges, scope.ranges), judging.knowledge.clouds)
    stated = statements.attest(asset, found, identity)
    asset, found = stated.asset, stated.identification
    verdict = judge(
        asset,
        found,
        book=judging.book,
        policies=judging.policies,
        site=site or judging.site,
        as_of=judging.as_of,
        acquired=stated.acquired,
        egress=egress,
    )
    judgement = statements.beside(verdict, found, identity)
    messages = [one.fields for one in asset.observations]
    channels = channels_of(messages, found, judging.knowledge)
    return AssessedAsset(
        asset=asset,
        identification=found,
        judgement=judgement,
        ledger=_total(ledgers, asset.ips),
        channels=channels,
        channels_inferred=None if channels else range_of(messages, found, judging.knowledge),
        site=site,
        sites=sites if len(sites) > 1 else (),
        attached_to=attachment(asset),
        egress=egress,
        attestations=stated.attestations,
        exceptions=statements.behind(judgement),
    )


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


def new_run(judging: Judging, started_at: datetime, ended_at: datetime, *, privileged: bool, interrupted: bool) -> Run:
    """Return the head of a run under this basis of judgement."""
    return Run(
        id=f"{started_at:%Y%m%dT%H%M%SZ}-{judging.site.name}",
        command=judging.command,
        started_at=started_at,
        ended_at=ended_at,
        privileged=privileged,
        interrupted=interrupted,
        require=judging.require,
        **judged_by(judging),
    )


def judged_by(judging: Judging) -> dict[str, Any]:
    """Return what the head of a run says of the basis of judgement, by the names of its fields."""
    return {
        "site": judging.site,
        "sites": judging.sites,
        "policies": tuple(p for p in judging.policies if p != "none"),
        "version": __version__,
        "data_version": judging.knowledge.version,
        "as_of": judging.as_of,
        "marking": judging.marking,
    }
