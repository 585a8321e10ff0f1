"""Instants as the tables hold them: whole microseconds since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return an instant as the tables hold it."""
    return (moment - EPOCH) // _MICROSECOND


def instant(number: int) -> datetime:
    """Return the instant of a number."""
    return after(EPOCH, number)


def after(moment: datetime, number: int) -> datetime:
    """Return the instant so many microseconds after another one."""
    return moment + timedelta(microseconds=number)
