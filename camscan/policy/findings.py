"""From a ruling to findings: what is told of each effect, and of a rule that spares the device."""

from __future__ import annotations

from dataclasses import replace

from camscan.model import Finding, Verdict
from camscan.policy.actions import plan
from camscan.policy.effects import Decision, Ruling
from camscan.policy.logic import Truth
from camscan.policy.ownership import belongs, organised
from camscan.policy.reach import conditions_hold
from camscan.policy.rules import Application, Case, Effect
from camscan.policy.sentence import Sight, finding_reason, spared_reason


class FindingsOfRule:
    """A ruling told as findings."""

    def __init__(self, sight: Sight, ruling: Ruling, application: Application, presumed: frozenset[str]) -> None:
        """presumed: names of the site facts that nobody stated."""
        self.sight, self.ruling, self.application, self.presumed = sight, ruling, application, presumed
        self.rule, self.policy, self.situation, self.reach = ruling.rule, ruling.policy, ruling.situation, ruling.reach

    def listed(self) -> list[Finding]:
        """Return a finding for each effect that arises, or the one that says why none does."""
        if self.situation.as_of < self.rule.since:
            return [self._spared("it was not yet in force", self._dated(f"takes effect on {self.rule.since.isoformat()}"))]
        if self.rule.until is not None and self.rule.until < self.situation.as_of:
            return [self._spared("it was no longer in force", self._dated(f"ended on {self.rule.until.isoformat()}"))]
        if self.reach.statement.truth is Truth.FALSE:
            return [self._spared(self.reach.why_not, self._components_noted(), self._spared_assumptions())]
        if self.application.mode == "note":
            return [self._spared("it is told as a note", self.application.note)]
        if self.rule.status == "proposal":
            return [self._spared("it is a proposal and binds nobody", f"{self.rule.id} is a proposal: {self.rule.version}.")]
        decided = zip(self.rule.effects, self.ruling.decisions, strict=True)
        found = [finding for effect, decision in decided if (finding := self._of(effect, decision)) is not None]
        return found or [self._spared(self._why_nothing_arises(), "")]

    def _of(self, effect: Effect, decision: Decision) -> Finding | None:
        if decision.verdict is None or decision.case is None:
            return None
        case, assumptions = decision.case, self._assumptions()
        reason = finding_reason(
            self.sight,
            self.situation,
            self.rule,
            limbs=self.reach.limbs,
            case=case,
            points=decision.points,
            assumptions=assumptions,
            presumed=self.presumed,
        )
        review = decision.verdict is Verdict.REVIEW
        return self._finding(
            decision.verdict,
            effect,
            case,
            reason=reason,
            assumptions=assumptions,
            note=case.note,
            because=decision.because,
            settle=self.ruling.settle(decision) if review else None,
        )

    def _spared(self, why: str, note: str, assumptions: tuple[str, ...] = ()) -> Finding:
        effect = self.rule.effects[0]
        case = effect.cases[0]
        if self.application.mode == "note":
            case = replace(case, force=self.application.force)
        reason = spared_reason(
            self.sight,
            self.situation,
            self.rule,
            limbs=self.reach.limbs,
            why=why,
            assumptions=assumptions,
        )
        return self._finding(Verdict.NO_FINDING, effect, case, reason=reason, assumptions=assumptions, note=note)

    def _finding(self, verdict: Verdict, effect: Effect, case: Case, **rest: object) -> Finding:
        return Finding(
            policy=self.policy.name,
            rule=self.rule.id,
            verdict=verdict,
            act=effect.act,
            force=case.force,
            installed=case.installed,
            references=tuple(reference.text() for reference in self.rule.references),
            evidence=self.sight.evidence,
            action=plan(self.rule, effect, case, verdict, self.situation.book),
            **rest,  # type: ignore[arg-type]
        )

    def _assumptions(self) -> tuple[str, ...]:
        asked = {condition.fact for limb in self.reach.limbs for condition in limb.when}
        asked |= {condition.fact for effect in self.rule.effects for case in effect.cases for condition in case.when}
        presumed = [item.assumption for item in self.policy.presumptions if item.fact in self.presumed & asked]
        kind = self.situation.identification.kind
        taken = [] if self.situation.camera_like else [f"a device of this maker whose kind is {kind} is surveillance equipment"]
        return (*self.rule.assumptions, *presumed, *taken)

    def _spared_assumptions(self) -> tuple[str, ...]:
        rule = self.rule
        idle = self.application.mode == "note" or any(
            conditions_hold((condition,), self.policy, self.situation).truth is Truth.TRUE for condition in rule.spared_unless
        )
        return (rule.spared_assumption,) if rule.spared_assumption and not idle else ()

    def _components_noted(self) -> str:
        rule, situation = self.rule, self.situation
        subjects = [limb.subject for limb in rule.limbs]
        for part in situation.identification.components:
            for subject in subjects:
                reached = (
                    organised(part, subject, situation)
                    if subject.kind == "jurisdiction"
                    else belongs(part, subject.members, situation)
                )
                if rule.component_note and reached.truth is not Truth.FALSE:
                    return rule.component_note
        return ""

    def _dated(self, what: str) -> str:
        return f"{self.rule.id} {what}; judged as of {self.situation.as_of.isoformat()}."

    def _why_nothing_arises(self) -> str:
        told = [item.case.says for item in self.ruling.decisions if item.case is not None and item.case.verdict is None]
        return "; ".join(told) or "nothing of it applies at this site"
