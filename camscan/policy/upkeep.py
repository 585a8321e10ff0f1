"""What the age of the rules means for a judgement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from camscan.policy.rules import PolicyBook


def overdue_reviews(book: PolicyBook, policies: Iterable[str], as_of: date) -> tuple[str, ...]:
    """Return one warning for each rule of the policies whose text should have been read again before the day of judgement."""
    chosen = [policy for name in policies if (policy := book.policy(name)) is not None]
    rules = {application.rule for policy in chosen for application in policy.applies}
    return tuple(
        f"rule {rule.id} should have been read again by {rule.review_by}; its findings are capped at review"
        for rule in (book.rules[name] for name in sorted(rules))
        if rule.review_by < as_of
    )
