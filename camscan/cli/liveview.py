"""What a person, a log or a program sees of a run that listens while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import typer

from camscan.cli import show
from camscan.errors import DeliveryError
from camscan.model import CAMERA_KINDS, AssessedAsset, Report, Scope, Verdict
from camscan.report import jsonl
from camscan.report.escape import visible

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from camscan.live import Change, Progress

LINE_EVERY_S = 30
ROWS_BESIDE = 6
"""Lines of a terminal that head, foot and prompt take."""
_STYLES = {Verdict.PROHIBITED: "bold red", Verdict.RESTRICTED: "red", Verdict.REVIEW: "yellow", Verdict.UNIDENTIFIED: "yellow"}


class View(Protocol):
    """Who is told of a run, and what standard output still lacks when it is over."""

    closed: bool
    rest: Callable[[Report], str] | None
    """None where standard output was not written to yet."""

    def changed(self, change: Change) -> None:
        """Take a device, or the key of one that is no more."""
        ...

    def progress(self, state: Progress) -> None:
        """Take how the run stands."""
        ...


class Silent:
    """Shows nothing."""

    closed = False
    rest: Callable[[Report], str] | None = None

    def changed(self, change: Change) -> None:
        """Take a change."""

    def progress(self, state: Progress) -> None:
        """Take how the run stands."""


class Lines(Silent):
    """A line on standard error now and then, for logs."""

    def __init__(self) -> None:
        self._next = float(LINE_EVERY_S)

    def progress(self, state: Progress) -> None:
        """Write a line when it is time for one."""
        if state.seconds >= self._next:
            self._next = state.seconds + LINE_EVERY_S
            show.note(f"listening: {words_of(state)}")


class Streamed:
    """Devices as JSON Lines on standard output, each as soon as it is known; how the run stands goes to another view."""

    def __init__(self, beside: Silent) -> None:
        self.closed = False
        self.rest: Callable[[Report], str] | None = self._summary
        self._beside = beside

    def begin(self, site: str, policies: Iterable[str], scope: Scope, marking: str | None) -> None:
        """Write the first line."""
        self.write(jsonl.begin_line(site, policies, scope, marking))

    def write(self, text: str) -> None:
        """Write to standard output at once; where nobody reads it any more, the run may end."""
        if self.closed:
            return
        try:
            show.result(text)
        except (typer.Exit, DeliveryError):
            self.closed = True

    def changed(self, change: Change) -> None:
        """Write a change."""
        self.write(jsonl.gone_line(change) if isinstance(change, str) else jsonl.device_line(change))

    def progress(self, state: Progress) -> None:
        """Take how the run stands."""
        self._beside.progress(state)

    def _summary(self, report: Report) -> str:
        """Return the last line. Raises DeliveryError where standard output was closed before."""
        if self.closed:
            raise DeliveryError("standard output was closed before the end: not all devices were written to it")
        return jsonl.summary_line(report)


class Growing:
    """A table on the terminal that grows as devices appear."""

    closed = False

    rest: Callable[[Report], str] | None = None

    def __init__(self, live: Live, rows: Callable[[], int]) -> None:
        self._live = live
        self._rows = rows
        self._devices: dict[str, AssessedAsset] = {}
        self._state = "begins"

    def changed(self, change: Change) -> None:
        """Show a change with the next second."""
        if isinstance(change, str):
            self._devices.pop(change, None)
        else:
            self._devices.pop(change.asset.key, None)
            self._devices[change.asset.key] = change

    def progress(self, state: Progress) -> None:
        """Draw the table anew."""
        self._state = words_of(state)
        self._live.update(self.table(), refresh=True)

    def table(self) -> Table:
        """Return the table: cameras before others, the latest of each first, as many as there is room for."""
        from rich.table import Table
        from rich.text import Text

        latest = list(self._devices.values())
        latest.reverse()
        latest.sort(key=lambda one: one.identification.kind not in CAMERA_KINDS)
        shown = latest[: max(1, self._rows() - ROWS_BESIDE)]
        more = f"; {len(latest) - len(shown)} devices more" if len(latest) > len(shown) else ""
        table = Table(caption=visible(f"{self._state}{more}"), caption_justify="left", box=None, expand=True)
        for title in ("address", "MAC", "kind", "brand", "maker", "model", "verdict"):
            table.add_column(title, no_wrap=True, overflow="ellipsis")
        for one in shown:
            found, verdict = one.identification, one.judgement.verdict
            cells = (
                next(iter(one.asset.ips), None),
                next(iter(one.asset.macs), None),
                found.kind,
                found.brand,
                found.maker,
                found.model,
                verdict and verdict.value,
            )
            style = _STYLES.get(verdict, "") if verdict else ""
            table.add_row(*(Text(visible(cell or "-")) for cell in cells), style=style)
        return table


@contextmanager
def growing() -> Iterator[Growing]:
    """Give a table on standard error that is gone afterwards; the result stands on standard output."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, highlight=False, markup=False)
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False) as live:
        yield Growing(live, lambda: console.height)


def words_of(state: Progress) -> str:
    """Return how a run stands, in a line."""
    minutes, seconds = divmod(int(state.seconds), 60)
    hours, minutes = divmod(minutes, 60)
    lost = f"{state.dropped:,} lost" if state.dropped else "none lost"
    return f"{hours:d}:{minutes:02d}:{seconds:02d}; {state.devices:,} devices; {state.frames:,} frames, {state.rate:,.0f} a second, {lost}"
