"""Days in words, and deadlines in business days: the holidays as data against the statute's own rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from camscan.policy.calendar import after_business_days, in_words
from tests.policy.books import shipped

[FEDERAL] = [item for item in shipped().holidays if item.id == "us.federal"]
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
NTH = ((1, MONDAY, 3), (2, MONDAY, 3), (9, MONDAY, 1), (10, MONDAY, 2), (11, THURSDAY, 4))


def nth(year: int, month: int, weekday: int, number: int) -> date:
    days = [date(year, month, day) for day in range(1, 29)]
    return [day for day in days if day.weekday() == weekday][number - 1]


def by_statute(year: int) -> set[date]:
    """5 U.S.C. 6103(a), and (b) with Executive Order 11582 for the day of observance."""
    last_of_may = max(day for number in range(25, 32) if (day := date(year, 5, number)).weekday() == MONDAY)
    days = {date(year, *fixed) for fixed in FIXED} | {nth(year, *rule) for rule in NTH} | {last_of_may}
    moved = {SATURDAY: timedelta(days=-1), SUNDAY: timedelta(days=1)}
    return {day + moved.get(day.weekday(), timedelta()) for day in days}


def test_the_holidays_are_those_of_the_statute_on_the_days_on_which_they_are_observed():
    years = range(FEDERAL.first.year, FEDERAL.last.year + 1)
    assert {2024, 2025, 2026, 2027, 2028} <= set(years)
    assert set().union(*map(by_statute, years)) == FEDERAL.days
    assert all(day.weekday() < SATURDAY for day in FEDERAL.days)


@pytest.mark.parametrize(
    ("start", "number", "due"),
    [
        (date(2026, 11, 17), 1, date(2026, 11, 18)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        (date(2026, 11, 25), 1, date(2026, 11, 27)),
        (date(2026, 7, 2), 1, date(2026, 7, 6)),
        (date(2027, 12, 23), 1, date(2027, 12, 27)),
        (date(2026, 11, 24), 10, date(2026, 12, 9)),
        (date(2027, 12, 30), 1, date(2028, 1, 3)),
        (date(2028, 12, 28), 1, date(2028, 12, 29)),
        (date(2028, 12, 29), 1, None),
        (date(2023, 12, 29), 1, None),
    ],
)
def test_a_deadline_passes_over_weekends_and_holidays_and_never_leaves_the_known_years(start, number, due):
    assert after_business_days(start, number, FEDERAL) == due


def test_a_day_is_written_as_in_a_letter():
    assert in_words(date(2022, 11, 4)) == "4 November 2022"
