"""What a rule's effect comes to on one device, and the cheapest step that would settle it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from camscan.model import Because, Settle, Verdict
from camscan.policy.logic import Key, Open, Statement, Truth, all_of, reasons
from camscan.policy.reach import Reach, conditions_hold, fact_point, identity, reach, text_is_settled
from camscan.policy.rules import Case, Effect, PolicySet, Rule
from camscan.policy.situation import Situation

COST: dict[Because, int] = {
    "site": 0, "purpose": 1, "date": 2, "identity": 3, "relabel": 3, "ownership": 4, "component": 5, "rule-text": 6,
}  # fmt: skip
"""How dear a step is: one answer about a site serves every device there, a rule's text needs a lawyer."""

ASKED_OF_IDENTITY = frozenset({"maker", "kind", "rule-text"})
"""Points on who made a device, what it is, and whether the text was read: a definition's own words do not hang on them."""

STRONG = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED})
STRENGTH = (Verdict.NO_FINDING, Verdict.REVIEW, Verdict.RESTRICTED, Verdict.PROHIBITED)
"""Verdicts of findings, weakest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An effect's verdict, the row of its table that speaks, and what is open."""

    verdict: Verdict | None
    """None: no finding arises."""
    case: Case | None
    points: tuple[Open, ...] = ()
    because: tuple[Because, ...] = ()


class Ruling:
    """One rule in one situation: its effects, and what they would be under each answer to what is open.

    It holds nothing of a device but what rules ask about, so that equal devices share it.
    """

    def __init__(self, rule: Rule, policy: PolicySet, situation: Situation) -> None:
        self.rule, self.policy, self.situation = rule, policy, situation
        self.reach: Reach = reach(rule, policy, situation)
        self.decisions = self._decide(situation, self.reach)
        """One for each effect of the rule, in its order."""
        self._answered: dict[tuple[Key, Truth | str | date], tuple[Decision, ...]] = {}
        self._settled: dict[Decision, Settle | None] = {}

    def settle(self, decision: Decision) -> Settle | None:
        """Return the step that would decide a finding at review, each answer tried by judging again with it.

        It is the one that leaves fewest answers at review, then the one that most findings of the rule wait for, then the
        cheapest. An answer's outcome is the strongest of all effects of the rule that hang on it.
        """
        if decision not in self._settled:
            self._settled[decision] = self._cheapest(decision)
        return self._settled[decision]

    def _cheapest(self, decision: Decision) -> Settle | None:
        steps = []
        for point in decision.points:
            hanging = tuple(number for number, effect in enumerate(self.rule.effects) if self._hangs(effect, number, point))
            outcomes = tuple((label, self._outcome(point, answer, hanging)) for label, answer in point.answers)
            undecided = sum(verdict is Verdict.REVIEW for _, verdict in outcomes)
            waiting = sum(self.decisions[number].verdict is not None for number in hanging)
            asked = list(self.policy.asks).index(point.key[1]) if point.key[0] == "fact" else 0
            steps.append((undecided, -waiting, COST[point.because], asked, point.question, outcomes))
        if not steps:
            return None
        *_, question, outcomes = min(steps)
        return Settle(question=question, outcomes=outcomes)

    def _hangs(self, effect: Effect, number: int, point: Open) -> bool:
        return point.key[-1] in effect.asked_elsewhere or point.key in {item.key for item in self.decisions[number].points}

    def _outcome(self, point: Open, answer: Truth | str | date, hanging: tuple[int, ...]) -> Verdict:
        asked = (point.key, answer)
        if asked not in self._answered:
            supposed = self.situation.suppose(point.key, answer)
            moved = reach(self.rule, self.policy, supposed) if self._bears_on_reach(point.key) else self.reach
            self._answered[asked] = self._decide(supposed, moved)
        decided = [self._answered[asked][number].verdict for number in hanging]
        found = [verdict for verdict in decided if verdict is not None]
        if found:
            return max(found, key=STRENGTH.index)
        return point.falls_to if answer is Truth.FALSE else Verdict.NO_FINDING

    def _bears_on_reach(self, key: Key) -> bool:
        """Return whether the answer to a point can change whom the rule's definition covers."""
        if key[0] == "fact":
            return any(condition.fact == key[1] for limb in self.rule.limbs for condition in limb.when)
        return key[0] not in ASKED_OF_IDENTITY

    def _decide(self, situation: Situation, reached: Reach) -> tuple[Decision, ...]:
        definition = reached.statement
        if definition.truth is not Truth.FALSE:
            definition = all_of((definition, identity(situation), text_is_settled(self.rule, situation)))
        return tuple(decide(effect, definition, self.policy, situation) for effect in self.rule.effects)


@lru_cache(maxsize=1024)
def ruling(rule: str, policy: str, situation: Situation) -> Ruling:
    """Return the ruling of a rule of the situation's book, worked out once for all devices of which rules ask the same."""
    book = situation.book
    return Ruling(book.rules[rule], book.sets.get(policy) or book.singles[policy], situation)


def decide(effect: Effect, definition: Statement, policy: PolicySet, situation: Situation) -> Decision:
    """Return what an effect comes to: its table's verdict, capped at review while the definition or the site is open."""
    if definition.truth is Truth.FALSE:
        return Decision(verdict=None, case=None)
    rows, falls_off = _possible(effect, policy, situation)
    speaking = [case for case, _ in rows if case.verdict is not None]
    if not speaking:
        return Decision(verdict=None, case=rows[-1][0] if rows else None)
    case, points = speaking[-1], definition.open
    if falls_off or len({row.verdict for row, _ in rows}) > 1:
        points = tuple(dict.fromkeys((*(point for _, part in rows for point in part.open), *points)))
        return Decision(verdict=Verdict.REVIEW, case=case, points=points, because=reasons(points))
    if case.verdict is Verdict.REVIEW and case.asks is not None:
        points = (fact_point(case.asks, policy, situation), *points)
        return Decision(verdict=Verdict.REVIEW, case=case, points=points, because=_joined(case.because, points))
    if case.verdict in STRONG and points:
        return Decision(verdict=Verdict.REVIEW, case=case, points=points, because=reasons(points))
    return Decision(verdict=case.verdict, case=case, because=case.because)


def _possible(effect: Effect, policy: PolicySet, situation: Situation) -> tuple[list[tuple[Case, Statement]], bool]:
    """Return the rows that may decide, and whether it may also be that none does."""
    rows: list[tuple[Case, Statement]] = []
    for case in effect.cases:
        if (case.since and case.since > situation.as_of) or (case.until and case.until < situation.as_of):
            continue
        if any(item.fact in effect.asked_elsewhere and situation.fact(item.fact) is None for item in case.when):
            continue
        holds = conditions_hold(case.when, policy, situation)
        if holds.truth is not Truth.FALSE:
            rows.append((case, holds))
        if holds.truth is Truth.TRUE:
            return rows, False
    return rows, True


def _joined(first: tuple[Because, ...], points: tuple[Open, ...]) -> tuple[Because, ...]:
    found = reasons(points)
    return (*first, *(because for because in found if because not in first))
