"""Three-valued logic: a statement holds, does not hold, or is open with the step that would settle it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import get_args

from camscan.model import Because, Verdict

BECAUSE_ORDER: tuple[Because, ...] = get_args(Because)
"""The order in which reasons are printed."""

Key = tuple[str, ...]
"""Names one open point, so that one answer settles it wherever it occurs."""


class Truth(IntEnum):
    """Kleene's strong three values, ordered so that `and` is the minimum and `or` the maximum."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A point that is not known: why it matters, what to ask, and what each answer would set it to."""

    key: Key
    because: Because
    question: str = field(compare=False)
    answers: tuple[tuple[str, Truth | str | date], ...] = field(compare=False)
    """The answer in words and the value it gives: a truth, a stated site fact, or the unit's date."""
    falls_to: Verdict = field(default=Verdict.NO_FINDING, compare=False)
    """The verdict where the answer takes the rule away from the equipment."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A truth value and, where it is UNKNOWN, every open point behind it."""

    truth: Truth
    open: tuple[Open, ...] = ()


HOLDS = Statement(Truth.TRUE)
FAILS = Statement(Truth.FALSE)


def unknown(*points: Open) -> Statement:
    """Return a statement that waits for the points."""
    return Statement(Truth.UNKNOWN, points)


def all_of(statements: Iterable[Statement]) -> Statement:
    """Return the conjunction: FALSE wins over UNKNOWN, and only UNKNOWN keeps open points. Empty: TRUE."""
    return _decided_by(Truth.FALSE, FAILS, statements, HOLDS)


def any_of(statements: Iterable[Statement]) -> Statement:
    """Return the disjunction: TRUE wins over UNKNOWN, and only UNKNOWN keeps open points. Empty: FALSE."""
    return _decided_by(Truth.TRUE, HOLDS, statements, FAILS)


def reasons(points: Iterable[Open]) -> tuple[Because, ...]:
    """Return the distinct reasons of the points in printing order."""
    found = {point.because for point in points}
    return tuple(because for because in BECAUSE_ORDER if because in found)


def _decided_by(winner: Truth, won: Statement, statements: Iterable[Statement], otherwise: Statement) -> Statement:
    """Return `won` where a statement has the winning value; else what is open of them; `otherwise` where nothing is."""
    points: list[Open] = []
    waiting = False
    for part in statements:
        if part.truth is winner:
            return won
        if part.truth is Truth.UNKNOWN:
            waiting = True
            points += part.open
    return Statement(Truth.UNKNOWN, tuple(dict.fromkeys(points))) if waiting else otherwise
