"""One device in the JSON report, with what it is, what follows, and the observations behind both."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from camscan.model import (
    AssessedAsset,
    Attachment,
    Badge,
    Channel,
    ChannelRange,
    Conflict,
    DeviceException,
    Egress,
    Evidence,
    Fields,
    Finding,
    Identification,
    Ledger,
    Observation,
    Presence,
    Settle,
    SiteContext,
    StandingAttestation,
)
from camscan.policy.exceptions import NO_WAIVER
from camscan.report.view import hostile_fields

Document = dict[str, Any]
_OFFSET = len("+00:00")


def asset_document(judged: AssessedAsset) -> Document:
    """Return one device with what it is, what follows, and the observations behind both."""
    asset, identification, judgement = judged.asset, judged.identification, judged.judgement
    return {
        "key": asset.key,
        "site": asset.site,
        "stands_at": site_document(judged.site) if judged.site else None,
        "ips": list(asset.ips),
        "macs": list(asset.macs),
        "hostnames": list(asset.hostnames),
        "first_seen": instant(judged.presence.since if judged.presence is not None else asset.first_seen),
        "last_seen": instant(asset.last_seen),
        "presence": _presence(judged.presence),
        "made_on": _made_on(identification),
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "outside_scope": asset.outside_scope,
        "relays": asset.relays,
        "conflicts": [_conflict(conflict) for conflict in asset.conflicts],
        "attestations": [_attestation(standing) for standing in judged.attestations],
        "exceptions": [_exception(one) for one in judged.exceptions],
        "attached_to": _attachment(judged.attached_to),
        "ledger": _ledger(judged.ledger),
        "channels": [_channel(channel) for channel in judged.channels],
        "channels_inferred": _channel_range(judged.channels_inferred),
        "egress": [_egress(one) for one in judged.egress],
        "identification": _identification(identification),
        "findings": [_finding(finding) for finding in judgement.findings],
        "context": [_badge(badge) for badge in judgement.context],
        "hostile_fields": list(hostile_fields(asset)),
        "observations": [_observation(observation) for observation in asset.observations],
        "observations_left_out": asset.left_out,
    }


def site_document(site: SiteContext) -> Document:
    """Return what the operator stated about a site."""
    return {
        "name": site.name,
        "class": site.class_,
        "zone": site.zone,
        "purpose": site.purpose,
        "decision": site.decision,
        "decision_on": site.decision_on.isoformat() if site.decision_on else None,
        "decision_reference": site.decision_reference,
        "equipment_owner": site.equipment_owner,
        "controller": site.controller,
        "ranges": list(site.ranges),
    }


@lru_cache(maxsize=256)
def instant(moment: datetime | None) -> str | None:
    """Return an instant in UTC with `Z`; None stays None."""
    if moment is None:
        return None
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()[:-_OFFSET] + "Z"


def _attestation(standing: StandingAttestation) -> Document:
    stated = standing.attestation
    return {
        "id": stated.id,
        "device": stated.device,
        "bound_to": list(stated.bound_to),
        "by": stated.by,
        "basis": stated.basis,
        "ref": stated.ref,
        "recorded_on": stated.recorded_on.isoformat(),
        "maker": stated.maker,
        "model": stated.model,
        "not_a_camera": stated.not_a_camera,
        "acquired": stated.acquired.isoformat() if stated.acquired else None,
        "location": stated.location,
        "asset_tag": stated.asset_tag,
        "disposed": stated.disposed.isoformat() if stated.disposed else None,
        "lapsed": standing.lapsed,
    }


def _exception(one: DeviceException) -> Document:
    return {
        "id": one.id,
        "status": one.status,
        "device": one.device,
        "bound_to": list(one.bound_to),
        "owner": one.owner,
        "ticket": one.ticket,
        "recorded_on": one.recorded_on.isoformat(),
        "expires_on": one.expires_on.isoformat(),
        "covers": [{"rule": covered.rule, "act": covered.act, "verdict": covered.verdict} for covered in one.covers],
        "reason": one.reason,
        "due": one.due.isoformat() if one.due else None,
        "replacement": one.replacement,
        "maker": one.maker,
        "model": one.model,
        "firmware": one.firmware,
        "note": f"recorded by {one.owner}; {NO_WAIVER}" if one.status == "accepted" else "",
    }


def _attachment(attached: Attachment | None) -> Document | None:
    if attached is None:
        return None
    return {
        "switch": attached.switch,
        "port": attached.port,
        "vlan": attached.vlan,
        "seen_on": instant(attached.seen_on),
        "direct": attached.direct,
        "behind": attached.behind,
        "port_macs": attached.port_macs,
    }


def _channel(channel: Channel) -> Document:
    return {
        "number": channel.number,
        "brand": channel.brand,
        "maker": channel.maker,
        "model": channel.model,
        "address": channel.address,
        "online": channel.online,
        "source": channel.source,
    }


def _channel_range(inferred: ChannelRange | None) -> Document | None:
    if inferred is None:
        return None
    return {"at_least": inferred.at_least, "at_most": inferred.at_most, "source": inferred.source}


def _egress(one: Egress) -> Document:
    return {
        "how": one.how,
        "destination": one.destination,
        "names": list(one.names),
        "who": one.who,
        "service": one.service,
        "purpose": one.purpose,
        "grade": one.grade,
        "ports": list(one.ports),
        "bytes_out": one.bytes_out,
        "bytes_in": one.bytes_in,
        "bound": one.bound,
        "first_seen": instant(one.first_seen),
        "last_seen": instant(one.last_seen),
        "outside": one.outside,
        "internet": one.internet,
        "evidence": list(one.evidence),
    }


def _ledger(ledger: Ledger) -> Document:
    return {
        "packets": ledger.packets,
        "connections": ledger.connections,
        "requests": ledger.requests,
        "bytes_sent": ledger.bytes_sent,
        "metered": ledger.metered,
    }


def _presence(presence: Presence | None) -> Document | None:
    return {"since": instant(presence.since), "absent_until": instant(presence.absent_until)} if presence is not None else None


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
        "maker_attested": identification.maker_attested,
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


def _badge(badge: Badge) -> Document:
    return {
        "list": badge.list,
        "title": badge.title,
        "says": badge.says,
        "company": badge.entity,
        "since": badge.since.isoformat(),
        "until": badge.until.isoformat() if badge.until else None,
        "cite": badge.cite,
    }


def _finding(finding: Finding) -> Document:
    return {
        "policy": finding.policy,
        "rule": finding.rule,
        "verdict": finding.verdict,
        "status": finding.status,
        "exception": finding.exception,
        "status_note": finding.status_note,
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
        "action": [{"step": step.name, "text": step.text} for step in finding.action],
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
        if name in named:
            named[name].append(value)
        else:
            named[name] = [value]
    return named
