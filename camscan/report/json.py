"""The JSON report `camscan/1`: every key is written out here, so that renaming an attribute cannot change the format.

Schema: `camscan/report/schema/report-1.0.json`. Only printable ASCII leaves, so text of devices cannot reach a terminal raw. No blank
stands between values.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

from camscan.model import CollectorAttempt, Coverage, Report, Run, Scope, StatementsUsed
from camscan.report.compact import compact
from camscan.report.device import Document, asset_document, instant, site_document
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement
from camscan.report.view import totals

NAME = "json"
SUFFIX = ".json"
SCHEMA = "camscan/1"


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the report as JSON with one device, attempt or range a line, so that two reports can be compared line by line."""
    return "".join(pieces(report))


def pieces(report: Report) -> Iterator[str]:
    """Yield the document in pieces: of thousands of devices, no more than one is held as dictionaries at a time."""
    document = to_document(replace(report, assets=()))
    document |= of_all_assets(report)
    opening = "{\n"
    for key, value in document.items():
        rows = map(asset_document, report.assets) if key == "assets" else value
        if isinstance(value, list) and (value or (key == "assets" and report.assets)):
            between = f"{opening}{compact(key)}:[\n"
            for row in rows:
                yield between + compact(row)
                between = ",\n"
            yield "\n]"
        else:
            yield f"{opening}{compact(key)}:{compact(value)}"
        opening = ",\n"
    yield "\n}\n"


def to_document(report: Report) -> Document:
    """Return the report as plain dictionaries and lists."""
    return {
        "schema": SCHEMA,
        "marking": report.run.marking,
        "run": run_document(report.run),
        "scope": scope_document(report.scope),
        "complete": report.complete,
        "incomplete_because": list(report.incomplete_because),
        "warnings": list(report.warnings),
        "assumptions": list(report.assumptions),
        "attempts": [_attempt(attempt) for attempt in report.attempts],
        "coverage": [_coverage(coverage) for coverage in report.coverage],
        "past": [
            {
                "at": instant(one.at),
                "verdicts": {str(verdict): number for verdict, number in one.verdicts},
                "complete": one.complete,
            }
            for one in report.past
        ],
        **of_all_assets(report),
        "assets": [asset_document(judged) for judged in report.assets],
        "display": dict(report.display),
        "notice": NOT_LEGAL_ADVICE,
        "marking_at_foot": report.run.marking,
    }


def of_all_assets(report: Report) -> Document:
    """Return what is worked out of all devices together."""
    return {"coverage_statement": list(coverage_statement(report, UTC)), "counts": counts_document(report)}


def run_document(run: Run) -> Document:
    """Return who ran what, when, under which data and policies."""
    return {
        "id": run.id,
        "command": run.command,
        "started_at": instant(run.started_at),
        "ended_at": instant(run.ended_at),
        "site": site_document(run.site),
        "sites": [site_document(site) for site in run.sites],
        "policies": list(run.policies),
        "version": run.version,
        "data_version": run.data_version,
        "as_of": run.as_of.isoformat(),
        "privileged": run.privileged,
        "interrupted": run.interrupted,
        "require": list(run.require),
        "marking": run.marking,
        "inputs": list(run.inputs),
        "attestations": _used(run.attestations),
        "exceptions": _used(run.exceptions),
        **({"chain_head": run.chain_head} if run.chain_head else {}),
    }


def _used(file: StatementsUsed | None) -> Document | None:
    if file is None:
        return None
    return {
        "file": file.file,
        "sha256": file.sha256,
        "entries": file.entries,
        "used": list(file.used),
        "lapsed": list(file.lapsed),
        "not_yet": list(file.not_yet),
        "not_seen": list(file.not_seen),
    }


def scope_document(scope: Scope) -> Document:
    """Return what the run was allowed to touch, and who allowed it."""
    return {
        "ranges": list(scope.ranges),
        "exclude": list(scope.exclude),
        "interfaces": list(scope.interfaces),
        "techniques": list(scope.techniques),
        "pace": scope.pace,
        "highest_pace": scope.highest_pace,
        "authorised_by": scope.authorised_by,
        "reference": scope.reference,
        "not_before": instant(scope.not_before),
        "not_after": instant(scope.not_after),
        "hours": scope.hours,
        "sha256": scope.sha256,
        "allow_public": scope.allow_public,
        "allow_large": scope.allow_large,
        "infrastructure": list(scope.infrastructure),
    }


def _attempt(attempt: CollectorAttempt) -> Document:
    return {
        "collector": attempt.collector,
        "target": attempt.target,
        "status": attempt.status,
        "reason": attempt.reason,
        "detail": attempt.detail,
        "started_at": instant(attempt.started_at),
        "ended_at": instant(attempt.ended_at),
        "sent": attempt.sent,
        "received": attempt.received,
        "undecoded": attempt.undecoded,
        "dropped": attempt.dropped,
        "sample_base64": base64.b64encode(attempt.sample).decode(),
    }


def _coverage(coverage: Coverage) -> Document:
    return {
        "range": coverage.range,
        "level": coverage.level,
        "complete": coverage.complete,
        "hosts_alive": coverage.hosts_alive,
        "detail": coverage.detail,
        "site": coverage.site,
    }


def counts_document(report: Report) -> Document:
    """Return how many there are of what."""
    counted = totals(report)
    return {
        "devices": counted.devices,
        "confirmed": counted.confirmed,
        "possible": counted.possible,
        "not_assessed": counted.not_assessed,
        "at_least": counted.at_least,
        "at_most": counted.at_most,
        "cameras_at_least": counted.cameras_at_least,
        "cameras_at_most": counted.cameras_at_most,
        "recorders": counted.recorders,
        "channels_behind_recorders": counted.channels,
        "channels_inferred_at_most": counted.channels_at_most,
        "outside_scope": counted.outside_scope,
        "verdicts": counted.verdicts,
    }
