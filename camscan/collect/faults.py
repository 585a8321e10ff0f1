"""Why a packet did not leave, or brought nothing back."""

from __future__ import annotations

from camscan.errors import CamscanError


class OutOfScope(CamscanError):  # noqa: N818  (the guard did its work)
    """A packet was about to leave that the scope does not allow; it was not sent."""


class BudgetSpent(CamscanError):  # noqa: N818  (the budget did its work)
    """The device has been asked as often as its budget allows."""


class Refused(CamscanError):  # noqa: N818  (an answer: nothing listens there)
    """The device answered that nothing listens there."""


class Unanswered(CamscanError):  # noqa: N818  (an observation: silence)
    """Nothing came back in time."""


class NoRoute(Unanswered):
    """This machine has no route to the device: nothing left."""
