"""What to do about a finding: the rule's own words with their force, then steps from the first look to the next purchase."""

from __future__ import annotations

from camscan.model import Step, Verdict
from camscan.policy.rules import Case, Effect, PolicyBook, Rule


def plan(rule: Rule, effect: Effect, case: Case, verdict: Verdict, book: PolicyBook) -> tuple[Step, ...]:
    """Return the action plan of a finding; empty where no step fits it."""
    steps = tuple(
        advice.step
        for advice in book.advice
        if effect.act in advice.acts and case.installed in advice.installed and verdict in advice.verdicts
    )
    return (Step(name="rule", text=f"{rule.id} ({case.force}) {case.says}"), *steps) if steps else ()
