"""What a person or a log sees of a long piece of work: a line that changes on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from camscan.cli import show
from camscan.progress import NOBODY, Course, Standing, Steps, found_in_words, left_in_words

if TYPE_CHECKING:
    from rich.live import Live

LINE_EVERY_S = 30.0
DRAWN_EVERY_S = 0.25
FIRST_DRAWN_S = 1.0
"""Work that is over sooner needs no progress."""
BAR = 24
"""Columns of the bar."""
Clock = Callable[[], float]


class Told(Steps):
    """Follows the work by a clock, and shows it no oftener than every so many seconds."""

    def __init__(self, what: str, show_line: Callable[[str], None], *, first_s: float, every_s: float, clock: Clock) -> None:
        self._what = what
        self._show = show_line
        self._clock = clock
        self._every_s = every_s
        self._began = clock()
        self._next = self._began + first_s
        self._course = Course(self._began)
        self._hosts = self._cameras = 0

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Take how long parts should take."""
        self._course.expect(seconds)

    def enter(self, part: str) -> None:
        """Take that a part begins."""
        self._course.enter(part, self._clock())
        self.tick()

    def done(self, number: int, of: int) -> None:
        """Take how much of the present part is done."""
        self._course.measure(number / of if of else 0.0)
        self.tick()

    def found(self, hosts: int, cameras: int) -> None:
        """Take what was found so far."""
        self._hosts, self._cameras = hosts, cameras

    def tick(self) -> None:
        """Show how the work stands, when it is time for that."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + self._every_s
        self._show(self._line(self._course.at(now), now - self._began))

    def _line(self, standing: Standing, seconds: float) -> str:
        minutes, rest = divmod(int(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        after = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
        found = f"; {found_in_words(self._hosts, self._cameras)}" if self._hosts else ""
        share = int(standing.share * 100)
        return f"{self._what}: {share:2d} % after {after}, {left_in_words(standing.left_s)}; {standing.part}{found}"


def with_bar(line: str) -> str:
    """Return a line of progress with a bar before it, whose length says the same as the number."""
    share = int(line.partition(" %")[0].rpartition(" ")[2])
    full = BAR * share // 100
    return f"[{'#' * full}{'.' * (BAR - full)}] {line}"


@contextmanager
def progress(what: str, *, quiet: bool = False, clock: Clock = time.monotonic) -> Iterator[Steps]:
    """Give who is to be told how a piece of work goes on: nobody with `quiet`."""
    if quiet:
        yield NOBODY
    elif show.progress_on_terminal():
        with _changing_line() as live:
            yield Told(what, live, first_s=FIRST_DRAWN_S, every_s=DRAWN_EVERY_S, clock=clock)
    else:
        yield Told(what, show.note, first_s=LINE_EVERY_S, every_s=LINE_EVERY_S, clock=clock)


@contextmanager
def _changing_line() -> Iterator[Callable[[str], None]]:
    """Give what draws one line on standard error anew; it is gone afterwards, and other lines go above it."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True, highlight=False, markup=False)
    live: Live | None = None

    def draw(line: str) -> None:
        nonlocal live
        if live is None:
            live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
            live.start()
        live.update(Text(with_bar(line), no_wrap=True, overflow="ellipsis"), refresh=True)

    try:
        yield draw
    finally:
        if live is not None:
            live.stop()
