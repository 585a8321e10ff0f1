"""What several formats show alike: totals, names, and the steps that would settle most. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from camscan.model import (
    CAMERA_KINDS,
    RECORDER_KINDS,
    AssessedAsset,
    Asset,
    Attestation,
    Channel,
    ChannelRange,
    Confidence,
    Egress,
    Finding,
    Identification,
    Report,
    SiteContext,
    Verdict,
)
from camscan.policy import totals as tallied
from camscan.policy.totals import URGENCY, WAITING, Outcomes, counts, group_by_settle
from camscan.report.hostile import is_hostile

MOST_NAMES = 2
"""Names of one destination that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The numbers of one report."""

    devices: int
    """Every asset, whatever it is."""
    cameras_at_least: int
    """Cameras, recorders and the like that are firmly established."""
    cameras_at_most: int
    """Those and all that may be one."""
    recorders: int
    channels: int | None
    """Channels that recorders told, never added to devices; None where recorders stand and none told any."""
    channels_at_most: int | None
    """Channels that the recorders which told none may have in use together; None where that is not known of each of them."""
    outside_scope: int
    verdicts: dict[str, int] | None
    """Every verdict with its number, in order of urgency; None where nothing was judged. The sum is `devices`."""
    confirmed: int | None
    """prohibited and restricted; None where nothing was judged."""
    possible: int | None
    """review and unidentified"""
    not_assessed: int | None
    at_least: int
    """Devices that a rule reaches for certain; where nothing was judged, `cameras_at_least`."""
    at_most: int
    """All that may be among them, silent hosts included."""


def totals(report: Report) -> Totals:
    """Return the counts of a report. Raises AssertionError where the verdicts do not sum up to the assets."""
    counted = counts(report.assets)
    firm, open_to_doubt = 0, 0
    for judged in report.assets:
        if judged.identification.kind in CAMERA_KINDS:
            certain = judged.identification.confidence in (Confidence.FIRM, Confidence.CERTAIN)
            firm, open_to_doubt = firm + certain, open_to_doubt + (not certain)
        elif judged.identification.kind == "unknown" and judged.judgement.verdict is not Verdict.NOT_APPLICABLE:
            open_to_doubt += 1
    judged_at_all = bool(report.run.policies)
    return Totals(
        devices=len(report.assets),
        cameras_at_least=firm,
        cameras_at_most=firm + open_to_doubt,
        recorders=counted["recorders"],
        channels=None if counted["recorders"] and not any(one.channels for one in report.assets) else told_channels(report),
        channels_at_most=inferred_at_most(report),
        outside_scope=counted["outside_scope"],
        verdicts=(counted["verdicts"] or {str(verdict): 0 for verdict in URGENCY}) if judged_at_all else None,
        confirmed=(counted["confirmed"] or 0) if judged_at_all else None,
        possible=(counted["possible"] or 0) if judged_at_all else None,
        not_assessed=(counted["not_assessed"] or 0) if judged_at_all else None,
        at_least=counted["at_least"] if judged_at_all else firm,
        at_most=counted["at_most"] if judged_at_all else firm + open_to_doubt,
    )


def told_channels(report: Report) -> int:
    """Return how many channels recorders told."""
    return sum(len(judged.channels) for judged in report.assets)


def silent_recorders(report: Report) -> tuple[AssessedAsset, ...]:
    """Return the recorders that told no channel."""
    return tuple(one for one in report.assets if one.identification.kind in RECORDER_KINDS and not one.channels)


def inferred_at_most(report: Report) -> int | None:
    """Return how many channels the recorders that told none may have in use; None where one of them leaves that open."""
    ranges = [one.channels_inferred for one in silent_recorders(report)]
    known = [inferred.at_most for inferred in ranges if inferred is not None]
    return sum(known) if len(known) == len(ranges) else None


def channel_words(channel: Channel) -> str:
    """Return one channel: its number, what the recorder claims of the camera, and how it told that."""
    claim = " ".join(part for part in (channel.brand or channel.maker, channel.model) if part) or "camera not named"
    at = f" at {channel.address}" if channel.address else ""
    state = {True: ", online", False: ", offline", None: ""}[channel.online]
    return f"channel {channel.number}: {claim}{at}{state} ({channel.source})"


def range_words(inferred: ChannelRange) -> str:
    """Return a range of channels with what it is inferred from."""
    return f"{inferred.at_least} to {inferred.at_most} channels, not inspectable from here (from {inferred.source})"


def egress_words(report: Report, one: Egress) -> str:
    """Return whom a device called, how much it sent there, and when."""
    known = dict.fromkeys(part for part in (*one.names[:MOST_NAMES], one.service, name_of(report, one.who)) if part)
    grade = [] if one.grade in (None, "confirmed") else [one.grade]
    called = f" ({', '.join((*known, *grade))})" if known else ""
    times = f"{moment(one.first_seen)} to {moment(one.last_seen)}"
    if one.how == "router-search":
        return f"searched for a router that opens ports, {times}"
    if one.how == "port-mapping":
        return f"asked the router {one.destination or 'of its link'} to open port {' and '.join(one.ports)}, {times}"
    if one.how == "asked":
        return f"asked for {', '.join((*known, *grade))}, no connection seen, {times}"
    place = "on the internet" if one.internet else "outside the site's ranges" if one.outside else "inside"
    least = "at least " if one.bound != "exact" else ""
    amount = f"{least}{one.bytes_out:,} byte{'' if one.bytes_out == 1 else 's'} out and {one.bytes_in:,} in"
    if one.how == "attempted":
        sent = f" {amount}, no answer seen" if one.bytes_out else " no answer seen"
        return f"tried to reach {one.destination} port {' and '.join(one.ports)}{called}, {place}:{sent}, {times}"
    if one.how == "served":
        return f"answered {one.destination} at its own port {' and '.join(one.ports)}, {place}: {amount}, {times}"
    return f"talked to {one.destination} port {' and '.join(one.ports)}{called}, {place}: {amount}, {times}"


def name_of(report: Report, slug: str | None) -> str | None:
    """Return a company or brand as it writes itself; the slug where that is not known."""
    return None if slug is None else dict(report.display).get(slug, slug)


def brand_and_maker(report: Report, identification: Identification) -> str:
    """Return `Brand → Maker`, one name where both are the same, `?` for what is not known."""
    brand, maker = name_of(report, identification.brand), name_of(report, identification.maker)
    if brand is None and maker is None:
        return "?"
    if brand is None or maker is None:
        return brand_only(brand) if maker is None else maker
    return maker if brand == maker else f"{brand} → {maker}"


def brand_only(brand: str | None) -> str:
    """Return a label whose maker is not known."""
    return f"{brand} → ?"


def verdict_words(verdict: Verdict) -> str:
    """Return a verdict as a person reads it."""
    return verdict.replace("_", " ")


def decisive(judged: AssessedAsset) -> tuple[Finding, ...]:
    """Return the findings that give the overall verdict; none where the verdict needs no finding."""
    return tuple(finding for finding in judged.judgement.findings if finding.verdict is judged.judgement.verdict)


def open_verdict(judged: AssessedAsset) -> Verdict | None:
    """Return the strongest verdict of a device that is neither accepted nor planned, of those that an exit code knows."""
    return tallied.open_verdict(judged.judgement.verdict, judged.judgement.findings)


def undecided(judged: AssessedAsset) -> tuple[Finding, ...]:
    """Return the findings that give the open verdict, and for which nothing is decided."""
    verdict = open_verdict(judged)
    return tuple(one for one in judged.judgement.findings if one.verdict is verdict and one.status in WAITING)


def telling(judged: AssessedAsset) -> tuple[Finding, ...]:
    """Return the findings that give the overall verdict and, where that is decided in part, those that give what is open."""
    first = decisive(judged)
    return (*first, *(one for one in undecided(judged) if one not in first)) if in_part(judged) else first


def in_part(judged: AssessedAsset) -> str:
    """Return that something else of a device is open than what is accepted or planned of it; empty where that is not so.

    E.g. `accepted in part; open: restricted`.
    """
    decided = sorted({one.status for one in decisive(judged)} - WAITING)
    verdict = open_verdict(judged)
    if verdict is None or not decided:
        return ""
    state = "open" if any(one.status == "open" for one in undecided(judged)) else "lapsed"
    return f"{', '.join(decided)} in part; {state}: {verdict_words(verdict)}"


def hostile_fields(asset: Asset) -> tuple[str, ...]:
    """Return the fields in which a device sent what attacks its reader."""
    return tuple(
        sorted({name for observation in asset.observations for name, value in observation.fields if is_hostile(value, name)})
    )


def steps(report: Report) -> tuple[str, ...]:
    """Return what would settle most, most first, each as a sentence; devices whose questions are all accepted or planned are left out.

    E.g. `38 devices wait for one answer: is 10.20.0.0/24 a sensitive site? yes → prohibited, no → review`.
    """
    found = []
    for question, outcomes, number in questions(report):
        leads = ", ".join(f"{answer} → {verdict_words(verdict)}" for answer, verdict in outcomes)
        found.append(f"{waiting_words(number)}: {question}" + (f" {leads}" if leads else ""))
    return tuple(found)


def questions(report: Report) -> list[tuple[str, Outcomes, int]]:
    """Return each question that would settle something, what each answer leads to, and how many devices wait; most first."""
    waiting = [
        judged for judged in report.assets if any(one.settle and one.status in WAITING for one in judged.judgement.findings)
    ]
    return group_by_settle(map(_as_far_as_open, waiting))


def _as_far_as_open(judged: AssessedAsset) -> AssessedAsset:
    """Return a device without what is decided of it, so that an answer leads to what it would leave open."""
    left = tuple(one for one in judged.judgement.findings if one.status in WAITING)
    if len(left) == len(judged.judgement.findings):
        return judged
    return replace(judged, judgement=replace(judged.judgement, verdict=open_verdict(judged), findings=left))


def waiting_words(number: int) -> str:
    """Return how many devices wait for an answer."""
    return f"{'1 device waits' if number == 1 else f'{number} devices wait'} for one answer"


def first_steps(report: Report) -> tuple[str, ...]:
    """Return the first step of the plans of the devices that a rule reaches for certain, with how many wait for it.

    What is accepted or planned waits no more.
    """
    first = Counter(
        plan[0].text.partition(". ")[0].rstrip(".")
        for judged in report.assets
        if open_verdict(judged) in (Verdict.PROHIBITED, Verdict.RESTRICTED)
        and (plan := [step for finding in undecided(judged) for step in finding.action if step.name != "rule"])
    )
    return tuple(f"{counted(number)}: {text}" for text, number in first.most_common(1))


def counted(number: int) -> str:
    """Return a number of devices in words."""
    return "1 device" if number == 1 else f"{number} devices"


NOTHING_OF_ALL = "nothing that holds of each of them"
"""Of several sites, where they differ or leave open."""


def stated_words(site: SiteContext) -> str:
    """Return what the operator stated about a site; empty where nothing is."""
    facts: dict[str, str | None] = {"class": site.class_, "zone": site.zone, "purpose": site.purpose, "decision": site.decision}
    facts |= {"of": site.decision_on.isoformat() if site.decision_on else None, "reference": site.decision_reference}
    facts |= {"equipment owned by": site.equipment_owner, "controlled by": site.controller}
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value)


def reasons_for_review(report: Report) -> tuple[tuple[str, int], ...]:
    """Return why devices wait for review, with the number of devices, most first."""
    found: Counter[str] = Counter()
    for judged in report.assets:
        if judged.judgement.verdict is Verdict.REVIEW:
            found.update({str(reason) for finding in decisive(judged) for reason in finding.because})
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def attested_words(one: Attestation) -> str:
    """Return what a person states of a device."""
    days = {"acquired": one.acquired, "disposed of": one.disposed}
    what = {"maker": one.maker, "model": one.model, "no camera": "yes" if one.not_a_camera else None}
    what |= {name: day.isoformat() if day else None for name, day in days.items()}
    what |= {"location": one.location, "asset tag": one.asset_tag}
    return ", ".join(f"{name} {value}" for name, value in what.items() if value)


def moment(at: datetime) -> str:
    """Return an instant to the minute, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def local(at: datetime) -> str:
    """Return an instant to the minute, in the time of this machine, with its zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M %Z")


def day(at: datetime) -> str:
    """Return the day of an instant, in the time of this machine."""
    return at.astimezone().date().isoformat()


def some(items: Iterable[str], most: int) -> str:
    """Return the first items with commas, and how many more there are."""
    listed = list(items)
    rest = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {rest} more" if rest > 0 else "")
