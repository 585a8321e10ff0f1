"""Capture files, pcap and pcapng, read from the front: nothing is sought, so a pipe or an unpacking stream will do.

Source: draft-ietf-opsawg-pcap (24-byte header, magic a1b2c3d4 for microseconds and a1b23c4d for nanoseconds) and
draft-ietf-opsawg-pcapng (section header, interface description, enhanced, simple and obsolete packet blocks). Where the two leave
a choice, this reads what libpcap reads: frames are cut at the length that the header states for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Literal, NamedTuple

from camscan.codecs.base import DecodeError

MAX_FRAME = 256 * 1024
"""Captured bytes of one frame; libpcap's own limit."""
MAX_BATCH = 1024
"""Frames of one batch."""
_MAX_BLOCK = 16 * 1024 * 1024
"""Bytes of one block, libpcap's own limit; names and secrets of sessions fill such blocks, frames do not."""
_MAX_INTERFACES = 1024
_CHUNK = 256 * 1024
LINK_TYPE_BITS = 0xFFFF
"""The bits above may hold the length of the frame check sequence."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
MAGICS = tuple(
    bytes.fromhex(magic) for magic in ("d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d", "0a0d0d0a")
)  # fmt: skip
"""First bytes of pcap in both byte orders, with micro- and nanoseconds, and of pcapng."""
_OPTION_RESOLUTION, _OPTION_OFFSET = 9, 14
_MICROSECONDS, _NANOSECONDS = 1_000_000, 1_000_000_000

Source = Iterable[bytes] | Callable[[int], bytes]
"""Chunks of a file in order, or a function that returns up to as many bytes as asked for and nothing at the end."""
Order = Literal["little", "big"]
Frame = tuple[int, int, int, int]
"""Seconds since 1970 and microseconds, offset and size in the bytes of the batch."""


class Damaged(DecodeError):  # noqa: N818 - it says what the file is, like the attempt that it becomes
    """The file ends inside a record or goes on with something else; every record before that was given."""


class Record(NamedTuple):
    """One captured frame."""

    at: datetime
    link_type: int
    frame: bytes


class Batch(NamedTuple):
    """Frames that follow each other, all of one link type."""

    blob: bytes
    frames: Sequence[Frame]
    link_type: int


def records(source: Source) -> Iterator[Record]:
    """Give the frames of a capture file in order. Raises DecodeError for another kind of file, Damaged after the last whole record."""
    return _records(batches(source))


def batches(source: Source) -> Iterator[Batch]:
    """Give the frames of a capture file in order, ≤ MAX_BATCH at a time. Raises like `records`."""
    window = _Window(source)
    magic = window.exactly(4, "a capture file has a magic number")
    for order in _ORDERS:
        number = int.from_bytes(magic, order)
        if number in (0xA1B2C3D4, 0xA1B23C4D):
            return _pcap(window, order, 1 if number == 0xA1B2C3D4 else 1000)
    if int.from_bytes(magic) == _SECTION:
        return _pcapng(window)
    raise DecodeError("neither pcap nor pcapng")


_ORDERS: tuple[Order, Order] = ("little", "big")
_SIGNS: dict[Order, str] = {"little": "<", "big": ">"}


def _records(given: Iterator[Batch]) -> Iterator[Record]:
    for blob, frames, link_type in given:
        for seconds, microseconds, start, size in frames:
            at = EPOCH + timedelta(seconds=seconds, microseconds=microseconds)
            yield Record(at, link_type, blob[start : start + size])


class _Window:
    """Looks at a source through a buffer that is moved on; it holds no more than one record and one chunk."""

    def __init__(self, source: Source) -> None:
        self._chunks = None if callable(source) else iter(source)
        self._read = source if callable(source) else None
        self.buffer = b""
        self.position = 0

    @property
    def left(self) -> int:
        """Bytes of the buffer that were not taken."""
        return len(self.buffer) - self.position

    def more(self) -> bool:
        """Read on behind what was not taken; return whether there was anything."""
        if self._read is not None:
            chunk = self._read(_CHUNK)
        else:
            assert self._chunks is not None
            chunk = next((chunk for chunk in self._chunks if chunk), b"")
        self.buffer = self.buffer[self.position :] + chunk
        self.position = 0
        return bool(chunk)

    def exactly(self, count: int, wanted: str) -> bytes:
        """Return the next bytes. Raises Damaged."""
        while self.left < count:
            if not self.more():
                raise Damaged(f"{wanted}; the file ends after {self.left} of {count} bytes")
        self.position += count
        return self.buffer[self.position - count : self.position]


def _pcap(window: _Window, order: Order, fractions: int) -> Iterator[Batch]:
    """Give the frames of a pcap file. fractions: of its clock, in a microsecond."""
    header = window.exactly(20, "a pcap file has a header")
    link_type, snap = int.from_bytes(header[16:20], order) & LINK_TYPE_BITS, _snap_length(header[12:16], order)
    head = Struct(f"{_SIGNS[order]}IIII").unpack_from
    found: list[Frame] = []
    while True:
        buffer, position, end, impossible = window.buffer, window.position, len(window.buffer), False
        while position + 16 <= end and len(found) < MAX_BATCH:
            seconds, fraction, captured, _ = head(buffer, position)
            if captured > MAX_FRAME:
                impossible = True
                break
            if position + 16 + captured > end:
                break
            found.append((seconds, fraction // fractions, position + 16, min(captured, snap)))
            position += 16 + captured
        window.position = position
        full = len(found) >= MAX_BATCH
        if found:
            yield Batch(buffer, found, link_type)
            found = []
        if impossible:
            raise Damaged("a record header that cannot be one")
        if not full and not window.more():
            if window.left:
                raise Damaged(f"the file ends inside a record, {window.left} bytes after its beginning")
            return


def _snap_length(field: bytes, order: Order) -> int:
    """Return how much of each frame was kept; of an impossible number, as much as of any."""
    stated = int.from_bytes(field, order, signed=True)
    return stated if 0 < stated <= MAX_FRAME else MAX_FRAME


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snap_length: int
    per_second: int
    offset_s: int

    def instant(self, ticks: int) -> tuple[int, int]:
        """Return seconds since 1970, of which libpcap knows 32 bits, and microseconds."""
        seconds, rest = divmod(ticks, self.per_second)
        return (seconds + self.offset_s) & 0xFFFFFFFF, rest * 1_000_000 // self.per_second


def _pcapng(window: _Window) -> Iterator[Batch]:
    order, interfaces, last = _section(window), list[_Interface](), (0, 0)
    while True:
        if interfaces:
            frames, link_type = _run_of_frames(window, order, interfaces)
            if frames:
                last = frames[-1][:2]
                yield Batch(window.buffer, frames, link_type)
        if window.left < 8 and not window.more() and not window.left:
            return
        kind = int.from_bytes(window.exactly(4, "a block has a header"), order)
        if kind == _SECTION:
            order, interfaces = _section(window), []
            continue
        body = _body(window, order)
        if kind == _INTERFACE:
            if len(interfaces) >= _MAX_INTERFACES:
                raise Damaged("too many interfaces in one section")
            interfaces.append(_interface(body, order))
        elif kind in (_ENHANCED, _PACKET):
            frame, link_type = _packet(body, order, interfaces, kind)
            last = frame[:2]
            yield Batch(body, (frame,), link_type)
        elif kind == _SIMPLE:
            yield _simple(body, order, interfaces, last)


def _run_of_frames(window: _Window, order: Order, interfaces: list[_Interface]) -> tuple[list[Frame], int]:
    """Take the sound packet blocks of one link type that stand in the buffer; whatever else comes is left for a closer look."""
    head, tail = Struct(f"{_SIGNS[order]}IIIIII").unpack_from, Struct(f"{_SIGNS[order]}I").unpack_from
    buffer, position, end = window.buffer, window.position, len(window.buffer)
    found: list[Frame] = []
    link_type = -1
    while position + 32 <= end and len(found) < MAX_BATCH:
        kind, total, number, high, low, captured = head(buffer, position)
        if kind != _ENHANCED or total % 4 or number >= len(interfaces) or position + total > end:
            break
        if captured > MAX_FRAME or captured + 32 > total or tail(buffer, position + total - 4)[0] != total:
            break
        interface = interfaces[number]
        if found and interface.link_type != link_type:
            break
        link_type = interface.link_type
        found.append((*interface.instant(high << 32 | low), position + 28, min(captured, interface.snap_length)))
        position += total
    window.position = position
    return found, link_type


def _section(window: _Window) -> Order:
    """Read a section header behind its block type, and return the byte order of the section."""
    length = window.exactly(4, "a block has a length")
    magic = window.exactly(4, "a section has a byte order")
    for order in _ORDERS:
        if int.from_bytes(magic, order) == _BYTE_ORDER_MAGIC:
            _body(window, order, length, already_read=4)
            return order
    raise Damaged("a section without byte order")


def _body(window: _Window, order: Order, length: bytes = b"", already_read: int = 0) -> bytes:
    """Read the rest of a block behind its type, or of a section behind its byte order, whose second length libpcap does not look at."""
    length = length or window.exactly(4, "a block has a length")
    total = int.from_bytes(length, order)
    if total < 12 + already_read or total % 4 or total > _MAX_BLOCK:
        raise Damaged(f"a block length of {total}")
    body = window.exactly(total - 12 - already_read, "a block has a body")
    if window.exactly(4, "a block ends with its length") != length and not already_read:
        raise Damaged("a block whose two lengths differ")
    return body


def _interface(body: bytes, order: Order) -> _Interface:
    if len(body) < 8:
        raise Damaged("an interface without link type")
    per_second, offset_s, position = _MICROSECONDS, 0, 8
    while position + 4 <= len(body):
        code, length = (
            int.from_bytes(body[position : position + 2], order),
            int.from_bytes(body[position + 2 : position + 4], order),
        )
        value = body[position + 4 : position + 4 + length]
        if code == 0:
            break
        if code == _OPTION_RESOLUTION and value:
            # The top bit says whether the rest is a power of two or of ten; 64-bit ticks leave no use for more than these.
            power = value[0] & 0x7F
            if power > (63 if value[0] & 0x80 else 19):
                raise Damaged("an interface with an impossible resolution")
            per_second = (2 if value[0] & 0x80 else 10) ** power
        elif code == _OPTION_OFFSET and len(value) == 8:
            offset_s = int.from_bytes(value, order, signed=True)
        position += 4 + (length + 3) // 4 * 4
    return _Interface(
        link_type=int.from_bytes(body[:2], order),
        snap_length=_snap_length(body[4:8], order),
        per_second=per_second,
        offset_s=offset_s,
    )


def _packet(body: bytes, order: Order, interfaces: list[_Interface], kind: int) -> tuple[Frame, int]:
    if len(body) < 20:
        raise Damaged("a packet block without header")
    number = int.from_bytes(body[: 4 if kind == _ENHANCED else 2], order)
    ticks = int.from_bytes(body[4:8], order) << 32 | int.from_bytes(body[8:12], order)
    captured = int.from_bytes(body[12:16], order)
    if number >= len(interfaces) or captured > min(MAX_FRAME, len(body) - 20):
        raise Damaged("a packet block that cannot be one")
    interface = interfaces[number]
    return (*interface.instant(ticks), 20, min(captured, interface.snap_length)), interface.link_type


def _simple(body: bytes, order: Order, interfaces: list[_Interface], at: tuple[int, int]) -> Batch:
    """Return the frame of a block without time; `at` is that of the packet before it."""
    if len(body) < 4 or not interfaces:
        raise Damaged("a simple packet block without interface or length")
    captured = min(int.from_bytes(body[:4], order), interfaces[0].snap_length, len(body) - 4)
    return Batch(body, ((*at, 4, captured),), interfaces[0].link_type)
