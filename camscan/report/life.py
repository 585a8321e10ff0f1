"""The life of devices, as a table for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from camscan.history.life import Life
from camscan.model import Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.report import view
from camscan.report.columns import lay_out, wrap
from camscan.report.escape import shortened, visible
from camscan.report.records import encode
from camscan.report.statement import NOT_LEGAL_ADVICE

SCHEMA = "camscan-life/1"
LONGEST = 200
"""Characters of one cell."""
_VERDICTS = frozenset(str(verdict) for verdict in Verdict)


def table(lives: Sequence[Life], names: Mapping[str, str], *, width: int | None = None, marking: str | None = None) -> str:
    """Return the lives for people. names: slug → company or brand as it writes itself."""
    blocks = [_wrapped([marking] if marking else [], width)]
    for life in lives:
        rows = [
            [visible(shortened(cell, LONGEST)) for cell in (one.what, view.moment(one.first), view.moment(one.last), value)]
            for one in life.spans
            for value in (_words(one.what, one.value, names),)
        ]
        blocks.append(_wrapped(_head(life), width))
        blocks.append(lay_out(("what", "from", "until", "value"), rows, width=width) if rows else [])
        blocks.append(_wrapped(_stated(life), width))
    blocks.append(_wrapped([NOT_LEGAL_ADVICE, *([marking] if marking else [])], width))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _wrapped(lines: Sequence[str], width: int | None) -> list[str]:
    return [piece for line in lines for piece in wrap(visible(line), width, "  ")]


def _head(life: Life) -> list[str]:
    device = life.device
    since = f"first seen {view.moment(device.first_seen)}"
    if device.absent_until is not None:
        since += f" (a complete run had not seen it on {view.moment(device.absent_until)})"
    runs = "1 run" if life.runs == 1 else f"{life.runs} runs"
    known = [mark.text for mark in device.marks if not mark.text.startswith("key=")]
    return [
        f"{device.key} at site {device.site}",
        f"  {since}, last seen {view.moment(device.last_seen)}, by {runs}",
        f"  known by {view.some(known, 12) or 'its address alone'}",
    ]


def _stated(life: Life) -> list[str]:
    lines = [
        f"Attestation {one.id}: {view.attested_words(one)}; {one.by} on {one.recorded_on.isoformat()}, by {one.basis}"
        for one in life.attestations
    ]
    for entry in life.exceptions:
        waiver = f"; {NO_WAIVER}" if entry.status == "accepted" else ""
        until = f"until {entry.expires_on.isoformat()}, ticket {entry.ticket}"
        lines.append(f"Exception {entry.id}: {entry.status} {until}; recorded by {entry.owner}{waiver}")
    return lines


def _words(what: str, value: str, names: Mapping[str, str]) -> str:
    if value in _VERDICTS:
        return view.verdict_words(Verdict(value))
    return " ".join(names.get(word, word) for word in value.split(" ")) if what == "recognised as" else value


def document(lives: Sequence[Life], *, marking: str | None = None) -> str:
    """Return the lives as JSON, `camscan-life/1`, in ASCII."""
    made = {
        "schema": SCHEMA,
        "marking": marking,
        "devices": list(map(_document, lives)),
        "notice": NOT_LEGAL_ADVICE,
        "marking_at_foot": marking,
    }
    return json.dumps(made, indent=1, allow_nan=False) + "\n"


def _document(life: Life) -> dict[str, Any]:
    device = life.device
    return {
        "asset": device.key,
        "device": device.number,
        "site": device.site,
        "kind": device.kind,
        "first_seen": encode(device.first_seen),
        "last_seen": encode(device.last_seen),
        "absent_until": encode(device.absent_until),
        "runs": life.runs,
        "marks": [
            {"mark": mark.text, "first_seen": encode(mark.first_seen), "last_seen": encode(mark.last_seen)}
            for mark in device.marks
        ],
        "spans": [
            {"what": one.what, "value": one.value, "from": encode(one.first), "until": encode(one.last), "run": one.run}
            for one in life.spans
        ],
        "attestations": [encode(one) for one in life.attestations],
        "exceptions": list(_exceptions(life)),
    }


def _exceptions(life: Life) -> Iterator[dict[str, Any]]:
    for entry in life.exceptions:
        yield {**encode(entry), "note": f"recorded by {entry.owner}" + (f"; {NO_WAIVER}" if entry.status == "accepted" else "")}
