"""What the exit code says, and the last line on stderr that says the same in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum
from typing import Literal

from camscan.errors import (
    CamscanError,
    DataFileError,
    DeliveryError,
    LockedError,
    PrivilegeError,
    RefusedError,
    SealError,
    UsageError,
)
from camscan.model import Diff, Report, Verdict
from camscan.report.view import open_verdict

FailOn = Literal["prohibited", "restricted", "unidentified", "review", "none", "new"]
"""Thresholds, strongest first; `none` never fails, `new` only for what opened, worsened or lapsed since earlier runs."""
LEVELS: tuple[FailOn, ...] = ("prohibited", "restricted", "unidentified", "review")


class ExitCode(IntEnum):
    """Every exit code of camscan."""

    COMPLETE = 0
    INTERNAL = 1
    USAGE = 2
    FOUND = 3
    UNSETTLED = 4
    INCOMPLETE = 5
    REFUSED = 6
    LOCKED = 7
    DATA_FILES = 8
    FOUND_AND_INCOMPLETE = 9
    UNDELIVERED = 10
    INTERRUPTED = 130
    TERMINATED = 143


_OF_ERROR: dict[type[CamscanError], ExitCode] = {
    UsageError: ExitCode.USAGE,
    RefusedError: ExitCode.REFUSED,
    LockedError: ExitCode.LOCKED,
    DataFileError: ExitCode.DATA_FILES,
    SealError: ExitCode.DATA_FILES,
    DeliveryError: ExitCode.UNDELIVERED,
    PrivilegeError: ExitCode.USAGE,
}


def exit_code_of(fault: CamscanError) -> ExitCode:
    """Return the exit code of an error that ends a run."""
    for kind in type(fault).__mro__:
        if kind in _OF_ERROR:
            return _OF_ERROR[kind]
    return ExitCode.INTERNAL


def standing(report: Report, fail_on: FailOn = "review") -> dict[Verdict, int]:
    """Return how many devices stand at or above the threshold, by open verdict, strongest first."""
    if fail_on == "none":
        return {}
    counted = LEVELS if fail_on == "new" else LEVELS[: LEVELS.index(fail_on) + 1]
    found = [open_verdict(judged) for judged in report.assets]
    return {verdict: found.count(verdict) for verdict in map(Verdict, counted) if verdict in found}


def worse(diff: Diff) -> dict[Verdict, int]:
    """Return how many devices opened, worsened or lapsed, by verdict, strongest first."""
    found = {change.device: change.verdict for change in diff.changes if change.worse}
    counted = Counter(verdict if verdict in LEVELS else Verdict.REVIEW for verdict in found.values())
    return {Verdict(level): counted[Verdict(level)] for level in LEVELS if counted[Verdict(level)]}


def exit_code(
    report: Report,
    fail_on: FailOn = "review",
    exit_zero: bool = False,
    *,
    by_signal: int | None = None,
    delivered: bool = True,
    since: Diff | None = None,
) -> int:
    """Return the exit code of a finished run; by_signal: 130 or 143 where a signal ended it early.

    since: how it differs from earlier runs, for `new`; without one all is new.
    """
    if by_signal is not None or report.run.interrupted:
        return by_signal or ExitCode.INTERRUPTED
    if not delivered:
        return ExitCode.UNDELIVERED
    found = worse(since) if fail_on == "new" and since is not None else standing(report, fail_on)
    if not report.complete:
        return ExitCode.FOUND_AND_INCOMPLETE if found else ExitCode.INCOMPLETE
    if not found or exit_zero:
        return ExitCode.COMPLETE
    if Verdict.PROHIBITED in found or Verdict.RESTRICTED in found:
        return ExitCode.FOUND
    return ExitCode.UNSETTLED


def closing_line(report: Report, fail_on: FailOn = "review", since: Diff | None = None, undelivered: Sequence[str] = ()) -> str:
    """Return the exit code in words, e.g. `INCOMPLETE: 1 of 12 ranges not covered (vlan 40: interface down); 3 prohibited`.

    since: how the run differs from earlier ones, where that was asked for. undelivered: what was not kept, written or sent, and why.
    """
    ended = "COMPLETE" if report.complete else "INCOMPLETE"
    state = "INTERRUPTED" if report.run.interrupted else "UNDELIVERED" if undelivered else ended
    lacking = [] if report.complete else list(report.incomplete_because) or ["reason not recorded"]
    reasons = [*undelivered, *([ended, *lacking] if undelivered and lacking else lacking)]
    changed = [_changed_words(since)] if since is not None and report.run.policies else []
    return f"{state}: {'; '.join([*reasons, _found_words(report, fail_on), *changed])}"


def _changed_words(since: Diff) -> str:
    new = ", ".join(f"{number} {verdict}" for verdict, number in worse(since).items())
    return f"new or worse: {new}" if new else "nothing new or worse"


def _found_words(report: Report, fail_on: FailOn) -> str:
    if not report.run.policies:
        total = len(report.assets)
        return f"nothing was judged; {total} {'device' if total == 1 else 'devices'} seen"
    found = ", ".join(f"{number} {verdict}" for verdict, number in standing(report).items())
    if not found:
        return "nothing open at or above review"
    if fail_on != "new" and not standing(report, fail_on):
        return f"{found} (all below --fail-on {fail_on})" if fail_on != "none" else f"{found} (--fail-on none)"
    return found
