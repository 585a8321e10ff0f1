"""Replay: files in place of the network. Captures, kept evidence and lists of other programs become one report, as a scan's would."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from camscan.assessment import Judging, assemble, kept, new_run, not_kept, unlisted
from camscan.collect.base import Tally
from camscan.collect.capture import CaptureReader, Captures, taking_apart
from camscan.collect.coverage import heard_at
from camscan.collect.files import Input, InputKind, captures_among, kind_of, read_input
from camscan.collect.gathered import Gathered, outcome
from camscan.model import AttemptReason, CollectorAttempt, Observation, Report, Scope
from camscan.progress import NOBODY, Steps
from camscan.report.observations import ObservationFile
from camscan.report.observations import read as read_observations

READING = "reading"
BYTES_A_SECOND = 40_000_000
"""Of a capture, roughly."""
MAX_NAMED = 3
"""Sites that one message names."""


def replay(
    files: Sequence[Input], judging: Judging, *, site_named: bool = False, captures: Captures | None = None
) -> tuple[Report, tuple[Observation, ...]]:
    """Return the report on files of any kind that is read, captures in the order of time.

    site_named: the name of the judgement's site was given for these files. captures: those among the files, where they are being taken
    apart already. Raises UsageError for one that cannot be read at all.
    """
    reading = Reading(files, judging.site.name, judging.steps)
    if captures is None:
        with taking_apart(captures_among(files)) as opened:
            reading.read(opened)
    else:
        reading.read(captures)
    return _report(reading, judging, site_named=site_named)


class Reading:
    """What several files hold together."""

    def __init__(self, files: Sequence[Input], site: str, steps: Steps = NOBODY) -> None:
        self._files, self._site, self._steps = files, site, steps
        self._heard: set[str] = set()
        """Who was heard so far, by MAC or address."""
        self._kinds = {path: kind_of(path) for path in files}
        self._sizes = {path: path.stat().st_size if isinstance(path, Path) else 0 for path in files}
        self.gathered = Gathered()
        self.evidence: list[ObservationFile] = []
        self._attempts: list[tuple[Input, CollectorAttempt]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the files, as they were given."""
        return tuple(_name(path) for path in self._files)

    @property
    def attempts(self) -> tuple[CollectorAttempt, ...]:
        """Return how the reading of each ended, as they were given."""
        return tuple(attempt for _, attempt in sorted(self._attempts, key=lambda read: self._files.index(read[0])))

    @property
    def takes_site(self) -> bool:
        """Return whether any of the files is of a kind that does not say at which site it was made."""
        return any(kind is not InputKind.OBSERVATIONS for kind in self._kinds.values())

    def read(self, captures: Captures) -> None:
        """Read every file once, captures last. Raises UsageError for one that cannot be read at all."""
        whole = max(1, sum(self._sizes.values()))
        self._steps.expect({READING: whole / BYTES_A_SECOND})
        self._steps.enter(READING)
        before = 0
        for path in self._files:
            if self._kinds[path] is not InputKind.CAPTURE:
                self._read(path)
                before += self._sizes[path]
                self._steps.done(before, whole)
        reader = CaptureReader(site=self._site, emit=self._take_one, at=partial(self._at, before, whole))
        for path, read in zip(captures.sources, reader.take(captures), strict=True):
            self._ended(path, read.tally, read.started_at, read.ended_at)

    def _at(self, before: int, whole: int, position: int) -> None:
        self._steps.done(before + position, whole)

    def _take_one(self, seen: Observation) -> None:
        self.gathered.add(seen)
        sender = seen.link_mac or seen.ip
        if sender and sender not in self._heard:
            self._heard.add(sender)
            self._steps.found(len(self._heard), 0)

    def _read(self, path: Input) -> None:
        started_at = datetime.now(UTC)  # noqa: TID251  (an attempt records when it ran)
        tally, kind = Tally(), self._kinds[path]
        if isinstance(path, Path) and kind is InputKind.OBSERVATIONS:
            self._take(read_observations(path), tally)
        elif isinstance(path, Path):
            read_input(path, kind, site=self._site, at=started_at, emit=self._take_one, tally=tally)
        self._ended(path, tally, started_at, datetime.now(UTC))  # noqa: TID251  (as above)

    def _ended(self, path: Input, tally: Tally, started_at: datetime, ended_at: datetime) -> None:
        status, reason, detail = outcome(tally, stopped=AttemptReason.DAMAGED)
        attempt = CollectorAttempt(
            collector=f"{self._kinds[path]}",
            target=_name(path),
            status=status,
            reason=reason,
            detail=detail,
            started_at=started_at,
            ended_at=ended_at,
            received=tally.received,
            undecoded=tally.undecoded,
            sample=tally.sample,
        )
        self._attempts.append((path, attempt))

    def _take(self, evidence: ObservationFile, tally: Tally) -> None:
        self.evidence.append(evidence)
        for seen in evidence.observations:
            self._take_one(seen)
        tally.received = len(evidence.observations)
        if evidence.damaged:
            tally.unfinished.append(evidence.damaged)


def _name(source: Input) -> str:
    """Return what a file is called, for reports: bytes of its name that are no UTF-8 are written as their numbers."""
    return os.fsencode(source.name).decode("utf-8", "backslashreplace")


def _report(reading: Reading, judging: Judging, *, site_named: bool) -> tuple[Report, tuple[Observation, ...]]:
    observations, found = kept(reading.gathered.observations, judging)
    times = [at for o in observations for at in (o.first_seen_at, o.last_seen_at)] or [datetime.now(UTC)]  # noqa: TID251
    run = replace(new_run(judging, min(times), max(times), privileged=False, interrupted=False), inputs=reading.names)
    coverage, more = heard_at(_by_site(observations, judging.site.name), reading.attempts)
    sites = {evidence.run.site.name for evidence in reading.evidence} | {seen.site for seen in observations}
    unused = site_named and not reading.takes_site and judging.site.name not in sites
    report = assemble(
        run,
        Scope(techniques=()),
        reading.attempts,
        coverage,
        observations,
        judging,
        ledgers={ip: ledger for one in reading.evidence for ip, ledger in one.ledgers.items()},
        warnings=(
            *not_kept(reading.gathered),
            *unlisted(more),
            *([_names_nothing(judging.site.name, sites)] if unused else []),
        ),
        found=found,
    )
    return report, observations


def _by_site(observations: Iterable[Observation], own: str) -> dict[str | None, set[str]]:
    """Return the addresses that were heard at each site; where all stand at the run's own, that needs no name."""
    heard: dict[str | None, set[str]] = {}
    for seen in observations:
        if seen.ip:
            heard.setdefault(seen.site, set()).add(seen.ip)
    return {None: heard[own]} if set(heard) == {own} else heard


def _names_nothing(name: str, sites: Iterable[str]) -> str:
    ordered = sorted(sites)
    rest = f" and {len(ordered) - MAX_NAMED} more" if len(ordered) > MAX_NAMED else ""
    return f"--site name={name} names nothing: each file says itself at which site it was made ({', '.join(ordered[:MAX_NAMED])}{rest})"
