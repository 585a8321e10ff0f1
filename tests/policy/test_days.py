"""The days on which what judges a device changes."""

from __future__ import annotations

from datetime import UTC, date, datetime

from camscan.policy.rules import days_in
from tests.policy.books import book, edge, shipped


def test_a_book_names_the_days_of_its_rules_and_edges() -> None:
    since, until = date(2031, 1, 2), date(2033, 4, 5)
    days = book(edges=(edge("owned_by", "acme", "emca", since=since, until=until),)).days()
    assert {since, until} <= days
    rules = shipped().rules.values()
    assert {rule.since for rule in rules} | {rule.review_by for rule in rules} <= shipped().days()
    limbs_and_cases = [
        one for rule in rules for one in (*rule.limbs, *(case for effect in rule.effects for case in effect.cases))
    ]
    assert {day for one in limbs_and_cases for day in (one.since, one.until) if day is not None} <= shipped().days()


def test_days_are_found_at_any_depth_and_times_of_day_are_none() -> None:
    day = date(2026, 3, 1)
    held = edge("made_by", "a", "b", since=day)
    assert list(days_in({"a": (None, "2026-01-01", frozenset({held})), "b": 7})) == [day]
    assert list(days_in(datetime(2026, 3, 1, 3, 0, tzinfo=UTC))) == []
