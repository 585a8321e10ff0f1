"""Which of many patterns are worth a try on one value: an Aho-Corasick automaton over their mandatory literals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import ahocorasick_rs

from camscan.identify.pattern import BYTES_EDGE, Pattern

Entry = TypeVar("Entry")


class LiteralIndex(Generic[Entry]):
    """The entries that look for patterns in one field. One whose pattern has no literal is always a candidate."""

    __slots__ = ("_always", "_automaton", "_entries", "_owners")

    def __init__(self, patterns: Sequence[tuple[Pattern, Entry]]) -> None:
        self._entries = [entry for _, entry in patterns]
        always: list[int] = []
        owners: dict[bytes, list[int]] = {}
        for number, (pattern, _) in enumerate(patterns):
            literals = pattern.marked_literals()
            if not literals:
                always.append(number)
            for literal in literals:
                owners.setdefault(literal, []).append(number)
        self._always = [self._entries[number] for number in always]
        self._owners = [[*always, *numbers] for numbers in owners.values()]
        self._automaton = ahocorasick_rs.BytesAhoCorasick(list(owners)) if owners else None

    def candidates(self, raw: bytes) -> list[Entry]:
        """Return the entries whose patterns may hold in a value, in their order."""
        if self._automaton is None:
            return self._always
        found = self._automaton.find_matches_as_indexes(BYTES_EDGE + raw.lower() + BYTES_EDGE, overlapping=True)
        if not found:
            return self._always
        numbers = {number for literal, _, _ in found for number in self._owners[literal]}
        return [self._entries[number] for number in sorted(numbers)]
