"""One condition on one value: a literal comparison or an RE2 pattern, with the literal that any match must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["exact", "prefix", "suffix", "contains", "regex", "any"]

MIN_LITERAL = 3
"""Bytes of a literal that is worth a place in the prefilter."""
MAX_LITERALS = 24
"""Alternatives of one pattern in the prefilter."""
RE2_MEMORY = 4 << 20
"""Bytes that one compiled pattern may use."""
ZERO_WIDTH_ESCAPES = "bBAz"
CLASS_ESCAPES = "dDwWsSpPCQExX0123456789"


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern holds in a value, and what it captured."""

    captures: Mapping[str, bytes]
    """`value` always; `rest` of a prefix or suffix; the named groups of a regex that took part."""
    start: int
    end: int


class Pattern:
    """A condition on the bytes of one value. Compiled on first use; work is linear in the value."""

    __slots__ = ("_compiled", "_needle", "ignore_case", "mode", "text")

    def __init__(self, mode: Mode, text: str = "", *, ignore_case: bool = False) -> None:
        self.mode = mode
        self.text = text
        self.ignore_case = ignore_case
        raw = text.encode()
        self._needle = raw.lower() if ignore_case else raw
        self._compiled: Any = None

    def __repr__(self) -> str:
        return f"Pattern({self.mode!r}, {self.text!r}, ignore_case={self.ignore_case})"

    def search(self, raw: bytes) -> Match | None:
        """Return how the pattern holds in a value; None where it does not."""
        if self.mode == "any":
            return Match({"value": raw}, 0, len(raw))
        if self.mode == "regex":
            found = self.compiled().search(raw)
            if found is None:
                return None
            groups = {name.decode(): part for name, part in found.groupdict().items() if part is not None}
            return Match({"value": raw} | groups, found.start(), found.end())
        hay, needle = raw.lower() if self.ignore_case else raw, self._needle
        if self.mode == "exact":
            return Match({"value": raw}, 0, len(raw)) if hay == needle else None
        if self.mode == "prefix":
            return Match({"value": raw, "rest": raw[len(needle) :]}, 0, len(needle)) if hay.startswith(needle) else None
        if self.mode == "suffix":
            start = len(raw) - len(needle)
            return Match({"value": raw, "rest": raw[:start]}, start, len(raw)) if hay.endswith(needle) else None
        start = hay.find(needle)
        return Match({"value": raw}, start, start + len(needle)) if start >= 0 else None

    def compiled(self) -> Any:
        """Return the RE2 program of a regex. Raises ValueError where RE2 refuses it."""
        if self._compiled is None:
            self._compiled = compile_re2(self.text.encode(), ignore_case=self.ignore_case)
        return self._compiled

    def capture_names(self) -> frozenset[str]:
        """Return the names that a template may use with this pattern."""
        if self.mode == "regex":
            return frozenset({"value", *(name.decode() for name in self.compiled().groupindex)})
        return frozenset({"value", "rest"}) if self.mode in ("prefix", "suffix") else frozenset({"value"})

    def literals(self) -> tuple[bytes, ...]:
        """Return lower-case literals of which any matching value holds at least one; empty where there is none."""
        if self.mode == "any":
            return ()
        found = mandatory_literals(self.text) if self.mode == "regex" else (self.text,)
        lowered = tuple(sorted({literal.encode().lower() for literal in found}))
        return lowered if lowered and min(map(len, lowered)) >= MIN_LITERAL and len(lowered) <= MAX_LITERALS else ()


def compile_re2(pattern: bytes, *, ignore_case: bool) -> Any:
    """Return an RE2 program over bytes. Raises ValueError where RE2 refuses the pattern."""
    import re2  # type: ignore[import-untyped]  # 30 ms that a literal-only use never pays

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.dot_nl = True
    options.max_mem = RE2_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as fault:
        reason = fault.args[0].decode() if isinstance(fault.args[0], bytes) else str(fault)
        raise ValueError(f"RE2 refuses {pattern.decode()!r}: {reason}") from fault


def mandatory_literals(pattern: str) -> tuple[str, ...]:
    """Return texts of which every match of an RE2 pattern holds one, as long as can be had cheaply; empty where none is seen."""
    found, _ = _Reader(pattern).alternation(0)
    return found or ()


def _strength(candidate: tuple[str, ...]) -> tuple[int, int]:
    return (min(map(len, candidate)), -len(candidate))


class _Reader:
    """Walks a pattern once. What it does not know ends a literal run, so it can only miss literals, never invent one."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def alternation(self, position: int) -> tuple[tuple[str, ...] | None, int]:
        """Return the literals of branches up to `)` or the end, and where that is."""
        branches: list[tuple[str, ...] | None] = []
        while True:
            branch, position = self.sequence(position)
            branches.append(branch)
            if position >= len(self.pattern) or self.pattern[position] == ")":
                break
            position += 1  # the bar
        every = [branch for branch in branches if branch]
        return (tuple(text for branch in every for text in branch) if len(every) == len(branches) else None), position

    def sequence(self, position: int) -> tuple[tuple[str, ...] | None, int]:
        """Return the best literals of one branch, and where it ends."""
        pattern, best, run = self.pattern, None, ""

        def keep(candidate: tuple[str, ...] | None, best: tuple[str, ...] | None) -> tuple[str, ...] | None:
            if not candidate or not min(map(len, candidate)):
                return best
            return candidate if best is None or _strength(candidate) > _strength(best) else best

        while position < len(pattern) and pattern[position] not in "|)":
            char, inner, literal = pattern[position], None, ""
            if char in "^$":
                position += 1
                continue
            if char == "(":
                inner, position = self.group(position)
            elif char == "[":
                position = self.bracket(position)
            elif char == "\\":
                literal, position = self.escape(position)
                if literal == "" and pattern[position - 1] in ZERO_WIDTH_ESCAPES:
                    continue
            else:
                literal, position = ("" if char == "." else char), position + 1
            optional, repeated, position = self.quantifier(position)
            if literal and not optional:
                run += literal
            if not literal or optional or repeated:
                best, run = keep((run,), best), ""
            if inner and not optional:
                best = keep(inner, best)
        return keep((run,), best), position

    def group(self, position: int) -> tuple[tuple[str, ...] | None, int]:
        """Return the literals of a group that starts at `(`, and the place after its `)`."""
        position += 1
        if self.pattern.startswith("?", position):
            end = position
            while end < len(self.pattern) and self.pattern[end] not in ":>)":
                end += 1
            if self.pattern[end : end + 1] == ")":
                return None, end + 1  # flags alone
            position = end + 1
        inner, position = self.alternation(position)
        return inner, position + 1

    def bracket(self, position: int) -> int:
        """Return the place after a character class."""
        position += 1
        if self.pattern.startswith("^", position):
            position += 1
        first = position
        while position < len(self.pattern) and (self.pattern[position] != "]" or position == first):
            if self.pattern.startswith("[:", position):
                position = max(self.pattern.find(":]", position), position) + 1
            position += 2 if self.pattern[position] == "\\" else 1
        return position + 1

    def escape(self, position: int) -> tuple[str, int]:
        """Return the literal of an escape, empty for a class or an assertion, and the place after it."""
        char = self.pattern[position + 1 : position + 2]
        if char == "x" and not self.pattern.startswith("{", position + 2):
            return "", position + 4
        if char in "xpP" and self.pattern.startswith("{", position + 2):
            return "", self.pattern.find("}", position) + 1 or len(self.pattern)
        if char in "pP":
            return "", position + 3
        if char in CLASS_ESCAPES or char in ZERO_WIDTH_ESCAPES or char in "tnrfva":
            return "", position + 2
        return char, position + 2

    def quantifier(self, position: int) -> tuple[bool, bool, int]:
        """Return whether what stands before may be absent, whether it may repeat, and the place after the quantifier."""
        pattern = self.pattern
        optional = repeated = False
        if position < len(pattern) and pattern[position] in "*?+":
            optional, repeated = pattern[position] != "+", pattern[position] != "?"
            position += 1
        elif position < len(pattern) and pattern[position] == "{" and pattern[position + 1 : position + 2].isdigit():
            end = pattern.find("}", position)
            optional, repeated = pattern[position + 1 : end].split(",")[0].strip("0") == "", True
            position = end + 1
        else:
            return False, False, position
        if position < len(pattern) and pattern[position] == "?":
            position += 1
        return optional, repeated, position
