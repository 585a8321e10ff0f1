"""The report as GitHub-flavoured Markdown, for tickets, wikis and reviews: the answer first, then steps, devices by verdict and coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from camscan.identify.attachment import in_words
from camscan.model import AssessedAsset, Finding, Report, Verdict
from camscan.policy.totals import URGENCY
from camscan.report import summary, view
from camscan.report.markdown import address_of_page, inert, sentence
from camscan.report.rows import first, site_name, stated
from camscan.report.statement import coverage_statement

NAME = "md"
SUFFIX = ".md"
MOST_REASONS = 40
"""Reasons that stand below one table; all of them stand in the JSON report."""
MOST_NOTES = 40
REASONED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW})
COLUMNS = ("address", "MAC", "brand → maker", "model", "kind", "confidence", "rules", "where", "status")


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the report as Markdown; no line is wrapped."""
    marking = [f"**{inert(report.run.marking)}**"] if report.run.marking else []
    blocks = [
        marking,
        [f"# Cameras and recorders: site {inert(report.run.site.name)}"],
        _labelled(summary.closing(report)),
        *_section("Steps", _steps(report), "Nothing waits for a step."),
        ["## Devices"],
        *([] if report.run.policies else [["Nothing was judged: no policy was chosen."]]),
        *([] if report.assets else [["None was found. What that rests on stands under Coverage."]]),
        *_devices(report),
        *_section("Rules", _rules(report)),
        *_section("Decisions on record", _decisions(report)),
        *_section("Coverage", map(sentence, coverage_statement(report))),
        *_section("Notes", _notes(report)),
        ["## Method"],
        _labelled(summary.head(report)),
        marking,
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _section(title: str, items: Iterable[str], otherwise: str = "") -> Iterator[list[str]]:
    """Yield a heading and a list; `otherwise` in its place where it is empty, nothing where there is none."""
    listed = [f"- {item}" for item in items]
    if listed or otherwise:
        yield [f"## {title}"]
        yield listed or [otherwise]


def _labelled(lines: Iterable[str]) -> list[str]:
    """Return lines such as `Answer: …` as a list with their first words marked."""
    made = []
    for line in lines:
        label, colon, words = line.partition(": ")
        made.append(f"- **{sentence(label)}:** {sentence(words)}" if colon else f"- {sentence(line)}")
    return made


def _steps(report: Report) -> Iterator[str]:
    for step in (*view.first_steps(report), *view.steps(report)):
        yield sentence(step)


def _devices(report: Report) -> Iterator[list[str]]:
    """Yield a table for each verdict that occurs, most urgent first, with the reasons below it."""
    for verdict in (*URGENCY, None):
        alike = [judged for judged in report.assets if judged.judgement.verdict is verdict]
        if not alike:
            continue
        if verdict is not None:
            yield [f"### {view.verdict_words(verdict).capitalize()}: {view.counted(len(alike))}"]
        yield [_table_line(COLUMNS), _table_line("---" for _ in COLUMNS), *(_table_line(_cells(report, one)) for one in alike)]
        reasons = list(_reasons(alike))
        if reasons:
            yield _limited(reasons, MOST_REASONS)


def _table_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(report: Report, judged: AssessedAsset) -> list[str]:
    asset, known = judged.asset, judged.identification
    places = (stated(judged, "location"), in_words(judged.attached_to) if judged.attached_to else "", site_name(judged))
    found = [one for one in view.telling(judged) if one.verdict is not Verdict.NO_FINDING]
    marks = [
        mark
        for mark, holds in (
            ("hostile reply", view.hostile_fields(asset)),
            ("contradiction", asset.conflicts or known.conflicts),
            ("outside scope", asset.outside_scope),
        )
        if holds
    ]
    cells = (
        _first_and_rest(asset.ips),
        _first_and_rest(asset.macs),
        view.brand_and_maker(report, known),
        known.model or "",
        f"{known.kind} ({known.form})" if known.form else known.kind,
        "; ".join((known.confidence or "none", *marks)),
        ", ".join(sorted({one.rule for one in found})),
        "; ".join(place for place in places if place),
        view.in_part(judged) or ", ".join(sorted({one.status for one in found})),
    )
    return [inert(cell) for cell in cells]


def _first_and_rest(values: tuple[str, ...]) -> str:
    return f"{first(values)} +{len(values) - 1}" if len(values) > 1 else first(values)


def _place(judged: AssessedAsset) -> str:
    return first(judged.asset.ips) or first(judged.asset.macs) or judged.asset.key


def _reasons(alike: Iterable[AssessedAsset]) -> Iterator[str]:
    """Yield why devices have their verdict; the devices of which the same is said stand together."""
    places: dict[str, list[str]] = {}
    for judged in alike:
        found = [one.reason for one in view.telling(judged) if one.verdict in REASONED]
        for reason in dict.fromkeys(found or [judged.judgement.reason]):
            if reason:
                places.setdefault(reason, []).append(_place(judged))
    for reason, where in places.items():
        yield f"- {inert(view.some(where, MOST_NOTES))}: {sentence(reason)}"


def _limited(lines: list[str], most: int) -> list[str]:
    more = len(lines) - most
    return lines[:most] + ([f"- … and {more} more of these; all of them stand in the JSON report"] if more > 0 else [])


def _rules(report: Report) -> Iterator[str]:
    """Yield each rule that gave a verdict, with its effects and its sources."""
    effects: dict[tuple[str, str], Counter[tuple[Verdict, str, str, str]]] = {}
    sources: dict[tuple[str, str], dict[str, None]] = {}
    for judged in report.assets:
        for one in _distinct(judged.judgement.findings):
            named = (one.policy, one.rule)
            effects.setdefault(named, Counter())[one.verdict, one.act, one.force, one.installed] += 1
            sources.setdefault(named, {}).update(dict.fromkeys(one.references))
    for policy, rule in sorted(effects):
        said = sorted(effects[policy, rule].items(), key=lambda item: (URGENCY.index(item[0][0]), item[0][1:]))
        for (verdict, act, force, installed), number in said:
            words = f"{view.verdict_words(verdict)} to {act}, {force}, of equipment already there: {installed}"
            yield f"**{inert(rule)}** ({inert(policy)}): {inert(words)}; {view.counted(number)}"
        yield from (f"Source of {inert(rule)}: {address_of_page(text)}" for text in sorted(sources[policy, rule]))


def _distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings that are more than nothing, one for each effect of a rule."""
    seen = set()
    for one in findings:
        effect = (one.policy, one.rule, one.verdict, one.act, one.force, one.installed)
        if one.verdict is not Verdict.NO_FINDING and effect not in seen:
            seen.add(effect)
            yield one


def _decisions(report: Report) -> Iterator[str]:
    """Yield what stands beside the findings that are not open, each with the devices of which it is said."""
    places: dict[tuple[str, str], list[str]] = {}
    for judged in report.assets:
        for decision in sorted({(one.status, one.status_note) for one in judged.judgement.findings if one.status != "open"}):
            places.setdefault(decision, []).append(_place(judged))
    for (status, note), where in sorted(places.items()):
        yield f"**{status.capitalize()}** ({sentence(', '.join(where))}): {sentence(note.removeprefix('lapsed: '))}"


def _notes(report: Report) -> Iterator[str]:
    yield from (f"Assumed: {sentence(text)}" for text in report.assumptions)
    yield from (f"Warning: {sentence(text)}" for text in report.warnings)
    said = {"Hostile reply": list[str](), "Contradiction": list[str](), "Calls out": list[str](), "Behind": list[str]()}
    for judged in report.assets:
        where = inert(_place(judged))
        fields = view.hostile_fields(judged.asset)
        if fields:
            said["Hostile reply"].append(f"{where} sends terminal control characters in {inert(', '.join(fields))}")
        conflicts = (*judged.asset.conflicts, *judged.identification.conflicts)
        said["Contradiction"] += [f"{where}: {inert(one.kind)}: {sentence(one.detail)}" for one in conflicts]
        said["Calls out"] += [f"{where} {sentence(view.egress_words(report, one))}" for one in judged.egress]
        said["Behind"] += [f"{where}: {sentence(view.channel_words(one))}" for one in judged.channels]
    for label, lines in said.items():
        yield from (f"{label}: {line}" for line in lines[:MOST_NOTES])
        if len(lines) > MOST_NOTES:
            yield f"{label}: … and {len(lines) - MOST_NOTES} more; all of them stand in the JSON report"
