"""Discovery of NICE (NiceVision) encoders and recorders.

Source: a published client's query and the answer that it reads. Status: reverse-engineered. Wire layout: search to everyone at
UDP 2007, answer to the port that the search states; big-endian.

| offset | size | meaning |
|--------|------|---------|
| 0 | 4 | `NICE` |
| 4 | 2 | transaction |
| 6 | 4 | `01 08 00 00` search, `00 01 00 48` answer |
| 10 | 2, 2 | search: zero, port to answer to |
| 10 | 6 | answer: MAC |
| 0x10 | 4, 4, 4 | answer: address, mask, gateway |
| 0x4a | 16 | answer: name |

An answer has 590 bytes; the rest is not known.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, ipv4_text, padded_text, unit_mac
from camscan.codecs.binary import only, padded
from camscan.model import Datagram, Fields

NAME = "nice"
PORTS: tuple[int, ...] = (2007,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (2007,)

_MAGIC = b"NICE"
BEGINS: tuple[bytes, ...] = (_MAGIC,)
_SEARCH, _ANSWER = bytes.fromhex("01080000"), bytes.fromhex("00010048")
_ADDRESS_END = 0x14
_NAME_AT, _NAME_SIZE = 0x4A, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A search, which says nothing, or an answer."""

    mac: str = ""
    ip: str = ""
    name: str = ""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast."""
    port = PORTS[0]
    payload = _MAGIC + nonce[:2] + _SEARCH + bytes(2) + port.to_bytes(2)
    return (Probe(payload=payload, port=port, broadcast=True, source_port=port),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram is a search or an answer."""
    return datagram.payload.startswith(_MAGIC) and datagram.payload[6:10] in (_SEARCH, _ANSWER)


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    cursor = Cursor(payload)
    magic = cursor.take(4)
    cursor.take(2)
    kind = cursor.take(4)
    if magic != _MAGIC or kind not in (_SEARCH, _ANSWER):
        raise DecodeError("neither search nor answer")
    if kind == _SEARCH:
        return Message()
    mac, address = unit_mac(cursor.take(6)), ipv4_text(cursor.take(4))
    cursor.take(_NAME_AT - cursor.position)
    return Message(mac=mac or "", ip=address or "", name=padded_text(cursor.take(_NAME_SIZE)))


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    return fields(("nice.mac", message.mac), ("nice.ip", message.ip), ("nice.name", message.name))


def without_secrets(payload: bytes) -> bytes:
    """Return the message with zeros for what is not known."""
    return only(payload, (0, _ADDRESS_END), padded(payload, _NAME_AT, _NAME_AT + _NAME_SIZE))
