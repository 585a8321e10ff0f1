"""One page of totals to hand out: by policy, verdict, maker and year of first sight, with coverage and method.

No address, site, model, serial or name of anything or anyone is in it: numbers stand for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from camscan.model import AssessedAsset, Report, Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.policy.totals import URGENCY
from camscan.report import extent, view
from camscan.report.columns import wrap
from camscan.report.escape import visible
from camscan.report.rows import first_seen
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_without_places

NAME = "brief"
SUFFIX = ".brief.txt"
MOST_LINES = 12
"""Lines of one list, so that the whole stays one page."""
NOT_COUNTED = frozenset({Verdict.NOT_APPLICABLE, Verdict.NOT_ASSESSED})
"""Of devices with these verdicts no maker is told: they are something else, or nothing is known."""
UNNAMED = "maker not established"
ASKED = "Each device was asked in the protocols named above, within a fixed budget of packets and connections; no password was guessed."
HEARD = "Nothing was asked: what devices say by themselves was heard, or read from files."
METHOD = (
    "A maker is whose design and firmware a device shows; that the same company produced the unit is an inference.",
    "A verdict is about the equipment under a named rule, not about anyone's conduct; every total is a range, and stands for what was covered alone.",
)


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the page as text. width: columns of a terminal, None for a pipe or a file, where no line is wrapped."""
    marking = [report.run.marking] if report.run.marking else []
    blocks = [
        marking,
        list(_head(report)),
        list(_answer(report)),
        *(_listed(title, lines) for title, lines in _lists(report)),
        _listed("Coverage", coverage_without_places(report)),
        _listed("Method", (ASKED if any(attempt.sent for attempt in report.attempts) else HEARD, *METHOD)),
        marking,
    ]
    return "\n\n".join("\n".join(_shown(block, width)) for block in blocks if block) + "\n"


def _shown(lines: Iterable[str], width: int | None) -> Iterator[str]:
    return (piece for line in lines for piece in wrap(visible(line), width, "    "))


def _listed(title: str, lines: Iterable[str]) -> list[str]:
    listed = [f"  {line}" for line in lines]
    return [title, *listed] if listed else []


def _head(report: Report) -> Iterator[str]:
    yield "CAMERAS AND RECORDERS: TOTALS"
    yield f"Begun {view.moment(report.run.started_at)}. {NOT_LEGAL_ADVICE}"
    if not report.complete:
        partly = sum(not coverage.complete for coverage in report.coverage)
        yield f"INCOMPLETE: {partly} of {len(report.coverage)} ranges not covered to the end, {_reasons(len(report.incomplete_because))}"


def _reasons(number: int) -> str:
    return "1 reason on record" if number == 1 else f"{number} reasons on record"


def _answer(report: Report) -> Iterator[str]:
    counted, ranges = view.totals(report), len(extent.covered(report))
    place = "the 1 range covered" if ranges == 1 else f"the {ranges} ranges covered"
    yield f"{view.counted(counted.devices)} seen in {place}."
    yield f"Cameras and recorders: at least {counted.cameras_at_least}, at most {counted.cameras_at_most}."
    if counted.recorders:
        told = "a number not known" if counted.channels is None else f"{counted.channels} by their own word"
        yield f"Recorders among them: {counted.recorders}; cameras behind recorders, not counted above: {told}."
    if counted.verdicts is None:
        yield "Nothing was judged: no policy was chosen."
    else:
        yield f"Under a rule: at least {counted.at_least}, at most {counted.at_most}."


def _lists(report: Report) -> Iterator[tuple[str, list[str]]]:
    counted = view.totals(report)
    if counted.verdicts is not None:
        verdicts = [f"{view.verdict_words(Verdict(verdict))}: {number}" for verdict, number in counted.verdicts.items()]
        yield "By verdict", verdicts
        yield "By policy, each device by its strongest finding", [_policy_line(report, name) for name in report.run.policies]
    named = [judged for judged in report.assets if judged.judgement.verdict not in NOT_COUNTED]
    names = dict(report.display)
    yield "By maker", _grouped(named, lambda judged: names.get(judged.identification.maker or "", UNNAMED))
    yield "By year of first sight by camscan, never of installation", _years(named)
    decided = sum(any(one.status in ("planned", "accepted") for one in judged.judgement.findings) for judged in report.assets)
    if decided:
        yield "Decisions on record", [f"{view.counted(decided)} with a plan or decision of their owner: {NO_WAIVER}"]


def _policy_line(report: Report, policy: str) -> str:
    strongest: Counter[Verdict] = Counter()
    for judged in report.assets:
        found = [finding.verdict for finding in judged.judgement.findings if finding.policy == policy]
        if found:
            strongest[min(found, key=URGENCY.index)] += 1
    return f"{policy}: {_verdicts(strongest) or 'no finding about any device'}"


def _verdicts(counted: Counter[Verdict]) -> str:
    return ", ".join(f"{counted[verdict]} {view.verdict_words(verdict)}" for verdict in URGENCY if counted[verdict])


def _grouped(devices: Iterable[AssessedAsset], name_of: Callable[[AssessedAsset], str]) -> list[str]:
    """Return a line for each name, most devices first, with their verdicts; what is too much for the page in one line."""
    groups: dict[str, Counter[Verdict | None]] = {}
    for judged in devices:
        groups.setdefault(name_of(judged), Counter())[judged.judgement.verdict] += 1
    ordered = sorted(groups.items(), key=lambda item: (-item[1].total(), item[0]))
    lines = []
    for name, counted in ordered[:MOST_LINES]:
        verdicts = _verdicts(Counter({verdict: number for verdict, number in counted.items() if verdict is not None}))
        lines.append(f"{name}: {counted.total()}" + (f" ({verdicts})" if verdicts else ""))
    rest = ordered[MOST_LINES:]
    return lines + ([f"{len(rest)} others: {sum(counted.total() for _, counted in rest)}"] if rest else [])


def _years(devices: Iterable[AssessedAsset]) -> list[str]:
    counted = Counter(first_seen(judged).year for judged in devices)
    years = sorted(counted)
    early, late = years[:-MOST_LINES], years[-MOST_LINES:]
    before = [f"before {late[0]}: {sum(counted[year] for year in early)}"] if early else []
    return [*before, *(f"{year}: {counted[year]}" for year in late)]
