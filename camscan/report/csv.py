"""A table for spreadsheets and programs: one row a finding, one row for a device without any, then what the run covered.

The column `record` says what a row is; `finding` and `device` are the rows about equipment. Columns keep their names and their
meaning; new ones are added at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

from camscan.model import AssessedAsset, Finding, Report
from camscan.report.cells import document, several
from camscan.report.rows import DEVICE_COLUMNS, RECORD, TEXT, Row, device_cells, marking_rows, run_rows
from camscan.report.view import verdict_words

NAME = "csv"
SUFFIX = ".csv"
COLUMNS = (
    RECORD, TEXT, "verdict", *DEVICE_COLUMNS, "policy", "rule", "finding", "status", "status_note", "exception", "act", "force", "installed",
    "reason", "because", "settle", "outcomes", "assumptions", "note", "references",
)  # fmt: skip


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the report as CSV."""
    return document(COLUMNS, _rows(report))


def _rows(report: Report) -> Iterator[Row]:
    yield from marking_rows(report)
    for judged in report.assets:
        yield from _device(report, judged)
    yield from run_rows(report)
    yield from marking_rows(report)


def _device(report: Report, judged: AssessedAsset) -> Iterator[Row]:
    """Yield a row for each finding of a device; one with its verdict and the reason where it has none."""
    of_device = {"verdict": judged.judgement.verdict or "", **device_cells(report, judged)}
    for finding in judged.judgement.findings:
        yield {RECORD: "finding", **of_device, **_finding(finding)}
    if not judged.judgement.findings:
        yield {RECORD: "device", **of_device, "reason": judged.judgement.reason}


def _finding(finding: Finding) -> Row:
    settle = finding.settle
    return {
        "policy": finding.policy,
        "rule": finding.rule,
        "finding": finding.verdict,
        "status": finding.status,
        "status_note": finding.status_note,
        "exception": finding.exception,
        "act": finding.act,
        "force": finding.force,
        "installed": finding.installed,
        "reason": finding.reason,
        "because": several(finding.because),
        "settle": settle.question if settle else "",
        "outcomes": several(f"{answer} → {verdict_words(verdict)}" for answer, verdict in settle.outcomes) if settle else "",
        "assumptions": several(finding.assumptions),
        "note": finding.note,
        "references": several(finding.references),
    }
