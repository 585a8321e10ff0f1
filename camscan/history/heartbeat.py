"""What the chain records of runs: that one began, how it ended, that it came to nothing, that old ones were removed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from camscan.model import CoverageLevel, Report, Verdict

Event = Literal["began", "ended", "failed", "told", "pruned"]
"""failed: it came to nothing, so there is no report; told: all who were to hear of it did; pruned: retention removed runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How a run covered one range."""

    range: str
    level: CoverageLevel
    complete: bool = False
    hosts_alive: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many devices of a run have a verdict."""

    verdict: Verdict
    devices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One record. What a kind of record does not speak of is empty."""

    event: Event
    at: datetime
    site: str = ""
    command: str = ""
    machine: str = ""
    unattended: bool = False
    policies: tuple[str, ...] = ()
    version: str = ""
    data_version: str = ""
    began: int = 0
    """Number of the record of its begin; 0 where there is none."""
    resumed: tuple[int, ...] = ()
    """Those of runs that were interrupted, and whose work went into it."""
    run: str = ""
    """The id under which it is kept."""
    to_tell: bool = False
    """What it found is known to nobody until a record says that it was told."""
    facts: str = ""
    """SHA-256 of what the run says of itself, in hexadecimal."""
    as_of: date | None = None
    started_at: datetime | None = None
    complete: bool = False
    interrupted: bool = False
    incomplete_because: tuple[str, ...] = ()
    coverage: tuple[Looked, ...] = ()
    devices: int = 0
    verdicts: tuple[Count, ...] = ()
    lapsed: int = 0
    """Devices beside which an exception stands that has lapsed."""
    observations: int = 0
    because: str = ""
    """Why it came to nothing."""
    locked_out: bool = False
    """Another run of the site was under way: nothing is known of the site because of it."""
    before: datetime | None = None
    """Runs that began before it were removed."""
    runs: int = 0
    """That were removed."""
    hosts: int = 0
    """Records of hosts that were removed."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record with its place in the chain."""

    number: int
    head: str
    beat: Heartbeat


def ended(
    report: Report,
    *,
    name: str,
    facts: str,
    observations: int,
    begun: Recorded | None,
    resumed: Sequence[Recorded] = (),
    to_tell: bool = False,
) -> Heartbeat:
    """Return the record of a run that gave a report. name: the id under which it is kept; begun: the record of its begin; resumed, to_tell: as in Heartbeat."""
    run = report.run
    counted = Counter(judged.judgement.verdict for judged in report.assets)
    return Heartbeat(
        event="ended",
        at=run.ended_at,
        site=run.site.name,
        command=run.command,
        machine=begun.beat.machine if begun is not None else "",
        unattended=begun is not None and begun.beat.unattended,
        policies=run.policies,
        version=run.version,
        data_version=run.data_version,
        began=begun.number if begun is not None else 0,
        resumed=tuple(one.number for one in resumed),
        run=name,
        to_tell=to_tell,
        facts=facts,
        as_of=run.as_of,
        started_at=run.started_at,
        complete=report.complete,
        interrupted=run.interrupted,
        incomplete_because=report.incomplete_because,
        coverage=tuple(
            Looked(range=one.range, level=one.level, complete=one.complete, hosts_alive=one.hosts_alive)
            for one in report.coverage
        ),
        devices=len(report.assets),
        verdicts=tuple(Count(verdict=verdict, devices=counted[verdict]) for verdict in Verdict if counted[verdict]),
        lapsed=sum(any(one.status == "lapsed" for one in judged.judgement.findings) for judged in report.assets),
        observations=observations,
    )
