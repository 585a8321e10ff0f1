"""The lists behind the table of devices: contradictions, labels, calls, acceptances and plans, rules, what was sent, how it was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from camscan.model import AssessedAsset, DeviceException, Finding, Report, StatementsUsed, Verdict
from camscan.policy.totals import URGENCY
from camscan.report import view
from camscan.report.html.evidence import Plans, anchor, cut, plan_of
from camscan.report.pictures import marks

MOST_LISTED = 100
"""Lines of one list."""
MOST_PLACES = 12
"""Devices named on one line."""
MOST_LETTERS = 400
MOST_ASKED = 12
"""Devices that were sent most."""

Place = tuple[str, str]
"""Id of a device in the page, and its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Devices, and what is said of them."""

    places: tuple[Place, ...]
    places_left_out: int = 0
    cells: tuple[str, ...]
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines, and how many more there are."""

    lines: tuple[Line, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRule:
    """One rule that reaches devices."""

    rule: str
    policy: str
    says: tuple[str, ...]
    """Its own wording, with its force."""
    effects: tuple[tuple[str, str, int], ...]
    """Verdict, what it is about, devices."""
    sources: tuple[tuple[str, str], ...]
    """Text and address; the latter may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPlan:
    """What to do about devices, in order."""

    number: int
    steps: tuple[str, ...]
    devices: int


def where(number: int, judged: AssessedAsset) -> Place:
    """Return how a device is named on a line."""
    asset = judged.asset
    return anchor(number), asset.ips[0] if asset.ips else asset.macs[0] if asset.macs else cut(asset.key, 40)


def contradictions(report: Report) -> Listing:
    """Return what does not agree with itself, device by device."""
    found = [
        Line(places=(where(number, judged),), cells=(conflict.kind, cut(conflict.detail, MOST_LETTERS)))
        for number, judged in enumerate(report.assets)
        for conflict in (*judged.asset.conflicts, *judged.identification.conflicts)
    ]
    return _listing(found)


def hostile_replies(report: Report) -> Listing:
    """Return the devices that sent what no honest device sends."""
    found = [
        Line(places=(where(number, judged),), cells=(view.some(fields, MOST_PLACES),))
        for number, judged in enumerate(report.assets)
        if (fields := view.hostile_fields(judged.asset))
    ]
    return _listing(found)


def relabels(report: Report) -> Listing:
    """Return the labels behind which another maker stands, and how that is known."""
    alike: dict[tuple[str, ...], list[Place]] = {}
    for number, judged in enumerate(report.assets):
        known = judged.identification
        if known.brand and known.maker and known.brand != known.maker:
            brand, maker = view.name_of(report, known.brand), view.name_of(report, known.maker)
            cells = (cut(brand or "", 60), cut(maker or "", 60), (known.maker_basis or "").replace("-", " "))
            alike.setdefault(cells, []).append(where(number, judged))
    return _listing(_grouped(alike.items(), key=lambda item: (item[0][2] == "own label", -len(item[1]), item[0])))


def calls(report: Report) -> Listing:
    """Return whom devices called beyond the site, as far as it was overheard."""
    found = [
        Line(places=(where(number, judged),), cells=(cut(view.egress_words(report, one), MOST_LETTERS),))
        for number, judged in enumerate(report.assets)
        for one in judged.egress
    ]
    return _listing(found)


def decisions(report: Report) -> Listing:
    """Return what is accepted, planned or lapsed, with what must be read beside it, the nearest end first."""
    alike: dict[tuple[str, ...], list[Place]] = {}
    for number, judged in enumerate(report.assets):
        recorded = {one.id: one for one in judged.exceptions}
        for finding in judged.judgement.findings:
            if finding.status != "open":
                cells = (finding.status, _end(recorded.get(finding.exception)), finding.status_note.removeprefix("lapsed: "))
                places = alike.setdefault(cells, [])
                if where(number, judged) not in places:
                    places.append(where(number, judged))
    lines = _grouped(alike.items(), key=lambda item: (item[0][1] or "9", item[0]), most_places=MOST_LISTED)
    return Listing(tuple(lines), 0)  # a status never stands without its note, so none is left out


def _end(recorded: DeviceException | None) -> str:
    """Return the day by which a plan is due, or an acceptance ends; empty where it is not at hand."""
    if recorded is None:
        return ""
    return f"{recorded.due.isoformat()} (due)" if recorded.due else f"{recorded.expires_on.isoformat()} (ends)"


def without_findings(report: Report) -> Listing:
    """Return why devices have the verdict they have where no rule reaches them; those of one reason stand together."""
    alike: dict[tuple[Verdict, str], list[Place]] = {}
    for number, judged in enumerate(report.assets):
        verdict, reason = judged.judgement.verdict, judged.judgement.reason
        if verdict is not None and reason and not view.decisive(judged):
            alike.setdefault((verdict, reason), []).append(where(number, judged))
    ordered = sorted(alike.items(), key=lambda item: (URGENCY.index(item[0][0]), item[0][1]))
    return _listing([
        Line(
            places=tuple(places[:MOST_PLACES]),
            places_left_out=max(len(places) - MOST_PLACES, 0),
            cells=(reason,),
            verdict=marks.name_of(verdict),
        )
        for (verdict, reason), places in ordered
    ])  # fmt: skip


def unidentified(report: Report) -> Listing:
    """Return the camera-like devices whose maker is not established, with what they show of themselves."""
    found = [
        Line(
            places=(where(number, judged),),
            cells=(
                judged.asset.macs[0] if judged.asset.macs else "",
                judged.identification.kind,
                cut(view.some(sorted({one.protocol for one in judged.asset.observations}), MOST_PLACES)),
            ),
        )
        for number, judged in enumerate(report.assets)
        if judged.judgement.verdict is Verdict.UNIDENTIFIED
    ]
    return _listing(found)


def most_asked(report: Report) -> Listing:
    """Return the devices that were sent most packets."""
    asked = [(number, judged) for number, judged in enumerate(report.assets) if judged.ledger.packets]
    asked.sort(key=lambda item: (-item[1].ledger.packets, item[0]))
    lines = [
        Line(
            places=(where(number, judged),),
            cells=(
                f"{judged.ledger.packets:,}",
                f"{judged.ledger.connections:,}",
                f"{judged.ledger.requests:,}",
                f"{judged.ledger.bytes_sent:,}" + ("" if judged.ledger.metered else " and more by nmap, not metered"),
            ),
        )
        for number, judged in asked[:MOST_ASKED]
    ]
    return Listing(tuple(lines), max(len(asked) - MOST_ASKED, 0))


def sent_in_all(report: Report) -> str:
    """Return what was sent to devices together."""
    ledgers = [judged.ledger for judged in report.assets]
    to_devices = sum(ledger.packets for ledger in ledgers)
    in_all = sum(attempt.sent for attempt in report.attempts)
    if not to_devices and not in_all:
        return "Nothing was sent: what is here was listened to or read from files."
    return (
        f"{in_all:,} packets were sent by all collectors together; of those that can be told by device, {to_devices:,} packets in "
        f"{sum(ledger.connections for ledger in ledgers):,} connections and {sum(ledger.requests for ledger in ledgers):,} requests went to "
        f"{view.counted(sum(1 for ledger in ledgers if ledger.packets))}."
    )


def attempts(report: Report) -> tuple[tuple[str, ...], ...]:
    """Return each collector's run: collector, target, how it ended, sent, received, undecoded, dropped, detail."""
    return tuple(
        (
            one.collector,
            cut(one.target, 80),
            str(one.status) + (f" ({str(one.reason).replace('_', ' ')})" if one.reason else ""),
            f"{one.sent:,}",
            f"{one.received:,}",
            f"{one.undecoded:,}",
            f"{one.dropped:,}",
            cut(one.detail, MOST_LETTERS),
        )
        for one in report.attempts[:MOST_LISTED]
    )


def rules(report: Report) -> tuple[ShownRule, ...]:
    """Return each rule that reaches a device, what it says, and where that stands."""
    effects: dict[tuple[str, str], Counter[tuple[Verdict, str]]] = {}
    sources: dict[tuple[str, str], dict[str, None]] = {}
    says: dict[tuple[str, str], dict[str, None]] = {}
    for judged in report.assets:
        found = [finding for finding in judged.judgement.findings if finding.verdict is not Verdict.NO_FINDING]
        for finding in found:
            named = (finding.policy, finding.rule)
            sources.setdefault(named, {}).update(dict.fromkeys(finding.references))
            says.setdefault(named, {}).update({step.text: None for step in finding.action if step.name == "rule"})
        for policy, rule, verdict, about in {(one.policy, one.rule, one.verdict, _about(one)) for one in found}:
            effects.setdefault((policy, rule), Counter())[verdict, about] += 1
    return tuple(
        ShownRule(
            rule=rule,
            policy=policy,
            says=tuple(says[policy, rule]),
            effects=tuple(
                (marks.name_of(verdict), about, number)
                for (verdict, about), number in sorted(
                    counted.items(), key=lambda item: (URGENCY.index(item[0][0]), item[0][1])
                )
            ),
            sources=tuple(map(source, sources[policy, rule])),
        )
        for (policy, rule), counted in sorted(effects.items())
    )


def _about(finding: Finding) -> str:
    return f"to {finding.act}, {finding.force}; of equipment already there: {finding.installed}"


def source(reference: str) -> tuple[str, str]:
    """Return a reference as its text and its address, where it ends in `<https://…>`."""
    text, bracket, address = reference.rpartition(" <")
    if bracket and address.endswith(">") and address.startswith("https://") and address.isascii() and address.isprintable():
        return text, address[:-1]
    return ("", reference) if reference.startswith("https://") and " " not in reference else (reference, "")


def plans(report: Report) -> tuple[ShownPlan, ...]:
    """Return the plans of all findings, the longest first; equal ones stand once."""
    counted: Counter[tuple[str, ...]] = Counter()
    for judged in report.assets:
        counted.update({plan for finding in judged.judgement.findings if (plan := plan_of(finding))})
    ordered = sorted(counted.items(), key=lambda item: (-len(item[0]), -item[1], item[0]))
    return tuple(ShownPlan(number=number, steps=steps, devices=devices) for number, (steps, devices) in enumerate(ordered, 1))


def numbers_of(listed: tuple[ShownPlan, ...]) -> Plans:
    """Return the number of each plan by its steps."""
    return {plan.steps: plan.number for plan in listed}


def method(report: Report) -> Iterator[tuple[str, str]]:
    """Yield how the run was done, under whose authority, and by which data."""
    run, scope = report.run, report.scope
    yield "Run", f"{run.id}, camscan {run.version}, command {run.command}"
    yield "Time", f"{view.local(run.started_at)} to {view.local(run.ended_at)}"
    yield "Judged by", f"{', '.join(run.policies) or 'no policy: nothing was judged'}; rules as of {run.as_of.isoformat()}"
    yield "Data", f"fingerprints, registry and rules of {run.data_version}"
    yield "Site", f"{run.site.name}: {view.stated_words(run.site) or 'class, zone and purpose not stated'}"
    for site in run.sites:
        yield f"Site {site.name}", f"{', '.join(site.ranges)}: {view.stated_words(site) or 'nothing stated'}"
    yield "Authorised by", (scope.authorised_by or "not stated") + (f"; reference {scope.reference}" if scope.reference else "")
    if scope.sha256:
        yield "Scope file", f"SHA-256 {scope.sha256}"
    yield "Ranges asked", ", ".join(scope.ranges) or "none"
    yield "Excluded", ", ".join(scope.exclude) or "nothing"
    if scope.interfaces:
        yield "Interfaces", ", ".join(scope.interfaces)
    yield "Techniques", f"{', '.join(scope.techniques)}; pace {scope.pace}; privileged: {'yes' if run.privileged else 'no'}"
    window = (view.local(at) if at else "" for at in (scope.not_before, scope.not_after))
    if scope.not_before or scope.not_after or scope.hours:
        yield "Allowed", " to ".join(filter(None, window)) + (f", {scope.hours}" if scope.hours else "")
    if run.require:
        yield "Required", ", ".join(run.require)
    if run.inputs:
        yield "Read", cut(", ".join(run.inputs), MOST_LETTERS)
    for what, used in (("Attestations", run.attestations), ("Exceptions", run.exceptions)):
        if used is not None:
            yield what, _statements_words(used)


def _statements_words(used: StatementsUsed) -> str:
    return f"{used.file}, SHA-256 {used.sha256}: {used.entries} recorded, {len(used.used)} held, {len(used.lapsed)} lapsed"


def _grouped(
    alike: Iterable[tuple[tuple[str, ...], list[Place]]],
    key: Callable[[tuple[tuple[str, ...], list[Place]]], object],
    most_places: int = MOST_PLACES,
) -> list[Line]:
    return [
        Line(places=tuple(places[:most_places]), places_left_out=max(len(places) - most_places, 0), cells=cells)
        for cells, places in sorted(alike, key=key)  # type: ignore[arg-type]
    ]


def _listing(lines: list[Line]) -> Listing:
    return Listing(tuple(lines[:MOST_LISTED]), max(len(lines) - MOST_LISTED, 0))
