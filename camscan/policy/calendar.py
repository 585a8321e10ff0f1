"""Days as sentences name them, and days as deadlines count them."""

from __future__ import annotations

from datetime import date, timedelta

from camscan.policy.rules import Holidays

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SATURDAY = 5
ONE_DAY = timedelta(days=1)


def in_words(day: date) -> str:
    """Return a day as a letter writes it, e.g. `24 November 2022`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def after_business_days(start: date, number: int, holidays: Holidays) -> date | None:
    """Return the day that is `number` business days after `start`, which is not counted itself.

    A business day is Monday to Friday and no holiday. None where the count leaves the years of which the holidays are known.
    """
    day = start
    if not holidays.first <= day <= holidays.last:
        return None
    for _ in range(number):
        day += ONE_DAY
        while day.weekday() >= SATURDAY or day in holidays.days:
            day += ONE_DAY
        if day > holidays.last:
            return None
    return day
