"""Captures to observations: without what adds nothing to known connections, in the order of time, on two cores where there are two."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from camscan.codecs.demux import Demux, Passed
from camscan.codecs.frame import unread_link
from camscan.codecs.messages import Messages
from camscan.codecs.pcapfile import Batch
from camscan.codecs.registry import Outcome, Undecoded
from camscan.collect.ahead import ahead
from camscan.collect.base import Tally
from camscan.collect.capturefile import Piped, Source, in_order_of_time
from camscan.errors import UsageError
from camscan.model import Observation, Via

WORTH_A_PROCESS = 8 * 1024 * 1024
"""Bytes of captures from which on a second process takes them apart: less is read before it could start."""


class Step(NamedTuple):
    """What some frames of one capture are, or how it ended."""

    source: int
    """Which of those that were given."""
    position: int
    """Bytes of it that are read by now; 0 of what is no file."""
    passed: Sequence[Passed] = ()
    ended: bool = False
    fault: str | None = None
    """What is wrong with a capture that ended early."""
    unreadable: str | None = None
    """Why the system does not give it, or no more of it."""
    unread: tuple[tuple[str, int], ...] = ()
    """Of a capture that ended: links that are not read, each with how many of its frames came from there."""
    undated: bool = False
    """Of a capture that ended: some of its frames have no time."""
    cut: int = 0
    """Of a capture that ended: frames of which only the front was captured, as far as they were looked at."""


class Closing(NamedTuple):
    """What was still open when all captures had ended."""

    passed: Sequence[Passed]
    dropped: dict[str, int]
    """What the caps gave up, by kind."""
    skipped: int
    """Segments of connections of which enough was known."""


@dataclass(slots=True, kw_only=True)
class CaptureRead:
    """How the reading of one capture went."""

    started_at: datetime
    ended_at: datetime
    tally: Tally = field(default_factory=Tally)


class CaptureReader:
    """Reads the captures of one run as parts of one: a connection may begin in one file and end in the next."""

    def __init__(
        self, *, site: str, emit: Callable[[Observation], None], at: Callable[[int], None] = lambda position: None
    ) -> None:
        """at: told now and then how many bytes of all captures are read."""
        self._site = site
        self._emit = emit
        self._at = at
        self.skipped = 0
        """Segments that were left out, because enough was known of their connections."""

    def read(self, sources: Sequence[Source]) -> tuple[CaptureRead, ...]:
        """Emit all that captures say, and return how each was read; damage ends it and stands in `tally.unfinished`.

        Raises UsageError for one that cannot be read.
        """
        messages = Messages(via=Via.PCAP, collector="pcap", site=self._site, at_once=False)
        positions = [0] * len(sources)
        begun = _now()
        reads = [CaptureRead(started_at=begun, ended_at=begun) for _ in sources]
        last = Tally()
        with closing(self._steps(sources)) as steps:
            for step in steps:
                if isinstance(step, Closing):
                    self._take(step.passed, messages, last)
                    self._said(messages.flush(), last)
                    _tell_refused(step.dropped | messages.dropped, last)
                    self.skipped = step.skipped
                    continue
                source, read = sources[step.source], reads[step.source]
                last = read.tally
                if step.unreadable is not None:
                    raise UsageError(f"{source}: cannot be read: {step.unreadable}")
                self._take(step.passed, messages, last)
                for link, count in step.unread:
                    last.undecoded += count
                    last.unfinished.append(f"{source.name}: {link} is not read: {count} frame{'' if count == 1 else 's'}")
                if step.undated:
                    last.notes.append(f"{source.name}: frames without a time are told as of 1970-01-01")
                if step.cut:
                    last.notes.append(
                        f"{source.name}: of {step.cut} frame{'' if step.cut == 1 else 's'} or more only the front was captured:"
                        " names and content behind it are missing, bytes are counted as they were sent"
                    )
                if step.fault is not None:
                    last.unfinished.append(f"{source.name}: {step.fault}; everything before it was read")
                if step.ended:
                    read.ended_at = _now()
                positions[step.source] = _size(source) if step.ended else step.position
                self._at(sum(positions))
        if not any(read.tally.received for read in reads):
            for source, read in zip(sources, reads, strict=True):
                _tell_nothing_read(source, read.tally)
        return tuple(reads)

    def _steps(self, sources: Sequence[Source]) -> Generator[Step | Closing, None, None]:
        steps = taken_apart(sources)
        alone = threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1
        if not alone or not any(_is_worth_a_process(source) for source in sources):
            return steps
        return ahead(step._replace(passed=[_compact(one) for one in step.passed]) for step in steps)

    def _take(self, passed: Sequence[Passed], messages: Messages, tally: Tally) -> None:
        take = messages.take
        for one in passed:
            outcomes = take(one)
            if outcomes:
                self._said(outcomes, tally)

    def _said(self, outcomes: Iterable[Outcome], tally: Tally) -> None:
        for found in outcomes:
            if isinstance(found, Undecoded):
                tally.could_not_read(found)
            else:
                tally.received += found.count
                self._emit(found)


def taken_apart(sources: Sequence[Source]) -> Generator[Step | Closing, None, None]:
    """Give what the frames of captures are, in the order of time, and at last what was still open."""
    demux = Demux(Via.PCAP)
    unread = [Counter[str]() for _ in sources]
    undated: set[int] = set()
    cut = [0] * len(sources)
    for number, piece, fault in in_order_of_time(sources):
        if piece is not None:
            _, frames, link_type = piece.batch
            if frames and not frames[0][0]:
                undated.add(number)
            if (link := unread_link(link_type)) is not None:
                unread[number][link] += len(frames)
                yield Step(number, piece.position)
            else:
                before = demux.cut
                passed = demux.take(piece.batch, piece.program)
                cut[number] += demux.cut - before
                yield Step(number, piece.position, passed)
        elif isinstance(fault, OSError):
            yield Step(number, 0, ended=True, unreadable=fault.strerror or str(fault))
        else:
            said = None if fault is None else str(fault)
            links = tuple(sorted(unread[number].items()))
            yield Step(number, 0, (), True, said, unread=links, undated=number in undated, cut=cut[number])
    yield Closing(tuple(demux.flush()), demux.dropped, demux.skipped)


def _compact(passed: Passed) -> Passed:
    """Return what is passed on without the bytes around it, to be sent."""
    if not isinstance(passed, Batch):
        return passed
    pieces, frames, end = [], [], 0
    blob = passed.blob
    for seconds, microseconds, start, size in passed.frames:
        pieces.append(blob[start : start + size])
        frames.append((seconds, microseconds, end, size))
        end += size
    return Batch(b"".join(pieces), frames, passed.link_type)


def _tell_refused(dropped: dict[str, int], tally: Tally) -> None:
    if refused := dropped["senders"]:
        tally.unfinished.append(f"{refused} messages of more senders than are kept of one run were left out")
    if refused := dropped["messages"]:
        tally.notes.append(f"{refused} messages of senders that said more than is kept of one were left out")
    if refused := dropped["connections"]:
        tally.notes.append(f"{refused} connections were given up early, because too many were open")


def _tell_nothing_read(source: Source, tally: Tally) -> None:
    """Say of a capture of which nothing could be read that its silence means nothing."""
    if tally.undecoded and not tally.unfinished:
        tally.unfinished.append(f"{source.name}: nothing of what it holds can be read")


def _is_worth_a_process(source: Source) -> bool:
    return isinstance(source, Piped) or _size(source) >= WORTH_A_PROCESS


def _size(source: Source) -> int:
    """Return how many bytes a file has; 0 of what is none, and of one that its reader will say more about."""
    try:
        return source.stat().st_size if isinstance(source, Path) else 0
    except OSError:
        return 0


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (an attempt records when it ran)
