"""The table for people: devices by urgency, then rules and coverage, then answer, not seen, because and next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from camscan.identify.attachment import in_words
from camscan.model import AssessedAsset, CoverageLevel, Report, Verdict
from camscan.policy.totals import URGENCY
from camscan.report import view
from camscan.report.columns import Row, lay_out, wrap
from camscan.report.escape import visible
from camscan.report.statement import NOT_LEGAL_ADVICE, statement_lines

NAME = "table"
SUFFIX = ".txt"

WIDE = 120
"""Columns from which MAC addresses and rules stand in the table too."""
MOST_NAMED = 8
"""Ranges, makers, reasons or devices named on one line or in one list; the rest is a number."""
MOST_STEPS = 2
MOST_CALLS = 4
"""Destinations of one device."""

_TO_BE_FOUND = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW, Verdict.UNIDENTIFIED, None})

NOTHING_STATED = "class, zone and purpose not stated"

_COLORS = {
    Verdict.PROHIBITED: "1;31",
    Verdict.RESTRICTED: "31",
    Verdict.REVIEW: "33",
    Verdict.UNIDENTIFIED: "35",
    Verdict.NOT_ASSESSED: "36",
}


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the report as text. width: columns of a terminal, None for a pipe or a file, where no line is wrapped."""
    marking = [report.run.marking] if report.run.marking else []
    closing = [
        line
        if not color
        else f"\x1b[1m{line[: line.index(':')]}\x1b[0m{line[line.index(':') :]}"
        if not line.startswith(" ")
        else line
        for line in _text(_closing(report), width)
    ]
    coverage = list(statement_lines(report))
    coverage_first, coverage_later = ([], coverage) if _found_anything(report) else (coverage, [])
    blocks = [
        _text(marking, width),
        _text(_head(report), width),
        _text(coverage_first, width),
        _devices(report, width, color),
        _text(_ports(report, width), width),
        _text(_egress(report), width),
        _text(_without_findings(report), width),
        _text(_rules(report), width),
        _text(_statuses(report), width),
        _text(coverage_later, width),
        _text(_notes(report), width),
        closing,
        _text(marking, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _text(lines: Iterable[str], width: int | None) -> list[str]:
    return [piece for line in lines for piece in wrap(visible(line), width, "  ")]


def _head(report: Report) -> list[str]:
    run, scope = report.run, report.scope
    judged_by = ", ".join(run.policies) if run.policies else "none chosen, nothing was judged"
    used = Counter(judged.site for judged in report.assets if judged.site is not None)
    stated = view.stated_words(run.site)
    authority = f"Authorised by: {scope.authorised_by or 'not stated'}"
    authority += f"; reference {scope.reference}" if scope.reference else ""
    authority += f"; scope file SHA-256 {scope.sha256}" if scope.sha256 else ""
    lines = [
        f"camscan {run.version} · {run.command} · site {run.site.name} · {view.moment(run.started_at)} · run {run.id}",
        f"Policy: {judged_by}; as of {run.as_of.isoformat()}; fingerprints {run.data_version}. {NOT_LEGAL_ADVICE}",
        f"Site: {stated or NOTHING_STATED}",
        *(
            f"Site {site.name} ({', '.join(site.ranges)}): {view.stated_words(site) or NOTHING_STATED}; {_devices_words(used[site])}"
            for site in run.sites
            if site in used
        ),
        authority,
    ]
    if scope.exclude:
        lines.append(f"Excluded: {', '.join(scope.exclude)}")
    lines += [
        f"{what}: {used.file}, {used.entries} recorded, {len(used.used)} held, {len(used.lapsed)} lapsed"
        for what, used in (("Attestations", run.attestations), ("Exceptions", run.exceptions))
        if used is not None
    ]
    if run.inputs:
        lines.append(f"Read: {', '.join(run.inputs)}")
    return lines


def _devices(report: Report, width: int | None, color: bool) -> list[str]:
    if not report.assets:
        return []
    wide = width is None or width >= WIDE
    header = ["verdict"] if report.run.policies else []
    ports = wide and any(judged.attached_to for judged in report.assets)
    header += ["address", *(["mac"] if wide else []), *(["switch port"] if ports else [])]
    header += ["brand → maker", "model", "kind", "confidence, why"]
    rows = [[visible(cell) for cell in _row(report, judged, wide, ports)] for judged in report.assets]

    def paint(number: int, piece: str) -> str:
        verdict = report.assets[number].judgement.verdict
        shade = _COLORS.get(verdict) if verdict is not None else None
        return f"\x1b[{shade}m{piece}\x1b[0m" if shade and piece.strip() else piece

    return lay_out(header, rows, width=width, paint=paint if color and report.run.policies else None)


def _row(report: Report, judged: AssessedAsset, wide: bool, ports: bool) -> Row:
    asset, known = judged.asset, judged.identification
    cells = [_verdict(judged)] if report.run.policies else []
    cells.append(_address(judged, wide))
    if wide:
        cells.append(_first_and_rest(asset.macs) or "-")
    if ports:
        cells.append(in_words(judged.attached_to) if judged.attached_to else "-")
    cells.append(view.brand_and_maker(report, known))
    cells.append(known.model or "-")
    cells.append("?" if known.kind == "unknown" else f"{known.kind} ({known.form})" if known.form else known.kind)
    cells.append(_why(judged, wide))
    return cells


def _verdict(judged: AssessedAsset) -> str:
    if judged.judgement.verdict is None:
        return "-"
    statuses = {finding.status for finding in view.decisive(judged)} - {"open"}
    return view.verdict_words(judged.judgement.verdict) + (f" ({', '.join(sorted(statuses))})" if statuses else "")


def _address(judged: AssessedAsset, wide: bool) -> str:
    """Return the first address; where none is known, the MAC if no other column shows it."""
    return _first_and_rest(judged.asset.ips) or ("-" if wide else _first_and_rest(judged.asset.macs)) or "-"


def _first_and_rest(values: tuple[str, ...]) -> str:
    return "" if not values else values[0] if len(values) == 1 else f"{values[0]} +{len(values) - 1}"


def _why(judged: AssessedAsset, wide: bool) -> str:
    findings = view.decisive(judged)
    parts = [str(judged.identification.confidence or "-")]
    if judged.asset.outside_scope:
        parts.append("outside scope")
    if judged.asset.conflicts or judged.identification.conflicts:
        parts.append("contradiction")
    if wide:
        parts += sorted({finding.rule for finding in findings if finding.verdict is not Verdict.NO_FINDING})
    parts += sorted({str(reason) for finding in findings for reason in finding.because})
    return "; ".join(parts)


def _ports(report: Report, width: int | None) -> list[str]:
    """Name the switch port of each device that a rule reaches or may reach, where the table is too narrow for it."""
    if width is None or width >= WIDE:
        return []
    return [
        f"{_address(judged, wide=False)}: {in_words(judged.attached_to)}"
        for judged in report.assets
        if judged.attached_to is not None and judged.judgement.verdict in _TO_BE_FOUND
    ]


def _egress(report: Report) -> list[str]:
    """Name whom devices were overheard to call beyond the site."""
    calling = [judged for judged in report.assets if judged.egress]
    lines = []
    for judged in calling[:MOST_NAMED]:
        where = _address(judged, wide=False)
        lines += [f"Calls out: {where} {view.egress_words(report, one)}" for one in judged.egress[:MOST_CALLS]]
        rest = len(judged.egress) - MOST_CALLS
        lines += [f"Calls out: {where} and {rest} more; all of them: camscan explain"] if rest > 0 else []
    rest = len(calling) - MOST_NAMED
    return lines + ([f"Calls out: and {_devices_words(rest)} more; all of them stand in the JSON report"] if rest > 0 else [])


def _without_findings(report: Report) -> list[str]:
    """Say once why devices without a finding have the verdict they have, and which they are."""
    alike: dict[tuple[Verdict, str], list[str]] = {}
    for judged in report.assets:
        verdict, reason = judged.judgement.verdict, judged.judgement.reason
        if verdict is not None and reason and not view.decisive(judged):
            alike.setdefault((verdict, reason), []).append(_address(judged, wide=False))
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
            f"of equipment already there: {installed}; {_devices_words(number)}"
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
            alike.setdefault((status, note), []).append(_address(judged, wide=False))
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
        where = _address(judged, wide=False)
        conflicts = (*judged.asset.conflicts, *judged.identification.conflicts)
        contradictions += [f"Contradiction: {where}: {conflict.kind}: {conflict.detail}" for conflict in conflicts]
        fields = view.hostile_fields(judged.asset)
        if fields:
            hostile.append(f"Hostile text: {where} sends terminal control characters in {', '.join(fields)}")
    for found in (contradictions, hostile):
        notes += found[:MOST_NAMED]
        notes += [f"… and {len(found) - MOST_NAMED} more of these"] if len(found) > MOST_NAMED else []
    return notes


def _closing(report: Report) -> list[str]:
    return [
        f"Answer: {_answer(report)}",
        f"Not seen: {_not_seen(report)}",
        f"Because: {_because(report)}",
        f"Next: {_next(report)}",
    ]


def _answer(report: Report) -> str:
    counted = view.totals(report)
    covered = view.some((f"{view.place_words(c)} {c.level}" for c in view.covered(report)), MOST_NAMED)
    covered = covered or ("no range was covered" if report.coverage else "evidence read offline, no range was covered")
    cameras = f"at least {counted.cameras_at_least}, at most {counted.cameras_at_most}, in the ranges covered ({covered})"
    cameras += "" if report.complete else "; INCOMPLETE"
    found = (
        f"{_devices_words(counted.devices)} seen, cameras and recorders: {cameras}"
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


def _not_seen(report: Report) -> str:
    missing = []
    blank = [f"{c.range} ({c.detail})" if c.detail else c.range for c in report.coverage if c.level is CoverageLevel.NONE]
    if blank:
        missing.append(f"{view.some(blank, MOST_NAMED)} not covered")
    partly = [view.place_words(c) for c in report.coverage if c.level is not CoverageLevel.NONE and not c.complete]
    if partly:
        missing.append(f"{view.some(partly, MOST_NAMED)} not covered to the end")
    routed = [c.range for c in report.coverage if c.level is CoverageLevel.ROUTED]
    if routed:
        missing.append(f"silent cameras behind a router in {view.some(routed, MOST_NAMED)}")
    if not report.coverage:
        missing.append("everything that the evidence read does not show")
    silent = sum(_is_silent(judged) for judged in report.assets)
    if silent:
        missing.append(f"what {_devices_words(silent)} alive but silent or out of reach may be")
    missing += view.behind_recorders(report)
    unfinished = view.unfinished(report)
    if unfinished:
        missing.append(f"what these would show: {view.some(unfinished, MOST_NAMED)}")
    not_asked = view.not_asked(report)
    if not_asked:
        missing.append(f"what {view.some(not_asked, MOST_NAMED)} would show, not asked for")
    missing.append("equipment that is switched off, on another segment, or silent by design")
    return "; ".join(missing)


def _is_silent(judged: AssessedAsset) -> bool:
    verdict = judged.judgement.verdict
    return verdict is Verdict.NOT_ASSESSED or (verdict is None and judged.identification.confidence is None)


def _because(report: Report) -> str:
    if not report.run.policies:
        return "no policy was chosen"
    reasons = view.reasons_for_review(report)
    if not reasons:
        return "no device waits for review" if report.assets else "nothing to judge"
    return "review for " + view.some((f"{reason} ({_devices_words(number)})" for reason, number in reasons), MOST_NAMED)


def _next(report: Report) -> str:
    advice = [*view.first_steps(report), *view.steps(report)][:MOST_STEPS]
    if not report.run.policies:
        advice.append("choose a policy: camscan judge RUN --policy NAME")
    if report.incomplete_because:
        advice.append(f"cover what is missing: {view.some(report.incomplete_because, MOST_STEPS)}")
    return "; ".join(advice[:MOST_STEPS]) or "nothing waits for an answer"


def _devices_words(number: int) -> str:
    return "1 device" if number == 1 else f"{number} devices"
