"""How far a report reaches: what was covered and how, and what it cannot speak of. Pure."""

from __future__ import annotations

from camscan.model import AssessedAsset, AttemptReason, AttemptStatus, Coverage, CoverageLevel, Report, Verdict
from camscan.report.view import counted, silent_recorders, some, told_channels

_LEVEL_WORDS = {
    CoverageLevel.LINK: "at link level",
    CoverageLevel.ROUTED: "across a router (a silent camera can be missed)",
    CoverageLevel.LISTENED: "by listening only (what stayed silent was not seen)",
    CoverageLevel.NONE: "not covered",
}
MOST_UNSEEN = 8
"""Ranges or attempts of one kind that are named; the rest is a number."""


def behind_recorders(report: Report) -> tuple[str, ...]:
    """Return what is and what is not known of what stands behind recorders, in one part of a sentence each."""
    silent = silent_recorders(report)
    known = [one.channels_inferred for one in silent if one.channels_inferred is not None]
    blank = len(silent) - len(known)
    said = []
    if told_channels(report):
        telling = sum(1 for one in report.assets if one.channels)
        said.append(f"the {told_channels(report)} channels that {_recorders(telling)} told, known by the recorder's word alone")
    if known:
        least, most = sum(one.at_least for one in known), sum(one.at_most for one in known)
        said.append(f"what stands behind {_recorders(len(known))}: {least} to {most} channels, not inspectable from here")
    if blank and known:
        said.append(f"what stands behind {_recorders(blank, 'further ')}, of which nothing can be inferred")
    elif blank:
        said.append(f"what stands behind {_recorders(blank)}")
    return tuple(said)


def _recorders(number: int, which: str = "") -> str:
    return f"{number} {which}recorder{'' if number == 1 else 's'}"


def covered(report: Report) -> tuple[Coverage, ...]:
    """Return the ranges that were looked at in some way."""
    return tuple(coverage for coverage in report.coverage if coverage.level is not CoverageLevel.NONE)


def coverage_words(coverage: Coverage) -> str:
    """Return one range: how it was covered, whether to the end, what was not done."""
    if coverage.level is CoverageLevel.NONE:
        said = f"{place_words(coverage)} not covered"
    else:
        state = "complete" if coverage.complete else "not complete"
        said = f"{place_words(coverage)} {_LEVEL_WORDS[coverage.level]}, {state}, {coverage.hosts_alive} alive"
    return f"{said}: {coverage.detail}" if coverage.detail else said


def level_words(level: CoverageLevel) -> str:
    """Return how closely a range was looked at."""
    return _LEVEL_WORDS[level]


def place_words(coverage: Coverage) -> str:
    """Return one range, with its site where that is not the run's own."""
    return f"{coverage.range} of site {coverage.site}" if coverage.site else coverage.range


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


def unseen(report: Report) -> tuple[str, ...]:
    """Return what a report cannot speak of, in one part of a sentence each: the weightiest first, the usual last."""
    missing = []
    blank = [f"{c.range} ({c.detail})" if c.detail else c.range for c in report.coverage if c.level is CoverageLevel.NONE]
    if blank:
        missing.append(f"{some(blank, MOST_UNSEEN)} not covered")
    partly = [place_words(c) for c in report.coverage if c.level is not CoverageLevel.NONE and not c.complete]
    if partly:
        missing.append(f"{some(partly, MOST_UNSEEN)} not covered to the end")
    routed = [c.range for c in report.coverage if c.level is CoverageLevel.ROUTED]
    if routed:
        missing.append(f"silent cameras behind a router in {some(routed, MOST_UNSEEN)}")
    if not report.coverage:
        missing.append("everything that the evidence read does not show")
    silent = sum(is_silent(judged) for judged in report.assets)
    if silent:
        missing.append(f"what {counted(silent)} alive but silent or out of reach may be")
    missing += behind_recorders(report)
    broken = unfinished(report)
    if broken:
        missing.append(f"what these would show: {some(broken, MOST_UNSEEN)}")
    off = not_asked(report)
    if off:
        missing.append(f"what {some(off, MOST_UNSEEN)} would show, not asked for")
    return (*missing, "equipment that is switched off, on another segment, or silent by design")


def is_silent(judged: AssessedAsset) -> bool:
    """Return whether a device is alive and said nothing that is known."""
    verdict = judged.judgement.verdict
    return verdict is Verdict.NOT_ASSESSED or (verdict is None and judged.identification.confidence is None)


def not_asked(report: Report) -> tuple[str, ...]:
    """Return the collectors that run only on request, and were not asked for."""
    return tuple(attempt.collector for attempt in report.attempts if attempt.reason is AttemptReason.DISABLED)
