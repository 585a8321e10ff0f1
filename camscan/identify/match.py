"""Which fingerprints hold in the messages of an asset, and what each of them claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from camscan.identify.pattern import Match
from camscan.identify.rules import Condition, Fingerprint, Held, Knowledge
from camscan.identity import HEX_DIGITS
from camscan.model import Confidence, Evidence, Fields

MAX_SHOWN = 512
"""Characters of a value that evidence keeps; of a longer one, what surrounds the match."""
AROUND = 80
"""Characters kept on either side of the match in a longer value."""
MAX_CLAIM = 160
"""Characters of one captured value."""
MAX_HELD, MAX_REMEMBERED = 4096, 256
"""Values whose fingerprints are remembered, and characters of the longest of them."""
NOTHING_MORE: Mapping[str, bytes] = {}
BETWEEN_OCTETS = str.maketrans("", "", ":-._ ")
ENCODED_FIELDS = frozenset({"wsd.scopes"})
"""Fields whose captures are percent-encoded."""


class Hit(NamedTuple):
    """One piece of evidence with its weight."""

    evidence: Evidence
    weight: Confidence
    """Of this evidence by itself."""
    message: int
    """Evidence of one message is one witness. Negative for what no message says (the link address)."""
    vendor: str
    """Slug of the vendor file; empty for the registry."""
    group: str = ""
    """Two pieces of evidence of one group are never independent, whatever their witnesses; empty for the registry."""

    def said(self, name: str) -> str | None:
        """Return what this evidence claims under one name."""
        for key, value in self.evidence.says:
            if key == name:
                return value
        return None

    def order(self) -> tuple[object, ...]:
        """Return a total order."""
        return (self.message, self.evidence.field, self.evidence.fingerprint, self.evidence.value, self.evidence.says)


def hits_of_message(fields: Fields, message: int, knowledge: Knowledge) -> Iterator[Hit]:
    """Yield the fingerprints that hold in one message."""
    for pair in fields:
        if pair[0] not in knowledge.looked_at:
            continue
        for held in held_in(pair, knowledge):
            hit = held.hits.get(message)
            if hit is None:
                others = captured(held.entry, fields) if held.entry.depends else NOTHING_MORE
                if others is None:
                    continue
                hit = _hit(held, pair[0], message, others)
                if not held.entry.depends:
                    held.hits[message] = hit
            yield hit


def _hit(held: Held, field: str, message: int, others: Mapping[str, bytes]) -> Hit:
    """Return the evidence that a fingerprint is which holds. others: the captures of its further conditions."""
    entry = held.entry
    return Hit(
        Evidence(
            fingerprint=entry.id,
            field=field,
            value=held.shown,
            observation=message,
            layer=entry.layer,
            says=claims_of(entry, {**others, **held.captures}) if entry.templates else entry.gives,
            editable=entry.editable,
            witness=entry.witness,
        ),
        entry.confidence,
        message,
        entry.vendor,
        entry.group,
    )


def held_in(pair: tuple[str, str], knowledge: Knowledge) -> tuple[Held, ...]:
    """Return the fingerprints whose first condition holds in one value of a field."""
    known = knowledge.held.get(pair)
    if known is not None:
        return known
    name, value = pair
    index = knowledge.index_of(name)
    if index is None:
        return ()
    raw = value.encode("utf-8", "replace")
    found = tuple(
        [
            Held(
                entry,
                value if len(value) <= MAX_SHOWN else excerpt(raw, match),
                match.captures if entry.templates else NOTHING_MORE,
                {},
            )
            for entry in index.candidates(raw)
            if (match := entry.conditions[0].pattern.search(raw)) is not None
        ]
    )
    if len(value) <= MAX_REMEMBERED:
        if len(knowledge.held) >= MAX_HELD:
            knowledge.held.clear()
        knowledge.held[pair] = found
    return found


def captured(entry: Fingerprint, fields: Fields) -> Mapping[str, bytes] | None:
    """Return the captures of all other conditions of an entry whose first one holds; None where one of them fails."""
    if any(holds(condition, fields) is not None for condition in entry.none):
        return None
    captures: dict[str, bytes] = {}
    for condition in entry.conditions[1:]:
        found = holds(condition, fields)
        if found is None:
            return None
        captures = {**found.captures, **captures}
    return captures


def holds(condition: Condition, fields: Fields) -> Match | None:
    """Return the match of a condition in the smallest value of its field that holds it, so that order does not matter."""
    for raw in sorted(value.encode("utf-8", "replace") for name, value in fields if name == condition.field):
        found = condition.pattern.search(raw)
        if found is not None:
            return found
    return None


def claims_of(entry: Fingerprint, captures: Mapping[str, bytes]) -> Fields:
    """Return what an entry claims, its templates filled; a claim whose captures are all empty is left out."""
    claims = []
    decode = entry.conditions[0].field in ENCODED_FIELDS
    for name, template in entry.gives:
        value = fill(template, captures, decode=decode) if "{" in template else template
        if name == "mac":
            value = mac_text(value)
        if value:
            claims.append((name, value))
    return tuple(claims)


def fill(template: str, captures: Mapping[str, bytes], *, decode: bool) -> str:
    """Return a template with its captures put in; empty where none of them holds anything."""
    parts, rest, some = [], template, False
    while rest:
        before, brace, rest = rest.partition("{")
        parts.append(before)
        if not brace:
            break
        name, _, rest = rest.partition("}")
        text = readable(captures.get(name, b""))
        text = (unquote(text, errors="replace") if decode else text).strip(" \t\r\n\0\"'")
        some = some or bool(text)
        parts.append(text)
    return "".join(parts).strip()[:MAX_CLAIM] if some else ""


def readable(raw: bytes) -> str:
    """Return captured bytes as text: UTF-8 where valid, else Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def mac_text(value: str) -> str:
    """Return a captured MAC as lower case with colons; empty when it is not one."""
    digits = value.lower().translate(BETWEEN_OCTETS)
    if len(digits) != 12 or not HEX_DIGITS.issuperset(digits):
        return ""
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def excerpt(raw: bytes, found: Match) -> str:
    """Return what surrounds the match in a long value."""
    first, last = found.span
    start, end = max(0, first - AROUND), min(len(raw), last + AROUND, first + MAX_SHOWN)
    text = raw[start:end].decode("utf-8", "ignore")
    return ("…" if start else "") + text + ("…" if end < len(raw) else "")
