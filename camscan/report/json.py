"""The JSON report `camscan/1`: every key is written out here, so that renaming an attribute cannot change the format.

Schema: `camscan/report/schema/report-1.0.json`. Only ASCII leaves, so text of devices cannot reach a terminal raw.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from camscan.model import (
    AssessedAsset,
    CollectorAttempt,
    Conflict,
    Coverage,
    Evidence,
    Fields,
    Finding,
    Identification,
    Ledger,
    Observation,
    Report,
    Run,
    Scope,
    Settle,
)
from camscan.report.view import hostile_fields, totals

NAME = "json"
SUFFIX = ".json"
SCHEMA = "camscan/1"

Document = dict[str, Any]


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the report as JSON with one device, attempt or range a line, so that two reports can be compared line by line."""
    return "{\n" + ",\n".join(_lines(to_document(report))) + "\n}\n"


def _lines(document: Document) -> Iterator[str]:
    for key, value in document.items():
        if isinstance(value, list) and value:
            yield f"{_compact(key)}: [\n" + ",\n".join(map(_compact, value)) + "\n]"
        else:
            yield f"{_compact(key)}: {_compact(value)}"


def _compact(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


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
        "counts": _counts(report),
        "assets": [asset_document(judged) for judged in report.assets],
        "display": dict(report.display),
        "marking_at_foot": report.run.marking,
    }


def run_document(run: Run) -> Document:
    """Return who ran what, when, under which data and policies."""
    return {
        "id": run.id,
        "command": run.command,
        "started_at": instant(run.started_at),
        "ended_at": instant(run.ended_at),
        "site": {
            "name": run.site.name,
            "class": run.site.class_,
            "zone": run.site.zone,
            "purpose": run.site.purpose,
            "decision": run.site.decision,
        },
        "policies": list(run.policies),
        "version": run.version,
        "data_version": run.data_version,
        "as_of": run.as_of.isoformat(),
        "privileged": run.privileged,
        "interrupted": run.interrupted,
        "require": list(run.require),
        "marking": run.marking,
        "inputs": list(run.inputs),
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
    }


def asset_document(judged: AssessedAsset) -> Document:
    """Return one device with what it is, what follows, and the observations behind both."""
    asset, identification, judgement = judged.asset, judged.identification, judged.judgement
    return {
        "key": asset.key,
        "site": asset.site,
        "ips": list(asset.ips),
        "macs": list(asset.macs),
        "hostnames": list(asset.hostnames),
        "first_seen": instant(asset.first_seen),
        "last_seen": instant(asset.last_seen),
        "made_on": _made_on(identification),
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "outside_scope": asset.outside_scope,
        "relays": asset.relays,
        "conflicts": [_conflict(conflict) for conflict in asset.conflicts],
        "ledger": _ledger(judged.ledger),
        "channels": [],
        "egress": [],
        "identification": _identification(identification),
        "findings": [_finding(finding) for finding in judgement.findings],
        "hostile_fields": list(hostile_fields(asset)),
        "observations": [_observation(observation) for observation in asset.observations],
        "observations_left_out": asset.left_out,
    }


def instant(moment: datetime | None) -> str | None:
    """Return an instant in UTC with `Z`; None stays None."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


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
    }


def _counts(report: Report) -> Document:
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
        "outside_scope": counted.outside_scope,
        "verdicts": counted.verdicts,
    }


def _ledger(ledger: Ledger) -> Document:
    return {
        "packets": ledger.packets,
        "connections": ledger.connections,
        "requests": ledger.requests,
        "bytes_sent": ledger.bytes_sent,
        "metered": ledger.metered,
    }


def _made_on(identification: Identification) -> Document | None:
    if identification.made_on is None:
        return None
    shown_by = identification.made_on_evidence
    return {"date": identification.made_on.isoformat(), "evidence": None if shown_by is None else _evidence(shown_by)}


def _identification(identification: Identification) -> Document:
    return {
        "kind": identification.kind,
        "form": identification.form,
        "brand": identification.brand,
        "maker": identification.maker,
        "maker_basis": identification.maker_basis,
        "model": identification.model,
        "firmware": identification.firmware,
        "serial": identification.serial,
        "confidence": identification.confidence,
        "kind_confidence": identification.kind_confidence,
        "components": list(identification.components),
        "maker_is_surveillance_only": identification.maker_is_surveillance_only,
        "evidence": [_evidence(evidence) for evidence in identification.evidence],
        "alternatives": [
            {"brand": other.brand, "maker": other.maker, "confidence": other.confidence, "reason": other.reason}
            for other in identification.alternatives
        ],
        "conflicts": [_conflict(conflict) for conflict in identification.conflicts],
    }


def _evidence(evidence: Evidence) -> Document:
    return {
        "fingerprint": evidence.fingerprint,
        "field": evidence.field,
        "value": evidence.value,
        "observation": evidence.observation,
        "layer": evidence.layer,
        "says": _by_name(evidence.says),
        "editable": evidence.editable,
        "witness": evidence.witness,
    }


def _conflict(conflict: Conflict) -> Document:
    return {"kind": conflict.kind, "detail": conflict.detail}


def _finding(finding: Finding) -> Document:
    return {
        "policy": finding.policy,
        "rule": finding.rule,
        "verdict": finding.verdict,
        "status": finding.status,
        "act": finding.act,
        "force": finding.force,
        "installed": finding.installed,
        "reason": finding.reason,
        "because": list(finding.because),
        "settle": _settle(finding.settle),
        "assumptions": list(finding.assumptions),
        "references": list(finding.references),
        "evidence": list(finding.evidence),
        "note": finding.note,
    }


def _settle(settle: Settle | None) -> Document | None:
    if settle is None:
        return None
    return {
        "question": settle.question,
        "outcomes": [{"answer": answer, "verdict": verdict} for answer, verdict in settle.outcomes],
    }


def _observation(observation: Observation) -> Document:
    return {
        "protocol": observation.protocol,
        "collector": observation.collector,
        "via": observation.via,
        "site": observation.site,
        "ip": observation.ip,
        "port": observation.port,
        "link_mac": observation.link_mac,
        "fields": _by_name(observation.fields),
        "first_seen_at": instant(observation.first_seen_at),
        "last_seen_at": instant(observation.last_seen_at),
        "count": observation.count,
        "truncated": observation.truncated,
        "outside_scope": observation.outside_scope,
        "raw_bytes": len(observation.raw),
        "raw_sha256": hashlib.sha256(observation.raw).hexdigest() if observation.raw else None,
    }


def _by_name(fields: Fields) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for name, value in fields:
        named.setdefault(name, []).append(value)
    return named
