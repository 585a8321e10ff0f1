"""One capture file, or several in the order of time, as batches of frames behind the filter of libpcap.

A file on disk is read through libpcap. What libpcap refuses (interfaces of different kinds in one file, damage), what is packed and
what comes through a pipe is read by the codec of ours, behind the same filter; both give the same frames.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from struct import Struct
from typing import NamedTuple

import pcapy  # type: ignore[import-not-found]

from camscan.codecs.base import DecodeError
from camscan.codecs.capturefilter import expression, sampling
from camscan.codecs.demux import Demux, Program
from camscan.codecs.frame import LINK_ETHERNET
from camscan.codecs.pcapfile import MAGICS, Batch, batches
from camscan.collect.unpack import MAGICS as PACKED
from camscan.collect.unpack import Read, Unpacked, at_least, behind

FRAMES_AT_ONCE = 256
"""Frames that libpcap hands over at a time."""
WORTH_A_FILTER = 100_000
"""Segments that were left out by hand before a filter is compiled that keeps them back: it takes as long."""
MAX_OPEN = 64
"""Captures that are read side by side, because they overlap in time; each holds one batch."""
_RAW_BY_DLT = {101: 12}
"""Numbers of link types that libpcap writes otherwise in files than it calls them."""
_NO_MASK = 0xFFFFFFFF
_NEVER = 1 << 64, 0
_AT_ONCE = -1, 0

_meta = Struct("=IIII").iter_unpack

Instant = tuple[int, int]
"""Seconds since 1970, and microseconds."""


@dataclass(frozen=True, slots=True)
class Piped:
    """A capture that can be read once, such as what tcpdump writes into a pipe."""

    name: str
    read: Read

    def __str__(self) -> str:
        return self.name


Source = Path | Piped


class Piece(NamedTuple):
    """Frames of one capture."""

    batch: Batch
    program: Program | None
    """The filter that they were not through yet."""
    position: int
    """Bytes of the file that are read by now; 0 of what is no file."""


class Sieve:
    """Of which connections a filter lets pass a sample alone, as far as that was found out while captures are read."""

    def __init__(self) -> None:
        self.busy = frozenset[bytes]()
        """As `capturefilter.sampling` takes them."""
        self.changes = 0
        self._next = WORTH_A_FILTER

    def follow(self, demux: Demux) -> None:
        """Sample what became busy, where enough was left out by hand; no more where one of those connections came to its end."""
        if self.busy and not demux.skippable.keys() >= self.busy:
            self._set(frozenset(), demux)
        elif demux.skipped >= self._next:
            self._set(frozenset(demux.busy()), demux)

    def _set(self, busy: frozenset[bytes], demux: Demux) -> None:
        self._next = demux.skipped + WORTH_A_FILTER
        if busy != self.busy:
            self.busy = busy
            self.changes += 1


@dataclass(slots=True)
class Stretch:
    """Frames that libpcap gave behind one filter, before the next one."""

    wanted: str | None
    count: int = 0


class _Refused(Exception):  # noqa: N818 - nothing is wrong with us
    """libpcap does not read this file, or not on from here."""


def pieces(source: Source, sieve: Sieve) -> Iterator[Piece]:
    """Give the frames of one capture in order. Raises DecodeError behind the last frame before a damage, and OSError."""
    passed: list[Stretch] = []
    try:
        yield from _of_libpcap(source, sieve, passed)
    except _Refused:
        yield from _of_ours(source, passed)


@contextmanager
def opened(source: Source) -> Iterator[Read]:
    """Give the function that reads a source. Raises OSError."""
    if isinstance(source, Piped):
        yield source.read
        return
    with source.open("rb") as file:
        yield file.read


def piped_capture(read: Read, name: str = "stdin") -> Piped | bytes:
    """Return what a pipe holds where it begins as a capture does, packed or not; of anything else its first bytes.

    A packed one is taken for a capture, since nothing else is read packed.
    """
    front = at_least(read, 4)
    return Piped(name, behind(front, read)) if front.startswith((*MAGICS, *PACKED)) else front


def is_capture(source: Path) -> bool:
    """Return whether a file is a capture, packed or not, by its first bytes. Raises OSError.

    A packed one whose first bytes cannot be unpacked is taken for one, since nothing else is read packed.
    """
    with opened(source) as packed:
        unpacked = Unpacked(packed)
        front = at_least(unpacked.read, 4)
        return front.startswith(MAGICS) or (unpacked.damage is not None and any(magic.startswith(front) for magic in MAGICS))


class Turn(NamedTuple):
    """One capture of several has its turn."""

    source: int
    """Which of those that were given."""
    piece: Piece | None
    """None where it comes to its end."""
    fault: DecodeError | OSError | None = None
    """Why it ended where it did; None for the end that it should have."""


class _Open:
    """A capture that is being read, by its next frames."""

    def __init__(self, number: int, source: Source, sieve: Sieve) -> None:
        self.number = number
        self._given = pieces(source, sieve)
        self._piece: Piece | None = None
        self._fault: DecodeError | OSError | None = None
        self.at = _AT_ONCE
        """Of its next frame."""
        self._read_on()

    def take(self, until: Instant) -> Turn:
        """Return the next frames up to a time, at least one, or the end."""
        piece = self._piece
        if piece is None:
            return Turn(self.number, None, self._fault)
        frames = piece.batch.frames
        cut = len(frames)
        if frames[-1][:2] > until:
            cut = max(1, bisect_right(frames, until, key=lambda frame: frame[:2]))
        if cut == len(frames):
            self._read_on()
            return Turn(self.number, piece)
        batch = piece.batch
        self._piece = piece._replace(batch=batch._replace(frames=frames[cut:]))
        self.at = frames[cut][:2]
        return Turn(self.number, piece._replace(batch=batch._replace(frames=frames[:cut])))

    def _read_on(self) -> None:
        try:
            self._piece = next((piece for piece in self._given if piece.batch.frames), None)
        except (DecodeError, OSError) as fault:
            self._piece, self._fault = None, fault
        if self._piece is not None:
            self.at = self._piece.batch.frames[0][:2]


def in_order_of_time(sources: Sequence[Source], sieve: Sieve) -> Iterator[Turn]:
    """Give the frames of several captures in the order of time, as far as each one keeps it; where they overlap, in turns.

    Each capture ends with a turn without frames, and one that cannot be read further is no matter of the others. What can be read but
    once is opened first, since nothing else tells when it begins; what holds no frame comes last.
    """
    waiting = deque(sorted((_began(source), number) for number, source in enumerate(sources)))
    reading: list[_Open] = []
    while waiting or reading:
        while waiting and len(reading) < MAX_OPEN and (not reading or waiting[0][0] <= min(one.at for one in reading)):
            number = waiting.popleft()[1]
            reading.append(_Open(number, sources[number], sieve))
        first = min(reading, key=lambda one: one.at)
        until = min((one.at for one in reading if one is not first), default=_NEVER)
        if waiting and len(reading) < MAX_OPEN:
            until = min(until, waiting[0][0])
        turn = first.take(until)
        if turn.piece is None:
            reading.remove(first)
        yield turn


def _began(source: Source) -> Instant:
    if isinstance(source, Piped):
        return _AT_ONCE
    try:
        with opened(source) as packed:
            return next((batch.frames[0][:2] for batch in batches(Unpacked(packed).read)), _NEVER)
    except (DecodeError, OSError):
        return _NEVER


def _of_libpcap(source: Source, sieve: Sieve, passed: list[Stretch]) -> Iterator[Piece]:
    """Give the frames of a file behind the filter, and add to `passed` how many. Raises _Refused, having given frames or not."""
    if isinstance(source, Piped):
        raise _Refused
    with source.open("rb") as file:
        is_pcapng = file.read(4) == MAGICS[-1]
    try:
        reader = pcapy.open_offline(str(source))
        link_type = reader.datalink()
        wanted, changes = expression(link_type), 0
        passed.append(Stretch(wanted))
        if wanted is not None:
            reader.setfilter(wanted)
        # libpcap does not tell how far it is; the kernel does, of the descriptor that it reads.
        place = _descriptor_of(source)
        while True:
            if changes != sieve.changes and link_type == LINK_ETHERNET and wanted is not None:
                changes = sieve.changes
                passed.append(Stretch(sampling(wanted, sieve.busy)))
                reader.setfilter(passed[-1].wanted)
            blob, meta = reader.next_batch(FRAMES_AT_ONCE)
            if not meta:
                return
            frames = tuple(_meta(meta))
            if is_pcapng and any(not frame[0] for frame in frames):
                raise _Refused  # simple blocks have no time; the codec of ours makes up for it
            passed[-1].count += len(frames)
            yield Piece(Batch(blob, frames, link_type), None, 0 if place is None else os.lseek(place, 0, os.SEEK_CUR))
    except (pcapy.PcapError, UnicodeError) as fault:
        raise _Refused from fault


def _descriptor_of(source: Path) -> int | None:
    """Return the highest descriptor of this process that has a file open; None where that cannot be told."""
    try:
        own, wanted = Path("/proc/self/fd"), source.stat()
        open_now = sorted((int(entry.name) for entry in own.iterdir()), reverse=True)
        return next((one for one in open_now if _is_same(own / str(one), wanted)), None)
    except OSError:
        return None


def _is_same(descriptor: Path, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(descriptor.stat(), wanted)
    except OSError:
        return False


def _of_ours(source: Source, passed: Sequence[Stretch]) -> Iterator[Piece]:
    """Give the frames of a capture by the codec of ours. passed: those that were given already."""
    position = 0
    with opened(source) as packed:

        def counted(size: int) -> bytes:
            nonlocal position
            chunk = packed(size)
            position += len(chunk)
            return chunk

        unpacked = Unpacked(counted)
        try:
            for batch in _behind(passed, batches(unpacked.read)):
                yield Piece(batch, _program(batch.link_type, expression(batch.link_type)), position)
        except DecodeError as fault:
            while unpacked.damage is None and unpacked.read(1 << 20):
                pass
            raise DecodeError(unpacked.damage or str(fault)) from None
        if unpacked.damage is not None:
            raise DecodeError(unpacked.damage)


def _behind(passed: Sequence[Stretch], given: Iterator[Batch]) -> Iterator[Batch]:
    """Give batches without the first frames, up to the last of those that passed their filters. Raises what `given` raises."""
    waiting = deque(replace(one) for one in passed)
    for batch in given:
        blob, frames, link_type = batch
        position = 0
        while waiting and position < len(frames):
            program, one = _program(link_type, waiting[0].wanted), waiting[0]
            while one.count and position < len(frames):
                _, _, start, size = frames[position]
                one.count -= program is None or program.filter(blob[start : start + size]) > 0
                position += 1
            if not one.count:
                waiting.popleft()
        yield batch._replace(frames=frames[position:])


@lru_cache(maxsize=8)
def _program(link_type: int, wanted: str | None) -> Program | None:
    """Return a filter for frames of a link type; None where there is none."""
    if wanted is None:
        return None
    dlt = _RAW_BY_DLT.get(link_type & 0xFFFF, link_type & 0xFFFF)
    try:
        program: Program = pcapy.compile(dlt, 262_144, wanted, 1, _NO_MASK)
    except pcapy.PcapError:
        return None
    return program
