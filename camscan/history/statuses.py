"""Which of our own exceptions began to hold, ended, or ended because what was planned did not happen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from camscan.model import ChangeKind, DeviceException, DeviceState
from camscan.policy.exceptions import NO_WAIVER

_HOLDING = ("planned", "accepted")
_LAPSED = "lapsed"
_OPEN = "open"
TAKEN_BACK = "taken back"


def held_and_lapsed(
    before: DeviceState, after: DeviceState, entries: Mapping[str, DeviceException], as_of: date
) -> Iterator[tuple[ChangeKind, str, str, str]]:
    """Yield what became of each exception of a device: kind, id, status before and after. as_of: the day of the later look."""
    ours, theirs = _statuses(before), _statuses(after)
    waiting = {finding.rule for finding in after.findings if finding.status == _OPEN}
    for name in sorted(ours.keys() | theirs.keys()):
        was, now = ours.get(name, _OPEN), theirs.get(name, _OPEN)
        entry = entries.get(name)
        words = status_words(was, entry), status_words(now, entry)
        if was == now:
            continue
        if now in _HOLDING:
            yield ChangeKind.EXCEPTION_OPENED, name, *words
        elif now == _LAPSED:
            overdue = entry is not None and entry.due is not None and entry.due < as_of
            yield ChangeKind.EXCEPTION_OVERDUE if overdue else ChangeKind.EXCEPTION_LAPSED, name, *words
        elif was in _HOLDING and any(one.exception == name and one.rule in waiting for one in before.findings):
            yield ChangeKind.EXCEPTION_LAPSED, name, words[0], TAKEN_BACK


def status_words(status: str, entry: DeviceException | None) -> str:
    """Return a status with what must be read beside it. entry: the exception that gives it, where it is known."""
    if status not in _HOLDING:
        return status
    notes = [f"recorded by {entry.owner}"] if entry is not None else []
    notes += [NO_WAIVER] if status == "accepted" else []
    return f"{status} ({'; '.join(notes)})" if notes else status


def _statuses(state: DeviceState) -> dict[str, str]:
    """Return the status that each exception gives; one that holds for any finding holds."""
    told: dict[str, set[str]] = defaultdict(set)
    for finding in state.findings:
        if finding.exception:
            told[finding.exception].add(finding.status)
    return {name: next((one for one in (*_HOLDING, _LAPSED) if one in found), _OPEN) for name, found in told.items()}
