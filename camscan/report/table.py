"""The table for people: devices by urgency, then rules and coverage, then answer, not seen, because and next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from camscan.identify.attachment import in_words
from camscan.model import Report, Verdict
from camscan.policy.totals import URGENCY
from camscan.report import summary, view
from camscan.report.columns import wrap
from camscan.report.escape import visible
from camscan.report.listing import PLAIN, Style, listing, place_of
from camscan.report.statement import statement_lines

NAME = "table"
SUFFIX = ".txt"

MOST_NAMED = 8
"""Ranges, makers, reasons or devices named on one line or in one list; the rest is a number."""
MOST_CALLS = 4
"""Destinations of one device."""

_TO_BE_FOUND = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW, Verdict.UNIDENTIFIED, None})


class StyledTable:
    """The table with columns that a person chose."""

    NAME = NAME
    SUFFIX = SUFFIX

    def __init__(self, style: Style) -> None:
        self._style = style

    def render(self, report: Report, *, width: int | None = None, color: bool = False) -> str:
        """Return the report as text."""
        return render(report, width=width, color=color, style=self._style)


def render(report: Report, *, width: int | None = None, color: bool = False, style: Style = PLAIN) -> str:
    """Return the report as text. width: columns of a terminal, None for a pipe or a file, where no line is wrapped."""
    marking = [report.run.marking] if report.run.marking else []
    devices = listing(report, width=width, color=color, style=style)
    coverage = list(statement_lines(report))
    coverage_first, coverage_later = ([], coverage) if _found_anything(report) else (coverage, [])
    blocks = [
        _text(marking, width),
        _text(summary.head(report), width),
        _text(coverage_first, width),
        devices.lines,
        [] if "port" in devices.names else _text(_ports(report), width),
        _text(_egress(report), width),
        _text(_without_findings(report), width),
        _text(_rules(report), width),
        _text(_statuses(report), width),
        _text(coverage_later, width),
        _text(_notes(report), width),
        [_emphasised(line) if color else line for line in _text(summary.closing(report), width)],
        _text(marking, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _text(lines: Iterable[str], width: int | None) -> list[str]:
    return [piece for line in lines for piece in wrap(visible(line), width, "  ")]


def _emphasised(line: str) -> str:
    """Return a line with its first word in bold, where it has a heading."""
    heading, colon, rest = line.partition(":")
    return line if line.startswith(" ") else f"\x1b[1m{heading}\x1b[0m{colon}{rest}"


def _ports(report: Report) -> list[str]:
    """Name the switch port of each device that a rule reaches or may reach."""
    return [
        f"{place_of(judged)}: {in_words(judged.attached_to)}"
        for judged in report.assets
        if judged.attached_to is not None and judged.judgement.verdict in _TO_BE_FOUND
    ]


def _egress(report: Report) -> list[str]:
    """Name whom devices were overheard to call beyond the site."""
    calling = [judged for judged in report.assets if judged.egress]
    lines = []
    for judged in calling[:MOST_NAMED]:
        where = place_of(judged)
        lines += [f"Calls out: {where} {view.egress_words(report, one)}" for one in judged.egress[:MOST_CALLS]]
        rest = len(judged.egress) - MOST_CALLS
        lines += [f"Calls out: {where} and {rest} more; all of them: camscan explain"] if rest > 0 else []
    rest = len(calling) - MOST_NAMED
    return lines + ([f"Calls out: and {view.counted(rest)} more; all of them stand in the JSON report"] if rest > 0 else [])


def _without_findings(report: Report) -> list[str]:
    """Say once why devices without a finding have the verdict they have, and which they are."""
    alike: dict[tuple[Verdict, str], list[str]] = {}
    for judged in report.assets:
        verdict, reason = judged.judgement.verdict, judged.judgement.reason
        if verdict is not None and reason and not view.decisive(judged):
            alike.setdefault((verdict, reason), []).append(place_of(judged))
    return [
        f"{view.verdict_words(verdict).capitalize()} ({view.some(where, MOST_NAMED)}): {reason}"
        for (verdict, reason), where in sorted(alike.items(), key=lambda item: (URGENCY.index(item[0][0]), item[0][1]))
    ]


def _rules(report: Report) -> list[str]:
    """Name each rule that gave a verdict, with its effects and its sources."""
    effects: dict[tuple[str, str], Counter[tuple[Verdict, str, str, str]]] = {}
    sources: dict[tuple[str, str], set[str]] = {}
    for judged in report.assets:
        found = [finding for finding in judged.judgement.findings if finding.verdict is not Verdict.NO_FINDING]
        for named in {(finding.policy, finding.rule) for finding in found}:
            own = [finding for finding in found if (finding.policy, finding.rule) == named]
            effects.setdefault(named, Counter()).update({(f.verdict, f.act, f.force, f.installed) for f in own})
            sources.setdefault(named, set()).update(reference for f in own for reference in f.references)
    lines = []
    for policy, rule in sorted(effects):
        lines += [
            f"Rule {rule} ({policy}): {view.verdict_words(verdict)} to {act}, {force}, "
            f"of equipment already there: {installed}; {view.counted(number)}"
            for (verdict, act, force, installed), number in sorted(
                effects[policy, rule].items(), key=lambda item: (URGENCY.index(item[0][0]), item[0][1:])
            )
        ]
        lines += [f"Source of {rule}: {source}" for source in sorted(sources[policy, rule])]
    return lines


def _statuses(report: Report) -> list[str]:
    """Say of every finding that is not open what stands beside it; devices of which the same is said stand together."""
    alike: dict[tuple[str, str], list[str]] = {}
    for judged in report.assets:
        for status, note in sorted({(f.status, f.status_note) for f in judged.judgement.findings if f.status != "open"}):
            alike.setdefault((status, note), []).append(place_of(judged))
    return [
        f"{status.capitalize()} ({', '.join(where)}): {note.removeprefix('lapsed: ')}"
        for (status, note), where in sorted(alike.items())
    ]


def _found_anything(report: Report) -> bool:
    """Return whether there is a finding; a report without any begins with what it covered."""
    return any(finding.verdict is not Verdict.NO_FINDING for judged in report.assets for finding in judged.judgement.findings)


def _notes(report: Report) -> list[str]:
    notes = [f"Assumed: {assumption}" for assumption in report.assumptions]
    notes += [f"Warning: {warning}" for warning in report.warnings]
    contradictions, hostile = [], []
    for judged in report.assets:
        where = place_of(judged)
        conflicts = (*judged.asset.conflicts, *judged.identification.conflicts)
        contradictions += [f"Contradiction: {where}: {conflict.kind}: {conflict.detail}" for conflict in conflicts]
        fields = view.hostile_fields(judged.asset)
        if fields:
            hostile.append(
                f"Hostile reply: {where} sends control characters, hidden text, formulas or markup in {', '.join(fields)}"
            )
    for found in (contradictions, hostile):
        notes += found[:MOST_NAMED]
        notes += [f"… and {len(found) - MOST_NAMED} more of these"] if len(found) > MOST_NAMED else []
    return notes
