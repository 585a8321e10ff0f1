"""A report that others may read: what a device, a place or a person is called is masked, what was found and why stays. Pure.

Masked are serials, MAC tails, host names, addresses and ranges, places, names of sites and what was stated of them, persons, tickets and
references, file names, and all that a device says in a field that is not known to speak of the product alone; raw bytes are dropped.
Verdicts, makers, models, firmware, rules and ids of fingerprints stay, so what decides can still be followed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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
from camscan.report.maskedvalues import MaskedValues
from camscan.report.masks import Kind
from camscan.report.noted import is_known_cloud, kind_of_place
from camscan.report.statement import REDACTED
from camscan.report.withheld import run_id, status_note, without_the_case, without_the_site

TOLD_BY = ("ISAPI channel list", "ONVIF video source")
"""Beginnings of what says where a channel is known from; names that people gave may follow."""


def redacted(report: Report) -> Report:
    """Return the report with what it must not say masked: the same thing by the same mask, in order of first appearance.

    Raises DeliveryError where something that the operator stated would still stand in a sentence.
    """
    return redacted_run(report, ())[0]


def redacted_run(report: Report, observations: Iterable[Observation]) -> tuple[Report, tuple[Observation, ...]]:
    """Return a report and the observations behind it, masked alike. Raises DeliveryError as `redacted` does."""
    every = tuple(observations)
    values = MaskedValues(report, every)
    masked = _Redaction(values).report(report)
    values.refuse_unmasked(masked)
    return masked, tuple(map(values.observation, every))


class _Redaction:
    """Which attributes of a report are masked, and as what."""

    def __init__(self, values: MaskedValues) -> None:
        self._values = values

    def report(self, report: Report) -> Report:
        """Return the report, masked."""
        return replace(
            report,
            run=self._run(report.run),
            scope=self._scope(report.scope),
            attempts=tuple(self._attempt(one, report.scope.interfaces) for one in report.attempts),
            coverage=tuple(self._coverage(one) for one in report.coverage),
            assets=tuple(self._assessed(one) for one in report.assets),
            incomplete_because=self._values.texts(report.incomplete_because),
            warnings=(REDACTED, *map(self._values.warning, report.warnings)),
            assumptions=self._values.texts(report.assumptions),
        )

    def _run(self, run: Run) -> Run:
        return replace(
            run,
            id=run_id(
                run.id, run.site.name, self._values.mask("site", run.site.name), lambda text: self._values.mask("text", text)
            ),
            site=self._site(run.site),
            sites=tuple(map(self._site, run.sites)),
            inputs=tuple(self._values.mask("file", name) for name in run.inputs),
            attestations=self._used(run.attestations, "attestation"),
            exceptions=self._used(run.exceptions, "exception"),
            chain_head="",
        )

    def _stands_at(self, judged: AssessedAsset) -> SiteContext | None:
        return combined(tuple(map(self._site, judged.each_site))) if judged.each_site else None

    def _site(self, site: SiteContext) -> SiteContext:
        return SiteContext(
            name=self._values.mask("site", site.name), ranges=tuple(self._values.mask("range", text) for text in site.ranges)
        )

    def _used(self, used: StatementsUsed | None, kind: Kind) -> StatementsUsed | None:
        if used is None:
            return None

        def masked(ids: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(self._values.mask(kind, one) for one in ids)

        return replace(
            used,
            file=self._values.mask("file", used.file),
            sha256="",
            used=masked(used.used),
            lapsed=masked(used.lapsed),
            not_yet=masked(used.not_yet),
            not_seen=masked(used.not_seen),
        )

    def _scope(self, scope: Scope) -> Scope:
        def places(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(self._values.mask(kind_of_place(text), text) for text in texts)

        return replace(
            scope,
            ranges=places(scope.ranges),
            interfaces=tuple(self._values.mask("interface", name) for name in scope.interfaces),
            exclude=places(scope.exclude),
            infrastructure=places(scope.infrastructure),
            authorised_by=self._values.mask("person", scope.authorised_by) if scope.authorised_by else None,
            reference=self._values.mask("reference", scope.reference) if scope.reference else None,
            sha256=None,
        )

    def _attempt(self, attempt: CollectorAttempt, interfaces: tuple[str, ...]) -> CollectorAttempt:
        target = self._values.text(attempt.target)
        if target == attempt.target and target:
            target = self._values.mask("interface" if target in interfaces else "target", target)
        return replace(attempt, target=target, detail=self._values.text(attempt.detail), sample=b"")

    def _coverage(self, coverage: Coverage) -> Coverage:
        return replace(
            coverage,
            range=self._values.mask(kind_of_place(coverage.range), coverage.range),
            detail=self._values.text(coverage.detail),
            site=self._values.mask("site", coverage.site) if coverage.site else None,
        )

    def _assessed(self, judged: AssessedAsset) -> AssessedAsset:
        return replace(
            judged,
            asset=self._asset(judged.asset),
            identification=self._identification(judged.identification),
            judgement=replace(
                judged.judgement,
                reason=self._values.text(judged.judgement.reason),
                findings=tuple(
                    self._finding(one, {entry.id: entry for entry in judged.exceptions}) for one in judged.judgement.findings
                ),
            ),
            channels=tuple(map(self._channel, judged.channels)),
            channels_inferred=self._values.walked(judged.channels_inferred),
            site=self._stands_at(judged),
            sites=tuple(map(self._site, judged.sites)),
            attached_to=self._attachment(judged.attached_to) if judged.attached_to else None,
            attestations=tuple(
                replace(one, attestation=self._attestation(one.attestation), lapsed=self._values.text(one.lapsed))
                for one in judged.attestations
            ),
            exceptions=tuple(map(self._exception, judged.exceptions)),
            egress=tuple(map(self._egress, judged.egress)),
        )

    def _asset(self, asset: Asset) -> Asset:
        return replace(
            asset,
            key=self._values.key(asset.key),
            site=self._values.mask("site", asset.site),
            ips=tuple(self._values.mask("address", ip) for ip in asset.ips),
            macs=tuple(self._values.mask("mac", mac) for mac in asset.macs),
            hostnames=tuple(self._values.mask("host", name) for name in asset.hostnames),
            observations=tuple(map(self._values.observation, asset.observations)),
            conflicts=self._values.walked(asset.conflicts),
        )

    def _identification(self, found: Identification) -> Identification:
        return replace(
            found,
            model=self._values.of_product(found.model) if found.model else found.model,
            firmware=self._values.of_product(found.firmware) if found.firmware else found.firmware,
            serial=self._values.mask("serial", found.serial) if found.serial else found.serial,
            evidence=tuple(map(self._evidence, found.evidence)),
            made_on_evidence=self._evidence(found.made_on_evidence) if found.made_on_evidence else None,
            alternatives=self._values.walked(found.alternatives),
            conflicts=self._values.walked(found.conflicts),
        )

    def _evidence(self, evidence: Evidence) -> Evidence:
        by, _, number = evidence.fingerprint.partition(":")
        return replace(
            evidence,
            fingerprint=f"attest:{self._values.mask('attestation', number)}" if by == "attest" else evidence.fingerprint,
            value=self._values.field(evidence.field, evidence.value),
            says=tuple((name, self._values.said(name, value)) for name, value in evidence.says),
        )

    def _finding(self, finding: Finding, known: dict[str, DeviceException]) -> Finding:
        """Return a finding. known: exceptions by id."""
        entry = known.get(finding.exception)
        return replace(
            finding,
            reason=without_the_site(finding, self._values.text),
            exception=self._values.mask("exception", finding.exception),
            status_note=status_note(finding, entry, self._exception(entry) if entry else None, self._values.text),
            note=self._values.text(finding.note),
            settle=replace(finding.settle, question=self._values.text(finding.settle.question)) if finding.settle else None,
            assumptions=tuple(map(self._values.text, finding.assumptions)),
            action=tuple(without_the_case(finding, step) for step in finding.action),
        )

    def _channel(self, channel: Channel) -> Channel:
        return replace(
            channel,
            model=self._values.of_product(channel.model) if channel.model else channel.model,
            address=self._values.mask("address", channel.address) if channel.address else None,
            source=next((told for told in TOLD_BY if channel.source.startswith(told)), "a recorder"),
        )

    def _attachment(self, attached: Attachment) -> Attachment:
        return replace(
            attached,
            switch=self._values.mask("switch", attached.switch),
            port=self._values.mask("port", attached.port),
            behind=self._values.mask("switch", attached.behind) if attached.behind else None,
            vlan=None,
        )

    def _attestation(self, stated: Attestation) -> Attestation:
        return replace(
            stated,
            id=self._values.mask("attestation", stated.id),
            device=self._values.key(stated.device),
            bound_to=tuple(map(self._values.mark, stated.bound_to)),
            by=self._values.mask("person", stated.by),
            ref=self._values.mask("reference", stated.ref),
            location=self._values.mask("location", stated.location),
            asset_tag=self._values.mask("tag", stated.asset_tag),
            model=self._values.of_product(stated.model) if stated.model else stated.model,
        )

    def _exception(self, entry: DeviceException) -> DeviceException:
        return replace(
            entry,
            id=self._values.mask("exception", entry.id),
            device=self._values.key(entry.device),
            bound_to=tuple(map(self._values.mark, entry.bound_to)),
            owner=self._values.mask("person", entry.owner),
            ticket=self._values.mask("ticket", entry.ticket),
            reason=self._values.mask("text", entry.reason),
            replacement=self._values.mask("text", entry.replacement),
            model=self._values.of_product(entry.model) if entry.model else entry.model,
            firmware=self._values.of_product(entry.firmware) if entry.firmware else entry.firmware,
        )

    def _egress(self, one: Egress) -> Egress:
        if is_known_cloud(one):
            return replace(one, names=tuple(map(self._values.of_product, one.names)))
        return replace(
            one,
            destination=self._values.mask("address", one.destination) if one.destination else None,
            names=tuple(self._values.mask("host", name) for name in one.names),
        )
