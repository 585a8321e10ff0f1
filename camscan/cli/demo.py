"""`camscan demo`: the shipped capture of the simulated segment, named and judged, without root or network."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from camscan.cli import options, show
from camscan.cli.groups import Ending, with_groups
from camscan.cli.replay import replay

CAPTURE = Path(__file__).with_name("demo.pcap")
POLICY = "uk-department"


@with_groups
def demo(*, ending: Ending, data: options.DataFolder = None) -> None:
    """Replay the shipped capture of a simulated segment of cameras: table and report without root or network."""
    show.note(f"demo: replaying a capture of a simulated segment, judged by {POLICY} with class=sensitive", quiet=ending.quiet)
    replay(
        files=[CAPTURE],
        policy=[POLICY],
        site=["class=sensitive", "name=lab"],
        data=data,
        exit_zero=True,
        **asdict(ending),
    )
