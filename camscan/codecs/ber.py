"""Elements of the Basic Encoding Rules as SNMP uses them: tag, definite length and content, read with bounds and written.

Source: ITU-T X.690 §8; RFC 3417 §8 (definite lengths alone), RFC 3416 §4.1 (128 arcs of 32 bits). Status: documented.
"""

from __future__ import annotations

from camscan.codecs.base import Cursor, DecodeError

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
MAX_ARCS = 128
MAX_ARC = 0xFFFFFFFF
_LONG_FORM = 0x80
_MAX_LENGTH_OCTETS = 4
_MAX_INTEGER_OCTETS = 9
"""A Counter64 with its sign."""

Arcs = tuple[int, ...]
"""An object identifier."""


def element(cursor: Cursor) -> tuple[int, bytes]:
    """Return tag and content of the next element; lengths may be written longer than need be, as agents do. Raises DecodeError."""
    tag, length = cursor.u8(), cursor.u8()
    if length >= _LONG_FORM:
        octets = length - _LONG_FORM
        if not 0 < octets <= _MAX_LENGTH_OCTETS:
            raise DecodeError("a length that is open or too long")
        length = int.from_bytes(cursor.take(octets))
    return tag, cursor.take(length)


def content(cursor: Cursor, wanted: int) -> bytes:
    """Return the content of the next element, which must have this tag. Raises DecodeError."""
    tag, found = element(cursor)
    if tag != wanted:
        raise DecodeError(f"tag {tag:#04x} in place of {wanted:#04x}")
    return found


def inside(cursor: Cursor, wanted: int) -> Cursor:
    """Return a cursor over the content of the next element, which must have this tag. Raises DecodeError."""
    return Cursor(content(cursor, wanted))


def integer(raw: bytes) -> int:
    """Return the number of an INTEGER, Counter, Gauge or TimeTicks. Raises DecodeError for none, and for more than 64 bits."""
    if not 0 < len(raw) <= _MAX_INTEGER_OCTETS:
        raise DecodeError(f"an integer of {len(raw)} bytes")
    return int.from_bytes(raw, signed=True)


def arcs(raw: bytes) -> Arcs:
    """Return an object identifier. Raises DecodeError."""
    found: list[int] = []
    arc, open_arc = 0, False
    for octet in raw:
        arc, open_arc = (arc << 7) | (octet & 0x7F), bool(octet & 0x80)
        if arc > MAX_ARC:
            raise DecodeError("an arc beyond 32 bits")
        if open_arc:
            continue
        first = min(arc // 40, 2)
        found += [arc] if found else [first, arc - 40 * first]
        arc = 0
        if len(found) > MAX_ARCS:
            raise DecodeError("a name of too many arcs")
    if open_arc or not found:
        raise DecodeError("a name that is empty or cut off")
    return tuple(found)


def dotted(name: Arcs) -> str:
    """Return an object identifier in dotted decimal."""
    return ".".join(map(str, name))


def of_dotted(name: str) -> Arcs:
    """Return the object identifier of a dotted decimal of ours."""
    return tuple(map(int, name.split(".")))


def write(tag: int, inner: bytes) -> bytes:
    """Return one element."""
    if len(inner) < _LONG_FORM:
        return bytes([tag, len(inner)]) + inner
    octets = (len(inner).bit_length() + 7) // 8
    return bytes([tag, _LONG_FORM | octets]) + len(inner).to_bytes(octets) + inner


def write_integer(number: int) -> bytes:
    """Return an INTEGER."""
    return write(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def write_arcs(name: Arcs) -> bytes:
    """Return an OBJECT IDENTIFIER of at least two arcs."""
    encoded = bytearray()
    for arc in (name[0] * 40 + name[1], *name[2:]):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        encoded += bytes(reversed(groups))
    return write(OID, bytes(encoded))
