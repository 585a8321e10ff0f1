"""The words at the head and at the end of a report, for every format that people read: who ran what, and the answer in four lines."""

from __future__ import annotations

from collections import Counter

from camscan.model import Report, Verdict
from camscan.report import extent, view
from camscan.report.statement import NOT_LEGAL_ADVICE

NOTHING_STATED = "class, zone and purpose not stated"
MOST_NAMED = 8
"""Ranges, makers or reasons named on one line; the rest is a number."""
MOST_STEPS = 2


def head(report: Report, *, with_notice: bool = True) -> list[str]:
    """Return who ran what, by which rules, under whose authority; a line an item. with_notice: that it is no legal advice, too."""
    run, scope = report.run, report.scope
    judged_by = ", ".join(run.policies) if run.policies else "none chosen, nothing was judged"
    used = Counter(site for judged in report.assets for site in judged.each_site)
    several = Counter(judged.site for judged in report.assets if judged.site is not None and judged.sites)
    stated = view.stated_words(run.site)
    notice = f" {NOT_LEGAL_ADVICE}" if with_notice else ""
    lines = [
        f"camscan {run.version} · {run.command} · site {run.site.name} · {view.moment(run.started_at)} · run {run.id}",
        f"Policy: {judged_by}; as of {run.as_of.isoformat()}; fingerprints {run.data_version}.{notice}",
        f"Site: {stated or NOTHING_STATED}",
        *(
            f"Site {site.name} ({', '.join(site.ranges)}): {view.stated_words(site) or NOTHING_STATED}; {view.counted(used[site])}"
            for site in run.sites
            if site in used
        ),
        *(
            f"At several sites, {site.name}: {view.stated_words(site) or view.NOTHING_OF_ALL}; {view.counted(number)}"
            for site, number in sorted(several.items(), key=lambda item: item[0].name)[:MOST_NAMED]
        ),
        authority(report),
    ]
    if scope.exclude:
        lines.append(f"Excluded: {', '.join(scope.exclude)}")
    lines += [
        f"{what}: {used_file.file}, {used_file.entries} recorded, {len(used_file.used)} held, {len(used_file.lapsed)} lapsed"
        for what, used_file in (("Attestations", run.attestations), ("Exceptions", run.exceptions))
        if used_file is not None
    ]
    if run.inputs:
        lines.append(f"Read: {', '.join(run.inputs)}")
    return lines


def authority(report: Report) -> str:
    """Return who allowed the run, with the reference and the scope file."""
    scope = report.scope
    text = f"Authorised by: {scope.authorised_by or 'not stated'}"
    text += f"; reference {scope.reference}" if scope.reference else ""
    return text + (f"; scope file SHA-256 {scope.sha256}" if scope.sha256 else "")


def closing(report: Report) -> list[str]:
    """Return the four lines in which every report ends."""
    return [
        f"Answer: {answer(report)}",
        f"Not seen: {'; '.join(extent.unseen(report))}",
        f"Because: {because(report)}",
        f"Next: {next_steps(report)}",
    ]


def answer(report: Report) -> str:
    """Return how many there are, of whom, with which verdicts."""
    counted = view.totals(report)
    covered = view.some((f"{extent.place_words(c)} {c.level}" for c in extent.covered(report)), MOST_NAMED)
    covered = covered or ("no range was covered" if report.coverage else "evidence read offline, no range was covered")
    cameras = f"at least {counted.cameras_at_least}, at most {counted.cameras_at_most}, in the ranges covered ({covered})"
    cameras += "" if report.complete else "; INCOMPLETE"
    found = (
        f"{view.counted(counted.devices)} seen, cameras and recorders: {cameras}"
        if counted.devices
        else f"none found; {cameras}"
    )
    if counted.verdicts is None:
        return f"nothing was judged; {found}"
    if not counted.devices:
        return found
    verdicts = ", ".join(
        f"{number} {view.verdict_words(Verdict(verdict))}" for verdict, number in counted.verdicts.items() if number
    )
    makers = Counter(
        view.name_of(report, judged.identification.maker) or "maker not established"
        for judged in report.assets
        if judged.judgement.verdict not in (Verdict.NOT_APPLICABLE, Verdict.NOT_ASSESSED)
    )
    by_maker = view.some(
        (f"{name} {number}" for name, number in sorted(makers.items(), key=lambda m: (-m[1], m[0]))), MOST_NAMED
    )
    reached = f"under a rule: at least {counted.at_least}, at most {counted.at_most}"
    return f"{found}; {reached}; {verdicts}" + (f"; of {by_maker}" if by_maker else "")


def because(report: Report) -> str:
    """Return the top reasons for review."""
    if not report.run.policies:
        return "no policy was chosen"
    reasons = view.reasons_for_review(report)
    if not reasons:
        return "no device waits for review" if report.assets else "nothing to judge"
    return "review for " + view.some((f"{reason} ({view.counted(number)})" for reason, number in reasons), MOST_NAMED)


def next_steps(report: Report) -> str:
    """Return the one or two steps that settle most."""
    advice = [*view.first_steps(report), *view.steps(report)][:MOST_STEPS]
    if not report.run.policies:
        advice.append("choose a policy: camscan judge RUN --policy NAME")
    if report.incomplete_because:
        advice.append(f"cover what is missing: {view.some(report.incomplete_because, MOST_STEPS)}")
    return "; ".join(advice[:MOST_STEPS]) or "nothing waits for an answer"
