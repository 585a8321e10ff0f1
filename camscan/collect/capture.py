"""Captures to observations: without what adds nothing to known connections, in the order of time, on two cores where there are two."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from camscan.codecs.base import DecodeError
from camscan.codecs.demux import Demux
from camscan.codecs.frame import unread_link
from camscan.codecs.messages import Messages
from camscan.codecs.outcome import Outcome, Undecoded
from camscan.codecs.pcapfile import Batch
from camscan.codecs.repeats import Repeats, Told
from camscan.collect.ahead import KilledError, ahead
from camscan.collect.base import Tally
from camscan.collect.capturefile import Piped, Sieve, Source, in_order_of_time
from camscan.errors import UsageError
from camscan.model import Observation, Via

WORTH_A_PROCESS = 8 * 1024 * 1024
"""Bytes of captures from which on a second process takes them apart: less is read before it could start."""

LONG = 256
"""Bytes of frames from which on those that came before are better counted where they are read than sent to be counted."""
TOLD_AT_ONCE = 1024
"""Of what is told at the end, so that it is decoded while more is made."""
_SECONDS = itemgetter(0)
"""Of a frame."""


class Taken(NamedTuple):
    """What some frames of one capture are."""

    source: int
    """Which of those that were given."""
    position: int
    """Bytes of it that are read by now; 0 of what is no file."""
    told: Sequence[Told | Batch] = ()


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


class Rest(NamedTuple):
    """A part of what was still open when all captures had ended, and of what came again."""

    told: Sequence[Told | Batch]


class Closing(NamedTuple):
    """All was told."""

    dropped: dict[str, int]
    """What the caps gave up, by kind."""
    skipped: int
    """Segments of connections of which enough was known."""


Step = Taken | End | Rest | Closing


@dataclass(frozen=True, slots=True)
class Captures:
    """The captures of one run, which are being taken apart."""

    sources: Sequence[Source]
    steps: Iterator[Step]


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
        """Emit all that captures say, and return how each was read. Raises as `take` does."""
        with taking_apart(sources) as captures:
            return self.take(captures)

    def take(self, captures: Captures) -> tuple[CaptureRead, ...]:
        """Emit all that captures say, and return how each was read; damage ends it and stands in `tally.unfinished`.

        The end of a second process that somebody ended stands there too, with all emitted that it had told. Raises UsageError for one
        that cannot be read.
        """
        sources = captures.sources
        messages = Messages(via=Via.PCAP, collector="pcap", site=self._site, at_once=False)
        begun = _now()
        reads = [CaptureRead(started_at=begun, ended_at=begun) for _ in sources]
        unended = set(range(len(sources)))
        positions = [0] * len(sources)
        done, last = 0, Tally()
        try:
            for step in captures.steps:
                if isinstance(step, Rest):
                    self._decode(step.told, messages, last)
                    continue
                if isinstance(step, Closing):
                    self._end(messages, step.dropped, last)
                    self.skipped = step.skipped
                    continue
                source, last = sources[step.source], reads[step.source].tally
                if isinstance(step, Taken):
                    self._decode(step.told, messages, last)
                    position = step.position
                else:
                    unended.discard(step.source)
                    _tell_end(source, step, last)
                    reads[step.source].ended_at = _now()
                    position = _size(source)
                done += position - positions[step.source]
                positions[step.source] = position
                self._at(done)
        except KilledError as killed:
            self._end(messages, {}, last)
            for number in unended or {len(sources) - 1}:
                reads[number].ended_at = _now()
                reads[number].tally.unfinished.append(
                    f"{sources[number].name}: the process that takes captures apart {killed}:"
                    " what it still held and everything behind that are missing"
                )
        if not any(read.tally.received for read in reads):
            for source, read in zip(sources, reads, strict=True):
                _tell_nothing_read(source, read.tally)
        return tuple(reads)

    def _end(self, messages: Messages, dropped: dict[str, int], tally: Tally) -> None:
        """Emit what messages still hold, and tell what was refused. dropped: by whoever took the captures apart."""
        self._said(messages.flush(), tally)
        tally.gave_up(dropped | messages.dropped)

    def _decode(self, told: Iterable[Told | Batch], messages: Messages, tally: Tally) -> None:
        take = messages.take
        for one in told:
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


@contextmanager
def taking_apart(sources: Sequence[Source]) -> Iterator[Captures]:
    """Give captures that are taken apart from now on, by a second process where that is worth it, and here as they are asked for else."""
    steps = taken_apart(sources)
    alone = threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1
    if not alone or not any(map(_is_worth_a_process, sources)):
        with closing(steps):
            yield Captures(sources, steps)
        return
    with ahead(steps) as given:
        yield Captures(sources, given)


def taken_apart(sources: Sequence[Source]) -> Generator[Step, None, None]:
    """Give what the frames of captures are, in the order of time, and at last what was still open."""
    demux, repeats, sieve = Demux(Via.PCAP), Repeats(LONG), Sieve()
    ends = [End(number) for number in range(len(sources))]
    for number, piece, fault in in_order_of_time(sources, sieve):
        end = ends[number]
        if piece is None:
            end.unreadable = (fault.strerror or str(fault)) if isinstance(fault, OSError) else None
            end.fault = str(fault) if isinstance(fault, DecodeError) else None
            yield end
            continue
        _, frames, link_type = piece.batch
        end.undated = end.undated or not all(map(_SECONDS, frames))
        if (link := unread_link(link_type)) is not None:
            end.unread[link] += len(frames)
            yield Taken(number, piece.position)
            continue
        before = demux.cut
        told = [one for passed in demux.take(piece.batch, piece.program) for one in repeats.take(passed)]
        yield Taken(number, piece.position, told)
        end.cut += demux.cut - before
        sieve.follow(demux)
    rest = chain((one for passed in demux.flush() for one in repeats.take(passed)), repeats.flush())
    while told := list(islice(rest, TOLD_AT_ONCE)):
        yield Rest(told)
    yield Closing(demux.dropped, demux.skipped)


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
