"""`camscan replay`: captures, kept evidence and nmap files instead of the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from camscan.cli import options
from camscan.cli.conclude import conclude, format_of
from camscan.cli.configuration import configuration
from camscan.cli.judging import judging_by


def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="pcap, pcapng, NAME.obs.jsonl or nmap -oX files.")],
    policy: options.Policies = None,
    site: options.Site = None,
    inventory: options.Inventory = False,
    as_of: options.AsOf = None,
    format_name: options.FormatName = None,
    output: options.OutputFiles = None,
    fail_on: options.FailOnLevel = "review",
    exit_zero: options.ExitZero = False,
    marking: options.Marking = None,
    data: options.DataFolder = None,
    quiet: options.Quiet = False,
) -> None:
    """Read captures, kept evidence or nmap files as if the devices had just spoken. No network, no privilege."""
    from camscan.pipeline import replay as replay_files
    from camscan.report.deliver import open_outputs

    level = options.fail_on_level(fail_on)
    format_of(format_name)
    judging = judging_by(
        configuration(),
        command="replay",
        policies=policy,
        site=site,
        as_of=as_of,
        data=data,
        marking=marking,
        mandatory=False,
        inventory=inventory,
    )
    with open_outputs(output or ()) as outputs:
        report, observations = replay_files(files, judging)
        conclude(report, observations, outputs, format_name=format_name, fail_on=level, exit_zero=exit_zero, quiet=quiet)
