"""What is said where a signal ends a command that has nothing to keep."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from camscan.cli import show

ENDED = "ended by a signal"


class Terminated(SystemExit):
    """SIGTERM, where no work is under way that it could end early."""


def say_ended(fault: BaseException, but: str = "") -> None:
    """Write the last line of a command that a signal ended, once. but: what follows it."""
    if ENDED not in getattr(fault, "__notes__", ()):
        show.closing(f"camscan: {ENDED}{but}")
        fault.add_note(ENDED)


@dataclass(slots=True)
class Outset:
    """A run from its first moment on; until it sends, a signal ends it for nothing."""

    over: bool = False
    """It sends."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Write the last line where a signal ended the run."""
        if isinstance(fault, KeyboardInterrupt | Terminated):
            say_ended(fault, "" if self.over else " before anything was sent")
