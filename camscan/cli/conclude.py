"""How every reporting command ends: the result on standard output, the files, the last line in words, the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from camscan.cli import options, show
from camscan.cli.exits import closing_line, exit_code
from camscan.cli.groups import Ending, Threshold
from camscan.errors import DeliveryError, StoreError, UsageError
from camscan.model import Diff, Observation, Report

if TYPE_CHECKING:
    from camscan.cli.kept import Keeper
    from camscan.cli.packing import Packing
    from camscan.cli.resume import Journalling
    from camscan.cli.sending import Deliveries
    from camscan.cli.unattended import Telling, Watch
    from camscan.report.base import BinaryFormat, Format
    from camscan.report.deliver import Outputs


def format_of(name: str | None, formats: Mapping[str, Format] | None = None) -> Format | BinaryFormat:
    """Return the format for standard output, ready to render; `table` where none was named.

    Raises UsageError listing the formats, or where this one cannot be made or shown here.
    """
    from camscan.report.base import BinaryFormat, prepare
    from camscan.report.registry import BINARY_FORMATS, FORMATS

    known: dict[str, Format | BinaryFormat] = {**(FORMATS if formats is None else formats), **BINARY_FORMATS}
    chosen = known.get(name or "table")
    if chosen is None:
        nearest = options.nearest(name or "", known)
        raise UsageError(
            f'--format: "{name}" is not a format: use {options.one_of(known)}' + (f" (nearest: {nearest})" if nearest else "")
        )
    if isinstance(chosen, BinaryFormat) and show.on_terminal():
        raise UsageError(f"--format {name}: is no text: write it to a file (-o NAME{chosen.SUFFIX}) or a pipe")
    prepare(chosen)
    return chosen


def on_output(form: Format | BinaryFormat, report: Report, ending: Ending) -> str | bytes | Iterable[str]:
    """Return a report as standard output gets it."""
    from camscan.report.base import BinaryFormat, Piecewise

    if isinstance(form, BinaryFormat):
        return form.render_bytes(report)
    if isinstance(form, Piecewise):
        return form.pieces(report)
    return form.render(report, width=show.terminal_width(), color=show.use_color(ending.color))


def formats_of(ending: Ending) -> dict[str, Format]:
    """Return every format, the table with the columns that were asked for. Raises UsageError listing the choices."""
    from camscan.report.deliver import parse_output
    from camscan.report.listing import COLUMNS, Style
    from camscan.report.registry import FORMATS
    from camscan.report.table import NAME, StyledTable

    options.color_choice(ending.color)
    style = Style(columns=options.column_names(ending.columns, COLUMNS), wide=ending.wide)
    if style == Style():
        return FORMATS
    if ending.format_name not in (None, NAME) and NAME not in (parse_output(one, FORMATS).format for one in ending.outputs):
        raise UsageError("--columns and --wide belong to the table, and no table was asked for")
    return {**FORMATS, NAME: StyledTable(style)}


def refuse_unknown(ending: Ending, threshold: Threshold, *, compares: bool = False) -> None:
    """Refuse names that are none before anything is sent. compares: whether the run is compared with earlier ones.

    Raises UsageError listing the choices.
    """
    format_of(ending.format_name, formats_of(ending))
    if options.fail_on_level(threshold.fail_on) == "new" and not compares:
        raise UsageError("--fail-on new: compares a run with those before it: it belongs to camscan scan, listen and diff")


def refuse_unjudged(policies: Sequence[str], ending: Ending) -> None:
    """Refuse block lists and laydowns where no policy judges. Raises UsageError naming the flag that asks for one."""
    from camscan.report.deliver import parse_output
    from camscan.report.registry import FORMATS, OF_VERDICTS

    if policies:
        return
    asked = [(f"--format {ending.format_name}", ending.format_name)]
    asked += [(f"-o {spec}", parse_output(spec, FORMATS).format) for spec in ending.outputs]
    for flag, name in asked:
        if name in OF_VERDICTS:
            raise UsageError(f"{flag}: nothing was judged, so there is nothing to list: choose --policy NAME")


def conclude(
    report: Report,
    observations: Iterable[Observation],
    outputs: Outputs,
    ending: Ending,
    threshold: Threshold,
    *,
    by_signal: int | None = None,
    rest: Callable[[Report], str | bytes | Iterable[str]] | None = None,
    sending: Deliveries | None = None,
    package: Packing | None = None,
    keeper: Keeper | None = None,
    watch: Watch | None = None,
    journal: Journalling | None = None,
    source: str | None = None,
) -> None:
    """Keep, write, show and end. A closed pipe loses nothing, and a lost store no file. Raises typer.Exit with the code.

    rest: gives what standard output still lacks, where most of the result went there before. sending: where else it goes.
    package: what is sealed beside it. keeper: keeps the run, unmasked. watch: how it goes on where nobody watches.
    journal: has the run until it is kept or delivered. source: what the report is made from, where that stays.
    """
    fail_on = options.fail_on_level(threshold.fail_on)
    missing: list[str] = []  # what was not kept, written or sent, and why
    heard = tuple(observations)
    if keeper is not None:
        # Before anything is written: every output names the head of the chain that the run is in.
        report = keeper.with_history(report)
        if not keeper.keep(report, heard, quiet=ending.quiet):
            missing.append(keeper.lost)
        report = keeper.with_head(report)
    whole, observations = report, heard
    if ending.redact:
        from camscan.report.redact import redacted_run

        report, observations = redacted_run(report, heard)
    missing += _fault_of(lambda: outputs.commit(report, tuple(observations)))
    if package is not None:
        missing += _fault_of(lambda: package.write(report, observations))
    if journal is not None:
        kept_as = keeper.kept_as if keeper is not None else None
        journal.settle(whole, heard, kept_as, safe=not missing or kept_as is not None, quiet=ending.quiet)
    unattended = watch is not None and watch.unattended
    since: Diff | None = None
    untold: tuple[str, ...] = ()
    if keeper is not None and (unattended or fail_on == "new"):
        try:
            since = keeper.compared()
            untold = tuple(one.id for one in keeper.untold())
        except StoreError as fault:
            missing.append(str(fault))
            show.closing(f"camscan: {fault}")
    if watch is not None and unattended:
        telling = watch.telling(
            report, since, kept=bool(keeper and keeper.kept_as), missing=missing, untold=untold, redacted=ending.redact
        )
    else:
        telling = None
    speaks = telling is None or telling.speaks
    table_seen = ending.format_name in (None, "table") and rest is None and show.on_terminal() and show.progress_on_terminal()
    for warning in report.warnings:
        show.note(f"warning: {warning}", quiet=ending.quiet or table_seen)  # the table has them too
    try:
        if rest is not None:
            show.result(rest(report))
        elif telling is not None and ending.format_name is None:
            show.result(letter_of(report, telling) if speaks else "")
        elif speaks:
            show.result(on_output(format_of(ending.format_name, formats_of(ending)), report, ending))
    finally:
        # Whoever closed the pipe keeps the report from nobody else.
        if sending is not None:
            missing += _sent(report, sending, ending, telling, outputs, package, keeper, source)
    if keeper is not None and not missing:
        missing += _fault_of(keeper.tell)
    if speaks or missing:
        show.closing(closing_line(report, fail_on, since, missing))
    raise typer.Exit(exit_code(report, fail_on, threshold.exit_zero, by_signal=by_signal, delivered=not missing, since=since))


def _fault_of(work: Callable[[], object]) -> list[str]:
    """Do a part of what remains, and return why it failed, which is told; nothing where it did not."""
    try:
        work()
    except (DeliveryError, StoreError) as fault:
        show.closing(f"camscan: {fault}")
        return [str(fault)]
    return []


def _sent(
    report: Report,
    sending: Deliveries,
    ending: Ending,
    telling: Telling | None,
    outputs: Outputs,
    package: Packing | None,
    keeper: Keeper | None,
    source: str | None,
) -> tuple[str, ...]:
    """Send a report to everywhere else, and return who has it not, and why; what fails is told with where the report is."""
    from camscan.cli.sending import where_held

    files = [*outputs.written, *(package.outputs.written if package is not None else ())]
    held = where_held(files, keeper.kept_as if keeper is not None else None, source)
    return sending.send(report, outputs.written, quiet=ending.quiet, redacted=ending.redact, telling=telling, held=held)


def letter_of(report: Report, telling: Telling) -> str:
    """Return what a run that nobody watched says on standard output, which cron sends as mail."""
    from camscan.report import letter

    return letter.text(report, (), telling.message.lines)
