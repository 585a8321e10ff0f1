"""What the formats for spreadsheets say alike: the cells of one device, and the rows that speak of the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from camscan.identify.attachment import in_words
from camscan.model import AssessedAsset, Attestation, Report
from camscan.report import summary, view
from camscan.report.cells import several
from camscan.report.device import instant
from camscan.report.escape import shortened
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement

Row = dict[str, str]

MAX_TEXT = 1_000
"""Characters of what a device says of itself; the whole stands in the JSON report."""

RECORD, TEXT = "record", "text"
"""Columns that every row has: what the row is, and the sentence of a row that is about the whole run."""
WHOLE = frozenset({"addresses", "macs"})
"""Columns that no device writes at will."""
DEVICE_COLUMNS = (
    "site", "address", "mac", "addresses", "macs", "names", "key", "kind", "form", "brand", "maker", "maker_basis", "model", "firmware",
    "serial", "confidence", "hostile_reply", "contradictions", "outside_scope", "switch_port", "location", "asset_tag", "acquired",
    "made_on", "first_seen", "last_seen",
)  # fmt: skip


def device_cells(report: Report, judged: AssessedAsset) -> Row:
    """Return what a device is and where it is, by column; no cell is escaped yet."""
    asset, known = judged.asset, judged.identification
    conflicts = (*asset.conflicts, *known.conflicts)
    cells = {
        "site": site_name(judged),
        "address": first(asset.ips),
        "mac": first(asset.macs),
        "addresses": several(asset.ips),
        "macs": several(asset.macs),
        "names": several(asset.hostnames),
        "key": asset.key,
        "kind": known.kind,
        "form": known.form or "",
        "brand": view.name_of(report, known.brand) or "",
        "maker": view.name_of(report, known.maker) or "",
        "maker_basis": known.maker_basis or "",
        "model": known.model or "",
        "firmware": known.firmware or "",
        "serial": known.serial or "",
        "confidence": known.confidence or "",
        "hostile_reply": several(view.hostile_fields(asset)),
        "contradictions": several(f"{conflict.kind}: {conflict.detail}" for conflict in conflicts),
        "outside_scope": "yes" if asset.outside_scope else "",
        "switch_port": in_words(judged.attached_to) if judged.attached_to else "",
        "location": stated(judged, "location"),
        "asset_tag": stated(judged, "asset_tag"),
        "acquired": stated(judged, "acquired"),
        "made_on": known.made_on.isoformat() if known.made_on else "",
        "first_seen": instant(first_seen(judged)) or "",
        "last_seen": instant(asset.last_seen) or "",
    }
    return {column: text if column in WHOLE else shortened(text, MAX_TEXT) for column, text in cells.items()}


def first(values: tuple[str, ...]) -> str:
    """Return the first value; empty where there is none."""
    return values[0] if values else ""


def site_name(judged: AssessedAsset) -> str:
    """Return the name of the site that a device stands at; of several, all of them."""
    return judged.site.name if judged.site is not None else judged.asset.site


def first_seen(judged: AssessedAsset) -> datetime:
    """Return when camscan first saw a device, in this run or any that was kept."""
    return judged.presence.since if judged.presence is not None else judged.asset.first_seen


def stated(judged: AssessedAsset, what: str) -> str:
    """Return what the latest statement that still holds says of a device: the value of an attribute of Attestation as text."""
    holding: list[Attestation] = [one.attestation for one in judged.attestations if not one.lapsed]
    said = [value for one in sorted(holding, key=lambda one: (one.recorded_on, one.id)) if (value := getattr(one, what))]
    return str(said[-1]) if said else ""


def marking_rows(report: Report) -> list[Row]:
    """Return the row that stands before and after all others, where the operator gave a marking."""
    return [{RECORD: "marking", TEXT: report.run.marking}] if report.run.marking else []


def run_rows(report: Report) -> Iterator[Row]:
    """Yield what is said of the run as a whole: who ran it, the answer, what is missing, the coverage, and that it is no legal advice."""
    for line in summary.head(report, with_notice=False):
        yield {RECORD: "run", TEXT: line}
    for reason in report.incomplete_because:
        yield {RECORD: "incomplete", TEXT: reason}
    for line in summary.closing(report):
        name, _, words = line.partition(": ")
        yield {RECORD: name.lower().replace(" ", "_"), TEXT: words}
    for sentence in coverage_statement(report):
        yield {RECORD: "coverage", TEXT: sentence}
    for assumption in report.assumptions:
        yield {RECORD: "assumption", TEXT: assumption}
    for warning in report.warnings:
        yield {RECORD: "warning", TEXT: warning}
    yield {RECORD: "notice", TEXT: NOT_LEGAL_ADVICE}
