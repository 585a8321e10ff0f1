"""`camscan diff`: what became different between two runs, by meaning, and because of what."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options, show
from camscan.cli.configuration import configuration
from camscan.cli.exits import ExitCode
from camscan.cli.groups import JudgingOptions
from camscan.cli.judging import judging_by
from camscan.cli.kept import is_file_name, open_to_read, run_file
from camscan.errors import UsageError
from camscan.model import Diff, Report, Verdict

if TYPE_CHECKING:
    from camscan.assessment import Judging
    from camscan.report.observations import ObservationFile

FORMATS = ("table", "json")
THRESHOLDS = ("new", "none")
_FOUND = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED})


def diff(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN [RUN]]",
            help="Two runs; of one alone what it found different from all before it. Default: the two newest complete ones.",
            show_default=False,
        ),
    ] = None,
    site: Annotated[
        str | None, typer.Option("--site", metavar="NAME", help="Without RUN: the newest runs of this site.")
    ] = None,
    format_name: Annotated[str, typer.Option("--format", metavar="NAME", help="table or json.")] = "table",
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="LEVEL", help="new: end with 3 or 4 where something became worse; or none.")
    ] = "none",
    data: options.DataFolder = None,
    attestations: options.AttestationsFile = None,
    store: options.StoreUrl = None,
) -> None:
    """Show what changed between two runs of a site: devices, places, firmware, verdicts and their causes, exceptions. No network."""
    from camscan.report.changes import document, table

    given = runs or []
    if len(given) > 2:
        raise UsageError(f"diff compares two runs, and {len(given)} were given")
    if site is not None and given:
        raise UsageError("--site chooses runs where none is named: leave it out")
    if format_name not in FORMATS:
        raise UsageError(f'--format: "{format_name}" is not a format of this comparison: use {options.one_of(FORMATS)}')
    if fail_on not in THRESHOLDS:
        raise UsageError(f'--fail-on: "{fail_on}" is not a level of this comparison: use {options.one_of(THRESHOLDS)}')
    basis = JudgingOptions(policy=[options.NONE], data=data, attestations=attestations)
    judging = judging_by(configuration(), basis, command="diff")
    found, marking = (
        _of_files(given, judging, basis, store) if _are_files(given, store) else _of_store(given, site, judging, store)
    )
    if format_name == "json":
        show.result(document(found, marking=marking))
    else:
        names = judging.knowledge.display
        show.result(table(found, names, width=show.terminal_width(), marking=marking))
    raise typer.Exit(_code(found) if fail_on == "new" else ExitCode.COMPLETE)


def _are_files(given: Sequence[str], store: str | None) -> bool:
    """Return whether any of the runs is a file, so that devices are known by this comparison alone. Raises UsageError."""
    files = [os.path.lexists(run) or (store is None and is_file_name(run)) for run in given]
    if any(files) and len(given) == 1:
        raise UsageError(f"{given[0]}: a file is compared with another run: camscan diff RUN RUN")
    return any(files)


def _of_store(given: Sequence[str], site: str | None, judging: Judging, where: str | None) -> tuple[Diff, str | None]:
    """Compare runs of the store. Raises StoreError, or UsageError where there are not two."""
    from camscan.compared import between_kept, newest_two, since_before

    with open_to_read(configuration(), where) as store:
        if len(given) == 1:
            found = since_before(store, given[0], judging)
            if found is None:
                raise UsageError(
                    f"{given[0]}: no run of its site and policies was kept and told before it: camscan diff RUN RUN"
                )
            return found, store.run(given[0]).run.marking
        pair = [store.run(name) for name in given] if given else newest_two(store, site)
        if pair is None:
            of_site = f" of site {site}" if site else ""
            raise UsageError(
                f"{store.name}: there are not two complete runs{of_site} by the same policies yet: camscan history"
            )
        one, other = pair
        found = between_kept(store, one.id, other.id, judging)
        return found, store.run(found.after).run.marking


def _of_files(given: Sequence[str], judging: Judging, basis: JudgingOptions, where: str | None) -> tuple[Diff, str | None]:
    """Compare runs of which at least one is a file, each judged by its own policies, site and day. Raises UsageError."""
    from camscan.compared import of_reports

    sides = [_judged(run, basis, where) for run in given]
    before, after = sorted(sides, key=lambda side: (side[0].run.started_at, side[0].run.id))
    return of_reports(before, after, judging), after[0].run.marking


def _judged(run: str, basis: JudgingOptions, where: str | None) -> tuple[Report, ObservationFile]:
    from dataclasses import replace

    from camscan.rejudge import judge_kept
    from camscan.report.observations import read

    with run_file(run, configuration(), where) as file:
        evidence = read(file)
    own = replace(basis, policy=None).or_of(evidence.run)
    judging = judging_by(configuration(), own, command="diff", sites_of_run=evidence.run.sites)
    report, _ = judge_kept(evidence, Path(run).name, judging)
    return report, evidence


def _code(found: Diff) -> ExitCode:
    """Return what `--fail-on new` ends with."""
    worse = [change for change in found.changes if change.worse]
    if not worse:
        return ExitCode.COMPLETE
    return ExitCode.FOUND if any(change.verdict in _FOUND for change in worse) else ExitCode.UNSETTLED
