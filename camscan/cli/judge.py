"""`camscan judge`: policies applied to kept evidence, as of any day, without touching the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from camscan.cli import options, show
from camscan.cli.conclude import conclude, format_of
from camscan.cli.configuration import configuration
from camscan.cli.judging import judging_by


def judge(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Observation file of a run (NAME.obs.jsonl).")],
    policy: options.Policies = None,
    site: options.Site = None,
    as_of: options.AsOf = None,
    format_name: options.FormatName = None,
    output: options.OutputFiles = None,
    fail_on: options.FailOnLevel = "review",
    exit_zero: options.ExitZero = False,
    marking: options.Marking = None,
    data: options.DataFolder = None,
    quiet: options.Quiet = False,
) -> None:
    """Judge kept evidence by other policies, site facts or another day. No network."""
    from camscan.pipeline import judge_run
    from camscan.report.deliver import open_outputs

    level = options.fail_on_level(fail_on)
    format_of(format_name)
    judging = judging_by(
        configuration(), command="judge", policies=policy, site=site, as_of=as_of, data=data, marking=marking,
        ask=show.ask_policies if show.may_ask() else None,
    )  # fmt: skip
    with open_outputs(output or ()) as outputs:
        report, observations = judge_run(run, judging, keep_name=not any(pair.startswith("name=") for pair in site or ()))
        conclude(report, observations, outputs, format_name=format_name, fail_on=level, exit_zero=exit_zero, quiet=quiet)
