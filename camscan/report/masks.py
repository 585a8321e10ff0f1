"""What stands in place of what a redacted report must not say: the same mask for the same thing, given by order of first appearance.

Masks are counted, never computed from what they hide, so no dictionary leads back. Addresses are masked by documentation addresses
(RFC 5737, RFC 3849), so that every format stays valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

import ahocorasick_rs

from camscan.identity import bare, is_placeholder
from camscan.model import is_local_mac

Kind = Literal[
    "address", "range", "mac", "serial", "endpoint", "key", "host", "site", "person", "reference", "ticket", "location",
    "tag", "text", "switch", "port", "interface", "file", "target", "attestation", "exception", "fact",
]  # fmt: skip
DOCUMENTATION = ("192.0.2", "198.51.100", "203.0.113")
QUOTED = 64
"""Characters of a long value that a contradiction quotes."""
NO_OUI = "02:00:00"
"""What a locally administered MAC keeps: its beginning is no maker's."""
HEX = frozenset("0123456789abcdefABCDEF")
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
SHORTEST: dict[Kind, int] = {
    "serial": 5,
    "host": 3,
    "site": 2,
    "person": 3,
    "reference": 3,
    "ticket": 3,
    "location": 3,
    "tag": 3,
    "text": 6,
}
"""Characters from which a value of a kind is looked for inside other texts; what is shorter stands in every sentence."""
WORDS = frozenset(
    [
        "camera",
        "cameras",
        "ipcamera",
        "ipcam",
        "network",
        "device",
        "devices",
        "recorder",
        "recorders",
        "encoder",
        "intercom",
        "doorbell",
        "software",
        "address",
        "server",
        "webserver",
        "localhost",
        "unknown",
        "default",
        "admin",
        "other",
        "record",
        "video",
        "surveillance",
        "system",
        "switch",
        "router",
        "port",
        "site",
        "range",
    ]
)
"""Words of our own sentences; a device that is called so is masked where its name stands alone."""
INSIDE_WORDS: frozenset[Kind] = frozenset({"serial", "mac", "endpoint", "key"})
"""Kinds that are found also where letters or digits stand right beside them."""


@dataclass(slots=True)
class Masks:
    """The masks of one report. First every value is `noted`, then masks are asked for."""

    _noted: dict[tuple[Kind, str], str] = field(default_factory=dict)
    """Kind and canonical form → as it was first written."""
    _given: dict[tuple[Kind, str], str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _originals: set[str] = field(default_factory=set)
    _tails: set[str] = field(default_factory=set)
    _stated: dict[str, tuple[Kind, str]] = field(default_factory=dict)
    """What the operator stated, as it is written → kind and canonical form."""
    _finder: _Finder | None = None
    _finder_of_stated: _FinderOfStated | None = None

    def note(self, kind: Kind, value: str | None, *, stated: bool = False) -> None:
        """Take a value down, so that no mask equals it and it is found inside texts. stated: by the operator."""
        if value:
            if stated and value.strip():
                self._stated.setdefault(value.strip(), (kind, canonical(kind, value)))
            self._noted.setdefault((kind, canonical(kind, value)), value)
            self._originals.add(value.lower())
            self._originals.add(canonical(kind, value))
            if kind == "mac":
                self._tails.add(canonical(kind, value)[9:])

    def of(self, kind: Kind, value: str) -> str:
        """Return the mask of a value."""
        place = (kind, canonical(kind, value))
        if place not in self._given:
            self._given[place] = self._new(kind, place[1])
        return self._given[place]

    @property
    def stated(self) -> tuple[str, ...]:
        """What the operator stated, as it is written."""
        return tuple(self._stated)

    @property
    def given(self) -> frozenset[str]:
        """Every mask so far."""
        return frozenset(self._given.values())

    def in_text(self, text: str, *, whole: bool = True, stated: bool = False, kept: frozenset[str] = frozenset()) -> str:
        """Return a text with every noted value masked, and every address, range and MAC. kept: words that stay.

        whole: also names of people, hosts and places; without it only what tells one device from any other.
        stated: what the operator stated too where it is a number, an ordinary word or shorter than a word, as it is written.
        """
        if self._finder is None:
            self._finder = _Finder(self._noted)
            self._finder_of_stated = _FinderOfStated(self._stated)
        found = [span for span in self._finder.spans(text) if whole or span.kind in ("address", "range", *INSIDE_WORDS)]
        also = self._finder_of_stated.spans(text) if stated and self._finder_of_stated is not None else ()
        spans = [*found, *also, *_addresses(text, kept)]
        if not spans:
            return text
        pieces, at = [], 0
        for span in _apart(spans):
            pieces += [text[at : span.start], self._written(span, text[span.start : span.end])]
            at = span.end
        return "".join([*pieces, text[at:]])

    def _written(self, span: Span, found: str) -> str:
        """Return the mask of what stands in a text, written as it was."""
        mask = self.of(span.kind, span.value)
        if span.kind != "mac":
            return mask
        digits = mask.replace(":", "")
        if len(found) == 14:
            mask = ".".join(digits[i : i + 4] for i in (0, 4, 8))
        else:
            mask = digits if len(found) == 12 else mask.replace(":", found[2])
        return mask.upper() if found != found.lower() else mask

    def _new(self, kind: Kind, value: str) -> str:
        """Return the next mask of a kind that is nobody's own value."""
        group = f"{kind}6" if kind == "address" and ":" in value else kind
        while True:
            number = self._counts[group] = self._counts.get(group, 0) + 1
            mask = _mask(kind, value, number)
            if mask.lower() not in self._originals and not (kind == "mac" and mask[9:] in self._tails):
                return mask


@lru_cache(maxsize=64 * 1024)
def canonical(kind: Kind, value: str) -> str:
    """Return the form in which equal values of a kind are equal."""
    if kind == "address":
        try:
            return str(ip_address(value.strip("[]").partition("%")[0]))
        except ValueError:
            return value.lower()
    if kind == "range":
        try:
            return str(ip_network(value, strict=False))
        except ValueError:
            return value.lower()
    if kind == "mac":
        digits = "".join(c for c in value.lower() if c in HEX)
        return ":".join(digits[i : i + 2] for i in range(0, 12, 2)) if len(digits) == 12 else value.lower()
    if kind in INSIDE_WORDS:
        return bare(value) or value.lower()
    return value.strip().lower()


def _mask(kind: Kind, value: str, number: int) -> str:
    if kind == "address":
        return _address_mask(number, v6=":" in value)
    if kind == "range":
        return str(IPv6Network((int(IPv6Address("2001:db8::")) + (number << 80), 48)))
    if kind == "mac":
        tail = f"{number:06x}"
        oui = value[:8] if len(value) == 17 and set(value) <= HEX | {":"} and not is_local_mac(value) else NO_OUI
        return f"{oui}:{tail[:2]}:{tail[2:4]}:{tail[4:6]}"
    if kind in ("serial", "key"):
        return f"{kind.upper()}-{number:04}"
    if kind == "endpoint":
        return f"urn:uuid:00000000-0000-0000-0000-{number:012}"
    if kind in ("attestation", "exception"):
        return f"{kind[:2]}-{number:012}"
    return f"{kind}-{number}"


def _address_mask(number: int, *, v6: bool) -> str:
    """Return the documentation address of a number; of IPv4 there are 762, after which those of IPv6 follow from the middle."""
    block, host = divmod(number - 1, 254)
    if not v6 and block < len(DOCUMENTATION):
        return f"{DOCUMENTATION[block]}.{host + 1}"
    return str(IPv6Address(int(IPv6Address("2001:db8::")) + number + (0 if v6 else 1 << 64)))


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value stands in a text."""

    start: int
    end: int
    kind: Kind
    value: str


class _Finder:
    """Every noted value, in every way in which it may be written, found in one pass."""

    def __init__(self, noted: dict[tuple[Kind, str], str]) -> None:
        self._entries: list[tuple[Kind, str]] = []
        patterns: list[str] = []
        known: set[str] = set()
        for (kind, value), written in noted.items():
            for form in _forms(kind, value, written):
                pattern = form.translate(_LOWER)
                if pattern not in known:
                    known.add(pattern)
                    patterns.append(pattern)
                    self._entries.append((kind, value))
        self._automaton = ahocorasick_rs.AhoCorasick(patterns) if patterns else None

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where values stand, overlapping ones too."""
        if self._automaton is None:
            return
        for number, start, end in self._automaton.find_matches_as_indexes(text.translate(_LOWER), overlapping=True):
            kind, value = self._entries[number]
            if kind in INSIDE_WORDS or _stands_alone(text, start, end, kind):
                yield Span(start, end, kind, value)


class _FinderOfStated:
    """What the operator stated, found however short it is, where it stands as a word and written as it was."""

    def __init__(self, stated: dict[str, tuple[Kind, str]]) -> None:
        self._stated = tuple(stated.items())
        self._automaton = ahocorasick_rs.AhoCorasick([form for form, _ in self._stated]) if stated else None

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where values stand, overlapping ones too."""
        if self._automaton is None:
            return
        for number, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            _, (kind, value) = self._stated[number]
            if _stands_alone(text, start, end, kind) and not part_of_a_number(text, start, end):
                yield Span(start, end, kind, value)


def part_of_a_number(text: str, start: int, end: int) -> bool:
    """Return whether digits stand in a date, a time, a version or an address, where they are no name."""
    if not text[start:end].isdecimal():
        return False
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return (len(before) == 2 and before[1] in "-.:/" and before[0].isdecimal()) or (
        len(after) == 2 and after[0] in "-.:/" and after[1].isdecimal() and not text.endswith("ip:", 0, start)
    )


def _forms(kind: Kind, value: str, written: str) -> set[str]:
    """Return how a value may be written inside a text; empty where it would be found in every sentence."""
    if kind == "mac":
        digits = value.replace(":", "")
        if len(digits) != 12:
            return {value}
        return {value, value.replace(":", "-"), digits, ".".join(digits[i : i + 4] for i in (0, 4, 8))}
    if kind == "address":
        if "." in value and ":" not in value:
            return {value, value.replace(".", "-")}
        return {value, written, *({ip_address(value).exploded} if _is_address(value) else ())}
    if kind == "range":
        return {value, written}
    forms = {written.strip(), written[:QUOTED].strip(), *({value} if kind in INSIDE_WORDS else ())}
    placeholder = is_placeholder if kind in INSIDE_WORDS else _is_number
    return {
        form for form in forms if len(form) >= SHORTEST.get(kind, 1) and not placeholder(form) and form.lower() not in WORDS
    }


def _is_number(text: str) -> bool:
    return text.isdecimal()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _stands_alone(text: str, start: int, end: int, kind: Kind) -> bool:
    """Return whether what is found is not a part of a longer word, number or address."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if kind not in ("address", "range"):
        return not (before.isalnum() and text[start].isalnum()) and not (after.isalnum() and text[end - 1].isalnum())
    digits, join = (HEX, ":") if ":" in text[start:end] else (frozenset("0123456789"), ".")
    ahead, behind = text[start - 2 : start - 1], text[end + 1 : end + 2]
    return not (
        before in digits or after in digits or (before == join and ahead in digits) or (after == join and behind in digits)
    )


def _apart(spans: list[Span]) -> Iterator[Span]:
    """Yield spans that do not overlap, the leftmost and longest of those that do."""
    at = 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if span.start >= at:
            at = span.end
            yield span


_TOKEN = HEX | frozenset(".:/-")


def _addresses(text: str, kept: frozenset[str]) -> Iterator[Span]:
    """Yield every address, range and MAC of a text, whether anyone noted it or not."""
    if text.count(".") < 3 and text.count(":") < 2 and text.count("-") < 5:
        return
    at = 0
    while at < len(text):
        if text[at] not in HEX and text[at] != ":":
            at += 1
            continue
        start = at
        while at < len(text) and text[at] in _TOKEN:
            at += 1
        before, after = text[start - 1 : start], text[at : at + 1]
        if not before.isalnum() and not (after.isalnum() and text[at - 1] in HEX):
            yield from _token(text, start, at, kept)


def _token(text: str, start: int, end: int, kept: frozenset[str]) -> Iterator[Span]:
    token = text[start:end].rstrip(".:/-")
    like_one = token.count(".") == 3 or token.count(":") >= 2 or token.count("-") == 5
    if not like_one or not HEX & set(token) or token in kept:
        return
    readers: tuple[tuple[Kind, Callable[[str], bool]], ...] = (("mac", _is_mac), ("address", _is_address), ("range", _is_range))
    for cut in (token, token.rpartition(":")[0], token.partition("/")[0], token.partition("-")[0]):
        for kind, fits in readers:
            if cut and cut not in kept and fits(cut):
                yield Span(start, start + len(cut), kind, canonical(kind, cut))
                return


def _is_mac(text: str) -> bool:
    parts = text.replace("-", ":").split(":")
    return len(parts) == 6 and all(len(part) == 2 and set(part) <= HEX for part in parts)


def _is_range(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text
