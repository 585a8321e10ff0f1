"""What a run has so far, fit to be reported at any moment, and how one collector's run ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from camscan.codecs.fold import fold
from camscan.collect.base import Tally
from camscan.model import AttemptReason, AttemptStatus, CollectorAttempt, Observation

FOLD_AT = 50_000
"""Observations gathered before equal ones are folded."""
OBSERVATIONS_AT_MOST = 400_000
"""A flood of distinct messages cannot grow the memory without bound; what is left out is counted."""
BYTES_AT_MOST = 256 * 1024 * 1024
"""Of messages and of the values in them."""
REFUSED_NAMED = 32
"""Sentences on what devices handed out and was not followed: any number can be made up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When collecting ends, whatever is left."""

    seconds: float
    """After it began."""
    words: str
    """Why, e.g. `--max-time 2h`."""


@dataclass(slots=True)
class Gathered:
    """What a run has so far; always fit to be reported."""

    observations: list[Observation] = field(default_factory=list)
    attempts: list[CollectorAttempt] = field(default_factory=list)
    macs: dict[str, str] = field(default_factory=dict)
    left_out: int = 0
    interrupted: bool = False
    overdue: Deadline | None = None
    """The one that ended the run."""
    _fold_at: int = FOLD_AT
    _bytes: int = 0

    @property
    def stopped_by(self) -> tuple[AttemptReason, str]:
        """Why what was not finished was not, and in words."""
        if self.overdue is not None:
            return AttemptReason.DEADLINE, f"deadline: {self.overdue.words}"
        return AttemptReason.INTERRUPTED, "interrupted"

    def add(self, seen: Observation) -> bool:
        """Take one observation; False where there is no room for it."""
        if len(self.observations) >= self._fold_at or self._bytes > BYTES_AT_MOST:
            self.observations = list(fold(self.observations))
            self._fold_at = max(FOLD_AT, 2 * len(self.observations))
            self._bytes = sum(map(_weight, self.observations))
        weight = _weight(seen)
        if len(self.observations) >= OBSERVATIONS_AT_MOST or self._bytes + weight > BYTES_AT_MOST:
            self.left_out += 1
            return False
        self._bytes += weight
        self.observations.append(seen)
        if seen.protocol in ("arp", "ndp") and seen.ip and seen.link_mac:
            known = self.macs.setdefault(seen.ip, seen.link_mac)
            if known != seen.link_mac:
                self.macs[seen.ip] = ""
        return True


def _weight(seen: Observation) -> int:
    return len(seen.raw) + sum(len(value) for _, value in seen.fields)


def outcome(
    tally: Tally, *, stopped: AttemptReason = AttemptReason.UNREACHABLE
) -> tuple[AttemptStatus, AttemptReason | None, str]:
    """Return how a run that came to its end ended; `stopped` is the reason where it names what it did not finish."""
    told = [*tally.notes, *_not_followed(tally.refused)]
    if tally.dropped:
        return AttemptStatus.PARTIAL, AttemptReason.DROPPED, f"the kernel dropped {tally.dropped} frames before they were read"
    if tally.faults:
        return AttemptStatus.PARTIAL, AttemptReason.BUG, "; ".join([*tally.faults, *tally.unfinished, *told])
    if tally.unfinished:
        return AttemptStatus.PARTIAL, stopped, "; ".join([*tally.unfinished, *told])
    if tally.budget_hosts:
        cut = ", ".join(sorted(tally.budget_hosts))
        return AttemptStatus.COMPLETED, AttemptReason.BUDGET, "; ".join([f"the visit ended at the budget: {cut}", *told])
    return AttemptStatus.COMPLETED, None, "; ".join(told)


def _not_followed(refused: Collection[str]) -> list[str]:
    """Return so many sentences on what was refused, and the number of the others."""
    named, more = sorted(refused)[:REFUSED_NAMED], len(refused) - REFUSED_NAMED
    return [*named, f"{more} more that devices handed out were not followed either"] if more > 0 else named
