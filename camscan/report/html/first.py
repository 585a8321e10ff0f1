"""The first screen: the answer, the steps that settle most, the devices that need action, what was covered and what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from camscan.model import AssessedAsset, Finding, Report, Verdict
from camscan.policy.totals import URGENCY
from camscan.report import extent, view
from camscan.report.html.evidence import anchor, cut
from camscan.report.pictures import marks

MOST_STEPS = 3
MOST_MAKERS = 3
"""Of one verdict; the others share one line."""
MOST_ADDRESSES = 4
"""Of one maker."""
MOST_RANGES = 4
MOST_GAPS = 5
NAMED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW, Verdict.UNIDENTIFIED})
"""Verdicts of devices that somebody must do something about."""
MOST_LETTERS = 320


@dataclass(frozen=True, slots=True)
class Tally:
    """One verdict with its number."""

    verdict: str
    number: int


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing to do: for how many devices, what, and why."""

    who: str
    what: str
    why: tuple[str, ...] = ()
    outcomes: tuple[tuple[str, str], ...] = ()
    """Answer and the verdict it leads to."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Devices of one verdict and one maker."""

    name: str
    number: int
    labels: str
    """Brands that these devices wear, where they are others than the maker's name."""
    addresses: tuple[tuple[str, str], ...]
    """Id in the page, and address."""


@dataclass(frozen=True, slots=True)
class Group:
    """Devices of which the same verdict is open, by maker."""

    verdict: str
    number: int
    makers: tuple[Maker, ...]


@dataclass(frozen=True, slots=True)
class First:
    """What stands on the first screen."""

    headline: str
    sentences: tuple[str, ...]
    incomplete: tuple[str, ...]
    tallies: tuple[Tally, ...]
    steps: tuple[NextStep, ...]
    steps_left_out: int
    groups: tuple[Group, ...]
    decided: str
    """How many devices are planned or accepted; empty where none is."""
    ranges: tuple[str, ...]
    ranges_left_out: int
    gaps: tuple[str, ...]
    gaps_left_out: int


def first(report: Report) -> First:
    """Return the first screen of a report."""
    counted = view.totals(report)
    steps = tuple(_steps(report))
    ranges = tuple(cut(extent.coverage_words(covered), MOST_LETTERS) for covered in report.coverage)
    gaps = tuple(cut(gap, MOST_LETTERS) for gap in extent.unseen(report))
    return First(
        headline=_headline(report, counted),
        sentences=tuple(_sentences(report, counted)),
        incomplete=() if report.complete else report.incomplete_because or ("the reason was not recorded",),
        tallies=tuple(Tally(name, number) for name, number in (counted.verdicts or {}).items()) if counted.devices else (),
        steps=steps[:MOST_STEPS],
        steps_left_out=max(len(steps) - MOST_STEPS, 0),
        groups=_groups(report),
        decided=_decided(report),
        ranges=ranges[:MOST_RANGES],
        ranges_left_out=max(len(ranges) - MOST_RANGES, 0),
        gaps=gaps[:MOST_GAPS],
        gaps_left_out=max(len(gaps) - MOST_GAPS, 0),
    )


def _headline(report: Report, counted: view.Totals) -> str:
    if not counted.devices:
        return "None found in the ranges covered" if extent.covered(report) else "None found, and no range was covered"
    if counted.verdicts is None:
        return f"{view.counted(counted.devices)} seen; nothing was judged"
    if not counted.at_most:
        return "No device is known to fall under a rule, in the ranges covered"
    return f"At least {counted.at_least}, at most {counted.at_most} devices fall under a rule, in the ranges covered"


def _sentences(report: Report, counted: view.Totals) -> Iterator[str]:
    yield (
        f"{view.counted(counted.devices)} seen. Cameras and recorders: at least {counted.cameras_at_least}, "
        f"at most {counted.cameras_at_most}, in the ranges covered."
    )
    if not report.run.policies:
        yield "No policy was chosen, so nothing was judged."
    if counted.outside_scope:
        yield f"{view.counted(counted.outside_scope)} answered from outside the scope."
    if counted.channels:
        yield f"Recorders told {counted.channels} channels, which are not counted as devices."


def _steps(report: Report) -> Iterator[NextStep]:
    why = tuple(_rules_say(report))
    for sentence in view.first_steps(report):
        who, _, what = sentence.partition(": ")
        yield NextStep(who, what, why)
    for question, outcomes, number in view.questions(report):
        leads = tuple((answer, marks.name_of(verdict)) for answer, verdict in outcomes)
        yield NextStep(view.waiting_words(number), question, outcomes=leads)
    if not report.run.policies:
        yield NextStep("Nothing is judged", "choose a policy: camscan judge RUN --policy NAME")
    if report.incomplete_because:
        yield NextStep("The run is incomplete", f"cover what is missing: {view.some(report.incomplete_because, 2)}")


def _rules_say(report: Report) -> Iterator[str]:
    """Yield what the rules say that reach most devices for certain, in their own words."""
    said: Counter[str] = Counter()
    for judged in report.assets:
        if view.open_verdict(judged) in (Verdict.PROHIBITED, Verdict.RESTRICTED):
            said.update({step.text for one in view.undecided(judged) for step in one.action if step.name == "rule"})
    for text, _ in sorted(said.items(), key=lambda item: (-item[1], item[0]))[:2]:
        yield cut(text, MOST_LETTERS)


def _groups(report: Report) -> tuple[Group, ...]:
    found: dict[Verdict, dict[str, list[int]]] = {}
    for number, judged in enumerate(report.assets):
        verdict = view.open_verdict(judged)
        if verdict is not None:
            name = view.name_of(report, judged.identification.maker) or "maker not established"
            found.setdefault(verdict, {}).setdefault(name, []).append(number)
    return tuple(
        Group(
            marks.name_of(verdict),
            sum(map(len, found[verdict].values())),
            tuple(_makers(report, sorted(found[verdict].items(), key=lambda item: (-len(item[1]), item[0])))),
        )
        for verdict in URGENCY
        if verdict in found
    )


def _makers(report: Report, ordered: list[tuple[str, list[int]]]) -> Iterator[Maker]:
    """Yield the makers of most devices, and the others on one line."""
    shown = ordered if len(ordered) == MOST_MAKERS + 1 else ordered[:MOST_MAKERS]
    rest = ordered[len(shown) :]
    for name, members in shown:
        labels = {view.name_of(report, report.assets[number].identification.brand) for number in members} - {None, name}
        worn = view.some((cut(label, 40) for label in sorted(filter(None, labels))), 5)
        yield Maker(cut(name, 60), len(members), worn, _places(report, members))
    if rest:
        members = [number for _, numbers in rest for number in numbers]
        names = view.some((cut(name, 30) for name, _ in rest), 6)
        yield Maker(f"{len(rest)} other makers: {names}", len(members), "", _places(report, members))


def _places(report: Report, members: list[int]) -> tuple[tuple[str, str], ...]:
    return tuple((anchor(number), _address(report.assets[number])) for number in members[:MOST_ADDRESSES])


def _address(judged: AssessedAsset) -> str:
    asset = judged.asset
    return asset.ips[0] if asset.ips else asset.macs[0] if asset.macs else cut(asset.key, 40)


def _decided(report: Report) -> str:
    counted: Counter[str] = Counter()
    for judged in report.assets:
        if judged.judgement.verdict in NAMED and view.open_verdict(judged) is None:
            counted.update({_status(view.decisive(judged))})
    return ", ".join(f"{number} {status}" for status, number in sorted(counted.items()))


def _status(findings: tuple[Finding, ...]) -> str:
    return "planned" if any(finding.status == "planned" for finding in findings) else "accepted"
