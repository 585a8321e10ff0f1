"""What the page shows of one device: its row, and the chain of evidence behind it, both bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from camscan.identify.attachment import in_words
from camscan.model import AssessedAsset, Evidence, Finding, Observation, Report, Verdict
from camscan.report import view
from camscan.report.chain import origin, said
from camscan.report.escape import shortened
from camscan.report.pictures import marks

MOST_LETTERS = 200
"""Characters of one value."""
MOST_REASON = 4_000
"""Characters of what a finding rests on."""
MOST_NAME = 80
"""Characters of a name or model in the table."""
MOST_PLACES = 16
"""Addresses, names, channels, calls or statements of one device."""
BYTES_A_LINE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of one device is shown."""

    evidence: int
    """Values that fingerprints matched."""
    messages: int
    fields: int
    """Of one message."""
    bytes: int
    """Of one message."""


SCREEN = Bounds(evidence=16, messages=8, fields=12, bytes=256)
PAPER = Bounds(evidence=8, messages=0, fields=0, bytes=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """One effect of one rule."""

    verdict: str
    rule: str
    policy: str
    effect: str
    """What the rule says, with its force."""
    reason: str
    because: str
    question: str
    outcomes: tuple[tuple[str, str], ...]
    """Answer and the verdict it leads to."""
    status: str
    status_note: str
    note: str
    plan: int | None
    """Number of its plan among those of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvidence:
    """One value that fingerprints matched."""

    field: str
    value: str
    message: int
    matches: tuple[tuple[str, str], ...]
    """What a fingerprint says, and which it is, with its witness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """One message that the device sent."""

    number: int
    origin: str
    fields: tuple[tuple[str, str], ...]
    fields_left_out: int
    bytes: tuple[str, ...]
    """Lines of offset, hexadecimal and text."""
    bytes_left_out: int
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What stands behind one row."""

    reason: str
    """Of a verdict without findings."""
    findings: tuple[ShownFinding, ...]
    facts: tuple[tuple[str, str], ...]
    contradictions: tuple[str, ...]
    readings: tuple[str, ...]
    """Other readings of the same evidence."""
    evidence: tuple[ShownEvidence, ...]
    evidence_left_out: int
    messages: tuple[ShownMessage, ...]
    messages_left_out: int
    stated: tuple[str, ...]
    channels: tuple[str, ...]
    calls: tuple[str, ...]
    context: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One device in the table."""

    anchor: str
    place: int
    """Among all devices by address, for sorting."""
    verdict: str
    statuses: tuple[str, ...]
    """Other than open, of the findings that give the verdict."""
    address: str
    more_addresses: int
    mac: str
    where: str
    """Switch port, where a switch told."""
    names: str
    maker: str
    basis: str
    model: str
    kind: str
    confidence: str
    rules: tuple[str, ...]
    because: str
    flags: tuple[str, ...]
    hostile: bool
    since: str
    chain: Chain | None
    """None where there is no room for it."""


Plans = dict[tuple[str, ...], int]
"""Texts of the steps of a plan → its number in the page."""


def anchor(number: int) -> str:
    """Return the id of a device in the page, by its place in the report."""
    return f"d{number + 1}"


def row(report: Report, number: int, place: int, plans: Plans, bounds: Bounds | None) -> Row:
    """Return one device. number: its place in the report; place: among all by address; bounds: of its chain, None without one."""
    judged = report.assets[number]
    asset, known = judged.asset, judged.identification
    findings, partly = view.telling(judged), view.in_part(judged)
    verdict = judged.judgement.verdict
    flags = [text for text, holds in (
        ("outside scope", asset.outside_scope),
        ("contradiction", bool(asset.conflicts or known.conflicts)),
        ("answers for others", asset.relays),
        ("calls out", bool(judged.egress)),
    ) if holds]  # fmt: skip
    return Row(
        anchor=anchor(number),
        place=place,
        verdict=marks.name_of(verdict),
        statuses=(partly,) if partly else tuple(sorted({str(finding.status) for finding in findings} - {"open"})),
        address=asset.ips[0] if asset.ips else "",
        more_addresses=max(len(asset.ips) - 1, 0),
        mac=asset.macs[0] if asset.macs else "",
        where=cut(in_words(judged.attached_to), MOST_NAME) if judged.attached_to else "",
        names=view.some((cut(name, MOST_NAME) for name in asset.hostnames), 2),
        maker=cut(view.brand_and_maker(report, known), MOST_NAME),
        basis=(known.maker_basis or "").replace("-", " "),
        model=cut(known.model or "", MOST_NAME),
        kind="?" if known.kind == "unknown" else cut(f"{known.kind} ({known.form})", MOST_NAME) if known.form else known.kind,
        confidence=str(known.confidence or ""),
        rules=tuple(sorted({finding.rule for finding in findings if finding.verdict is not Verdict.NO_FINDING})),
        because=", ".join(sorted({str(reason) for finding in findings for reason in finding.because})),
        flags=tuple(flags),
        hostile=bool(view.hostile_fields(asset)),
        since=_since(judged),
        chain=_chain(report, judged, plans, bounds) if bounds else None,
    )


def plan_of(finding: Finding) -> tuple[str, ...]:
    """Return the steps of a finding's plan, without what the rule itself says."""
    return tuple(step.text for step in finding.action if step.name != "rule")


def cut(text: str, most: int = MOST_LETTERS) -> str:
    """Return text, or its beginning with how long it is."""
    return shortened(text, most)


def _since(judged: AssessedAsset) -> str:
    if judged.presence is None:
        return ""
    known = f"known since {view.day(judged.presence.since)}"
    absent = judged.presence.absent_until
    return known + (f", not there on {view.day(absent)}" if absent else "")


def _chain(report: Report, judged: AssessedAsset, plans: Plans, bounds: Bounds) -> Chain:
    asset, known = judged.asset, judged.identification
    evidence = _evidence(known.evidence)
    cited = {one.observation for one in known.evidence}
    numbered = sorted(enumerate(asset.observations), key=lambda item: (item[0] not in cited, item[0]))
    shown = sorted(numbered[: bounds.messages], key=lambda item: item[0])
    return Chain(
        reason=judged.judgement.reason,
        findings=tuple(_finding(one, plans) for one in judged.judgement.findings),
        facts=tuple(_facts(report, judged)),
        contradictions=tuple(f"{one.kind}: {cut(one.detail)}" for one in (*asset.conflicts, *known.conflicts)),
        readings=tuple(
            f"{view.name_of(report, other.brand) or '?'} → {view.name_of(report, other.maker) or '?'} "
            f"({other.confidence}): {cut(other.reason)}"
            for other in known.alternatives
        ),
        evidence=tuple(evidence[: bounds.evidence]),
        evidence_left_out=max(len(evidence) - bounds.evidence, 0),
        messages=tuple(_message(number, one, bounds) for number, one in shown),
        messages_left_out=max(len(numbered) - bounds.messages, 0) + asset.left_out,
        stated=tuple(
            f"{view.attested_words(one.attestation)} ({one.attestation.by} on {one.attestation.recorded_on.isoformat()}, "
            f"by {one.attestation.basis})" + (f"; lapsed: {one.lapsed}" if one.lapsed else "")
            for one in judged.attestations[:MOST_PLACES]
        ),
        channels=tuple(_some_of([cut(view.channel_words(one)) for one in judged.channels])),
        calls=tuple(_some_of([cut(view.egress_words(report, one)) for one in judged.egress])),
        context=tuple(
            f"{one.title} ({one.entity}, since {one.since.isoformat()}): {one.says}" for one in judged.judgement.context
        ),
    )


def _some_of(lines: list[str]) -> list[str]:
    rest = len(lines) - MOST_PLACES
    return lines[:MOST_PLACES] + ([f"and {rest} more"] if rest > 0 else [])


def _facts(report: Report, judged: AssessedAsset) -> Iterator[tuple[str, str]]:
    asset, known, ledger = judged.asset, judged.identification, judged.ledger
    yield "key", cut(asset.key)
    if len(asset.ips) > 1:
        yield "addresses", view.some(asset.ips, MOST_PLACES)
    if len(asset.macs) > 1:
        yield "MACs", view.some(asset.macs, MOST_PLACES)
    stated = {"firmware": known.firmware, "serial": known.serial, "parts of": ", ".join(known.components)}
    stated |= {"made on": known.made_on.isoformat() if known.made_on else None}
    yield from ((name, cut(value)) for name, value in stated.items() if value)
    yield "seen", f"{view.local(asset.first_seen)} to {view.local(asset.last_seen)}"
    if judged.site is not None:
        nothing = view.NOTHING_OF_ALL if judged.sites else "nothing stated"
        yield "stands at", f"{judged.site.name}: {view.stated_words(judged.site) or nothing}"
    for site in judged.sites:
        yield f"site {site.name}", view.stated_words(site) or "nothing stated"
    if judged.channels_inferred is not None:
        yield "behind it", view.range_words(judged.channels_inferred)
    metered = "" if ledger.metered else "; nmap sent more, not metered"
    yield (
        "sent to it",
        (
            f"{ledger.packets:,} packets, {ledger.connections:,} connections, {ledger.requests:,} requests, "
            f"{ledger.bytes_sent:,} bytes{metered}"
        ),
    )
    hostile = view.hostile_fields(asset)
    if hostile:
        yield (
            "hostile reply",
            f"it sends control characters, hidden text, formulas or markup in {view.some(hostile, MOST_PLACES)}",
        )


def _finding(finding: Finding, plans: Plans) -> ShownFinding:
    says = next((step.text for step in finding.action if step.name == "rule"), "")
    settle = finding.settle
    return ShownFinding(
        verdict=str(finding.verdict),
        rule=finding.rule,
        policy=finding.policy,
        effect=says or f"to {finding.act}, {finding.force}; of equipment already there: {finding.installed}",
        reason=cut(finding.reason, MOST_REASON),
        because=", ".join(finding.because),
        question=settle.question if settle else "",
        outcomes=tuple((answer, str(verdict)) for answer, verdict in settle.outcomes) if settle else (),
        status=finding.status,
        status_note=finding.status_note,
        note=finding.note,
        plan=plans.get(plan_of(finding)),
    )


def _evidence(evidence: Iterable[Evidence]) -> list[ShownEvidence]:
    """Return the fingerprints that matched, those of one value together."""
    alike: dict[tuple[str, str, int], list[Evidence]] = {}
    for one in evidence:
        alike.setdefault((one.field, one.value, one.observation), []).append(one)
    return [
        ShownEvidence(
            field=field,
            value=cut(value),
            message=message,
            matches=tuple((cut(said(one.says)), _origin_of(one)) for one in matching),
        )
        for (field, value, message), matching in alike.items()
    ]


def _origin_of(one: Evidence) -> str:
    parts = [one.fingerprint, one.witness, "" if one.layer == "shipped" else one.layer]
    return ", ".join(filter(None, (*parts, "its owner can set this" if one.editable else "")))


def _message(number: int, one: Observation, bounds: Bounds) -> ShownMessage:
    return ShownMessage(
        number=number,
        origin=origin(one),
        fields=tuple((name, cut(value)) for name, value in one.fields[: bounds.fields]),
        fields_left_out=max(len(one.fields) - bounds.fields, 0),
        bytes=tuple(hex_lines(one.raw[: bounds.bytes])),
        bytes_left_out=max(len(one.raw) - bounds.bytes, 0),
        truncated=one.truncated,
    )


def hex_lines(raw: bytes) -> Iterator[str]:
    """Yield lines of offset, sixteen bytes in hexadecimal, and the same as ASCII with a dot for what is none."""
    for start in range(0, len(raw), BYTES_A_LINE):
        piece = raw[start : start + BYTES_A_LINE]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)
        yield f"{start:04x}  {piece.hex(' '):<{3 * BYTES_A_LINE - 1}}  {text}"
