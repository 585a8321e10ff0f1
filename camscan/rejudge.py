"""A kept run judged again: under other rules, facts, data or another day, without the network."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from camscan.assessment import Found, Judging, assemble, judged_by
from camscan.model import Observation, Report, Run, SiteContext
from camscan.report.observations import ObservationFile
from camscan.report.observations import read as read_observations


def judge_run(path: Path, judging: Judging, *, keep_name: bool = True) -> tuple[Report, tuple[Observation, ...]]:
    """Return the report on a kept run under other rules, facts or another day; what the site context leaves open, the run fills in.

    Raises UsageError when the file cannot be read.
    """
    return judge_kept(read_observations(path), path.name, judging, keep_name=keep_name)


def judge_kept(
    evidence: ObservationFile, name: str, judging: Judging, *, keep_name: bool = True
) -> tuple[Report, tuple[Observation, ...]]:
    """Return what `judge_run` does, of evidence that has been read. name: of its file."""
    judging = filled_in(judging, evidence.run, keep_name=keep_name)
    basis = judged_by(judging) | {"marking": judging.marking or evidence.run.marking}
    run = replace(evidence.run, command="judge", inputs=(name,), **basis)
    warnings = (evidence.damaged,) if evidence.damaged else ()
    report = report_of(run, evidence, judging, warnings=warnings)
    if evidence.damaged:
        report = replace(report, complete=False, incomplete_because=(*report.incomplete_because, evidence.damaged))
    return report, evidence.observations


def filled_in(judging: Judging, run: Run, *, keep_name: bool = True) -> Judging:
    """Return a judgement's basis with what it leaves open of the sites filled in from what a run recorded.

    A decision comes with its date and reference.
    """
    stated, recorded = judging.site, run.site
    open_facts = [item.name for item in fields(SiteContext) if not getattr(stated, item.name)]
    if stated.decision is not None:
        open_facts = [name for name in open_facts if not name.startswith("decision")]
    taken = {name: getattr(recorded, name) for name in (*open_facts, *(("name",) if keep_name else ()))}
    return replace(judging, site=replace(stated, **taken), sites=judging.sites or run.sites)


def report_of(
    run: Run, evidence: ObservationFile, judging: Judging, *, warnings: tuple[str, ...] = (), found: Found | None = None
) -> Report:
    """Return the report of a run on kept evidence. found: what the observations show, where known."""
    return assemble(
        run,
        evidence.scope,
        evidence.attempts,
        evidence.coverage,
        evidence.observations,
        judging,
        ledgers=evidence.ledgers,
        warnings=warnings,
        found=found,
    )
