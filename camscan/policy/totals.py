"""Totals over judged assets: what comes first, what one answer would settle, and how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypedDict

from camscan.model import CAMERA_KINDS, RECORDER_KINDS, AssessedAsset, Confidence, Verdict, address_order

URGENCY = (
    Verdict.PROHIBITED,
    Verdict.RESTRICTED,
    Verdict.REVIEW,
    Verdict.UNIDENTIFIED,
    Verdict.NOT_ASSESSED,
    Verdict.NO_FINDING,
    Verdict.NOT_APPLICABLE,
)
"""Verdicts in the order in which a reader wants them."""
CONFIRMED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED})
POSSIBLE = frozenset({Verdict.REVIEW, Verdict.UNIDENTIFIED})

WAITING = frozenset({"open", "lapsed"})
"""Status of a finding for which nothing has been decided; what is accepted or planned waits for nobody's next step."""

Outcomes = tuple[tuple[str, Verdict], ...]


class Standing(Protocol):
    """A finding as far as it says what is open."""

    @property
    def verdict(self) -> Verdict: ...

    @property
    def status(self) -> str: ...


class Counts(TypedDict):
    """How many assets there are of what. `verdicts` is None where nothing was judged, and so are the totals built on it."""

    assets: int
    cameras: int
    """Camera-like devices, whoever made them."""
    recorders: int
    """Of those, recorders; what is behind them is never counted as a device."""
    outside_scope: int
    verdicts: dict[str, int] | None
    confirmed: int | None
    """prohibited and restricted"""
    possible: int | None
    """review and unidentified"""
    not_assessed: int | None
    at_least: int
    """Devices that a rule reaches for certain; cameras identified for certain where nothing was judged."""
    at_most: int
    """All that may be among them, silent hosts included."""


def open_verdict(verdict: Verdict | None, findings: Sequence[Standing]) -> Verdict | None:
    """Return the strongest verdict of a device that is neither accepted nor planned, of those that an exit code knows; None for none.

    verdict: its overall one. It may be stronger: then what gives it is decided, and something weaker is not.
    """
    if verdict is Verdict.UNIDENTIFIED:
        return verdict
    if verdict is None or not _counts(verdict):
        return None
    return min(
        (one.verdict for one in findings if one.status in WAITING and _counts(one.verdict)), key=URGENCY.index, default=None
    )


def _counts(verdict: Verdict) -> bool:
    return verdict in CONFIRMED or verdict is Verdict.REVIEW


def urgency(assessed: AssessedAsset) -> tuple[object, ...]:
    """Return a key that sorts the most urgent first, then by address; assets that were not judged sort by what they are."""
    verdict = assessed.judgement.verdict
    rank = URGENCY.index(verdict) if verdict is not None else (0 if assessed.identification.kind in CAMERA_KINDS else 1)
    ips = sorted(address_order(ip) for ip in assessed.asset.ips)
    return (rank, ips[0] if ips else address_order(None), assessed.asset.key)


def group_by_settle(assets: Iterable[AssessedAsset]) -> list[tuple[str, Outcomes, int]]:
    """Return each question that would change verdicts, what each answer leads to, and how many devices wait; most first.

    A device counts for each question whose answer could change its overall verdict; what its other findings leave stands.
    """
    waiting: dict[tuple[str, Outcomes], int] = {}
    for assessed in assets:
        for question, outcomes in _steps(assessed).items():
            waiting[question, outcomes] = waiting.get((question, outcomes), 0) + 1
    ordered = sorted(waiting.items(), key=lambda item: (-item[1], item[0]))
    return [(question, outcomes, count) for (question, outcomes), count in ordered]


def counts(assets: Iterable[AssessedAsset]) -> Counts:
    """Return the totals. The verdicts add up to the assets, which is checked; `outside_scope` stands beside, not apart."""
    listed = tuple(assets)
    kinds = [item.identification.kind for item in listed]
    cameras = sum(kind in CAMERA_KINDS for kind in kinds)
    verdicts = [item.judgement.verdict for item in listed]
    judged = None not in verdicts and bool(verdicts)
    tally = {str(verdict): verdicts.count(verdict) for verdict in URGENCY}
    confirmed = sum(verdict in CONFIRMED for verdict in verdicts)
    possible = sum(verdict in POSSIBLE for verdict in verdicts)
    silent = verdicts.count(Verdict.NOT_ASSESSED)
    certain = sum(
        item.identification.kind in CAMERA_KINDS and item.identification.confidence in (Confidence.FIRM, Confidence.CERTAIN)
        for item in listed
    )
    if judged:
        assert sum(tally.values()) == len(listed), "every asset has exactly one verdict"
    return Counts(
        assets=len(listed),
        cameras=cameras,
        recorders=sum(kind in RECORDER_KINDS for kind in kinds),
        outside_scope=sum(item.asset.outside_scope for item in listed),
        verdicts=tally if judged else None,
        confirmed=confirmed if judged else None,
        possible=possible if judged else None,
        not_assessed=silent if judged else None,
        at_least=confirmed if judged else certain,
        at_most=confirmed + possible + silent if judged else cameras + kinds.count("unknown"),
    )


def _steps(assessed: AssessedAsset) -> dict[str, Outcomes]:
    """Return the questions of one device, each answer with the overall verdict that it would leave."""
    verdict, findings = assessed.judgement.verdict, assessed.judgement.findings
    if verdict is None:
        return {}
    found: dict[str, Outcomes] = {}
    for question in sorted({finding.settle.question for finding in findings if finding.settle is not None}):
        asked = [finding.settle for finding in findings if finding.settle is not None and finding.settle.question == question]
        rest = [finding.verdict for finding in findings if finding.settle is None or finding.settle.question != question]
        answers = {answer: outcome for settle in asked for answer, outcome in settle.outcomes}
        for settle in asked:
            for answer, outcome in settle.outcomes:
                answers[answer] = _stronger(answers[answer], outcome)
        overall = {answer: _with_the_rest(outcome, rest) for answer, outcome in answers.items()}
        if any(outcome is not verdict for outcome in overall.values()):
            found[question] = tuple(overall.items())
    return found


def _with_the_rest(outcome: Verdict, rest: list[Verdict]) -> Verdict:
    standing = [verdict for verdict in rest if _counts(verdict)]
    return min((outcome, *standing), key=URGENCY.index)


def _stronger(one: Verdict, other: Verdict) -> Verdict:
    return min(one, other, key=URGENCY.index)
