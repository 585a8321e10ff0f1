"""`camscan report`: a kept run in any format, without touching the network."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options
from camscan.cli.conclude import conclude, format_of, formats_of, on_output, refuse_unjudged
from camscan.cli.configuration import configuration
from camscan.cli.groups import Ending, JudgingOptions, Threshold, with_groups
from camscan.cli.judging import judging_by
from camscan.cli.kept import run_file, with_kept_history
from camscan.cli.packing import packing
from camscan.cli.progressview import progress
from camscan.cli.sending import deliveries_of
from camscan.errors import UsageError

if TYPE_CHECKING:
    from camscan.policy.rules import Clause, PolicyBook
    from camscan.report.base import Format
    from camscan.report.far import Worksheet


@with_groups
def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help=options.RUN_HELP)],
    *,
    basis: JudgingOptions,
    ending: Ending,
    clause: Annotated[
        str | None,
        typer.Option("--clause", metavar="CLAUSE", help="Of format far: the clause in your contract, e.g. 52.204-25."),
    ] = None,
    identified_on: Annotated[
        str | None, typer.Option("--identified-on", metavar="DATE", help="Of format far: when the contractor identified it.")
    ] = None,
    submitted_on: Annotated[
        str | None, typer.Option("--submitted-on", metavar="DATE", help="Of format far: when the first report went out.")
    ] = None,
    package: Annotated[
        Path | None,
        typer.Option(
            "--package", metavar="FILE.zip", help="Also write an evidence package: evidence, reports, data and their hashes."
        ),
    ] = None,
    sign_with: Annotated[
        Path | None, typer.Option("--sign-with", metavar="KEY.pem", help="Sign the package with this Ed25519 key (mode 0600).")
    ] = None,
    store: options.StoreUrl = None,
) -> None:
    """Render a kept run, judged by its own policies, site and day where none are given. No network; findings do not fail it."""
    from camscan.rejudge import judge_kept
    from camscan.report.deliver import open_outputs, parse_output
    from camscan.report.observations import read

    with run_file(run, configuration(), store) as file:
        evidence = read(file)
        judging = judging_by(
            configuration(),
            basis.or_of(evidence.run),
            command="report",
            sites_of_run=evidence.run.sites,
            marking=ending.marking,
        )
        worksheet = _worksheet(judging.book, clause, identified_on, submitted_on)
        formats: Mapping[str, Format] = {**formats_of(ending), worksheet.NAME: worksheet}
        chosen = format_of(ending.format_name, formats)
        asked_for = {chosen.NAME, *(parse_output(spec, formats).format for spec in ending.outputs)}
        _check_worksheet(worksheet, worksheet.NAME in asked_for, judging.policies)
        refuse_unjudged(judging.policies, ending)
        sending = deliveries_of(ending, configuration().delivery)
        if sign_with is not None and package is None:
            raise UsageError("--sign-with signs a package: add --package FILE.zip")
        packed = (
            packing(package, file, configuration(), data=basis.data, sign_with=sign_with, redact=ending.redact)
            if package
            else None
        )
        with (
            open_outputs(ending.outputs, formats, reads=(run,)) as outputs,
            sending,
            packed.outputs if packed else nullcontext(),
        ):
            with progress("report", quiet=ending.quiet) as steps:
                told = replace(judging, steps=steps)
                rendered, observations = judge_kept(evidence, file.name, told, keep_name=not basis.names_site)
            rendered = with_kept_history(rendered, judging, run, configuration(), store)
            conclude(
                rendered,
                observations,
                outputs,
                ending,
                Threshold(fail_on="none", exit_zero=True),
                rest=lambda made: on_output(chosen, made, ending),
                sending=sending,
                package=packed,
                source=run,
            )


def _worksheet(book: PolicyBook, clause: str | None, identified_on: str | None, submitted_on: str | None) -> Worksheet:
    """Return the worksheet of what the operator states. Raises UsageError."""
    from camscan.report.far import HOLIDAYS, Worksheet

    identified = options.day(identified_on, "--identified-on") if identified_on else None
    submitted = options.day(submitted_on, "--submitted-on") if submitted_on else None
    if identified and submitted and submitted < identified:
        raise UsageError("--submitted-on: lies before --identified-on: a report is submitted after the identification")
    return Worksheet(
        clause=_clause(book, clause) if clause else None,
        identified_on=identified,
        submitted_on=submitted,
        holidays=next((item for item in book.holidays if item.id == HOLIDAYS), None),
    )


def _clause(book: PolicyBook, name: str) -> Clause:
    known = {item.id: item for item in book.clauses}
    if name not in known:
        nearest = options.nearest(name, known)
        raise UsageError(
            f'--clause: "{name}" is not known: use {options.one_of(known)}' + (f" (nearest: {nearest})" if nearest else "")
        )
    return known[name]


def _check_worksheet(worksheet: Worksheet, wanted: bool, policies: tuple[str, ...]) -> None:
    """Refuse a worksheet for anyone but a contractor, and a contractor's statements for any other format. Raises UsageError."""
    from camscan.report.far import POLICY

    stated = worksheet.clause or worksheet.identified_on or worksheet.submitted_on
    if stated and not wanted:
        raise UsageError(
            "--clause, --identified-on and --submitted-on belong to the worksheet: --format far or -o NAME.far.txt"
        )
    if wanted and POLICY not in policies:
        raise UsageError(f"the worksheet is for contractors alone, whose duty the report is: add --policy {POLICY}")
