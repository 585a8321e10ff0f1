"""What several formats show alike: totals, names, the steps that would settle most, and what was not seen. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from camscan.model import (
    CAMERA_KINDS,
    AssessedAsset,
    Asset,
    AttemptReason,
    AttemptStatus,
    Confidence,
    Coverage,
    CoverageLevel,
    Finding,
    Identification,
    Report,
    Verdict,
)
from camscan.policy.totals import URGENCY, counts, group_by_settle
from camscan.report.escape import is_hostile

_LEVEL_WORDS = {
    CoverageLevel.LINK: "at link level",
    CoverageLevel.ROUTED: "across a router (a silent camera can be missed)",
    CoverageLevel.LISTENED: "by listening only (what stayed silent was not seen)",
    CoverageLevel.NONE: "not covered",
}


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
    """Channels behind recorders, never added to devices; None where recorders stand and none was read."""
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
        channels=None if counted["recorders"] else 0,
        outside_scope=counted["outside_scope"],
        verdicts=(counted["verdicts"] or {str(verdict): 0 for verdict in URGENCY}) if judged_at_all else None,
        confirmed=(counted["confirmed"] or 0) if judged_at_all else None,
        possible=(counted["possible"] or 0) if judged_at_all else None,
        not_assessed=(counted["not_assessed"] or 0) if judged_at_all else None,
        at_least=counted["at_least"] if judged_at_all else firm,
        at_most=counted["at_most"] if judged_at_all else firm + open_to_doubt,
    )


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


def hostile_fields(asset: Asset) -> tuple[str, ...]:
    """Return the fields in which a device sent escape characters or marks that reorder or hide text."""
    return tuple(
        sorted({name for observation in asset.observations for name, value in observation.fields if is_hostile(value)})
    )


def steps(report: Report) -> tuple[str, ...]:
    """Return what would settle most, most first, each as a sentence.

    E.g. `38 devices wait for one answer: is 10.20.0.0/24 a sensitive site? yes → prohibited, no → review`.
    """
    found = []
    for question, outcomes, number in group_by_settle(report.assets):
        leads = ", ".join(f"{answer} → {verdict_words(verdict)}" for answer, verdict in outcomes)
        who = "1 device waits" if number == 1 else f"{number} devices wait"
        found.append(f"{who} for one answer: {question}" + (f" {leads}" if leads else ""))
    return tuple(found)


def reasons_for_review(report: Report) -> tuple[tuple[str, int], ...]:
    """Return why devices wait for review, with the number of devices, most first."""
    found: Counter[str] = Counter()
    for judged in report.assets:
        if judged.judgement.verdict is Verdict.REVIEW:
            found.update({str(reason) for finding in decisive(judged) for reason in finding.because})
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def covered(report: Report) -> tuple[Coverage, ...]:
    """Return the ranges that were looked at in some way."""
    return tuple(coverage for coverage in report.coverage if coverage.level is not CoverageLevel.NONE)


def coverage_words(coverage: Coverage) -> str:
    """Return one range: how it was covered, whether to the end, what was not done."""
    if coverage.level is CoverageLevel.NONE:
        said = f"{coverage.range} not covered"
    else:
        state = "complete" if coverage.complete else "not complete"
        said = f"{coverage.range} {_LEVEL_WORDS[coverage.level]}, {state}, {coverage.hosts_alive} alive"
    return f"{said}: {coverage.detail}" if coverage.detail else said


def unfinished(report: Report) -> tuple[str, ...]:
    """Return each attempt that was wanted and did not complete, and why."""
    return tuple(
        f"{attempt.collector} on {attempt.target}: {attempt.status}"
        + (f" ({attempt.reason})" if attempt.reason else "")
        + (f", {attempt.detail}" if attempt.detail else "")
        for attempt in report.attempts
        if attempt.status is not AttemptStatus.COMPLETED
        and not (attempt.status is AttemptStatus.SKIPPED and attempt.reason in (None, AttemptReason.DISABLED))
    )


def not_asked(report: Report) -> tuple[str, ...]:
    """Return the collectors that run only on request, and were not asked for."""
    return tuple(attempt.collector for attempt in report.attempts if attempt.reason is AttemptReason.DISABLED)


def moment(at: datetime) -> str:
    """Return an instant to the minute, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def some(items: Iterable[str], most: int) -> str:
    """Return the first items with commas, and how many more there are."""
    listed = list(items)
    rest = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {rest} more" if rest > 0 else "")
