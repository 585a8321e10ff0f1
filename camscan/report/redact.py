"""A report that others may read: what a device, a place or a person is called is masked, what was found and why stays. Pure.

Masked are serials, MAC tails, host names, addresses and ranges, places, names of sites and what was stated of them, persons, tickets and
references, file names, and all that a device says in a field that is not known to speak of the product alone; raw bytes are dropped.
Verdicts, makers, models, firmware, rules and ids of fingerprints stay, so what decides can still be followed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from camscan.model import (
    AssessedAsset,
    Asset,
    Attachment,
    Attestation,
    Channel,
    CollectorAttempt,
    Coverage,
    DeviceException,
    Egress,
    Evidence,
    Fields,
    Finding,
    Identification,
    Observation,
    Report,
    Run,
    Scope,
    SiteContext,
    StatementsUsed,
)
from camscan.policy.sites import combined
from camscan.report.masks import Kind, Masks
from camscan.report.noted import CALLS, clouds_of, is_known_cloud, kind_of_place, note_all
from camscan.report.said import kind_of_fact, kind_of_field
from camscan.report.statement import REDACTED
from camscan.report.withheld import refuse_unmasked, run_id, status_note, without_the_case, without_the_site

TOLD_BY = ("ISAPI channel list", "ONVIF video source")
"""Beginnings of what says where a channel is known from; names that people gave may follow."""
TO_THE_DAY = frozenset({"tls.not_before", "tls.not_after"})
T = TypeVar("T")


def redacted(report: Report) -> Report:
    """Return the report with what it must not say masked: the same thing by the same mask, in order of first appearance.

    Raises DeliveryError where something that the operator stated would still stand in a sentence.
    """
    return redacted_run(report, ())[0]


def redacted_run(report: Report, observations: Iterable[Observation]) -> tuple[Report, tuple[Observation, ...]]:
    """Return a report and the observations behind it, masked alike. Raises DeliveryError as `redacted` does."""
    every = tuple(observations)
    redaction = _Redaction(report, every)
    masked = redaction.report(report)
    redaction.refuse_unmasked(masked)
    return masked, tuple(redaction.observation(one) for one in every)


class _Redaction:
    """The masks of one report, and how each of its values is written with them."""

    def __init__(self, report: Report, observations: Sequence[Observation]) -> None:
        self._masks = Masks()
        self._fields: dict[tuple[str, str], str] = {}
        self._sentences: dict[str, str] = {}
        self._messages: dict[int, tuple[Observation, Observation]] = {}
        """By identity: the same message stands in an asset and in what a run keeps."""
        self._abroad = clouds_of(report)
        products = (text for one in report.assets for text in (one.identification.model, one.identification.firmware) if text)
        self._kept = self._abroad.union(products)
        """Words that may look like addresses of the site and are none."""
        note_all(self._masks, report, observations, self._abroad)
        entries = {entry.device for one in report.assets for entry in one.exceptions}
        stated = {one.attestation.device for judged in report.assets for one in judged.attestations}
        self._keys = sorted(entries | stated | {one.asset.key for one in report.assets})

    def refuse_unmasked(self, masked: Report) -> None:
        """Raise DeliveryError where something that the operator stated still stands in a sentence of the masked report."""
        refuse_unmasked(masked, self._masks.stated, self._masks.given)

    def report(self, report: Report) -> Report:
        """Return the report, masked."""
        return replace(
            report,
            run=self._run(report.run),
            scope=self._scope(report.scope),
            attempts=tuple(self._attempt(one, report.scope.interfaces) for one in report.attempts),
            coverage=tuple(self._coverage(one) for one in report.coverage),
            assets=tuple(self._assessed(one) for one in report.assets),
            incomplete_because=self._texts(report.incomplete_because),
            warnings=(REDACTED, *map(self._warning, report.warnings)),
            assumptions=self._texts(report.assumptions),
        )

    def _text(self, text: str) -> str:
        """Return a sentence of ours, or words of a person."""
        if text not in self._sentences:
            self._sentences[text] = self._masks.in_text(text, stated=True, kept=self._kept)
        return self._sentences[text]

    def _warning(self, text: str) -> str:
        """Return a warning; what it names a device by is written as the key is."""
        for key in self._keys:
            head, found, tail = text.partition(f" of {key} ")
            if found:
                return f"{self._text(head)} of {self._key(key)} {self._text(tail)}"
        return self._text(text)

    def _texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self._text, texts))

    def _of_product(self, text: str) -> str:
        """Return what names a product; only what tells one device from another is masked in it."""
        return self._masks.in_text(text, whole=False, kept=frozenset({text}))

    def _mask(self, kind: Kind, text: str) -> str:
        return self._masks.of(kind, text) if text else text

    def _run(self, run: Run) -> Run:
        return replace(
            run,
            id=run_id(run.id, run.site.name, self._mask("site", run.site.name), lambda text: self._mask("text", text)),
            site=self._site(run.site),
            sites=tuple(map(self._site, run.sites)),
            inputs=tuple(self._mask("file", name) for name in run.inputs),
            attestations=self._used(run.attestations, "attestation"),
            exceptions=self._used(run.exceptions, "exception"),
            chain_head="",
        )

    def _stands_at(self, judged: AssessedAsset) -> SiteContext | None:
        return combined(tuple(map(self._site, judged.each_site))) if judged.each_site else None

    def _site(self, site: SiteContext) -> SiteContext:
        return SiteContext(name=self._mask("site", site.name), ranges=tuple(self._mask("range", text) for text in site.ranges))

    def _used(self, used: StatementsUsed | None, kind: Kind) -> StatementsUsed | None:
        if used is None:
            return None

        def masked(ids: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(self._mask(kind, one) for one in ids)

        return replace(
            used,
            file=self._mask("file", used.file),
            sha256="",
            used=masked(used.used),
            lapsed=masked(used.lapsed),
            not_yet=masked(used.not_yet),
            not_seen=masked(used.not_seen),
        )

    def _scope(self, scope: Scope) -> Scope:
        def places(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(self._mask(kind_of_place(text), text) for text in texts)

        return replace(
            scope,
            ranges=places(scope.ranges),
            interfaces=tuple(self._mask("interface", name) for name in scope.interfaces),
            exclude=places(scope.exclude),
            infrastructure=places(scope.infrastructure),
            authorised_by=self._mask("person", scope.authorised_by) if scope.authorised_by else None,
            reference=self._mask("reference", scope.reference) if scope.reference else None,
            sha256=None,
        )

    def _attempt(self, attempt: CollectorAttempt, interfaces: tuple[str, ...]) -> CollectorAttempt:
        target = self._text(attempt.target)
        if target == attempt.target and target:
            target = self._mask("interface" if target in interfaces else "target", target)
        return replace(attempt, target=target, detail=self._text(attempt.detail), sample=b"")

    def _coverage(self, coverage: Coverage) -> Coverage:
        return replace(
            coverage,
            range=self._mask(kind_of_place(coverage.range), coverage.range),
            detail=self._text(coverage.detail),
            site=self._mask("site", coverage.site) if coverage.site else None,
        )

    def observation(self, seen: Observation) -> Observation:
        """Return a message, masked and without its bytes."""
        if id(seen) not in self._messages:
            self._messages[id(seen)] = (seen, self._masked(seen))
        return self._messages[id(seen)][1]

    def _masked(self, seen: Observation) -> Observation:
        return replace(
            seen,
            site=self._mask("site", seen.site),
            ip=self._mask("address", seen.ip) if seen.ip else None,
            link_mac=self._mask("mac", seen.link_mac) if seen.link_mac else None,
            fields=self._all_fields(seen.fields),
            raw=b"",
        )

    def _all_fields(self, fields: Fields) -> Fields:
        return tuple(sorted((name, self._field(name, value)) for name, value in fields))

    def _field(self, name: str, value: str) -> str:
        """Return what a device said in one field."""
        if (name, value) not in self._fields:
            kind = kind_of_field(name)
            if name in TO_THE_DAY:
                self._fields[name, value] = _midnight(value)
            elif kind is None or (name in CALLS and value in self._abroad):
                self._fields[name, value] = self._of_product(value)
            else:
                self._fields[name, value] = self._mask(kind, value)
        return self._fields[name, value]

    def _assessed(self, judged: AssessedAsset) -> AssessedAsset:
        return replace(
            judged,
            asset=self._asset(judged.asset),
            identification=self._identification(judged.identification),
            judgement=replace(
                judged.judgement,
                reason=self._text(judged.judgement.reason),
                findings=tuple(
                    self._finding(one, {entry.id: entry for entry in judged.exceptions}) for one in judged.judgement.findings
                ),
            ),
            channels=tuple(map(self._channel, judged.channels)),
            channels_inferred=self._walked(judged.channels_inferred),
            site=self._stands_at(judged),
            sites=tuple(map(self._site, judged.sites)),
            attached_to=self._attachment(judged.attached_to) if judged.attached_to else None,
            attestations=tuple(
                replace(one, attestation=self._attestation(one.attestation), lapsed=self._text(one.lapsed))
                for one in judged.attestations
            ),
            exceptions=tuple(map(self._exception, judged.exceptions)),
            egress=tuple(map(self._egress, judged.egress)),
        )

    def _asset(self, asset: Asset) -> Asset:
        return replace(
            asset,
            key=self._key(asset.key),
            site=self._mask("site", asset.site),
            ips=tuple(self._mask("address", ip) for ip in asset.ips),
            macs=tuple(self._mask("mac", mac) for mac in asset.macs),
            hostnames=tuple(self._mask("host", name) for name in asset.hostnames),
            observations=tuple(map(self.observation, asset.observations)),
            conflicts=self._walked(asset.conflicts),
        )

    def _key(self, key: str) -> str:
        """Return the key of a device: `mac:…`, `serial:<maker>:…` or `ip:<site>:…`."""
        kind, _, rest = key.partition(":")
        if kind == "mac":
            return f"mac:{self._mask('mac', rest)}"
        if kind == "serial":
            maker, _, serial = rest.partition(":")
            return f"serial:{maker}:{self._mask('serial', serial)}"
        if kind == "ip":
            site, _, place = rest.partition(":")
            shown = self._masks.in_text(place)
            return f"ip:{self._mask('site', site)}:{shown if shown != place else self._mask('text', place)}"
        return self._mask("text", key)

    def _identification(self, found: Identification) -> Identification:
        return replace(
            found,
            model=self._of_product(found.model) if found.model else found.model,
            firmware=self._of_product(found.firmware) if found.firmware else found.firmware,
            serial=self._mask("serial", found.serial) if found.serial else found.serial,
            evidence=tuple(map(self._evidence, found.evidence)),
            made_on_evidence=self._evidence(found.made_on_evidence) if found.made_on_evidence else None,
            alternatives=self._walked(found.alternatives),
            conflicts=self._walked(found.conflicts),
        )

    def _evidence(self, evidence: Evidence) -> Evidence:
        by, _, number = evidence.fingerprint.partition(":")
        return replace(
            evidence,
            fingerprint=f"attest:{self._mask('attestation', number)}" if by == "attest" else evidence.fingerprint,
            value=self._field(evidence.field, evidence.value),
            says=tuple((name, self._said(name, value)) for name, value in evidence.says),
        )

    def _said(self, name: str, value: str) -> str:
        """Return what a fingerprint reads out of a value: `serial`, `mac`, `model` and the like."""
        kind = kind_of_fact(name)
        return self._of_product(value) if kind is None else self._mask(kind, value)

    def _finding(self, finding: Finding, known: dict[str, DeviceException]) -> Finding:
        """Return a finding. known: exceptions by id."""
        entry = known.get(finding.exception)
        return replace(
            finding,
            reason=without_the_site(finding, self._text),
            exception=self._mask("exception", finding.exception),
            status_note=status_note(finding, entry, self._exception(entry) if entry else None, self._text),
            note=self._text(finding.note),
            settle=replace(finding.settle, question=self._text(finding.settle.question)) if finding.settle else None,
            assumptions=tuple(map(self._text, finding.assumptions)),
            action=tuple(without_the_case(finding, step) for step in finding.action),
        )

    def _channel(self, channel: Channel) -> Channel:
        return replace(
            channel,
            model=self._of_product(channel.model) if channel.model else channel.model,
            address=self._mask("address", channel.address) if channel.address else None,
            source=next((told for told in TOLD_BY if channel.source.startswith(told)), "a recorder"),
        )

    def _attachment(self, attached: Attachment) -> Attachment:
        return replace(
            attached,
            switch=self._mask("switch", attached.switch),
            port=self._mask("port", attached.port),
            behind=self._mask("switch", attached.behind) if attached.behind else None,
            vlan=None,
        )

    def _attestation(self, stated: Attestation) -> Attestation:
        return replace(
            stated,
            id=self._mask("attestation", stated.id),
            device=self._key(stated.device),
            bound_to=tuple(map(self._mark, stated.bound_to)),
            by=self._mask("person", stated.by),
            ref=self._mask("reference", stated.ref),
            location=self._mask("location", stated.location),
            asset_tag=self._mask("tag", stated.asset_tag),
            model=self._of_product(stated.model) if stated.model else stated.model,
        )

    def _exception(self, entry: DeviceException) -> DeviceException:
        return replace(
            entry,
            id=self._mask("exception", entry.id),
            device=self._key(entry.device),
            bound_to=tuple(map(self._mark, entry.bound_to)),
            owner=self._mask("person", entry.owner),
            ticket=self._mask("ticket", entry.ticket),
            reason=self._mask("text", entry.reason),
            replacement=self._mask("text", entry.replacement),
            model=self._of_product(entry.model) if entry.model else entry.model,
            firmware=self._of_product(entry.firmware) if entry.firmware else entry.firmware,
        )

    def _mark(self, text: str) -> str:
        name, sign, value = text.partition("=")
        return f"{name}{sign}{self._field(name, value)}"

    def _egress(self, one: Egress) -> Egress:
        if is_known_cloud(one):
            return replace(one, names=tuple(map(self._of_product, one.names)))
        return replace(
            one,
            destination=self._mask("address", one.destination) if one.destination else None,
            names=tuple(self._mask("host", name) for name in one.names),
        )

    def _walked(self, value: T) -> T:
        """Return a value whose every text may be a sentence of ours; closed lists of words and slugs stay."""
        made: T = self._walk(value)
        return made

    def _walk(self, value: Any) -> Any:
        if isinstance(value, StrEnum):
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, tuple):
            return tuple(map(self._walk, value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{name: self._walk(getattr(value, name)) for name in _open_texts(type(value))})
        return value


def _midnight(value: str) -> str:
    """Return an instant (`tls.not_before`) as the beginning of its day: to the second it tells one device from all others."""
    day, sign, _ = value.partition("T")
    return f"{day}{sign}00:00:00Z" if sign else value


_SLUGS = frozenset({"brand", "maker", "kind"})


@cache
def _open_texts(kind: type[Any]) -> tuple[str, ...]:
    """Return the attributes of a record whose text is no word of a closed list."""
    hints = get_type_hints(kind)
    closed = {name for name, hint in hints.items() if any(get_origin(one) is Literal for one in (hint, *get_args(hint)))}
    return tuple(field.name for field in dataclasses.fields(kind) if field.name not in closed | _SLUGS)
