"""What became different between two runs, as a table for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from camscan.model import Change, ChangeKind, Diff, Verdict
from camscan.report import view
from camscan.report.columns import lay_out, wrap
from camscan.report.escape import shortened, visible
from camscan.report.records import encode
from camscan.report.statement import NOT_LEGAL_ADVICE

SCHEMA = "camscan-diff/1"
NOTHING = "nothing changed"
LONGEST = 200
"""Characters of one cell."""
_VERDICTS = frozenset(str(verdict) for verdict in Verdict)

KIND_WORDS = {
    ChangeKind.NEW: "new device",
    ChangeKind.GONE: "not seen",
    ChangeKind.REMOVED: "removed",
    ChangeKind.RETURNED: "returned",
    ChangeKind.REPLACED: "replaced",
    ChangeKind.MOVED: "moved",
    ChangeKind.FIRMWARE: "new firmware",
    ChangeKind.RECOGNISED: "known device, newly recognised",
    ChangeKind.VERDICT: "verdict changed",
    ChangeKind.EXCEPTION_OPENED: "exception recorded",
    ChangeKind.EXCEPTION_LAPSED: "exception lapsed",
    ChangeKind.EXCEPTION_OVERDUE: "plan overdue",
}
_CAUSED = frozenset({ChangeKind.RECOGNISED, ChangeKind.VERDICT})
"""Kinds that name their cause; of the others it goes without saying."""


def headline(change: Change, data: tuple[str, str]) -> str:
    """Return what happened, its cause first: `verdict changed by rule`, `not seen since 2026-11-21 18:04 UTC`. data: as a Diff has it."""
    words = KIND_WORDS[change.kind]
    if change.kind is ChangeKind.GONE and change.since is not None:
        return f"{words} since {view.moment(change.since)}"
    if change.kind not in _CAUSED:
        return words
    if change.cause == "data":
        return f"{words}{'' if change.kind is ChangeKind.RECOGNISED else ' by data'} (data {data[0]} → {data[1]})"
    return f"{words} by {change.cause}"


def table(diff: Diff, names: Mapping[str, str], *, width: int | None = None, marking: str | None = None) -> str:
    """Return the changes for people, the urgent ones first. names: slug → company or brand as it writes itself."""
    marked = [marking] if marking else []
    head = [
        f"camscan · changes at site {diff.site} from run {diff.before} to run {diff.after}. {NOT_LEGAL_ADVICE}",
        *([f"Data: {diff.data[0]} → {diff.data[1]}"] if diff.data[0] != diff.data[1] else []),
    ]
    rows = [[visible(shortened(cell, LONGEST)) for cell in _row(change, diff, names)] for change in diff.changes]
    grid = lay_out(("change", "device", "what", "before", "after"), rows, width=width) if rows else []
    notes = [f"Not comparable: {reason}" for reason in diff.not_comparable]
    worse = len({change.device for change in diff.changes if change.worse})
    told = f"{len(diff.changes)} changes" if len(diff.changes) != 1 else "1 change"
    answer = (
        f"Answer: {told if diff.changes else NOTHING}; {view.counted(worse)} worse; {view.counted(diff.unchanged)} unchanged"
    )
    blocks = (_wrapped([*marked, *head], width), grid, _wrapped(notes, width), _wrapped([answer, *marked], width))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _wrapped(lines: Iterable[str], width: int | None) -> list[str]:
    return [piece for line in lines for piece in wrap(visible(line), width, "  ")]


def _row(change: Change, diff: Diff, names: Mapping[str, str]) -> tuple[str, ...]:
    before, after = (words_of(text, change, names) for text in (change.before, change.after))
    return headline(change, diff.data), change.address, change.what, before or "-", after or "-"


def words_of(text: str, change: Change, names: Mapping[str, str]) -> str:
    """Return a value of a change as a person reads it."""
    if change.kind is ChangeKind.VERDICT and text in _VERDICTS:
        return view.verdict_words(Verdict(text))
    if change.kind in (ChangeKind.RECOGNISED, ChangeKind.NEW, ChangeKind.GONE, ChangeKind.REPLACED, ChangeKind.REMOVED):
        return " ".join(names.get(word, word) for word in text.split(" "))
    return text


def document(diff: Diff, *, marking: str | None = None) -> str:
    """Return the changes as JSON, `camscan-diff/1`, in ASCII."""
    made = {
        "schema": SCHEMA,
        "marking": marking,
        "site": diff.site,
        "before": diff.before,
        "after": diff.after,
        "data": {"before": diff.data[0], "after": diff.data[1]},
        "changes": [
            {
                "kind": change.kind,
                "asset": change.key,
                "device": change.device,
                "address": change.address,
                "cause": change.cause,
                "what": change.what,
                "before": change.before or None,
                "after": change.after or None,
                "verdict": change.verdict,
                "worse": change.worse,
                "since": encode(change.since),
            }
            for change in diff.changes
        ],
        "unchanged": diff.unchanged,
        "not_comparable": list(diff.not_comparable),
        "notice": NOT_LEGAL_ADVICE,
        "marking_at_foot": marking,
    }
    return json.dumps(made, indent=1, allow_nan=False) + "\n"
