"""SNMP questions and all that their answers bind: Get and GetBulk, alone or in a message of version 2c.

Source: RFC 3416 §3 and §4.2 (PDUs), RFC 1901 (message of version 2c), RFC 2578 §7.1 (types). Status: documented.
Only these two are ever built: a Set changes a device.

| tag | PDU | then |
|-----|-----|------|
| A0 | Get | request id, 0, 0, bindings |
| A5 | GetBulk | request id, names asked once, repetitions, bindings |
| A2 | Response | request id, error status, error index, bindings |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from camscan.codecs import ber
from camscan.codecs.base import Cursor, DecodeError
from camscan.codecs.ber import Arcs

MAX_BINDINGS = 512
"""Bindings read of one answer: more than one datagram of an honest agent holds."""
MAX_ANSWER = 16 * 1024
"""Bytes of an answer that are read; an agent asked for a few dozen rows sends one or two thousand."""
_VERSION_2C = 1
_GET, _RESPONSE, _GET_BULK = 0xA0, 0xA2, 0xA5
_ADDRESS = 0x40
_NUMBERS = frozenset({ber.INTEGER, 0x41, 0x42, 0x43, 0x46})
"""INTEGER, Counter32, Gauge32, TimeTicks, Counter64."""

Value = bytes | int | Arcs | None
"""Octets, number, name; None for what the agent does not have."""
Binding = tuple[Arcs, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response."""

    request_id: int
    error: int
    """Error status; 0 for none."""
    bindings: tuple[Binding, ...]
    """In order, ≤ MAX_BINDINGS."""
    pdu: bytes
    """Content of the response, without its tag and length."""


def get(request_id: int, names: Iterable[Arcs]) -> bytes:
    """Return a Get of names. request_id: below 2³¹."""
    return _pdu(_GET, request_id, 0, 0, names)


def get_bulk(request_id: int, names: Iterable[Arcs], repetitions: int) -> bytes:
    """Return a GetBulk: the next `repetitions` objects after each name."""
    return _pdu(_GET_BULK, request_id, 0, repetitions, names)


def version_2c(community: bytes, pdu: bytes) -> bytes:
    """Return a PDU in a message of version 2c."""
    return ber.write(ber.SEQUENCE, ber.write_integer(_VERSION_2C) + ber.write(ber.OCTETS, community) + pdu)


def answer_in_2c(payload: bytes) -> Answer:
    """Return the response in a message of version 2c. Raises DecodeError."""
    message = ber.inside(Cursor(payload[: MAX_ANSWER + 1]), ber.SEQUENCE)
    if ber.integer(ber.content(message, ber.INTEGER)) != _VERSION_2C:
        raise DecodeError("not version 2c")
    ber.content(message, ber.OCTETS)
    return answer(message.take(message.left))


def answer(pdu: bytes) -> Answer:
    """Return the response that a PDU is, tag and length included. Raises DecodeError."""
    if len(pdu) > MAX_ANSWER:
        raise DecodeError("an answer that is too long")
    inner = ber.content(Cursor(pdu), _RESPONSE)
    cursor = Cursor(inner)
    request_id, error, _ = (ber.integer(ber.content(cursor, ber.INTEGER)) for _ in range(3))
    bindings = tuple(_bindings(ber.inside(cursor, ber.SEQUENCE)))
    return Answer(request_id=request_id, error=error, bindings=bindings, pdu=inner)


def _pdu(kind: int, request_id: int, first: int, second: int, names: Iterable[Arcs]) -> bytes:
    listed = b"".join(ber.write(ber.SEQUENCE, ber.write_arcs(name) + ber.write(ber.NULL, b"")) for name in names)
    numbers = b"".join(map(ber.write_integer, (request_id, first, second)))
    return ber.write(kind, numbers + ber.write(ber.SEQUENCE, listed))


def _bindings(cursor: Cursor) -> Iterator[Binding]:
    for _ in range(MAX_BINDINGS):
        if not cursor.left:
            return
        binding = ber.inside(cursor, ber.SEQUENCE)
        name = ber.arcs(ber.content(binding, ber.OID))
        yield name, _value(*ber.element(binding))


def _value(tag: int, raw: bytes) -> Value:
    if tag in (ber.OCTETS, _ADDRESS):
        return raw
    if tag in _NUMBERS:
        return ber.integer(raw)
    if tag == ber.OID and raw:
        return ber.arcs(raw)
    return None
