"""Where commands read the clock; everything below them is told the time."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """Return the instant, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  (the one place of all commands)


def today() -> date:
    """Return the day, in UTC."""
    return now().date()
