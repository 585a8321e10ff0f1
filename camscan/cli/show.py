"""Who hears what: standard output carries the result alone, standard error progress and notes."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

import typer

from camscan.errors import DeliveryError, UsageError
from camscan.report.escape import visible


class _Unheard(io.TextIOWrapper):
    """Standard error, where it may be that nobody hears it: a full disk behind it, or a closed pipe, ends no run."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


class _Result(io.TextIOWrapper):
    """Standard output, where the parser of the command line writes to it too: help that can't be written ends as a result does."""

    def write(self, text: str) -> int:
        if not text and isinstance(text, str):  # who asks whether this takes text, and swallows what is raised
            return 0
        with _delivered():
            return super().write(text)

    def flush(self) -> None:
        with _delivered():
            super().flush()


def open_streams() -> None:
    """Make the three streams of the process fit for any text, also where it was begun without one of them.

    Nothing that is opened later may take the place of one. What is missing reads as empty; the result cannot be written to it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            place = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            if place != number:
                os.dup2(place, number)
                os.close(place)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", closefd=False))  # noqa: SIM115 - open as long as the process
    if type(sys.stderr) is io.TextIOWrapper:
        sys.stderr = _Unheard(sys.stderr.detach(), encoding=sys.stderr.encoding, errors="backslashreplace", line_buffering=True)
    if type(sys.stdout) is io.TextIOWrapper:
        by_line, through = sys.stdout.line_buffering, sys.stdout.write_through
        sys.stdout = _Result(
            sys.stdout.detach(),
            encoding=sys.stdout.encoding,
            errors="backslashreplace",
            line_buffering=by_line,
            write_through=through,
        )
    elif (reconfigure := getattr(sys.stdout, "reconfigure", None)) is not None:
        reconfigure(errors="backslashreplace")


def on_terminal() -> bool:
    """Return whether the result goes to a terminal."""
    return sys.stdout.isatty()


def may_ask() -> bool:
    """Return whether a person can be asked: input and standard error are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def progress_on_terminal() -> bool:
    """Return whether progress goes to a terminal that can draw."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def use_color(choice: str = "auto", environment: Mapping[str, str] | None = None) -> bool:
    """Return whether the result is colored: `always`, `never`, or by `auto` on a terminal that is not dumb, without NO_COLOR."""
    if choice != "auto":
        return choice == "always"
    environment = os.environ if environment is None else environment
    return on_terminal() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def terminal_width() -> int | None:
    """Return the columns of the terminal; None in a pipe, where lines keep their length."""
    return shutil.get_terminal_size((80, 24)).columns if on_terminal() else None


def result(text: str | bytes | Iterable[str]) -> None:
    """Write the result to standard output; bytes go as they are. Raises DeliveryError when it can't be written; a closed pipe ends quietly with 10."""
    with _delivered():
        for piece in (text,) if isinstance(text, str | bytes) else text:
            _write(piece)
        sys.stdout.flush()


@contextmanager
def _delivered() -> Iterator[None]:
    """Raise what `result` raises where standard output can't be written to."""
    try:
        yield
    except BrokenPipeError:
        _give_up()
        raise typer.Exit(10) from None
    except OSError as fault:
        _give_up()
        raise DeliveryError(f"standard output: {fault.strerror}: the result was not written in full") from fault


def _give_up() -> None:
    """Let standard output lead nowhere: the interpreter flushes once more at exit, and must not find what failed again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(piece: str | bytes) -> None:
    """Write all of a text, or of bytes: under PYTHONUNBUFFERED a text stream forgets what a short write left over."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(piece if isinstance(piece, str) else piece.decode("utf-8"))
        return
    sys.stdout.flush()
    rest = memoryview(piece if isinstance(piece, bytes) else piece.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    while rest:
        rest = rest[buffer.write(rest) :]


def note(text: str, *, quiet: bool = False) -> None:
    """Write one line for the person who waits to standard error."""
    if not quiet:
        print(visible(text), file=sys.stderr, flush=True)


def closing(text: str) -> None:
    """Write the last line on standard error; it is never left out, cron needs it."""
    print(visible(text), file=sys.stderr, flush=True)


def ask_policies(known: Mapping[str, str]) -> tuple[str, ...]:
    """Ask on the terminal which policy to judge by, once. Raises UsageError where the answer names none."""
    note("Which policy shall the devices be judged by?")
    names = [*known, "none"]
    for number, name in enumerate(names, start=1):
        note(f"  {number}  {name}: {known.get(name, 'identify only, judge nothing')}")
    answer = typer.prompt("Number or name", err=True).strip()
    chosen = names[int(answer) - 1] if answer.isdecimal() and 1 <= int(answer) <= len(names) else answer
    if chosen not in names:
        raise UsageError(f'"{answer}" is not one of {", ".join(names)}')
    return (chosen,)


def confirm(question: str) -> bool:
    """Ask a yes-or-no question on the terminal; no is the default."""
    return typer.confirm(question, default=False, err=True)
