"""`camscan replay`: captures, kept evidence and lists of other programs instead of the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from camscan.cli import options
from camscan.cli.conclude import conclude, refuse_unjudged, refuse_unknown
from camscan.cli.configuration import configuration
from camscan.cli.groups import Ending, JudgingOptions, Threshold, with_groups
from camscan.cli.judging import judging_by


@with_groups
def replay(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="pcap, pcapng, NAME.obs.jsonl, nmap -oX, DHCP leases, ip neigh, arp-scan or CSV; - is standard input.",
        ),
    ],
    *,
    basis: JudgingOptions,
    ending: Ending,
    threshold: Threshold,
    inventory: options.Inventory = False,
) -> None:
    """Read captures, kept evidence or lists of other programs as if the devices had just spoken. No network, no privilege."""
    from camscan.collect.files import with_standard_input
    from camscan.offline import replay as replay_files
    from camscan.report.deliver import open_outputs

    refuse_unknown(ending, threshold)
    judging = judging_by(configuration(), basis, command="replay", marking=ending.marking, mandatory=False, inventory=inventory)
    refuse_unjudged(judging.policies, ending)
    with open_outputs(ending.outputs) as outputs:
        with with_standard_input(files) as paths:
            report, observations = replay_files(paths, judging, site_named=basis.names_site)
        conclude(report, observations, outputs, ending, threshold)
