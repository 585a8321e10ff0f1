"""One condition on one value: a literal comparison or an RE2 pattern, with the literals that any match must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from camscan.identify.literals import EDGE, mandatory_literals

Mode = Literal["exact", "prefix", "suffix", "contains", "regex", "any"]

MIN_LITERAL = 3
"""Bytes of a literal that is worth a place in the prefilter, an edge of the value among them."""
BYTES_EDGE = EDGE.encode()
RE2_MEMORY = 4 << 20
"""Bytes that one compiled pattern may use."""


class LiteralMatch(NamedTuple):
    """Where a literal comparison holds in a value."""

    captures: Mapping[str, bytes]
    """`value` always; `rest` of a prefix or suffix."""
    span: tuple[int, int]


class RegexMatch:
    """Where a regex holds in a value; read only where it is asked for, which for most values it is not."""

    __slots__ = ("_found", "_groups", "_raw")

    def __init__(self, raw: bytes, found: Any, groups: tuple[tuple[str, int], ...]) -> None:
        self._raw = raw
        self._found = found
        self._groups = groups

    @property
    def captures(self) -> Mapping[str, bytes]:
        """`value` always; the named groups that took part."""
        named = {name: part for name, group in self._groups if (part := self._found[group]) is not None}
        return {"value": self._raw, **named}

    @property
    def span(self) -> tuple[int, int]:
        """First byte, and the one after the last."""
        start, end = self._found.span()
        return start, end


Match = LiteralMatch | RegexMatch


class Pattern:
    """A condition on the bytes of one value. Compiled on first use; work is linear in the value."""

    __slots__ = ("_groups", "_literals", "_needle", "_program", "ignore_case", "mode", "text")

    def __init__(
        self, mode: Mode, text: str = "", *, ignore_case: bool = False, literals: tuple[bytes, ...] | None = None
    ) -> None:
        """literals: what `marked_literals()` returns, where that is known already."""
        self.mode = mode
        self.text = text
        self.ignore_case = ignore_case
        raw = text.encode()
        self._needle = raw.lower() if ignore_case else raw
        self._literals = literals
        self._program: Any = None
        self._groups: tuple[tuple[str, int], ...] = ()

    def __repr__(self) -> str:
        return f"Pattern({self.mode!r}, {self.text!r}, ignore_case={self.ignore_case})"

    def search(self, raw: bytes) -> Match | None:
        """Return how the pattern holds in a value; None where it does not."""
        if self.mode == "regex":
            found = self.compiled().search(raw)
            return RegexMatch(raw, found, self._groups) if found is not None else None
        if self.mode == "any":
            return LiteralMatch({"value": raw}, (0, len(raw)))
        hay, needle = raw.lower() if self.ignore_case else raw, self._needle
        if self.mode == "exact":
            return LiteralMatch({"value": raw}, (0, len(raw))) if hay == needle else None
        if self.mode == "prefix":
            captures = {"value": raw, "rest": raw[len(needle) :]}
            return LiteralMatch(captures, (0, len(needle))) if hay.startswith(needle) else None
        if self.mode == "suffix":
            start = len(raw) - len(needle)
            captures = {"value": raw, "rest": raw[:start]}
            return LiteralMatch(captures, (start, len(raw))) if hay.endswith(needle) else None
        start = hay.find(needle)
        return LiteralMatch({"value": raw}, (start, start + len(needle))) if start >= 0 else None

    def compiled(self) -> Any:
        """Return the RE2 program of a regex. Raises ValueError where RE2 refuses it."""
        if self._program is None:
            self._program = compile_re2(self.text.encode(), ignore_case=self.ignore_case)
            self._groups = tuple((name.decode(), group) for name, group in self._program.groupindex.items())
        return self._program

    def capture_names(self) -> frozenset[str]:
        """Return the names that a template may use with this pattern."""
        if self.mode == "regex":
            return frozenset({"value", *(name.decode() for name in self.compiled().groupindex)})
        return frozenset({"value", "rest"}) if self.mode in ("prefix", "suffix") else frozenset({"value"})

    def marked_literals(self) -> tuple[bytes, ...]:
        """Return lower-case literals of which any matching value holds one once it stands between two EDGEs; empty where none is."""
        if self._literals is None:
            found = sorted(self._read_literals())
            self._literals = tuple(found) if found and min(map(len, found)) >= MIN_LITERAL else ()
        return self._literals

    def literals(self) -> tuple[bytes, ...]:
        """Return lower-case literals of which any matching value holds at least one; empty where there is none."""
        found = sorted({literal.strip(BYTES_EDGE) for literal in self.marked_literals()})
        return tuple(found) if found and min(map(len, found)) >= MIN_LITERAL else ()

    def _read_literals(self) -> frozenset[bytes]:
        if self.mode == "any":
            return frozenset()
        if self.mode == "regex":
            return mandatory_literals(self.text, ignore_case=self.ignore_case)
        begin = BYTES_EDGE if self.mode in ("exact", "prefix") else b""
        end = BYTES_EDGE if self.mode in ("exact", "suffix") else b""
        return frozenset({begin + self.text.encode().lower() + end})


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
