"""`camscan demo`: the shipped capture of the simulated segment, named and judged, without root or network."""

from __future__ import annotations

from pathlib import Path

from camscan.cli import options, show
from camscan.cli.replay import replay

CAPTURE = Path(__file__).with_name("demo.pcap")
POLICY = "uk-department"


def demo(
    format_name: options.FormatName = None,
    output: options.OutputFiles = None,
    data: options.DataFolder = None,
    quiet: options.Quiet = False,
) -> None:
    """Replay the shipped capture of a simulated segment of cameras: table and report without root or network."""
    show.note(f"demo: replaying a capture of a simulated segment, judged by {POLICY} with class=sensitive", quiet=quiet)
    replay(
        [CAPTURE],
        policy=[POLICY],
        site=["class=sensitive", "name=lab"],
        format_name=format_name,
        output=output,
        data=data,
        quiet=quiet,
        exit_zero=True,
    )
