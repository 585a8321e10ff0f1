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

from camscan.codecs.base import DecodeError
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


class Taken(NamedTuple):
    """What some frames of one capture are."""

    source: int
    """Which of those that were given."""
    position: int
    """Bytes of it that are read by now; 0 of what is no file."""
    passed: Sequence[Passed] = ()


@dataclass(slots=True)
class End:
    """How one capture ended, and what is to be known of its frames."""

    source: int
    unread: Counter[str] = field(default_factory=Counter)
    """Frames of links that are not read, by link."""
    undated: bool = False
    """Some frames have no time."""
    cut: int = 0
    """Frames of which only the front was captured, as far as they were looked at."""
    fault: str | None = None
    """What is wrong with a capture that ended early."""
    unreadable: str | None = None
    """Why the system does not give it, or no more of it."""


class Closing(NamedTuple):
    """What was still open when all captures had ended."""

    passed: Sequence[Passed]
    dropped: dict[str, int]
    """What the caps gave up, by kind."""
    skipped: int
    """Segments of connections of which enough was known."""


Step = Taken | End | Closing


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
        begun = _now()
        reads = [CaptureRead(started_at=begun, ended_at=begun) for _ in sources]
        positions = [0] * len(sources)
        done, last = 0, Tally()
        with closing(self._steps(sources)) as steps:
            for step in steps:
                if isinstance(step, Closing):
                    self._take(step.passed, messages, last)
                    self._said(messages.flush(), last)
                    _tell_refused(step.dropped | messages.dropped, last)
                    self.skipped = step.skipped
                    continue
                source, last = sources[step.source], reads[step.source].tally
                if isinstance(step, Taken):
                    self._take(step.passed, messages, last)
                    position = step.position
                else:
                    _tell_end(source, step, last)
                    reads[step.source].ended_at = _now()
                    position = _size(source)
                done += position - positions[step.source]
                positions[step.source] = position
                self._at(done)
        if not any(read.tally.received for read in reads):
            for source, read in zip(sources, reads, strict=True):
                _tell_nothing_read(source, read.tally)
        return tuple(reads)

    def _steps(self, sources: Sequence[Source]) -> Generator[Step, None, None]:
        steps = taken_apart(sources)
        alone = threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1
        if not alone or not any(_is_worth_a_process(source) for source in sources):
            return steps
        return ahead(map(_compact, steps))

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


def taken_apart(sources: Sequence[Source]) -> Generator[Step, None, None]:
    """Give what the frames of captures are, in the order of time, and at last what was still open."""
    demux = Demux(Via.PCAP)
    ends = [End(number) for number in range(len(sources))]
    for number, piece, fault in in_order_of_time(sources):
        end = ends[number]
        if piece is None:
            end.unreadable = (fault.strerror or str(fault)) if isinstance(fault, OSError) else None
            end.fault = str(fault) if isinstance(fault, DecodeError) else None
            yield end
            continue
        _, frames, link_type = piece.batch
        end.undated = end.undated or not frames[0][0]
        if (link := unread_link(link_type)) is not None:
            end.unread[link] += len(frames)
            yield Taken(number, piece.position)
            continue
        before = demux.cut
        yield Taken(number, piece.position, demux.take(piece.batch, piece.program))
        end.cut += demux.cut - before
    yield Closing(tuple(demux.flush()), demux.dropped, demux.skipped)


def _compact(step: Step) -> Step:
    """Return a step without the bytes around what is passed on, to be sent."""
    if not isinstance(step, Taken):
        return step
    return step._replace(passed=[_alone(one) if isinstance(one, Batch) else one for one in step.passed])


def _alone(batch: Batch) -> Batch:
    pieces, frames, end = [], [], 0
    for seconds, microseconds, start, size in batch.frames:
        pieces.append(batch.blob[start : start + size])
        frames.append((seconds, microseconds, end, size))
        end += size
    return Batch(b"".join(pieces), frames, batch.link_type)


def _tell_end(source: Source, end: End, tally: Tally) -> None:
    """Say what is to be known of a capture that ended. Raises UsageError for one that cannot be read."""
    if end.unreadable is not None:
        raise UsageError(f"{source}: cannot be read: {end.unreadable}")
    for link, count in sorted(end.unread.items()):
        tally.undecoded += count
        tally.unfinished.append(f"{source.name}: {link} is not read: {count} frame{'' if count == 1 else 's'}")
    if end.undated:
        tally.notes.append(f"{source.name}: frames without a time are told as of 1970-01-01")
    if end.cut:
        tally.notes.append(
            f"{source.name}: of {end.cut} frame{'' if end.cut == 1 else 's'} or more only the front was captured:"
            " names and content behind it are missing, bytes are counted as they were sent"
        )
    if end.fault is not None:
        tally.unfinished.append(f"{source.name}: {end.fault}; everything before it was read")


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
