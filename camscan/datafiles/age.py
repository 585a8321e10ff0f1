"""How old the data is: the day of the registry, the versions, and the rules whose text should be read again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from camscan.identify.oui import OuiRegistry
from camscan.policy.rules import PolicyBook, Rule

MARK = "read on "
"""What stands before the day in the first line of the registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAge:
    """When the text of a rule was read, and when it should be read again."""

    rule: str
    status: str
    read_on: date | None
    """The latest day on which one of its references was read; None where none was."""
    review_by: date
    days_overdue: int
    """0 or less: not overdue."""


def registry_read_on(registry: OuiRegistry) -> date | None:
    """Return the day on which the registry was taken from the IEEE; None where it does not say."""
    try:
        return date.fromisoformat(registry.source().rpartition(MARK)[2])
    except ValueError:
        return None


def rule_ages(book: PolicyBook, today: date) -> tuple[RuleAge, ...]:
    """Return the age of every rule, the one to be read again first at the front."""
    return tuple(sorted((age_of(rule, today) for rule in book.rules.values()), key=lambda age: (age.review_by, age.rule)))


def age_of(rule: Rule, today: date) -> RuleAge:
    """Return the age of one rule."""
    return RuleAge(
        rule=rule.id,
        status=rule.status,
        read_on=max((reference.read_on for reference in rule.references if reference.read_on is not None), default=None),
        review_by=rule.review_by,
        days_overdue=(today - rule.review_by).days,
    )
