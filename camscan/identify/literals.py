"""The texts of which any match of a pattern must hold one, read off the pattern without running it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EDGE = "\0"
"""Stands for the beginning and the end of a value: an anchored text is a longer one, and so a rarer one."""
MAX_TEXTS = 64
"""Alternatives that are kept of one part of a pattern."""
MAX_PRODUCT = 24
"""Alternatives that may follow from joining parts: fewer and shorter texts do as well."""

Texts = frozenset[str]
ANYTHING: Texts = frozenset({""})
"""What stands in every value."""

DIGITS = frozenset("0123456789")
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
"""Escapes of one character; any other letter is a class or means nothing that is known here."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of the texts that a part of a pattern matches, in lower case."""

    exact: Texts | None = None
    """All that it matches; None where that is unknown or too much."""
    prefix: Texts = ANYTHING
    """It begins with one of these."""
    suffix: Texts = ANYTHING
    """It ends with one of these."""
    needed: Texts = ANYTHING
    """It holds one of these."""


UNKNOWN = Part()


def mandatory_literals(pattern: str, *, ignore_case: bool = False) -> frozenset[bytes]:
    """Return lower-case texts of which every value that an RE2 pattern matches holds one, when it stands between two EDGEs.

    As long and as few as is cheap to find; the empty text where nothing is known.
    """
    if EDGE in pattern or "\\Q" in pattern:
        return frozenset({b""})
    part, _ = _Reader(pattern.encode().decode("latin-1"), ignore_case=ignore_case).alternation(0)
    return frozenset(text.encode("latin-1") for text in part.needed)


def known(texts: Iterable[str]) -> Part:
    """Return a part that matches these texts and no other; nothing is known where they are too many."""
    every = frozenset(texts)
    return Part(every, every, every, every) if len(every) <= MAX_TEXTS else UNKNOWN


def either(parts: list[Part]) -> Part:
    """Return what is known where one of several parts matches."""
    if len(parts) == 1:
        return parts[0]
    exact = [part.exact for part in parts if part.exact is not None]
    whole = known(union(exact)) if len(exact) == len(parts) else UNKNOWN
    if whole is not UNKNOWN:
        return whole
    sides = ([part.prefix for part in parts], [part.suffix for part in parts], [part.needed for part in parts])
    return Part(None, *(known(union(side)).prefix if ANYTHING.isdisjoint(union(side)) else ANYTHING for side in sides))


def one_after_another(parts: Iterable[Part]) -> Part:
    """Return what is known where parts match in sequence."""
    whole, prefix, needed = True, ANYTHING, ANYTHING
    run = ANYTHING  # what the sequence so far ends with
    for part in parts:
        joined = product(run, part.prefix)
        if part.exact is not None and joined is not None:
            run = joined
            continue
        reached = joined or run
        needed = longer(needed, longer(reached, part.needed))
        if whole:
            whole, prefix = False, reached
        run = part.suffix
    return Part(run if whole else None, run if whole else prefix, run, longer(needed, run))


def repeated(part: Part, *, optional: bool, single: bool) -> Part:
    """Return what is known of a part with a quantifier. optional: it may be absent; single: it matches once at most."""
    if not optional:
        return Part(None, part.prefix, part.suffix, part.needed)
    return either([part, known(ANYTHING)]) if single else UNKNOWN


def union(sets: Iterable[Texts]) -> Texts:
    """Return the texts of all sets."""
    return frozenset(text for texts in sets for text in texts)


def product(left: Texts, right: Texts) -> Texts | None:
    """Return every text of one set followed by one of the other; None where that is too many. Adjacent edges are one."""
    if len(left) * len(right) > max(MAX_PRODUCT, len(left), len(right)):
        return None
    return frozenset((one + other).replace(EDGE + EDGE, EDGE) for one in left for other in right)


def longer(one: Texts, other: Texts) -> Texts:
    """Return the set whose shortest text is longer, then the smaller one, then the first."""
    return max(one, other, key=lambda texts: (min(map(len, texts)), -len(texts)))


class _Reader:
    """Walks a pattern once; each character is a byte. What it does not know is unknown: it can only miss a text, never invent one."""

    def __init__(self, pattern: str, *, ignore_case: bool) -> None:
        self.pattern = pattern
        self.ignore_case = ignore_case
        self.lines = False
        """Whether `^` and `$` stand at lines rather than at the edges of the value."""

    def alternation(self, position: int) -> tuple[Part, int]:
        """Return what stands up to `)` or the end, and where that is."""
        branches = []
        while True:
            branch, position = self.branch(position)
            branches.append(branch)
            if position >= len(self.pattern) or self.pattern[position] == ")":
                return either(branches), position
            position += 1  # the bar

    def branch(self, position: int) -> tuple[Part, int]:
        """Return what stands up to a bar, `)` or the end, and where that is."""
        parts = []
        while position < len(self.pattern) and self.pattern[position] not in "|)":
            part, position = self.atom(position)
            part, position = self.quantified(part, position)
            parts.append(part)
        return one_after_another(parts), position

    def atom(self, position: int) -> tuple[Part, int]:
        """Return one character, class, group or assertion, and the place after it."""
        char = self.pattern[position]
        if char == "(":
            return self.group(position + 1)
        if char == "[":
            return self.bracket(position + 1)
        if char == "\\":
            return self.escape(position + 1)
        if char in "^$":
            return known(ANYTHING if self.lines else {EDGE}), position + 1
        return UNKNOWN if char == "." else self.literal(char), position + 1

    def literal(self, char: str) -> Part:
        """Return one character as itself; RE2 folds the case of bytes beyond ASCII in its own way."""
        if char.isascii():
            return known({char.lower()})
        return UNKNOWN if self.ignore_case else known({char})

    def group(self, position: int) -> tuple[Part, int]:
        """Return a group whose `(` was read, and the place after its `)`."""
        if self.pattern.startswith("?", position):
            end = position + 1
            while end < len(self.pattern) and self.pattern[end] not in ":>)":
                end += 1
            flags = self.pattern[position + 1 : end]
            if "<" not in flags:
                self.lines |= "m" in flags
                self.ignore_case |= "i" in flags
            if self.pattern[end : end + 1] == ")":
                return known(ANYTHING), end + 1
            position = end + 1
        part, position = self.alternation(position)
        return part, position + 1

    def bracket(self, position: int) -> tuple[Part, int]:
        """Return a character class whose `[` was read, and the place after it."""
        members: list[Part] = [UNKNOWN] if self.pattern.startswith("^", position) else []
        position += len(members)
        first = position
        while position < len(self.pattern) and (self.pattern[position] != "]" or position == first):
            char = self.pattern[position]
            if self.pattern.startswith("[:", position):
                members.append(UNKNOWN)
                position = max(self.pattern.find(":]", position), position) + 2
            elif char == "\\":
                part, position = self.escape(position + 1)
                members.append(part)
            elif self.pattern[position + 1 : position + 2] == "-" and self.pattern[position + 2 : position + 3] not in "]\\":
                members.extend(self.literal(chr(code)) for code in range(ord(char), ord(self.pattern[position + 2]) + 1))
                position += 3
            else:
                members.append(self.literal(char))
                position += 1
        # A hyphen after an escape may be a range of which only the first end was understood.
        body = self.pattern[first:position]
        return UNKNOWN if "\\" in body and "-" in body else either(members), position + 1

    def escape(self, position: int) -> tuple[Part, int]:
        """Return an escape whose backslash was read, and the place after it."""
        char = self.pattern[position : position + 1]
        if char in DIGITS:  # octal
            end = position
            while end < position + 3 and self.pattern[end : end + 1] in DIGITS:
                end += 1
            return UNKNOWN, end
        if char in "xpP" and self.pattern.startswith("{", position + 1):
            return UNKNOWN, self.pattern.find("}", position) + 1 or len(self.pattern)
        if char in ("x", "p", "P"):
            return UNKNOWN, position + (3 if char == "x" else 2)
        if char in ("A", "z"):
            return known({EDGE}), position + 1
        if char in ("b", "B"):
            return known(ANYTHING), position + 1
        if char == "d":
            return known(DIGITS), position + 1
        if char in CONTROLS:
            return known({CONTROLS[char]}), position + 1
        return UNKNOWN if char.isalpha() else self.literal(char), position + 1

    def quantified(self, part: Part, position: int) -> tuple[Part, int]:
        """Return a part with the quantifiers behind it, and the place after them."""
        while position < len(self.pattern):
            char = self.pattern[position]
            if char == "{":
                least, bar, most = self.pattern[position + 1 : max(self.pattern.find("}", position), 0)].partition(",")
                if not least.isdecimal() or not (most.isdecimal() or not most):
                    break  # a brace that counts nothing is itself
                end = self.pattern.find("}", position) + 1
                part = repeated(part, optional=not int(least), single=bool(bar and most) and int(most) <= 1)
            elif char in "?*+":
                end = position + 1
                part = repeated(part, optional=char != "+", single=char == "?")
            else:
                break
            position = end + self.pattern.startswith("?", end)
        return part, position
