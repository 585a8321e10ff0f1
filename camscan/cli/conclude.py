"""How every reporting command ends: the result on standard output, the files, the last line in words, the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from camscan.cli import options, show
from camscan.cli.exits import closing_line, exit_code
from camscan.cli.groups import Ending, Threshold
from camscan.errors import DeliveryError, UsageError
from camscan.model import Observation, Report

if TYPE_CHECKING:
    from camscan.report.base import Format
    from camscan.report.deliver import Outputs


def format_of(name: str | None, formats: Mapping[str, Format] | None = None) -> Format:
    """Return the format for standard output; `table` where none was named. Raises UsageError listing the formats."""
    from camscan.report.registry import FORMATS

    formats = FORMATS if formats is None else formats
    chosen = formats.get(name or "table")
    if chosen is None:
        nearest = options.nearest(name or "", formats)
        raise UsageError(
            f'--format: "{name}" is not a format: use {options.one_of(formats)}' + (f" (nearest: {nearest})" if nearest else "")
        )
    return chosen


def refuse_unknown(ending: Ending, threshold: Threshold) -> None:
    """Refuse names that are none before anything is sent. Raises UsageError listing the choices."""
    format_of(ending.format_name)
    options.fail_on_level(threshold.fail_on)


def refuse_unjudged(policies: Sequence[str], ending: Ending) -> None:
    """Refuse block lists where no policy judges. Raises UsageError naming the flag that asks for one."""
    from camscan.report.deliver import parse_output
    from camscan.report.registry import FORMATS, OF_VERDICTS

    if policies:
        return
    asked = [(f"--format {ending.format_name}", ending.format_name)]
    asked += [(f"-o {spec}", parse_output(spec, FORMATS).format) for spec in ending.outputs]
    for flag, name in asked:
        if name in OF_VERDICTS:
            raise UsageError(f"{flag}: nothing was judged, so there is nothing to block: choose --policy NAME")


def conclude(
    report: Report,
    observations: Iterable[Observation],
    outputs: Outputs,
    ending: Ending,
    threshold: Threshold,
    *,
    by_signal: int | None = None,
    rest: Callable[[Report], str] | None = None,
) -> None:
    """Show, write and end. Files come first: a closed pipe loses nothing. Raises typer.Exit with the code.

    rest: gives what standard output still lacks, where most of the result went there before.
    """
    fail_on = options.fail_on_level(threshold.fail_on)
    delivered = True
    try:
        outputs.commit(report, tuple(observations))
    except DeliveryError as fault:
        delivered = False
        show.closing(f"camscan: {fault}")
    for warning in report.warnings:
        show.note(f"warning: {warning}", quiet=ending.quiet)
    if rest is not None:
        show.result(rest(report))
    else:
        show.result(format_of(ending.format_name).render(report, width=show.terminal_width(), color=show.use_color()))
    show.closing(closing_line(report, fail_on))
    raise typer.Exit(exit_code(report, fail_on, threshold.exit_zero, by_signal=by_signal, delivered=delivered))
