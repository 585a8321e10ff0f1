"""What one value matches, what it nearly matches, and what else would settle it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from camscan.identify.engine import identify_fields
from camscan.identify.match import Hit, hits_of_message
from camscan.identify.pattern import Pattern
from camscan.identify.rules import TRAFFIC, Fingerprint, Knowledge
from camscan.identify.weigh import RANK, alone
from camscan.model import Confidence, Fields, Identification

MIN_SHARED = 4
"""Bytes at the beginning that make a literal near."""
HOLDS = "holds"
MAX_NEAR = 12
MAX_RAISES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A fingerprint that does not hold, and how close it came."""

    fingerprint: str
    pattern: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that the data says of one value."""

    matches: tuple[Hit, ...]
    near: tuple[Near, ...]
    concluded: Identification
    raises: tuple[Fingerprint, ...]
    """Fingerprints of other witnesses that would add to what was concluded, the strongest first."""


def explain_value(name: str, value: str, knowledge: Knowledge) -> Explanation:
    """Return what the value of one field matches, nearly matches and leads to."""
    said: Fields = ((name, value),)
    mac = value if name == "mac" else None
    concluded = identify_fields((), knowledge, mac=mac) if mac else identify_fields(said, knowledge)
    matches = tuple(hits_of_message(said, 0, knowledge))
    return Explanation(
        matches=matches,
        near=tuple(near_matches(name, value, {hit.evidence.fingerprint for hit in matches}, knowledge)),
        concluded=concluded,
        raises=raising(concluded, knowledge),
    )


def near_matches(name: str, value: str, matched: set[str], knowledge: Knowledge) -> Iterator[Near]:
    """Yield the fingerprints of a field that the value comes close to: it holds their literal, or starts as it does."""
    raw = value.encode("utf-8", "replace")
    found = 0
    for entry in knowledge.fingerprints:
        condition = next((one for one in entry.conditions if one.field == name), None)
        if condition is None or entry.id in matched or found == MAX_NEAR:
            continue
        reason = nearness(condition.pattern, raw)
        if reason == HOLDS:
            others = dict.fromkeys(one.field for one in (*entry.conditions, *entry.none) if one is not condition)
            reason = f"{HOLDS}, and depends on {', '.join(others)} of the same message"
        if reason is not None:
            found += 1
            yield Near(fingerprint=entry.id, pattern=pattern_text(condition.pattern), reason=reason)


def nearness(pattern: Pattern, raw: bytes) -> str | None:
    """Return how near a value comes to a pattern; None where it is far."""
    if pattern.search(raw) is not None:
        return HOLDS
    literals = pattern.literals()
    if any(literal in raw.lower() for literal in literals):
        return "the literal is there, the rest differs"
    shared = max((common_start(raw.lower(), literal) for literal in literals), default=0)
    return f"begins with the same {shared} characters" if shared >= MIN_SHARED else None


def common_start(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts share at their beginning."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def pattern_text(pattern: Pattern) -> str:
    """Return a pattern as people read it."""
    case = ", any case" if pattern.ignore_case else ""
    return "any value" if pattern.mode == "any" else f"{pattern.mode} {pattern.text}{case}"


def raising(concluded: Identification, knowledge: Knowledge) -> tuple[Fingerprint, ...]:
    """Return the fingerprints that would raise the confidence of what was concluded."""
    who = concluded.maker or concluded.brand
    if who is None or concluded.confidence is Confidence.CERTAIN:
        return ()
    seen = {one.witness for one in concluded.evidence}
    useful: dict[str, Fingerprint] = {}
    for entry in knowledge.fingerprints:
        claims = dict(entry.gives)
        field = entry.conditions[0].field
        if who not in (claims.get("maker"), claims.get("brand")) or entry.witness in (*seen, TRAFFIC):
            continue
        if field not in useful or worth(entry) > worth(useful[field]):
            useful[field] = entry
    ranked = sorted(useful.values(), key=lambda entry: (-worth(entry), entry.conditions[0].field))
    return tuple(ranked[:MAX_RAISES])


def worth(entry: Fingerprint) -> int:
    """Return the rank of what an entry is worth by itself."""
    return 1 if entry.editable else RANK[entry.confidence]


def weight_in_words(hit: Hit) -> str:
    """Return what a match is worth, and why."""
    if hit.evidence.editable and hit.weight is not Confidence.TENTATIVE:
        return f"{alone(hit)} by itself: the owner can set this value"
    return str(alone(hit))
