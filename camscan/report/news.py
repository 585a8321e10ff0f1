"""What a run that nobody watches has to tell: trouble first, then what became different, or that there was nothing to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from camscan.model import Diff, Report
from camscan.report import letter, summary
from camscan.report.escape import shortened, visible
from camscan.report.message import LONGEST, MOST_LINES, Message, message

MOST_TROUBLE = 4
"""Troubles that a message names."""
BASELINE = (
    "First run of this site by these policies: all that it found is the baseline, and later runs tell what differs from it."
)
NOTHING_CHANGED = "Nothing else changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a run brought beside its report."""

    diff: Diff | None
    """How it differs from the runs before it; None where there is nothing to compare it with."""
    kept: bool = True
    """Whether runs are kept, so that a later one can be compared."""
    trouble: tuple[str, ...] = ()
    """Why it is not what it should be; empty where all went well."""

    @property
    def speaks(self) -> bool:
        """Whether there is anything that a person should read."""
        return bool(self.trouble) or self.diff is None or bool(self.diff.changes)


def trouble_of(report: Report, *others: str) -> tuple[str, ...]:
    """Return why a run is not what it should be. others: what its report does not know."""
    lacking = () if report.complete else report.incomplete_because or ("incomplete, the reason was not recorded",)
    return (*lacking, *others)


def message_of(news: News, report: Report, *, redacted: bool = False) -> Message:
    """Return what to tell. redacted: the report is, and nothing else may be told of devices."""
    trouble = [f"Trouble: {one}" for one in news.trouble[:MOST_TROUBLE]]
    if len(news.trouble) > MOST_TROUBLE:
        trouble.append(f"Trouble: and {len(news.trouble) - MOST_TROUBLE} more, in the report")
    subject, lines = _told(news, report, redacted=redacted, most=MOST_LINES - len(trouble))
    return Message(
        subject=visible(subject),
        lines=tuple(visible(shortened(line, LONGEST)) for line in trouble) + tuple(lines),
        marking=report.run.marking,
    )


def _told(news: News, report: Report, *, redacted: bool, most: int) -> tuple[str, Sequence[str]]:
    """Return the subject and the lines behind the trouble. most: how many there is room for."""
    ordinary = letter.subject(report)
    if news.diff is None:
        if not news.kept:
            return ordinary, summary.closing(report)
        site = f"[camscan] {report.run.site.name}: "
        return ordinary.replace(visible(site), f"{visible(site)}baseline, ", 1), (BASELINE, *summary.closing(report))
    if not news.diff.changes:
        return ordinary, (NOTHING_CHANGED,)
    if redacted:
        number = len({change.device for change in news.diff.changes})
        changed = "1 device" if number == 1 else f"{number} devices"
        return ordinary, (f"Changes: of {changed}; camscan diff shows them on the machine that scanned.",)
    told = message(news.diff, report, most=most)
    return told.subject, told.lines
