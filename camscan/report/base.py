"""What every output format is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from camscan.model import Report


class Format(Protocol):
    """One output format. A module of `report/` with these names fulfils it."""

    NAME: str
    """What `--format` and `-o NAME:FILE` call it."""
    SUFFIX: str
    """The file suffix that `-o FILE` knows it by, with its dot."""

    def render(self, report: Report, *, width: int | None = None, color: bool = False) -> str:
        """Return the whole document, ending in a newline. width: columns of a terminal, None for a pipe or a file."""
        ...


@runtime_checkable
class BinaryFormat(Protocol):
    """An output format that is no text: it goes to files and pipes, never to a terminal."""

    NAME: str
    SUFFIX: str

    def render_bytes(self, report: Report) -> bytes:
        """Return the whole document."""
        ...


@runtime_checkable
class Piecewise(Protocol):
    """An output format of long documents: standard output gets them piece by piece, so that the whole is never held."""

    def pieces(self, report: Report) -> Iterator[str]:
        """Yield the document that `render` returns, in pieces."""
        ...


def prepare(form: Format | BinaryFormat) -> None:
    """Load what a format needs before anything is sent, and before privileges are given up.

    Calls the format's own `prepare`, where it has one. Raises UsageError naming what is missing and its remedy.
    """
    own = getattr(form, "prepare", None)
    if own is not None:
        own()
