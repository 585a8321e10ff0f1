"""`camscan judge`: policies applied to kept evidence, as of any day, without touching the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from camscan.cli import options, show
from camscan.cli.conclude import conclude, formats_of, refuse_unjudged, refuse_unknown
from camscan.cli.configuration import configuration
from camscan.cli.exits import closing_line, exit_code
from camscan.cli.groups import Ending, JudgingOptions, Threshold, with_groups
from camscan.cli.judging import judging_by
from camscan.cli.kept import run_file
from camscan.cli.progressview import progress
from camscan.cli.sending import deliveries_of
from camscan.errors import UsageError

if TYPE_CHECKING:
    from camscan.assessment import Judging


@with_groups
def judge(
    run: Annotated[str, typer.Argument(metavar="RUN", help=options.RUN_HELP)],
    *,
    basis: JudgingOptions,
    ending: Ending,
    threshold: Threshold,
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="WHAT",
            help="Show what changes against `run` (as it was judged), as-of=DATE, policy=NAME, site=KEY=VALUE or data=DIR; repeatable.",
        ),
    ] = None,
    store: options.StoreUrl = None,
) -> None:
    """Judge kept evidence by other policies, site facts, data or another day, or compare two such judgements. No network."""
    from camscan.rejudge import judge_run
    from camscan.report.deliver import open_outputs

    refuse_unknown(ending, threshold)
    judging = judging_by(
        configuration(),
        basis,
        command="judge",
        marking=ending.marking,
        ask=show.ask_policies if show.may_ask() else None,
    )
    if against:
        with run_file(run, configuration(), store) as file:
            _compare(file, judging, against, basis, ending, threshold)
    refuse_unjudged(judging.policies, ending)
    sending = deliveries_of(ending, configuration().delivery)
    with (
        open_outputs(ending.outputs, formats_of(ending), reads=(run,)) as outputs,
        sending,
        run_file(run, configuration(), store) as file,
    ):
        with progress("judge", quiet=ending.quiet) as steps:
            report, observations = judge_run(file, replace(judging, steps=steps), keep_name=not basis.names_site)
        conclude(report, observations, outputs, ending, threshold, sending=sending, source=run)


def _compare(
    run: Path,
    judging: Judging,
    against: Sequence[str],
    basis: JudgingOptions,
    ending: Ending,
    threshold: Threshold,
) -> NoReturn:
    """Show two judgements side by side and end with the code of the second. Raises UsageError, typer.Exit."""
    from camscan.cli.against import comparison
    from camscan.report.comparison import document, table
    from camscan.report.observations import read

    if ending.output or ending.sends or ending.format_name not in (None, "table", "json"):
        raise UsageError("--against: a comparison goes to standard output, as --format table or json")
    if ending.redact:
        raise UsageError("--against: a comparison is not redacted: leave out --redact, or judge without --against")
    found = comparison(read(run), run.name, judging, against, configuration().data, keep_name=not basis.names_site)
    show.result(document(found) if ending.format_name == "json" else table(found, show.terminal_width()))
    fail_on = options.fail_on_level(threshold.fail_on)
    show.closing(closing_line(found.becomes, fail_on))
    raise typer.Exit(exit_code(found.becomes, fail_on, threshold.exit_zero))
