"""CycloneDX 1.6: the camera-like devices as components with their firmware. One component a line; only ASCII leaves, as in the JSON report.

The document is written here: the public library takes more than ten times as long, and serves the tests as the judge of what is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from camscan.model import AssessedAsset, Confidence, Evidence, Finding, Identification, Report
from camscan.report import alerts, view
from camscan.report.alerts import clipped
from camscan.report.device import instant
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement

NAME = "cyclonedx"
SUFFIX = ".cdx.json"
VERSION = "1.6"
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
MOST_IN_VALUE = 1024
"""Octets of what a device says of itself."""
MOST_IN_REASON = 4096
CONFIDENCES = {Confidence.TENTATIVE: 0.4, Confidence.FIRM: 0.8, Confidence.CERTAIN: 0.95}
"""Grades as the numbers that the format asks for; no probability stands behind them."""
OF_EDITABLE = 0.4
OF_FIXED = 0.9
"""Of one piece of evidence: what the owner of a device can set, and what not."""
Part = dict[str, Any]
Properties = Iterable[tuple[str, object]]


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the document; the properties of the run stand in its metadata, before every component."""
    return "".join(_pieces(report))


def _pieces(report: Report) -> Iterator[str]:
    devices = list(alerts.camera_like(report))
    firmware = {reference: part for judged in devices for reference, part in _firmware(report, judged)}
    components = [*(_device(report, judged) for judged in devices), *firmware.values()]
    dependencies = [
        {"ref": _reference(judged), "dependsOn": [reference]}
        for judged in devices
        for reference, _ in _firmware(report, judged)
    ]
    yield '{\n"bomFormat": "CycloneDX", "specVersion": ' + _line(VERSION) + ', "metadata": ' + _line(_metadata(report))
    yield f',\n"$schema": {_line(SCHEMA)}'
    yield f',\n"serialNumber": {_line("urn:uuid:" + alerts.of_run(report, NAME))}'
    yield ',\n"version": 1'
    yield f',\n"components": {_rows(components)}'
    yield f',\n"dependencies": {_rows(dependencies)}'
    yield f',\n"properties": {_line(_properties([("marking", report.run.marking)]))}' if report.run.marking else ""
    yield "\n}\n"


def _rows(parts: list[Part]) -> str:
    return "[\n" + ",\n".join(map(_line, parts)) + "\n]" if parts else "[]"


def _line(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _metadata(report: Report) -> Part:
    run, scope = report.run, report.scope
    said: Properties = [
        ("marking", run.marking),
        ("notice", NOT_LEGAL_ADVICE),
        ("run", run.id),
        ("command", run.command),
        ("site", run.site.name),
        *(("policy", policy) for policy in run.policies),
        ("judged", None if run.policies else alerts.NOTHING_JUDGED),
        ("as_of", run.as_of.isoformat()),
        ("data_version", run.data_version),
        ("chain_head", run.chain_head or None),
        ("conclusion", alerts.conclusion(report)),
        *(("coverage", sentence) for sentence in coverage_statement(report, UTC)),
        ("authorised_by", scope.authorised_by),
        ("authority", scope.reference),
        ("scope_sha256", scope.sha256),
        *(("excluded", one) for one in scope.exclude),
    ]
    return {
        "timestamp": instant(run.ended_at),
        "lifecycles": [{"phase": "discovery"}],
        "tools": {"components": [{"type": "application", "name": "camscan", "version": run.version}]},
        "properties": _properties(said),
    }


def _properties(said: Properties) -> list[Part]:
    return [{"name": f"camscan:{name}", "value": str(value)} for name, value in said if value not in (None, "")]


def _reference(judged: AssessedAsset) -> str:
    return f"device:{judged.asset.key}"


def _device(report: Report, judged: AssessedAsset) -> Part:
    known = judged.identification
    maker, brand = view.name_of(report, known.maker), view.name_of(report, known.brand)
    part: Part = {"type": "device", "bom-ref": _reference(judged), "name": _name(judged)}
    if maker is not None:
        part |= {"group": _said(maker), "manufacturer": {"name": _said(maker)}}
    if brand is not None:
        part["supplier"] = {"name": _said(brand)}
    if identity := list(_identity(known, maker)):
        part["evidence"] = {"identity": identity}
    part["properties"] = _properties(_of_device(judged))
    return part


def _name(judged: AssessedAsset) -> str:
    asset, known = judged.asset, judged.identification
    return _said(known.model) or f"{known.kind} {next(iter(asset.ips), asset.key)}"


def _of_device(judged: AssessedAsset) -> Iterator[tuple[str, object]]:
    """Yield what a component of the format has no place for."""
    asset, known = judged.asset, judged.identification
    yield "key", asset.key
    yield from (("ip", ip) for ip in asset.ips)
    yield from (("mac", mac) for mac in asset.macs)
    yield from (("hostname", _said(name)) for name in asset.hostnames)
    yield "serial", _said(known.serial)
    yield "kind", known.kind
    yield "form", _said(known.form)
    yield "verdict", judged.judgement.verdict or alerts.NOTHING_JUDGED
    yield "reason", judged.judgement.reason
    yield "maker_basis", known.maker_basis
    yield "confidence", known.confidence
    yield "made_on", known.made_on.isoformat() if known.made_on else None
    yield "first_seen", instant(asset.first_seen)
    yield "last_seen", instant(asset.last_seen)
    yield "outside_scope", "yes" if asset.outside_scope else None
    yield "channels", len(judged.channels) or None
    yield from (("finding", _finding_words(finding)) for finding in judged.judgement.findings)
    yield from (("conflict", _said(conflict.detail)) for conflict in (*asset.conflicts, *known.conflicts))
    yield from (("hostile_field", name) for name in view.hostile_fields(asset))
    yield from (("evidence", _said(alerts.evidence_words(one))) for one in alerts.distinct(known.evidence))


def _finding_words(finding: Finding) -> str:
    """Return a finding in one value, so that its status never stands without what must be read beside it."""
    status = f"{finding.status}: {finding.status_note}" if finding.status_note else finding.status
    note = f" ({finding.note})" if finding.note else ""
    reason = clipped(finding.reason, MOST_IN_REASON)
    return f"{finding.policy} {finding.rule}: {view.verdict_words(finding.verdict)}, {finding.act}, {finding.force}{note}; {status}; {reason}"


def _identity(known: Identification, maker: str | None) -> Iterator[Part]:
    """Yield how well the maker and the model are known, and from what; the format calls them group and name."""
    if known.confidence is None:
        return
    for field, claim, concluded in (("group", "maker", maker), ("name", "model", known.model)):
        behind = [one for one in alerts.distinct(known.evidence) if any(name == claim for name, _ in one.says)]
        if concluded is not None and behind:
            yield {
                "field": field,
                "confidence": CONFIDENCES[known.confidence],
                "concludedValue": _said(concluded),
                "methods": [_method(evidence) for evidence in behind],
            }


def _method(evidence: Evidence) -> Part:
    return {
        "technique": "attestation" if evidence.fingerprint.startswith("attest:") else "dynamic-analysis",
        "confidence": OF_EDITABLE if evidence.editable else OF_FIXED,
        "value": _said(alerts.evidence_words(evidence)),
    }


def _firmware(report: Report, judged: AssessedAsset) -> Iterator[tuple[str, Part]]:
    """Yield the firmware of a device with its reference; devices of one maker and model share it."""
    known = judged.identification
    if known.firmware is None:
        return
    what = json.dumps([known.maker, known.model, known.firmware])
    reference = f"firmware:{hashlib.sha256(what.encode()).hexdigest()[:32]}"
    maker = view.name_of(report, known.maker)
    part: Part = {
        "type": "firmware",
        "bom-ref": reference,
        "name": f"{_said(known.model) or _said(maker) or 'unknown'} firmware",
    }
    part["version"] = _said(known.firmware)
    if maker is not None:
        part["manufacturer"] = {"name": _said(maker)}
    yield reference, part


def _said(text: str | None) -> str | None:
    return None if text is None else clipped(text, MOST_IN_VALUE)
