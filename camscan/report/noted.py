"""What a redacted report must not say: every value of a report that tells one device, place or person from another, in its order."""

from __future__ import annotations

from collections.abc import Iterable

from camscan.model import AssessedAsset, Egress, Observation, Report, SiteContext
from camscan.report.masks import Kind, Masks
from camscan.report.said import kind_of_field

CALLS = frozenset({"flow.destination", "flow.source", "flow.name", "flow.told.name", "tls.sni", "dns.name", "http.host"})
"""Fields that name whom a device calls."""


def note_all(masks: Masks, report: Report, observations: Iterable[Observation], abroad: frozenset[str]) -> None:
    """Take down all that is to be masked of a report and of the observations behind it. abroad: as `clouds_of` gives it."""
    noting = _Noting(masks, abroad)
    for judged in report.assets:
        noting.asset(judged)
    for seen in observations:
        noting.observation(seen)
    for judged in report.assets:
        noting.stated(judged)
    for site in (report.run.site, *report.run.sites, *(site for one in report.assets for site in one.each_site)):
        noting.site(site)
    noting.scope(report)
    for name in report.run.inputs:
        masks.note("file", name, stated=True)
    for used in (report.run.attestations, report.run.exceptions):
        if used is not None:
            masks.note("file", used.file, stated=True)
            masks.note("file", used.sha256)


def clouds_of(report: Report) -> frozenset[str]:
    """Return addresses and names of clouds whose owner is known: they say nothing of the site."""
    known = [one for judged in report.assets for one in judged.egress if is_known_cloud(one)]
    return frozenset({text for one in known for text in (one.destination, *one.names) if text})


def is_known_cloud(one: Egress) -> bool:
    """Return whether a destination belongs to a company whose cloud is known, and its name is not of the operator's choice."""
    return (one.internet or one.how == "asked") and one.who is not None and one.purpose != "ddns"


def kind_of_place(text: str) -> Kind:
    """Return what an entry of a scope is: a range, an address or a MAC."""
    if "/" in text:
        return "range"
    return "mac" if len(text) == 17 and text.count(":") == 5 else "address"


class _Noting:
    """Takes down what each part of a report holds."""

    def __init__(self, masks: Masks, abroad: frozenset[str]) -> None:
        self._masks, self._abroad = masks, abroad

    def _all(self, kind: Kind, *values: str | None) -> None:
        for value in values:
            self._masks.note(kind, value)

    def _of_the_operator(self, kind: Kind, *values: str | None) -> None:
        for value in values:
            self._masks.note(kind, value, stated=True)

    def asset(self, judged: AssessedAsset) -> None:
        asset = judged.asset
        self._of_the_operator("site", asset.site)
        self._all("address", *asset.ips)
        self._all("mac", *asset.macs)
        self._all("host", *asset.hostnames)
        self._all("serial", judged.identification.serial)
        for seen in asset.observations:
            self.observation(seen)
        for evidence in judged.identification.evidence:
            self._field(evidence.field, evidence.value)
            for name, value in evidence.says:
                self._all("serial" if name == "serial" else "mac", value if name in ("serial", "mac") else None)
        self._all("address", *(channel.address for channel in judged.channels))
        for one in judged.egress:
            self._all("address", one.destination if one.destination not in self._abroad else None)
            self._all("host", *(() if is_known_cloud(one) else one.names))
        if judged.attached_to is not None:
            self._all("switch", judged.attached_to.switch, judged.attached_to.behind)

    def stated(self, judged: AssessedAsset) -> None:
        for standing in judged.attestations:
            stated = standing.attestation
            self._all("attestation", stated.id)
            self._of_the_operator("person", stated.by)
            self._of_the_operator("reference", stated.ref)
            self._of_the_operator("location", stated.location)
            self._of_the_operator("tag", stated.asset_tag)
            self._marks(stated.device, stated.bound_to)
        for entry in judged.exceptions:
            self._all("exception", entry.id)
            self._of_the_operator("person", entry.owner)
            self._of_the_operator("ticket", entry.ticket)
            self._all("text", entry.reason, entry.replacement)
            self._marks(entry.device, entry.bound_to)

    def _marks(self, device: str, bound_to: Iterable[str]) -> None:
        kind, _, rest = device.partition(":")
        self._all("mac", rest if kind == "mac" else None)
        self._all("serial", rest.partition(":")[2] if kind == "serial" else None)
        for text in bound_to:
            name, _, value = text.partition("=")
            self._field(name, value)

    def observation(self, seen: Observation) -> None:
        self._of_the_operator("site", seen.site)
        self._all("address", seen.ip)
        self._all("mac", seen.link_mac)
        for name, value in seen.fields:
            self._field(name, value)

    def _field(self, name: str, value: str) -> None:
        kind = kind_of_field(name)
        if kind is not None and not (name in CALLS and value in self._abroad):
            self._masks.note(kind, value)

    def site(self, site: SiteContext) -> None:
        self._of_the_operator("site", site.name)
        self._of_the_operator("person", site.equipment_owner, site.controller)
        self._of_the_operator("reference", site.decision_reference)
        self._all("range", *site.ranges)
        facts = {"class": site.class_, "zone": site.zone, "purpose": site.purpose, "decision": site.decision}
        self._all("fact", *(f"{fact}={stated}" for fact, stated in facts.items() if stated))

    def scope(self, report: Report) -> None:
        scope = report.scope
        self._of_the_operator("person", scope.authorised_by)
        self._of_the_operator("reference", scope.reference)
        self._of_the_operator("interface", *scope.interfaces)
        self._all("file", scope.sha256)
        for text in (*scope.ranges, *scope.exclude, *scope.infrastructure, *(one.range for one in report.coverage)):
            self._all(kind_of_place(text), text)
        self._of_the_operator("site", *(coverage.site for coverage in report.coverage))
