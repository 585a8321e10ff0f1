"""`camscan replay`: captures, kept evidence and lists of other programs instead of the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from camscan.cli import options
from camscan.cli.conclude import conclude, format_of, refuse_unjudged
from camscan.cli.configuration import configuration
from camscan.cli.judging import judging_by


def replay(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="pcap, pcapng, NAME.obs.jsonl, nmap -oX, DHCP leases, ip neigh, arp-scan or CSV; - is standard input.",
        ),
    ],
    policy: options.Policies = None,
    site: options.Site = None,
    sites: options.SitesFile = None,
    inventory: options.Inventory = False,
    as_of: options.AsOf = None,
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
    """Read captures, kept evidence or lists of other programs as if the devices had just spoken. No network, no privilege."""
    from camscan.collect.files import with_standard_input
    from camscan.offline import replay as replay_files
    from camscan.report.deliver import open_outputs

    level = options.fail_on_level(fail_on)
    format_of(format_name)
    judging = judging_by(
        configuration(),
        command="replay",
        policies=policy,
        site=site,
        sites=sites,
        as_of=as_of,
        data=data,
        attestations=attestations,
        exceptions=exceptions,
        marking=marking,
        mandatory=False,
        inventory=inventory,
    )
    refuse_unjudged(judging.policies, format_name, output or ())
    with open_outputs(output or ()) as outputs:
        with with_standard_input(files) as paths:
            report, observations = replay_files(paths, judging, site_named=any(pair.startswith("name=") for pair in site or ()))
        conclude(report, observations, outputs, format_name=format_name, fail_on=level, exit_zero=exit_zero, quiet=quiet)
