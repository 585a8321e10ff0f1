"""SNMP answers, versions 1 and 2c: what the system group says of a device.

Source: RFC 1157 §4 and RFC 3416 §3 (messages), RFC 1213 and RFC 3418 (system group), ITU-T X.690 §8 (encoding). Status: documented.
Wire layout, each part behind its tag and length:

| part | tag | meaning |
|------|-----|---------|
| message | 30 | sequence of the next three |
| version | 02 | 0 = version 1, 1 = version 2c |
| community | 04 | in effect a password: it is neither decoded nor kept |
| PDU | A2 | GetResponse: request id, error status, error index, bindings |
| bindings | 30 | sequence of sequences: name 06, value |

Nothing is asked: communities come from an operator alone. Answers to others are read where a capture holds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, text
from camscan.model import Datagram, Fields

NAME = "snmp"
PORTS: tuple[int, ...] = (161,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()

SYS_DESCR, SYS_OBJECT_ID, SYS_NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"
MAX_BINDINGS = 64
_INTEGER, _OCTETS, _OID, _SEQUENCE, _GET_RESPONSE = 0x02, 0x04, 0x06, 0x30, 0xA2
_PDUS = range(0xA0, 0xA9)
_VERSIONS = frozenset({0, 1})
_LONG_FORM = 0x80
_MAX_LENGTH_OCTETS = 4
_MAX_ARCS = 128
"""Arcs of a name, RFC 3416 §4.1."""
_MAX_ARC = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. Only an answer has bindings."""

    version: int
    """As on the wire."""
    is_answer: bool
    bindings: tuple[tuple[str, str], ...] = ()
    """Names and values that are text or names, in order, ≤ MAX_BINDINGS."""

    def get(self, name: str) -> str:
        """Return the value bound to a name; empty where there is none."""
        return next((value for key, value in self.bindings if key == name), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return none: to ask takes a community, and no password is guessed."""
    return ()


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram between ports of SNMP begins as a sequence."""
    return (datagram.src.port in PORTS or datagram.dst.port in PORTS) and datagram.payload[:1] == bytes([_SEQUENCE])


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    message = _inside(Cursor(payload), _SEQUENCE)
    version = int.from_bytes(_content(message, _INTEGER))
    if version not in _VERSIONS:
        raise DecodeError("neither version 1 nor 2c")
    _content(message, _OCTETS)
    tag, pdu = _element(message)
    if tag not in _PDUS:
        raise DecodeError("no PDU")
    if tag != _GET_RESPONSE:
        return Message(version=version, is_answer=False)
    cursor = Cursor(pdu)
    for _ in ("request id", "error status", "error index"):
        _content(cursor, _INTEGER)
    return Message(version=version, is_answer=True, bindings=tuple(_bindings(_inside(cursor, _SEQUENCE))))


def observe(message: Message) -> Fields:
    """Return the system group in the shared vocabulary; empty for questions and traps."""
    return fields(
        ("snmp.sysdescr", message.get(SYS_DESCR)),
        ("snmp.sysobjectid", message.get(SYS_OBJECT_ID)),
        ("snmp.sysname", message.get(SYS_NAME)),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return a message of the same length with its community blanked; empty for what cannot be read that far."""
    whole = Cursor(payload)
    try:
        message = _inside(whole, _SEQUENCE)
        _content(message, _INTEGER)
        community = _content(message, _OCTETS)
    except DecodeError:
        return b""
    end = whole.position - message.left
    return payload[: end - len(community)] + b"*" * len(community) + payload[end:]


def _bindings(cursor: Cursor) -> Iterator[tuple[str, str]]:
    for _ in range(MAX_BINDINGS):
        if not cursor.left:
            return
        binding = _inside(cursor, _SEQUENCE)
        name = _oid(_content(binding, _OID))
        tag, value = _element(binding)
        if tag == _OCTETS:
            yield name, text(value).strip("\0\r\n")
        elif tag == _OID:
            yield name, _oid(value)


def _element(cursor: Cursor) -> tuple[int, bytes]:
    """Return tag and content of the next element; lengths may be written longer than need be, as agents do."""
    tag, length = cursor.u8(), cursor.u8()
    if length >= _LONG_FORM:
        octets = length - _LONG_FORM
        if not 0 < octets <= _MAX_LENGTH_OCTETS:
            raise DecodeError("a length that is open or too long")
        length = int.from_bytes(cursor.take(octets))
    return tag, cursor.take(length)


def _content(cursor: Cursor, wanted: int) -> bytes:
    tag, content = _element(cursor)
    if tag != wanted:
        raise DecodeError(f"tag {tag:#04x} in place of {wanted:#04x}")
    return content


def _inside(cursor: Cursor, wanted: int) -> Cursor:
    return Cursor(_content(cursor, wanted))


def _oid(raw: bytes) -> str:
    """Return an object identifier in dotted decimal."""
    arcs: list[int] = []
    arc, open_arc = 0, False
    for octet in raw:
        arc, open_arc = (arc << 7) | (octet & 0x7F), bool(octet & 0x80)
        if arc > _MAX_ARC:
            raise DecodeError("an arc beyond 32 bits")
        if open_arc:
            continue
        first = min(arc // 40, 2)
        arcs += [arc] if arcs else [first, arc - 40 * first]
        arc = 0
        if len(arcs) > _MAX_ARCS:
            raise DecodeError("a name of too many arcs")
    if open_arc or not arcs:
        raise DecodeError("a name that is empty or cut off")
    return ".".join(map(str, arcs))
