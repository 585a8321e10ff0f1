"""What of a message an identification rests on: of a name, no more than the part in which a fingerprint holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from camscan.identify.rules import Knowledge
from camscan.model import Evidence, Fields


def proving(said: Fields, evidence: Iterable[Evidence], knowledge: Knowledge) -> Mapping[tuple[str, str], Fields]:
    """Return the pairs of a message that an identification rests on, each with what of it a fingerprint looks at."""
    marks: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in evidence:
        entry = knowledge.fingerprint(one.fingerprint)
        if entry is None:
            marks.setdefault((one.field, one.value), set()).add((one.field, one.value))
            continue
        for condition in (*entry.conditions, *entry.none):
            for name, value in said:
                if name != condition.field:
                    continue
                raw = value.encode("utf-8", "replace")
                found = condition.pattern.search(raw)
                if found is not None:
                    first, last = found.span
                    marks.setdefault((name, value), set()).add((name, raw[first:last].decode("utf-8", "replace")))
    return {pair: tuple(sorted(parts)) for pair, parts in marks.items()}
