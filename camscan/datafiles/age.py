"""How old the data is: the day of the registry, the versions, and the rules whose text should be read again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from camscan.identify.oui import OuiRegistry
from camscan.policy.rules import PolicyBook, Rule

MARK = "read on "
"""What stands before the day in the first line of the registry."""


OLD_REGISTRY_DAYS = 180
"""The IEEE assigns some hundred prefixes a month; past half a year new cameras show no registrant."""
OLD_RELEASE_DAYS = 365
"""By then each maker has brought out new models, and every rule has passed the day on which its text should be read again."""
DAY_S = 86_400


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


def old(registry: OuiRegistry, released: datetime | None, today: date) -> tuple[str, ...]:
    """Return a warning for the registry and for fingerprints and policies that are older than they should be."""
    ages = ages_of(registry, released, today)
    limits = dict(zip(ages, (OLD_REGISTRY_DAYS, OLD_RELEASE_DAYS), strict=True))
    return tuple(
        f"the {what} {'is' if what == REGISTRY else 'are'} {days} days old: {_MISSED[what]}; camscan data import brings newer ones"
        for what, days in ages.items()
        if days is not None and days > limits[what]
    )


def stale(registry: OuiRegistry, released: datetime | None, today: date, seconds: float) -> tuple[str, ...]:
    """Return what is older than so many seconds, or of an age that is not known; empty where all is fresh."""
    return tuple(
        f"the {what}: {'age not known' if days is None else f'{days} days old'}"
        for what, days in ages_of(registry, released, today).items()
        if days is None or days * DAY_S > seconds
    )


REGISTRY = "OUI registry"
RELEASED = "fingerprints and policies"
_MISSED = {REGISTRY: "makers of newer prefixes stay unknown", RELEASED: "newer models and changes of rules are not in them"}


def ages_of(registry: OuiRegistry, released: datetime | None, today: date) -> dict[str, int | None]:
    """Return the days since the registry was read and since fingerprints and policies were released; None where it is not known."""
    read_on = registry_read_on(registry)
    return {
        REGISTRY: None if read_on is None else (today - read_on).days,
        RELEASED: None if released is None else (today - released.date()).days,
    }
