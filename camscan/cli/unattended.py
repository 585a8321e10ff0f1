"""Runs that nobody watches: when they begin and end, for whom they wait, and of what they speak."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from camscan.cli import options
from camscan.cli.configuration import Configuration
from camscan.cli.groups import Ending, Keeping, Schedule
from camscan.cli.unattended_settings import MailOn
from camscan.errors import CamscanError
from camscan.model import Diff, Report

if TYPE_CHECKING:
    from camscan.cli.pulse import Pulse
    from camscan.cli.sending import Deliveries
    from camscan.collect.gathered import Deadline
    from camscan.report.message import Message

CLOCK = "the clock is "
"""Begin of the warning that the clock was set back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How a run goes on: what flags and settings say of it."""

    unattended: bool
    jitter_s: float
    lock_wait_s: float
    max_time: str | None
    """As it was written."""
    mail_on: MailOn

    def keeping(self, keeping: Keeping) -> Keeping:
        """Return whether the run is kept: one that nobody watches is, unless that was refused."""
        return replace(keeping, keep=True) if self.unattended and keeping.keep is None else keeping

    def ending(self, ending: Ending) -> Ending:
        """Return how the result is shown: to nobody that could see colours or progress."""
        return replace(ending, quiet=True, color="never") if self.unattended else ending

    def deadline(self, until: datetime | None, at: datetime) -> Deadline | None:
        """Return when collecting ends that begins now; None where nothing ends it. until: what the scope allows."""
        from camscan.collect.gathered import Deadline

        ends = []
        if self.max_time is not None:
            ends.append(Deadline(seconds=options.duration(self.max_time, "--max-time"), words=f"--max-time {self.max_time}"))
        if until is not None:
            left = max(0.0, (until - at).total_seconds())
            ends.append(Deadline(seconds=left, words=f"the scope allows no more after {until.astimezone():%Y-%m-%d %H:%M %Z}"))
        return min(ends, key=lambda one: one.seconds, default=None)

    def telling(
        self, report: Report, since: Diff | None, *, kept: bool, missing: Sequence[str], untold: Sequence[str], redacted: bool
    ) -> Telling:
        """Return what is told of the run.

        since: how it differs from earlier ones; kept: whether it was; missing: what was not kept or written, and why;
        untold: runs before it that nobody was told of, newest first; report: masked if redacted.
        """
        from camscan.report.news import News, message_of, trouble_of

        others = [warning for warning in report.warnings if warning.startswith(CLOCK)]
        if redacted:
            others += ["not all was kept and written: standard error of the machine that scans says what"] if missing else []
        else:
            others += [f"not all was kept and written: {cause}" for cause in missing]
        if untold:
            others.append(_untold_words(untold, redacted=redacted))
        news = News(diff=since, kept=kept, trouble=trouble_of(report, *others))
        mails = {"always": True, "trouble": bool(news.trouble)}.get(self.mail_on, news.speaks)
        return Telling(message=message_of(news, report, redacted=redacted), speaks=news.speaks, mails=mails)


def _untold_words(untold: Sequence[str], *, redacted: bool) -> str:
    runs = "the run before this one was" if len(untold) == 1 else f"the {len(untold)} runs before this one were"
    shown = "" if redacted else f": camscan report {untold[0]} shows {'it' if len(untold) == 1 else 'the last of them'}"
    return f"{runs} not told in full{shown}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is told of a run that nobody watched."""

    message: Message
    speaks: bool
    """Whether something changed, or went wrong."""
    mails: bool


def watch_of(settings: Configuration, schedule: Schedule) -> Watch:
    """Return how a run goes on, flags before settings. Raises UsageError naming the flag."""
    held = settings.unattended
    jitter, wait = schedule.jitter or held.jitter, schedule.lock_wait or held.lock_wait
    if schedule.max_time is not None:
        options.duration(schedule.max_time, "--max-time")
    return Watch(
        unattended=held.enabled if schedule.unattended is None else schedule.unattended,
        jitter_s=options.duration(jitter, "--jitter") if jitter else 0.0,
        lock_wait_s=options.duration(wait, "--lock-wait") if wait else 0.0,
        max_time=schedule.max_time or held.max_time,
        mail_on=held.mail_on,
    )


def site_meant(pairs: Sequence[str], configured: Mapping[str, str]) -> str:
    """Return the name of the site that a run is of, while nothing is checked yet. pairs: of `--site`."""
    given = next((pair.partition("=")[2] for pair in pairs if pair.startswith("name=")), "")
    return given or configured.get("name") or socket.gethostname()


def share_of_jitter(site: str, host: str) -> float:
    """Return how much of the jitter a machine waits for a site, from 0 to 1: always the same, and different for others."""
    return int.from_bytes(hashlib.sha256(f"{host}\0{site}".encode("utf-8", "backslashreplace")).digest()[:8], "big") / 2**64


def wait_for_turn(watch: Watch, site: str, tell: Callable[[str], None]) -> None:
    """Wait as long as the jitter says; a signal ends it."""
    seconds = watch.jitter_s * share_of_jitter(site, socket.gethostname())
    if seconds:
        tell(f"waiting {seconds:,.0f} s of --jitter: nothing is sent until then")
        time.sleep(seconds)


@contextmanager
def failures_told(sending: Deliveries, watch: Watch, ending: Ending, pulse: Pulse) -> Iterator[None]:
    """Tell every destination where what is done inside comes to nothing, if nobody watches it."""
    try:
        yield
    except typer.Exit:
        raise
    except BaseException as fault:
        if watch.unattended:
            words = words_of(fault, redacted=ending.redact)
            sending.send_failure(words, pulse.site, ending.marking, redacted=ending.redact, chain_head=pulse.head)
        raise


def words_of(fault: BaseException, *, redacted: bool = False) -> str:
    """Return why a run came to nothing. redacted: without anything of this machine or site."""
    if isinstance(fault, KeyboardInterrupt | SystemExit):
        return "ended by a signal before it had anything to report"
    if redacted:
        return "standard error of the machine that scans says why"
    return str(fault) if isinstance(fault, CamscanError) else f"internal error: {type(fault).__name__}: {fault}"
