"""Who a MAC address prefix is assigned to: the longest prefix of the IEEE registry, found by bisection of its text."""

from __future__ import annotations

from dataclasses import dataclass

from camscan.identity import HEX_DIGITS
from camscan.model import is_local_mac

PREFIX_DIGITS = ((9, 36), (7, 28), (6, 24))
"""Hexadecimal digits and bits of an assignment, longest first."""
MAX_KNOWN = 4096
"""Look-ups that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One entry of the registry."""

    prefix: str
    """`bcad28/24`."""
    registrant: str
    """As the IEEE writes it; `Private` or empty where the registrant is not named."""


class OuiRegistry:
    """The text of registry.txt: lines `prefix/length TAB registrant`, sorted by bytes, `#` lines at its head."""

    __slots__ = ("_known", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._known: dict[str, Assignment | None] = {}
        """What was looked up before, by the digits that decide."""

    def __len__(self) -> int:
        return sum(1 for line in self.text.split(b"\n") if line and not line.startswith(b"#"))

    def lookup(self, mac: str) -> Assignment | None:
        """Return the longest assignment that covers a MAC; None for local, group, zero and unassigned addresses and other text."""
        digits = mac.replace(":", "").lower()
        if len(digits) != 12 or not HEX_DIGITS.issuperset(digits) or not digits.strip("0") or is_local_mac(digits):
            return None
        decisive = digits[: PREFIX_DIGITS[0][0]]
        if decisive not in self._known:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[decisive] = self._longest(decisive)
        return self._known[decisive]

    def registrants(self) -> frozenset[str]:
        """Return every registrant, by reading all of the registry."""
        lines = self.text.decode("utf-8").split("\n")
        return frozenset(line.split("\t", 1)[1] for line in lines if "\t" in line and not line.startswith("#"))

    def source(self) -> str:
        """Return the first comment line: where the registry comes from and when it was read."""
        first = self.text.split(b"\n", 1)[0].decode("utf-8")
        return first.lstrip("# ") if first.startswith("#") else ""

    def _longest(self, digits: str) -> Assignment | None:
        for count, bits in PREFIX_DIGITS:
            prefix = f"{digits[:count]}/{bits}"
            registrant = self._find(prefix.encode() + b"\t")
            if registrant is not None:
                return Assignment(prefix=prefix, registrant=registrant)
        return None

    def _find(self, key: bytes) -> str | None:
        """Return what follows `key` on the line that starts with it."""
        text = self.text
        low, high = 0, len(text)
        while low < high:
            start = text.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = text.find(b"\n", start)
            end = len(text) if end < 0 else end
            line = text[start:end]
            if line.startswith(key):
                return line[len(key) :].decode("utf-8")
            if line < key:
                low = end + 1
            else:
                high = start
        return None
