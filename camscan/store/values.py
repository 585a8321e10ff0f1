"""What the store gives besides devices: kept runs, and what retention took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from camscan.identity import Identity
from camscan.model import KnownDevice, Report, Run, Verdict

Origin = Literal["run", "import"]
"""Whether this machine's own run was kept, or the file of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run of the store, without its evidence."""

    id: str
    """Under which the store knows it: that of the run, or with a number behind it where another run had that already."""
    run: Run
    complete: bool
    incomplete_because: tuple[str, ...]
    devices: int
    """As counted by the run."""
    verdicts: tuple[tuple[Verdict, int], ...]
    """As counted by the run, without those that no device has; empty where nothing was judged."""
    observations: int
    """That are kept."""
    origin: Origin
    at: datetime
    """Its place in time among the runs of its site: when it began, and later than every own run that was kept before it, whatever the clock said."""
    thinned: int = 0
    """Hosts known as something else whose records the retention has taken."""


Match = Callable[[Sequence[KnownDevice], Report, Sequence[Identity]], Mapping[int, int]]
"""Tells which devices of a report are known: place of the asset in the report → number. Identities are in that order too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What retention took, or would take."""

    runs: tuple[str, ...] = ()
    hosts: int = 0
    """Records of hosts that are known as something else, of runs that stay."""
    devices: int = 0
    """Long-lived devices that no run knows any more."""
    messages: int = 0
