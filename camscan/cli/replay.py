"""`camscan replay`: captures, kept evidence and lists of other programs instead of the network."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from camscan.cli import options
from camscan.cli.configuration import configuration
from camscan.cli.groups import Ending, JudgingOptions, Threshold, with_groups
from camscan.cli.kept import runs_as_files
from camscan.cli.progressview import progress


@with_groups
def replay(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="pcap, pcapng, NAME.obs.jsonl, nmap -oX, DHCP leases, ip neigh, arp-scan or CSV; - is standard input; or the id of a kept run.",
        ),
    ],
    *,
    basis: JudgingOptions,
    ending: Ending,
    threshold: Threshold,
    inventory: options.Inventory = False,
    store: options.StoreUrl = None,
) -> None:
    """Read captures, kept evidence or lists of other programs as if the devices had just spoken. No network, no privilege."""
    from camscan.collect.capture import taking_apart
    from camscan.collect.files import captures_among, is_read_once, with_pipes
    from camscan.garbage import rare_collections

    once = any(map(is_read_once, files))
    with rare_collections(), ExitStack() as opened:
        named = opened.enter_context(runs_as_files(files, configuration(), store))
        # What follows is loaded while a second process reads. A pipe may be silent for long: all that is asked for is looked at before.
        captures = None if once else opened.enter_context(taking_apart(captures_among(named)))
        from camscan.cli.conclude import conclude, formats_of, refuse_unjudged, refuse_unknown
        from camscan.cli.judging import judging_by
        from camscan.cli.sending import deliveries_of
        from camscan.offline import replay as replay_files
        from camscan.report.deliver import open_outputs

        refuse_unknown(ending, threshold)
        judging = judging_by(
            configuration(), basis, command="replay", marking=ending.marking, mandatory=False, inventory=inventory
        )
        refuse_unjudged(judging.policies, ending)
        sending = deliveries_of(ending, configuration().delivery)
        with open_outputs(ending.outputs, formats_of(ending), reads=files) as outputs, sending, with_pipes(named) as paths:
            with progress("replay", quiet=ending.quiet) as steps:
                report, observations = replay_files(
                    paths, replace(judging, steps=steps), site_named=basis.names_site, captures=captures
                )
            source = None if once else ", ".join(map(str, files))
            conclude(report, observations, outputs, ending, threshold, sending=sending, source=source)
