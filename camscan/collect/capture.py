"""Capture files to observations: filtered by libpcap, without what adds nothing to known connections, in the order of time.

A file on disk is read through libpcap. What libpcap refuses (interfaces of different kinds in one file, damage), what is packed and
what comes through a pipe is read by the codec of ours, behind the same filter; both give the same frames.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from struct import Struct
from typing import Protocol

import pcapy  # type: ignore[import-not-found]

from camscan.codecs.base import DecodeError
from camscan.codecs.capturefilter import expression
from camscan.codecs.dissect import Dissection
from camscan.codecs.frame import FIN, LINK_ETHERNET, RST, SYN, TCP
from camscan.codecs.pcapfile import EPOCH, MAGICS, MAX_FRAME, Batch, batches, records
from camscan.codecs.registry import Undecoded
from camscan.collect.base import Tally
from camscan.collect.unpack import MAGICS as PACKED
from camscan.collect.unpack import Read, Unpacked, at_least, behind
from camscan.errors import UsageError
from camscan.model import Observation, Via

FRAMES_AT_ONCE = 256
"""Frames that libpcap hands over at a time."""
_IPV4 = b"\x08\0\x45"
"""Type of an untagged frame with IPv4, and the first byte of a header without options."""
_LEAST_TCP = 54
_MOST_WITHOUT_CONTENT = 94
"""Bytes of a frame with the longest header of TCP and nothing behind it."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_RAW_BY_DLT = {101: 12}
"""Numbers of link types that libpcap writes otherwise in files than it calls them."""
_NO_MASK = 0xFFFFFFFF

_meta = Struct("=IIII").iter_unpack
_parts_of_tcp = Struct("12x3s8xB2x12sxB7xB").unpack_from
"""Of an untagged frame with TCP over IPv4: type and first byte of IPv4, protocol, addresses and ports, bits 16 to 23 of the sequence
number, flags. One call takes two thirds of the time of as many slices."""


class Program(Protocol):
    """A compiled filter."""

    def filter(self, frame: bytes) -> int:
        """Return 0 for a frame that is not wanted."""
        ...


@dataclass(frozen=True, slots=True)
class Piped:
    """A capture that can be read once, such as what tcpdump writes into a pipe."""

    name: str
    read: Read


class _Refused(Exception):  # noqa: N818 - nothing is wrong with us
    """libpcap does not read this file, or not on from here."""


class CaptureReader:
    """Reads the captures of one run, one after the other, as parts of one: a connection may begin in one file and end in the next."""

    def __init__(self, *, site: str, emit: Callable[[Observation], None]) -> None:
        self.dissection = Dissection(via=Via.PCAP, collector="pcap", site=site, at_once=False)
        self._emit = emit
        self.at: Callable[[int], None] = lambda position: None
        """Told now and then how many bytes of the present file are read; 0 of what is no file."""
        self._tally = Tally()
        self._passed = 0
        """Frames of the present file that the filter let through."""

    def read(self, source: Path | Piped, tally: Tally) -> None:
        """Emit all that a capture says; damage ends it and stands in `tally.unfinished`. Raises UsageError when it cannot be read."""
        self._tally, self._passed = tally, 0
        try:
            try:
                self._take(_of_libpcap(source, self.at))
            except _Refused:
                self._read_ourselves(source, skip=self._passed)
        except DecodeError as fault:
            tally.unfinished.append(f"{source.name}: {fault}; everything before it was read")
        except OSError as fault:
            raise UsageError(f"{source}: cannot be read: {fault.strerror}") from None

    def finish(self, tally: Tally) -> None:
        """Emit what was still open when the last capture ended, and tell what the caps refused."""
        self._tally = tally
        self._said(self.dissection.flush())
        dropped = self.dissection.dropped
        if refused := dropped.get("senders"):
            tally.unfinished.append(f"{refused} messages of more senders than are kept of one run were left out")
        if refused := dropped.get("messages"):
            tally.notes.append(f"{refused} messages of senders that said more than is kept of one were left out")
        if refused := dropped.get("connections"):
            tally.notes.append(f"{refused} connections were given up early, because too many were open")

    def _read_ourselves(self, source: Path | Piped, skip: int) -> None:
        """Read a capture with the codec of ours. skip: frames behind the filter that were taken already."""
        with opened(source) as packed:
            unpacked = Unpacked(_told(packed, self.at))
            try:
                self._take(_with_filter(batches(unpacked.read), skip))
            except DecodeError as fault:
                while unpacked.damage is None and unpacked.read(1 << 20):
                    pass
                raise DecodeError(unpacked.damage or str(fault)) from None
            if unpacked.damage is not None:
                raise DecodeError(unpacked.damage)

    def _take(self, given: Iterable[tuple[Batch, Program | None]]) -> None:
        """Take batches of frames, each with the filter that they were not through yet.

        What runs here for each frame is most of the time that a capture takes: it does what `Dissection.feed` would do first.
        """
        dissection, said = self.dissection, self._said
        feed, known, instant, parts_of_tcp = dissection.feed, dissection.skippable.get, timedelta, _parts_of_tcp
        unwanted, tcp, ipv4, epoch, without_content = SYN | FIN | RST, TCP, _IPV4, EPOCH, _MOST_WITHOUT_CONTENT
        for (blob, frames, link_type), program in given:
            least, skipped = _LEAST_TCP if link_type == LINK_ETHERNET else MAX_FRAME + 1, 0
            for seconds, microseconds, start, size in frames:
                if size >= least:
                    kind, proto, mark, tick, flags = parts_of_tcp(blob, start)
                    if (direction := known(mark)) is not None and not flags & unwanted and proto == tcp and kind == ipv4:
                        skipped += 1
                        if program is not None and size <= without_content and not program.filter(blob[start : start + size]):
                            continue
                        direction.awake = True
                        if tick != direction.tick:
                            direction.reach(int.from_bytes(blob[start + 38 : start + 42]), 0)
                        continue
                frame = blob[start : start + size]
                if program is not None and not program.filter(frame):
                    continue
                outcomes = feed(frame, epoch + instant(0, seconds, microseconds), link_type)
                if outcomes:
                    said(outcomes)
            dissection.skipped += skipped
            dissection.frames += skipped
            self._passed += len(frames)

    def _said(self, outcomes: Iterable[Observation | Undecoded]) -> None:
        tally = self._tally
        for found in outcomes:
            if isinstance(found, Undecoded):
                tally.could_not_read(found)
            else:
                tally.received += found.count
                self._emit(found)


@contextmanager
def opened(source: Path | Piped) -> Iterator[Read]:
    """Give the function that reads a source. Raises OSError."""
    if isinstance(source, Piped):
        yield source.read
        return
    with source.open("rb") as file:
        yield file.read


def piped_capture(read: Read) -> Piped | bytes:
    """Return what a pipe holds where it begins as a capture does, packed or not; of anything else its first bytes.

    A packed one is taken for a capture, since nothing else is read packed.
    """
    front = at_least(read, 4)
    return Piped("stdin", behind(front, read)) if front.startswith((*MAGICS, *PACKED)) else front


def is_capture(source: Path) -> bool:
    """Return whether a file is a capture, packed or not, by its first bytes. Raises OSError."""
    with opened(source) as packed:
        return at_least(Unpacked(packed).read, 4).startswith(MAGICS)


def in_order_of_time(sources: Sequence[Path | Piped]) -> list[Path | Piped]:
    """Return captures by the time of their first frame; what can be read but once, and what holds no frame, comes last."""
    return sorted(sources, key=_began)


def _began(source: Path | Piped) -> datetime:
    if isinstance(source, Piped):
        return _NEVER
    try:
        with opened(source) as packed:
            return next((record.at for record in records(Unpacked(packed).read)), _NEVER)
    except (DecodeError, OSError):
        return _NEVER


def _told(read: Read, at: Callable[[int], None]) -> Read:
    """Return the function that reads, telling how many bytes it read."""
    so_far = 0

    def counted(size: int) -> bytes:
        nonlocal so_far
        piece = read(size)
        so_far += len(piece)
        at(so_far)
        return piece

    return counted


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


def _of_libpcap(source: Path | Piped, at: Callable[[int], None]) -> Iterator[tuple[Batch, Program | None]]:
    """Give the frames of a file behind the filter. Raises _Refused, having given frames or not."""
    if isinstance(source, Piped):
        raise _Refused
    with source.open("rb") as file:
        is_pcapng = file.read(4) == MAGICS[-1]
    try:
        reader = pcapy.open_offline(str(source))
        link_type = reader.datalink()
        wanted = expression(link_type)
        if wanted is not None:
            reader.setfilter(wanted)
        # libpcap does not tell how far it is; the kernel does, of the descriptor that it reads.
        place = _descriptor_of(source)
        while True:
            blob, meta = reader.next_batch(FRAMES_AT_ONCE)
            if not meta:
                return
            if place is not None:
                at(os.lseek(place, 0, os.SEEK_CUR))
            frames = tuple(_meta(meta))
            if is_pcapng and any(
                not frame[0] for frame in frames
            ):  # simple blocks have no time; the codec of ours makes up for it
                raise _Refused
            yield Batch(blob, frames, link_type), None
    except (pcapy.PcapError, UnicodeError) as fault:
        raise _Refused from fault


def _with_filter(given: Iterator[Batch], skip: int) -> Iterator[tuple[Batch, Program | None]]:
    """Give each batch with the filter of its kind, without the first frames that this lets through. Raises what `given` raises."""
    programs: dict[int, Program | None] = {}
    for blob, frames, link_type in given:
        if link_type not in programs:
            programs[link_type] = _program(link_type)
        program = programs[link_type]
        if skip and program is not None:
            frames = [f for f in frames if program.filter(blob[f[2] : f[2] + f[3]])]
        left = frames[skip:]
        skip -= len(frames) - len(left)
        yield Batch(blob, left, link_type), program


@lru_cache(maxsize=8)
def _program(link_type: int) -> Program | None:
    wanted = expression(link_type)
    if wanted is None:
        return None
    dlt = _RAW_BY_DLT.get(link_type & 0xFFFF, link_type & 0xFFFF)
    try:
        program: Program = pcapy.compile(dlt, 262_144, wanted, 1, _NO_MASK)
    except pcapy.PcapError:
        return None
    return program
