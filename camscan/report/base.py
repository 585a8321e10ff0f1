"""What every output format is."""

from __future__ import annotations

from typing import Protocol

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
