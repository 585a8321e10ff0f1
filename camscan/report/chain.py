"""The whole chain behind one device: what it said, what that matched, who made it, which rule says what, what would settle it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from camscan.identify import control
from camscan.identify.attachment import in_words
from camscan.identify.explain import Near, near_matches, pattern_text, raising
from camscan.identify.match import Hit, hits_of_message
from camscan.identify.rules import Fingerprint, Knowledge
from camscan.model import AssessedAsset, Asset, Confidence, Edge, Evidence, Fields, Finding, Identification, Observation, Report
from camscan.policy.rules import PolicyBook
from camscan.report import view
from camscan.report.hexdump import dump_of

MAX_MESSAGES = 32
"""Messages of one device that are listed."""
MAX_FIELDS = 16
"""Fields of one message that are listed."""
MAX_TEXT = 160
"""Characters of one value that are shown."""
MAX_NEAR = 8
MAX_NEAR_VALUES = 24
"""Values without any match that are compared with fingerprints that come close."""
MAX_EDGES = 24
MAX_CALLS = 24
"""Destinations that are listed."""
MAX_CHANNELS = 64
"""Channels of one recorder that are listed."""


def chain(report: Report, judged: AssessedAsset, knowledge: Knowledge, book: PolicyBook) -> Iterator[str]:
    """Yield the lines of the chain, unescaped and unwrapped; blanks at their beginning are their depth."""
    asset, found = judged.asset, judged.identification
    yield f"{asset.ips[0] if asset.ips else asset.key}"
    yield f"  {in_short(report, judged)}"
    yield f"  key {asset.key}; seen {view.moment(asset.first_seen)} to {view.moment(asset.last_seen)}"
    for name, values in (("MAC", asset.macs), ("address", asset.ips), ("name", asset.hostnames)):
        if values:
            yield f"  {name} {view.some(values, MAX_FIELDS)}"
    if judged.attached_to is not None:
        yield f"  {in_words(judged.attached_to)}, seen {view.moment(judged.attached_to.seen_on)}"
    yield f"  run {report.run.id}, site {(judged.site or report.run.site).name}; fingerprints {knowledge.version}"
    yield from heard(asset, found.evidence)
    yield from attested(judged)
    yield from matched(asset, found, knowledge)
    yield from concluded(found)
    yield from behind(judged)
    yield from called(report, judged)
    yield from related(found, book)
    yield from ruled(report, judged)
    yield from raised(found, knowledge)


def in_short(report: Report, judged: AssessedAsset) -> str:
    """Return verdict and identification in a line."""
    found, verdict = judged.identification, judged.judgement.verdict
    what = [view.brand_and_maker(report, found) if found.brand or found.maker else "maker not established"]
    what += [part for part in (found.model, found.kind if found.kind != "unknown" else None, found.confidence) if part]
    return f"{'not judged' if verdict is None else view.verdict_words(verdict)}: {', '.join(what)}"


def heard(asset: Asset, evidence: Sequence[Evidence]) -> Iterator[str]:
    """Yield what the device said, with the bytes that the evidence stands in."""
    yield ""
    yield f"Heard: {counted(len(asset.observations), 'message')}"
    for number, one in enumerate(asset.observations[:MAX_MESSAGES]):
        yield f"  {number}  {origin(one)}"
        for name, value in one.fields[:MAX_FIELDS]:
            yield f"       {name} = {short(value)}"
        if len(one.fields) > MAX_FIELDS:
            yield f"       and {counted(len(one.fields) - MAX_FIELDS, 'field')} more"
        behind_it = [claim for claim in evidence if claim.observation == number]
        if behind_it and one.raw:
            who = [claim for claim in behind_it if {"brand", "maker"} & {name for name, _ in claim.says}]
            yield from (f"      {line}" for line in dump_of(one.raw, [claim.value for claim in who or behind_it]))
    left_out = len(asset.observations[MAX_MESSAGES:]) + asset.left_out
    if left_out:
        yield f"  and {counted(left_out, 'message')} more"


def attested(judged: AssessedAsset) -> Iterator[str]:
    """Yield what persons stated of the device, those statements that lapsed among them."""
    if not judged.attestations:
        return
    yield ""
    yield "Stated by persons, beside what it sends"
    for standing in judged.attestations:
        one = standing.attestation
        ref = f" ({one.ref})" if one.ref else ""
        yield f"  attest:{one.id}  {view.attested_words(one)}"
        yield f"       {one.by} on {one.recorded_on.isoformat()}, by {one.basis}{ref}"
        if standing.lapsed:
            yield f"       lapsed, nothing follows from it: {standing.lapsed}"


def matched(asset: Asset, found: Identification, knowledge: Knowledge) -> Iterator[str]:
    """Yield the fingerprints behind the identification, those that were set aside, and those that came close."""
    entries = {entry.id: entry for entry in knowledge.fingerprints}
    yield ""
    yield f"Matched: {counted(len(found.evidence), 'fingerprint')}"
    place: tuple[object, ...] = ()
    for number, one in enumerate(found.evidence):
        if place != (one.observation, one.field, one.value):
            place = (one.observation, one.field, one.value)
            yield f"  {one.field} = {short(one.value)}, message {one.observation}"
        layer = f" ({one.layer})" if one.layer != "shipped" else ""
        yield f"    [{number}] {one.fingerprint}{layer} says {said(one.says) or 'nothing'}"
        yield f"        weight {weight(one, entries.get(one.fingerprint))}; witness {one.witness}"
    hits = [hit for number, one in enumerate(asset.observations) for hit in hits_of_message(one.fields, number, knowledge)]
    _, void = control.split(hits, [one.fields for one in asset.observations], knowledge)
    for hit in void:
        yield f"  set aside: {hit.evidence.fingerprint}, message {hit.message}"
        yield "        it holds just as well on the answer for a page that no device has, so it is no mark of this one"
    near = nearly(asset.observations, found, void, knowledge)
    if near:
        yield ""
        yield "Nearly matched"
        for field, one_near in near:
            yield f"  {one_near.fingerprint} ({field} {one_near.pattern}): {one_near.reason}"


def nearly(
    observations: Sequence[Observation], found: Identification, void: Sequence[Hit], knowledge: Knowledge
) -> list[tuple[str, Near]]:
    """Return the fingerprints that values without any match come close to, with the field."""
    matched_ids = {one.fingerprint for one in found.evidence} | {hit.evidence.fingerprint for hit in void}
    fields = {condition.field for entry in knowledge.fingerprints for condition in entry.conditions}
    spoken_for = {(one.observation, one.field) for one in found.evidence}
    values = {
        pair: None
        for number, one in enumerate(observations)
        for pair in one.fields
        if (number, pair[0]) not in spoken_for and pair[0] in fields
    }
    near: dict[str, tuple[str, Near]] = {}
    for name, value in list(values)[:MAX_NEAR_VALUES]:
        for one_near in near_matches(name, value, matched_ids, knowledge):
            near.setdefault(one_near.fingerprint, (name, one_near))
    return list(near.values())[:MAX_NEAR]


def concluded(found: Identification) -> Iterator[str]:
    """Yield what the device is, how well that is established, and what contradicts it."""
    yield ""
    yield "Concluded"
    kind = f"{found.kind} ({found.kind_confidence})" if found.kind_confidence else found.kind
    yield f"  kind {kind}" + (f", form {found.form}" if found.form else "")
    basis = f" ({found.maker_basis})" if found.maker_basis else ""
    yield f"  brand {found.brand or 'not known'}, maker {found.maker or 'not known'}{basis}"
    rest = {"model": found.model, "firmware": found.firmware, "serial": found.serial, "components": ", ".join(found.components)}
    rest |= {"made on": found.made_on.isoformat() if found.made_on else None}
    stated = [f"{name} {value}" for name, value in rest.items() if value]
    if stated:
        yield f"  {', '.join(stated)}"
    yield f"  confidence {found.confidence or 'none: nothing that it said is known'}"
    for other in found.alternatives:
        yield f"  or: brand {other.brand or 'not known'}, maker {other.maker or 'not known'} ({other.confidence}): {other.reason}"
    for conflict in found.conflicts:
        yield f"  contradiction, {conflict.kind}: {conflict.detail}"


def behind(judged: AssessedAsset) -> Iterator[str]:
    """Yield what a recorder told of the cameras behind it, or what can be inferred of them."""
    if not judged.channels and judged.channels_inferred is None:
        return
    yield ""
    yield "Behind it, by its own word; these are no devices of this report" if judged.channels else "Behind it"
    for channel in judged.channels[:MAX_CHANNELS]:
        yield f"  {view.channel_words(channel)}"
    if len(judged.channels) > MAX_CHANNELS:
        yield f"  … and {len(judged.channels) - MAX_CHANNELS} more"
    if judged.channels_inferred is not None:
        yield f"  {view.range_words(judged.channels_inferred)}"


def called(report: Report, judged: AssessedAsset) -> Iterator[str]:
    """Yield whom the device was overheard to call beyond its site, with the messages that show it."""
    if not judged.egress:
        return
    yield ""
    yield "Calls out"
    for one in judged.egress[:MAX_CALLS]:
        yield f"  {view.egress_words(report, one)}"
        yield f"      {'message' if len(one.evidence) == 1 else 'messages'} {view.some(map(str, one.evidence), MAX_FIELDS)}"
    if len(judged.egress) > MAX_CALLS:
        yield f"  … and {len(judged.egress) - MAX_CALLS} more"


def related(found: Identification, book: PolicyBook) -> Iterator[str]:
    """Yield the relations of the brand and the maker to other companies, and theirs."""
    edges = relations(found, book)
    if not edges:
        return
    yield ""
    yield "Relations"
    for edge in edges:
        period = "".join(f", {word} {day}" for word, day in (("since", edge.since), ("until", edge.until)) if day is not None)
        scope = f", {edge.scope}" if edge.scope else ""
        by = f" by {edge.alleged_by}" if edge.alleged_by else ""
        yield f"  {edge.child} {edge.type} {edge.parent}: {edge.status}{by}, {edge.confidence}{period}{scope}"
        yield f"       {'; '.join(edge.sources)}"


def relations(found: Identification, book: PolicyBook) -> list[Edge]:
    """Return the edges that lead away from brand, maker and components, nearest first."""
    waiting = [slug for slug in dict.fromkeys((found.brand, found.maker, *found.components)) if slug is not None]
    seen: set[str] = set()
    edges: list[Edge] = []
    while waiting and len(edges) < MAX_EDGES:
        slug = waiting.pop(0)
        if slug not in seen:
            seen.add(slug)
            edges += book.edges_of.get(slug, ())
            waiting += [edge.parent for edge in book.edges_of.get(slug, ())]
    return edges[:MAX_EDGES]


def ruled(report: Report, judged: AssessedAsset) -> Iterator[str]:
    """Yield every finding with its reasons and what would settle it, the sources, then the verdict."""
    verdict, site = judged.judgement.verdict, judged.site or report.run.site
    yield ""
    if verdict is None:
        yield "Verdict: none; no policy was chosen, so nothing was judged"
        return
    facts = view.stated_words(site) or "nothing stated of the site"
    yield f"Rules: {', '.join(report.run.policies)}, as of {report.run.as_of.isoformat()}; {facts}"
    for finding in judged.judgement.findings:
        yield from found_by_rule(finding)
    if not judged.judgement.findings:
        yield "  no finding"
    for badge in judged.judgement.context:
        yield f"  context, no rule: {badge.entity} is on the {badge.title} since {badge.since.isoformat()}: it {badge.says}"
    yield from planned(judged.judgement.findings)
    sources = dict.fromkeys((one.rule, text) for one in judged.judgement.findings for text in one.references)
    for rule, text in sources:
        yield f"  source of {rule}: {text}"
    yield ""
    yield f"Verdict: {view.verdict_words(verdict)}" + (f": {judged.judgement.reason}" if judged.judgement.reason else "")


def found_by_rule(finding: Finding) -> Iterator[str]:
    """Yield one finding."""
    installed = f"of equipment already there: {finding.installed}"
    yield f"  {finding.rule}: {view.verdict_words(finding.verdict)} to {finding.act} ({finding.force}; {installed})"
    yield f"       {finding.reason}"
    if finding.evidence:
        yield f"       evidence {', '.join(f'[{number}]' for number in finding.evidence)}"
    if finding.note:
        yield f"       note: {finding.note}"
    if finding.status != "open":
        yield f"       {finding.status}: {finding.status_note.removeprefix('lapsed: ')}"
    if finding.because:
        yield f"       not final because of: {', '.join(finding.because)}"
    if finding.settle is not None:
        leads = ", ".join(f"{answer} → {view.verdict_words(verdict)}" for answer, verdict in finding.settle.outcomes)
        yield f"       would settle it: {finding.settle.question}" + (f" {leads}" if leads else "")


def planned(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the action plan that the findings ask for together: each step once, with whose it is where they differ."""
    texts: dict[str, dict[str, list[str]]] = {}
    for finding in findings:
        for step in finding.action:
            texts.setdefault(step.name, {}).setdefault(step.text, []).append(finding.act)
    if not texts:
        return
    yield "  action plan"
    for text in texts.pop("rule", {}):
        yield f"       the rule: {text}"
    for number, of_step in enumerate(texts.values(), 1):
        for text, acts in of_step.items():
            yield f"       {number}. {text}" + (f" (to {', '.join(acts)})" if len(of_step) > 1 else "")


def raised(found: Identification, knowledge: Knowledge) -> Iterator[str]:
    """Yield what would raise the confidence."""
    entries = raising(found, knowledge)
    if not entries:
        return
    yield ""
    yield "What would raise the confidence"
    for entry in entries:
        yield f"  {would_raise(entry)}"


def would_raise(entry: Fingerprint) -> str:
    """Return what one more fingerprint would add."""
    condition = entry.conditions[0]
    worth = "with this, firm" if entry.editable else f"{entry.confidence} by itself"
    return f"{condition.field}: {entry.id} ({pattern_text(condition.pattern)}), {worth}"


def weight(one: Evidence, entry: Fingerprint | None) -> str:
    """Return what a piece of evidence is worth by itself, and why."""
    if one.fingerprint.startswith("attest:"):
        return (
            "a person's word, which settles nothing by itself" if one.editable else "firm, where nothing it sends contradicts"
        )
    alone = Confidence.TENTATIVE if one.editable or entry is None else entry.confidence
    why = ", the owner can set this value" if one.editable and one.witness != "oui" else ""
    return f"{alone} by itself{why}"


def said(claimed: Fields) -> str:
    """Return claims with commas between."""
    return ", ".join(f"{name} {short(value)}" for name, value in claimed)


def origin(one: Observation) -> str:
    """Return protocol, sender, way and time of a message."""
    sender = one.ip or one.link_mac or "no address"
    at = f":{one.port}" if one.port is not None and one.ip else ""
    where = f"[{sender}]{at}" if ":" in sender and at else f"{sender}{at}"
    times = f", {one.count} times" if one.count > 1 else ""
    marks = "".join(f", {mark}" for mark, holds in (("cut", one.truncated), ("outside the scope", one.outside_scope)) if holds)
    return f"{one.protocol} from {where}, {one.via}, {view.moment(one.first_seen_at)}{times}{marks}"


def short(value: str) -> str:
    """Return a value, or its beginning."""
    return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}… ({len(value)} characters)"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
