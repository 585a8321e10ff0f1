"""`camscan judge`: policies applied to kept evidence, as of any day, without touching the network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from camscan.cli import options, show
from camscan.cli.conclude import conclude, format_of, refuse_unjudged
from camscan.cli.configuration import configuration
from camscan.cli.exits import FailOn, closing_line, exit_code
from camscan.cli.judging import judging_by
from camscan.errors import UsageError

if TYPE_CHECKING:
    from camscan.pipeline import Judging


def judge(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Observation file of a run (NAME.obs.jsonl).")],
    policy: options.Policies = None,
    site: options.Site = None,
    sites: options.SitesFile = None,
    as_of: options.AsOf = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="WHAT",
            help="Show what changes against `run` (as it was judged), as-of=DATE, policy=NAME, site=KEY=VALUE or data=DIR; repeatable.",
        ),
    ] = None,
    format_name: options.FormatName = None,
    output: options.OutputFiles = None,
    fail_on: options.FailOnLevel = "review",
    exit_zero: options.ExitZero = False,
    marking: options.Marking = None,
    data: options.DataFolder = None,
    attestations: options.AttestationsFile = None,
    exceptions: options.ExceptionsFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Judge kept evidence by other policies, site facts, data or another day, or compare two such judgements. No network."""
    from camscan.pipeline import judge_run
    from camscan.report.deliver import open_outputs

    level = options.fail_on_level(fail_on)
    format_of(format_name)
    judging = judging_by(
        configuration(), command="judge", policies=policy, site=site, sites=sites, as_of=as_of, data=data, marking=marking,
        attestations=attestations, exceptions=exceptions,
        ask=show.ask_policies if show.may_ask() else None,
    )  # fmt: skip
    if against:
        _compare(run, judging, against, site or (), format_name, output or (), level, exit_zero)
    refuse_unjudged(judging.policies, format_name, output or ())
    with open_outputs(output or ()) as outputs:
        report, observations = judge_run(run, judging, keep_name=not any(pair.startswith("name=") for pair in site or ()))
        conclude(report, observations, outputs, format_name=format_name, fail_on=level, exit_zero=exit_zero, quiet=quiet)


def _compare(
    run: Path,
    judging: Judging,
    against: Sequence[str],
    site: Sequence[str],
    format_name: str | None,
    output: Sequence[str],
    fail_on: FailOn,
    exit_zero: bool,
) -> NoReturn:
    """Show two judgements side by side and end with the code of the second. Raises UsageError, typer.Exit."""
    from camscan.cli.against import comparison
    from camscan.report.comparison import document, table
    from camscan.report.observations import read

    if output or format_name not in (None, "table", "json"):
        raise UsageError("--against: a comparison goes to standard output, as --format table or json")
    keep_name = not any(pair.startswith("name=") for pair in site)
    found = comparison(read(run), run.name, judging, against, configuration().data, keep_name=keep_name)
    show.result(document(found) if format_name == "json" else table(found, show.terminal_width()))
    show.closing(closing_line(found.becomes, fail_on))
    raise typer.Exit(exit_code(found.becomes, fail_on, exit_zero))
