"""What binary discovery protocols share: records of type, length and value, texts between other bytes, and what is kept of a message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from camscan.codecs.base import Cursor

MAX_RECORDS = 256
"""Records read of one message."""
MAX_TEXTS = 64
"""Texts read of one message."""
_PRINTABLE = range(0x20, 0x7F)


def records(cursor: Cursor, *, type_size: int, length_size: int) -> Iterator[tuple[int, bytes]]:
    """Yield type and value of the records that are left, big-endian, up to the first that is not complete; ≤ MAX_RECORDS."""
    for _ in range(MAX_RECORDS):
        if cursor.left < type_size + length_size:
            return
        kind = int.from_bytes(cursor.take(type_size))
        length = int.from_bytes(cursor.take(length_size))
        if length > cursor.left:
            return
        yield kind, cursor.take(length)


def only(payload: bytes, *read: tuple[int, int]) -> bytes:
    """Return a message of the same length that holds nothing but what is read. read: where each such part begins and ends."""
    kept = bytearray(len(payload))
    for start, end in read:
        kept[start:end] = payload[start:end]
    return bytes(kept)


def only_values(payload: bytes, at: int, found: Iterable[tuple[int, int, bool]]) -> bytes:
    """Return a message of records of the same length without the values that are not read.

    at: where the first record begins; what stands before it is kept. found: of each record, in order, the bytes of its head and
    of its value, and whether that is read.
    """
    read = [(0, at)]
    for head, value, is_read in found:
        read.append((at, at + head + (value if is_read else 0)))
        at += head + value
    return only(payload, *read)


def padded(payload: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the text stands that begins at a place of fixed width and ends with the first NUL."""
    nul = payload.find(b"\0", start, end)
    return start, end if nul < 0 else nul


def texts(raw: bytes, *, at_least: int) -> tuple[str, ...]:
    """Return the runs of printable ASCII that another byte ends, of at least so many characters; ≤ MAX_TEXTS.

    What ends with the message may be cut, and is left out.
    """
    return tuple(islice(_runs(raw, at_least), MAX_TEXTS))


def _runs(raw: bytes, at_least: int) -> Iterator[str]:
    start = 0
    for position, byte in enumerate(raw):
        if byte not in _PRINTABLE:
            if position - start >= at_least:
                yield raw[start:position].decode("ascii").strip()
            start = position + 1
