"""How every reporting command ends: the result on standard output, the files, the last line in words, the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from camscan.cli import options, show
from camscan.cli.exits import FailOn, closing_line, exit_code
from camscan.errors import DeliveryError, UsageError
from camscan.model import Observation, Report

if TYPE_CHECKING:
    from camscan.report.base import Format
    from camscan.report.deliver import Outputs


def format_of(name: str | None) -> Format:
    """Return the format for standard output; `table` where none was named. Raises UsageError listing the formats."""
    from camscan.report.registry import FORMATS

    chosen = FORMATS.get(name or "table")
    if chosen is None:
        nearest = options.nearest(name or "", FORMATS)
        raise UsageError(
            f'--format: "{name}" is not a format: use {options.one_of(FORMATS)}' + (f" (nearest: {nearest})" if nearest else "")
        )
    return chosen


def conclude(
    report: Report,
    observations: Iterable[Observation],
    outputs: Outputs,
    *,
    format_name: str | None,
    fail_on: FailOn,
    exit_zero: bool,
    quiet: bool,
    by_signal: int | None = None,
) -> None:
    """Show, write and end. Files come first: a closed pipe loses nothing. Raises typer.Exit with the code."""
    delivered = True
    try:
        outputs.commit(report, tuple(observations))
    except DeliveryError as fault:
        delivered = False
        show.closing(f"camscan: {fault}")
    for warning in report.warnings:
        show.note(f"warning: {warning}", quiet=quiet)
    show.result(format_of(format_name).render(report, width=show.terminal_width(), color=show.use_color()))
    show.closing(closing_line(report, fail_on))
    raise typer.Exit(exit_code(report, fail_on, exit_zero, by_signal=by_signal, delivered=delivered))
