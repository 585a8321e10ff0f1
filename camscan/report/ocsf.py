"""Open Cybersecurity Schema Framework: one JSON array, an event a line. Only ASCII leaves, as in the JSON report.

Scan Activity (6007) opens and closes the file, Device Inventory Info (5001) tells each camera-like device, Compliance Finding (2003)
each finding of review or above. The closing event holds what no class of the schema has a place for under `unmapped.camscan`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from camscan.model import AssessedAsset, Asset, Confidence, Evidence, Finding, Report, Verdict
from camscan.report import alerts, view
from camscan.report.alerts import Alert, clipped, milliseconds
from camscan.report.json import counts_document, scope_document
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement

NAME = "ocsf"
SUFFIX = ".ocsf.json"
VERSION = "1.5.0"
"""Of the schema; later ones of version 1 take these events too."""
MOST_IN_VALUE = 1024
"""Octets of what a device says of itself."""
MOST_IN_REASON = 4096
INVENTORY, FINDING, SCAN = "inventory_info", "compliance_finding", "scan_activity"
CLASSES = {
    INVENTORY: (5, 5001, "Device Inventory Info", "Discovery"),
    FINDING: (2, 2003, "Compliance Finding", "Findings"),
    SCAN: (6, 6007, "Scan Activity", "Application Activity"),
}
"""Category, number, name of the class, name of the category."""
INFORMATIONAL, LOW, MEDIUM, HIGH = (1, "Informational"), (2, "Low"), (3, "Medium"), (4, "High")
SEVERITIES = {Verdict.PROHIBITED: HIGH, Verdict.RESTRICTED: MEDIUM, Verdict.REVIEW: LOW, Verdict.UNIDENTIFIED: LOW}
"""A status never lowers it."""
OUTCOMES = {Verdict.PROHIBITED: (3, "Fail"), Verdict.RESTRICTED: (3, "Fail"), Verdict.REVIEW: (2, "Warning")}
"""Of the check, in the schema's words; Warning is its word for what no answer is known of yet."""
STATUSES = {"open": (1, "New"), "lapsed": (1, "New"), "planned": (2, "In Progress"), "accepted": (3, "Suppressed")}
CONFIDENCES = {Confidence.TENTATIVE: (1, "Low"), Confidence.FIRM: (2, "Medium"), Confidence.CERTAIN: (3, "High")}
STARTED, COMPLETED, CANCELLED = (1, "Started"), (2, "Completed"), (3, "Cancelled")
COLLECT, CREATE = (2, "Collect"), (1, "Create")
RULE = 1
IOT = (7, "IOT")
OTHER = 99
UNKNOWN = {"type_id": 0, "type": "Unknown"}
HOSTNAME, IP, MAC, RESOURCE_UID = (1, "Hostname"), (2, "IP Address"), (3, "MAC Address"), (10, "Resource UID")
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A device with what every event of it says."""

    judged: AssessedAsset
    device: Event
    observables: list[Event]


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the events as one array."""
    between = "[\n"
    pieces = []
    for event in _events(report):
        pieces.append(between + json.dumps(event, allow_nan=False))
        between = ",\n"
    return "".join([*pieces, "\n]\n"])


def _events(report: Report) -> Iterator[Event]:
    yield _scan(report, STARTED)
    for judged in alerts.camera_like(report):
        seen = _Seen(judged, _device(report, judged), _observables(judged))
        yield _inventory(report, seen)
        yield from (_finding(report, seen, alert) for alert in alerts.alerts_of(judged))
    yield _scan(report, CANCELLED if report.run.interrupted else COMPLETED)


def _event(report: Report, name: str, activity: tuple[int, str], severity: tuple[int, str], uid: str, time: int) -> Event:
    """Return what every event of a class has."""
    category, number, caption, category_name = CLASSES[name]
    run = report.run
    return {
        "metadata": {
            "version": VERSION,
            "product": {"name": "camscan", "vendor_name": "camscan", "version": run.version},
            "uid": uid,
            "correlation_uid": run.id,
            **({"labels": [run.marking]} if run.marking else {}),
        },
        "category_uid": category,
        "category_name": category_name,
        "class_uid": number,
        "class_name": caption,
        "activity_id": activity[0],
        "activity_name": activity[1],
        "type_uid": number * 100 + activity[0],
        "type_name": f"{caption}: {activity[1]}",
        "severity_id": severity[0],
        "severity": severity[1],
        "time": time,
    }


def _scan(report: Report, activity: tuple[int, str]) -> Event:
    """Return the event that says that the run began, or what came of it."""
    run, begins = report.run, activity == STARTED
    time = milliseconds(run.started_at if begins else run.ended_at)
    event = _event(report, SCAN, activity, INFORMATIONAL, alerts.of_run(report, "scan", activity[1]), time)
    event |= {
        "scan": {"uid": run.id, "name": f"camscan {run.command}", **UNKNOWN},
        "start_time": milliseconds(run.started_at),
        "policy": {"uid": ",".join(run.policies), "name": ", ".join(run.policies)} if run.policies else None,
    }
    if begins:
        return _without_gaps(event)
    event |= {
        "end_time": milliseconds(run.ended_at),
        "total": len(report.assets),
        "num_detections": sum(len(alerts.alerts_of(judged)) for judged in report.assets),
        "status_id": 1 if report.complete else OTHER,
        "status": "Success" if report.complete else "Incomplete",
        "status_detail": alerts.completeness(report),
        "message": alerts.conclusion(report),
        "unmapped": {"camscan": _of_whole_run(report)},
    }
    return _without_gaps(event)


def _of_whole_run(report: Report) -> Event:
    run = report.run
    return {
        "notice": NOT_LEGAL_ADVICE,
        "coverage_statement": list(coverage_statement(report, UTC)),
        "complete": report.complete,
        "incomplete_because": list(report.incomplete_because),
        "counts": counts_document(report),
        "scope": scope_document(report.scope),
        "site": run.site.name,
        "policies": list(run.policies),
        "as_of": run.as_of.isoformat(),
        "data_version": run.data_version,
        **({"chain_head": run.chain_head} if run.chain_head else {}),
        "assumptions": list(report.assumptions),
        "warnings": list(report.warnings),
    }


def _inventory(report: Report, seen: _Seen) -> Event:
    judged = seen.judged
    asset, verdict = judged.asset, judged.judgement.verdict
    severity = LOW if verdict is Verdict.UNIDENTIFIED else INFORMATIONAL
    uid = alerts.of_run(report, "inventory", asset.key)
    event = _event(report, INVENTORY, COLLECT, severity, uid, milliseconds(asset.last_seen))
    known = judged.identification
    event |= {
        "device": seen.device,
        "observables": seen.observables,
        "message": f"{known.kind}: {clipped(view.brand_and_maker(report, known), MOST_IN_VALUE)}",
        "unmapped": {"camscan": _of_device(judged)},
    }
    return event


def _of_device(judged: AssessedAsset) -> Event:
    """Return what is known of a device and has no place in the schema."""
    asset, known = judged.asset, judged.identification
    return {
        "verdict": judged.judgement.verdict,
        "reason": judged.judgement.reason or None,
        "notes": sorted({finding.note for finding in judged.judgement.findings if finding.note}),
        "kind": known.kind,
        "form": _said(known.form),
        "brand": _said(known.brand),
        "maker": known.maker,
        "maker_basis": known.maker_basis,
        "confidence": known.confidence,
        "made_on": known.made_on.isoformat() if known.made_on else None,
        "site": (judged.site.name if judged.site else None) or asset.site,
        "outside_scope": asset.outside_scope,
        "channels": len(judged.channels),
        "conflicts": [_said(conflict.detail) for conflict in (*asset.conflicts, *known.conflicts)],
        "hostile_fields": list(view.hostile_fields(asset)),
        "evidence": [_evidence(evidence) for evidence in alerts.distinct(known.evidence)],
    }


def _finding(report: Report, seen: _Seen, alert: Alert) -> Event:
    finding, known, device = alert.finding, seen.judged.identification, seen.device
    uid, time = alerts.of_run(report, alert.uid), milliseconds(report.run.ended_at)
    event = _event(report, FINDING, CREATE, SEVERITIES[finding.verdict], uid, time)
    status, confidence = STATUSES[finding.status], CONFIDENCES.get(known.confidence) if known.confidence else None
    plan = alerts.remediation(finding)
    event |= {
        "status_id": status[0],
        "status": status[1],
        "status_detail": finding.status_note or None,
        "message": alerts.title(finding),
        "confidence_id": confidence[0] if confidence else 0,
        "confidence": confidence[1] if confidence else "Unknown",
        "finding_info": _finding_info(seen.judged.asset, alert, time),
        "compliance": _check(finding),
        "device": device,
        "resources": [
            _without_gaps(
                {
                    "uid": device["uid"],
                    "name": device["name"],
                    "type": known.kind,
                    "hostname": device.get("hostname"),
                    "ip": device.get("ip"),
                }
            )
        ],
        "evidences": [
            {"name": evidence.fingerprint, "data": _evidence(evidence)} for evidence in alerts.evidence_of(known, finding)
        ],
        "observables": seen.observables,
        "remediation": {"desc": plan} if plan else None,
        "unmapped": {"camscan": _of_finding(finding)},
    }
    return _without_gaps(event)


def _finding_info(asset: Asset, alert: Alert, time: int) -> Event:
    finding = alert.finding
    return _without_gaps(
        {
            "uid": alert.uid,
            "title": alerts.title(finding),
            "desc": clipped(finding.reason, MOST_IN_REASON),
            "created_time": time,
            "types": [finding.act],
            "src_url": next((url for one in finding.references if (url := alerts.url_of(one))), None),
            "analytic": {"uid": finding.rule, "name": finding.rule, "type_id": RULE, "type": "Rule"},
            "data_sources": sorted({observation.protocol for observation in asset.observations}),
        }
    )


def _check(finding: Finding) -> Event:
    """Return the rule and what came of asking it of a device."""
    outcome = OUTCOMES[finding.verdict]
    settle = alerts.settle_words(finding)
    rule = alerts.rule_words(finding)
    return {
        "standards": [finding.policy],
        "control": finding.rule,
        **({"requirements": [rule]} if rule else {}),
        "status_id": outcome[0],
        "status": outcome[1],
        "status_code": finding.verdict,
        "status_details": [*(f"because of {reason}" for reason in finding.because), *([settle] if settle else [])],
    }


def _of_finding(finding: Finding) -> Event:
    return {
        "verdict": finding.verdict,
        "status": finding.status,
        "exception": finding.exception or None,
        "act": finding.act,
        "force": finding.force,
        "installed": finding.installed,
        "assumptions": list(finding.assumptions),
        "references": list(finding.references),
        "note": finding.note or None,
    }


def _device(report: Report, judged: AssessedAsset) -> Event:
    asset, known = judged.asset, judged.identification
    ips, macs = _ips(judged), alerts.macs(asset)
    hostname = _said(asset.hostnames[0]) if asset.hostnames else None
    maker = _said(view.name_of(report, known.maker))
    firmware = {
        "name": f"{maker or 'unknown'} firmware",
        "type_id": OTHER,
        "type": "firmware",
        "version": _said(known.firmware),
    }
    more = [{"uid": ip, "ip": ip, **UNKNOWN} for ip in ips[1:]] + [{"uid": mac, "mac": mac, **UNKNOWN} for mac in macs[1:]]
    return _without_gaps(
        {
            "uid": asset.key,
            "name": hostname or _said(known.model) or next(iter(ips), asset.key),
            "type_id": IOT[0],
            "type": IOT[1],
            "desc": known.kind,
            "hostname": hostname,
            "ip": next(iter(ips), None),
            "mac": next(iter(macs), None),
            "vendor_name": maker,
            "model": _said(known.model),
            "hw_info": {"serial_number": _said(known.serial)} if known.serial else None,
            "os": firmware if known.firmware else None,
            "vlan_uid": str(judged.attached_to.vlan) if judged.attached_to and judged.attached_to.vlan else None,
            "network_interfaces": more or None,
            "first_seen_time": milliseconds(asset.first_seen),
            "last_seen_time": milliseconds(asset.last_seen),
        }
    )


def _ips(judged: AssessedAsset) -> tuple[str, ...]:
    return (*alerts.addresses(judged.asset, 4), *alerts.addresses(judged.asset, 6))


def _observables(judged: AssessedAsset) -> list[Event]:
    """Return what an analyst pivots on, with the attribute of the event that holds it."""
    asset = judged.asset
    found = [("device.uid", RESOURCE_UID, asset.key)]
    found += [("device.ip", IP, ip) for ip in _ips(judged)[:1]]
    found += [("device.mac", MAC, mac) for mac in alerts.macs(asset)[:1]]
    found += [("device.hostname", HOSTNAME, clipped(name, MOST_IN_VALUE)) for name in asset.hostnames[:1]]
    return [{"name": name, "type_id": kind[0], "type": kind[1], "value": value} for name, kind, value in found]


def _evidence(evidence: Evidence) -> Event:
    return {
        "fingerprint": evidence.fingerprint,
        "field": evidence.field,
        "value": _said(evidence.value),
        "layer": evidence.layer,
        "witness": evidence.witness,
        "editable": evidence.editable,
    }


def _said(text: str | None) -> str | None:
    return None if text is None else clipped(text, MOST_IN_VALUE)


def _without_gaps(event: Event) -> Event:
    """Return an object without the keys of which nothing is known: the schema has no null."""
    return {key: value for key, value in event.items() if value is not None}
