"""Which of many patterns are worth a try on one value: an Aho-Corasick automaton over their mandatory literals."""

from __future__ import annotations

from collections.abc import Sequence

import ahocorasick_rs

from camscan.identify.pattern import Pattern


class LiteralIndex:
    """The patterns of one field. A pattern without a literal is always a candidate."""

    __slots__ = ("_always", "_automaton", "_owners")

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._always: list[int] = []
        owners: dict[bytes, list[int]] = {}
        for number, pattern in enumerate(patterns):
            literals = pattern.literals()
            if not literals:
                self._always.append(number)
            for literal in literals:
                owners.setdefault(literal, []).append(number)
        self._owners = list(owners.values())
        self._automaton = ahocorasick_rs.BytesAhoCorasick(list(owners)) if owners else None

    def candidates(self, raw: bytes) -> list[int]:
        """Return the numbers of the patterns that may hold in a value, ascending."""
        numbers = set(self._always)
        if self._automaton is not None:
            for literal, _, _ in self._automaton.find_matches_as_indexes(raw.lower(), overlapping=True):
                numbers.update(self._owners[literal])
        return sorted(numbers)
