"""How far a long piece of work is: its parts, how long each should take, how much of the present one is done. Pure: it is told the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEAST_LEFT_S = 1.0
"""No work that goes on is nearer to its end than this."""
OVERDUE_SHARE = 0.25
"""Of the time that a part has taken: what it is believed to take still, once it takes longer than expected."""
STRAGGLERS_S = 5.0
LATE_FACTOR, LATE_S = 1.5, 5.0
"""By how much a part may take longer before that is said."""
TELLING = 0.05
"""Share of a part that must be done before its speed says more than the expectation."""


class Steps:
    """Who is told how work goes on. This one tells nobody."""

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Take how long parts should take, in the order in which they come; of parts that are known, a better estimate."""

    def enter(self, part: str) -> None:
        """Take that a part begins, and that all before it are over."""

    def done(self, number: int, of: int) -> None:
        """Take how much of the present part is done."""

    def found(self, hosts: int, cameras: int) -> None:
        """Take how many hosts answered so far, and how many of them look like cameras."""

    def tick(self) -> None:
        """Take that time went by."""


NOBODY = Steps()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the work is at one moment."""

    part: str
    share: float
    """Of the whole, from 0 to less than 1; it never falls."""
    left_s: float | None
    """Seconds that the rest should take; None while the present part takes longer than it should."""


class Course:
    """The way from the first part to the end. Times are seconds of one clock, never falling."""

    def __init__(self, began: float) -> None:
        self._expected: dict[str, float] = {}
        self._part = ""
        self._began = self._updated = began
        self._measured = 0.0
        self._share = 0.0

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Take how long parts should take, in their order."""
        self._expected.update({part: max(0.0, length) for part, length in seconds.items()})

    def enter(self, part: str, now: float) -> None:
        """Begin a part; one that nobody expected stands at the end."""
        self.at(now)
        self._expected.setdefault(part, LEAST_LEFT_S)
        self._part, self._began, self._measured = part, now, 0.0

    def measure(self, share: float) -> None:
        """Take how much of the present part is done, from 0 to 1."""
        self._measured = min(1.0, max(0.0, share))

    def at(self, now: float) -> Standing:
        """Return how far the work is. What is left shrinks by as much of itself as time went by of it, so that a new estimate never turns it back."""
        left, overdue = self._left(now)
        passed = max(0.0, now - self._updated)
        self._updated = max(self._updated, now)
        self._share += (1 - self._share) * passed / (passed + max(left, LEAST_LEFT_S))
        self._share = min(self._share, 1 - 1e-9)
        return Standing(self._part, self._share, None if overdue else left)

    def _left(self, now: float) -> tuple[float, bool]:
        """Return the seconds that the rest should take, and whether the present part takes longer than it should."""
        expected, taken = self._expected.get(self._part, 0.0), max(0.0, now - self._began)
        here = expected - taken
        if self._measured >= TELLING:
            # The last of many take longest: what was expected holds until its time is over.
            by_speed = taken * (1 - self._measured) / self._measured
            return max(here, by_speed, min(OVERDUE_SHARE * taken, STRAGGLERS_S)) + self._later(), False
        overdue = taken > LATE_FACTOR * expected + LATE_S
        return max(here, OVERDUE_SHARE * taken) + self._later(), overdue

    def _later(self) -> float:
        return sum(self._after(self._part))

    def _after(self, part: str) -> Iterable[float]:
        names = list(self._expected)
        return (self._expected[name] for name in names[names.index(part) + 1 :]) if part in names else self._expected.values()


def left_in_words(seconds: float | None) -> str:
    """Return what is left as a person says it."""
    if seconds is None:
        return "longer than expected"
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {10 * -(-seconds // 10):.0f} s left"
    if seconds < 5400:
        return f"about {-(-seconds // 60):.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


def found_in_words(hosts: int, cameras: int) -> str:
    """Return what was found so far."""
    said = "1 host" if hosts == 1 else f"{hosts:,} hosts"
    look = "looks like a camera" if cameras == 1 else "look like cameras"
    return f"{said}, {cameras:,} {look}" if cameras else said
