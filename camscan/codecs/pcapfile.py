"""Capture files, pcap and pcapng, read from the front: nothing is sought, so a pipe or an unpacking stream will do.

Source: draft-ietf-opsawg-pcap (24-byte header, magic a1b2c3d4 for microseconds and a1b23c4d for nanoseconds) and
draft-ietf-opsawg-pcapng (section header, interface description, enhanced, simple and obsolete packet blocks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from camscan.codecs.base import DecodeError

MAX_FRAME = 256 * 1024
"""Captured bytes of one frame; libpcap's own limit."""
_MAX_BLOCK = MAX_FRAME + 64 * 1024
_MAX_INTERFACES = 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799
"""31 December 9999; later instants cannot be written down."""
_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_OPTION_RESOLUTION, _OPTION_OFFSET = 9, 14
_MICROSECONDS, _NANOSECONDS = 1_000_000, 1_000_000_000

Source = Iterable[bytes] | Callable[[int], bytes]
"""Chunks of a file in order, or a function that returns up to as many bytes as asked for and nothing at the end."""
Order = Literal["little", "big"]


class Damaged(DecodeError):  # noqa: N818 - it says what the file is, like the attempt that it becomes
    """The file ends inside a record or goes on with something else; every record before that was given."""


class Record(NamedTuple):
    """One captured frame."""

    at: datetime
    link_type: int
    frame: bytes


def records(source: Source) -> Iterator[Record]:
    """Give the frames of a capture file in order. Raises DecodeError for another kind of file, Damaged after the last whole record."""
    reader = _Reader(source)
    magic = reader.exactly(4, "a capture file has a magic number")
    for order in _ORDERS:
        number = int.from_bytes(magic, order)
        if number in (0xA1B2C3D4, 0xA1B23C4D):
            return _pcap(reader, order, _MICROSECONDS if number == 0xA1B2C3D4 else _NANOSECONDS)
    if int.from_bytes(magic) == _SECTION:
        return _pcapng(reader)
    raise DecodeError("neither pcap nor pcapng")


_ORDERS: tuple[Order, Order] = ("little", "big")


class _Reader:
    """Collects whole records from a source, holding no more than one record and one chunk."""

    def __init__(self, source: Source) -> None:
        self._chunks = None if callable(source) else iter(source)
        self._read = source if callable(source) else None
        self._buffer = b""
        self._position = 0

    def upto(self, count: int) -> bytes:
        """Return `count` bytes, fewer at the end of the source only."""
        parts: list[bytes] = []
        wanted = count
        while wanted > 0:
            if self._position >= len(self._buffer):
                self._buffer, self._position = self._next(wanted), 0
                if not self._buffer:
                    break
            part = self._buffer[self._position : self._position + wanted]
            self._position += len(part)
            wanted -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def exactly(self, count: int, wanted: str) -> bytes:
        chunk = self.upto(count)
        if len(chunk) < count:
            raise Damaged(f"{wanted}; the file ends after {len(chunk)} of {count} bytes")
        return chunk

    def _next(self, wanted: int) -> bytes:
        if self._read is not None:
            return self._read(max(wanted, 64 * 1024))
        assert self._chunks is not None
        return next((chunk for chunk in self._chunks if chunk), b"")


def _instant(ticks: int, per_second: int, offset_s: int) -> datetime:
    seconds, rest = divmod(ticks, per_second)
    seconds += offset_s
    if not 0 <= seconds <= _LAST_SECOND:
        raise Damaged("a time outside the years 1970 to 9999")
    return _EPOCH + timedelta(seconds=seconds, microseconds=rest * 1_000_000 // per_second)


def _pcap(reader: _Reader, order: Order, per_second: int) -> Iterator[Record]:
    header = reader.exactly(20, "a pcap file has a header")
    link_type = int.from_bytes(header[16:20], order)
    while head := reader.upto(16):
        if len(head) < 16:
            raise Damaged("the file ends inside the header of a record")
        seconds, fraction = int.from_bytes(head[0:4], order), int.from_bytes(head[4:8], order)
        captured = int.from_bytes(head[8:12], order)
        if captured > MAX_FRAME or fraction >= per_second:
            raise Damaged("a record header that cannot be one")
        frame = reader.exactly(captured, "a record has a frame")
        yield Record(_instant(seconds * per_second + fraction, per_second, 0), link_type, frame)


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snap_length: int
    per_second: int
    offset_s: int


def _pcapng(reader: _Reader) -> Iterator[Record]:
    order, interfaces, last = _section(reader), list[_Interface](), _EPOCH
    while head := reader.upto(8):
        if len(head) < 8:
            raise Damaged("the file ends inside the header of a block")
        if int.from_bytes(head[:4], order) == _SECTION:
            order, interfaces = _section(reader, head[4:]), []
            continue
        kind, body = int.from_bytes(head[:4], order), _body(reader, head[4:], order)
        if kind == _INTERFACE:
            if len(interfaces) >= _MAX_INTERFACES:
                raise Damaged("too many interfaces in one section")
            interfaces.append(_interface(body, order))
        elif kind in (_ENHANCED, _PACKET):
            record = _packet(body, order, interfaces, kind)
            last = record.at
            yield record
        elif kind == _SIMPLE:
            yield _simple(body, order, interfaces, last)


def _section(reader: _Reader, length: bytes = b"") -> Order:
    """Read a section header behind its block type, and return the byte order of the section."""
    length = length or reader.exactly(4, "a block has a length")
    magic = reader.exactly(4, "a section has a byte order")
    for order in _ORDERS:
        if int.from_bytes(magic, order) == _BYTE_ORDER_MAGIC:
            _body(reader, length, order, already_read=4)
            return order
    raise Damaged("a section without byte order")


def _body(reader: _Reader, length: bytes, order: Order, already_read: int = 0) -> bytes:
    total = int.from_bytes(length, order)
    if total < 12 + already_read or total % 4 or total > _MAX_BLOCK:
        raise Damaged(f"a block length of {total}")
    body = reader.exactly(total - 12 - already_read, "a block has a body")
    if reader.exactly(4, "a block ends with its length") != length:
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
        snap_length=int.from_bytes(body[4:8], order),
        per_second=per_second,
        offset_s=offset_s,
    )


def _packet(body: bytes, order: Order, interfaces: list[_Interface], kind: int) -> Record:
    if len(body) < 20:
        raise Damaged("a packet block without header")
    number = int.from_bytes(body[: 4 if kind == _ENHANCED else 2], order)
    ticks = int.from_bytes(body[4:8], order) << 32 | int.from_bytes(body[8:12], order)
    captured = int.from_bytes(body[12:16], order)
    if number >= len(interfaces) or captured > min(MAX_FRAME, len(body) - 20):
        raise Damaged("a packet block that cannot be one")
    interface = interfaces[number]
    at = _instant(ticks, interface.per_second, interface.offset_s)
    return Record(at, interface.link_type, body[20 : 20 + captured])


def _simple(body: bytes, order: Order, interfaces: list[_Interface], at: datetime) -> Record:
    """Return the frame of a block without time; `at` is that of the packet before it."""
    if len(body) < 4 or not interfaces:
        raise Damaged("a simple packet block without interface or length")
    captured = min(int.from_bytes(body[:4], order), interfaces[0].snap_length or MAX_FRAME, len(body) - 4)
    return Record(at, interfaces[0].link_type, body[4 : 4 + captured])
