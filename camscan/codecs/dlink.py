"""Discovery of D-Link devices (DDP), cameras among them.

Source: published captures of a DCS-935L and a DCS-930L as they joined a network. Status: reverse-engineered, in part.
Wire layout: UDP 62976 to 62976, to everyone both ways.

| offset | size | announcement | search |
|--------|------|--------------|--------|
| 0 | 2 | `ff ff` | `fd fd` |
| 2 | 2 | sequence | sequence |
| 4 | 2 | `a0 00` | `d1 00` |
| 6 | 6 | MAC | `ff` six times |
| 12 | 4 | address | zero |
| 16 | … | texts between other bytes: kind of device, firmware, hardware, model | zero 2, `01 00 00 00` |

What stands between the texts is not known, so they are returned as they come; a text ends with a byte that is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, ipv4_text, unit_mac
from camscan.codecs.binary import texts
from camscan.model import Datagram, Fields

NAME = "dlink"
PORTS: tuple[int, ...] = (62976,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (62976,)
BEGINS: tuple[bytes, ...] = ()

_ANNOUNCEMENT, _ANNOUNCES = b"\xff\xff", b"\xa0\x00"
_SEARCH, _SEARCHES = b"\xfd\xfd", b"\xd1\x00"
_LEAST_TEXT = 2
"""Characters: a revision of hardware has two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A search, which says nothing, or an announcement."""

    mac: str = ""
    ip: str = ""
    texts: tuple[str, ...] = ()


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast."""
    payload = _SEARCH + nonce[:2] + _SEARCHES + b"\xff" * 6 + bytes(6) + b"\x01\0\0\0"
    return (Probe(payload=payload, port=PORTS[0], broadcast=True, source_port=PORTS[0]),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram of the port begins as an announcement or a search does."""
    at_port = datagram.src.port in PORTS or datagram.dst.port in PORTS
    marks = datagram.payload[:2], datagram.payload[4:6]
    return at_port and marks in ((_ANNOUNCEMENT, _ANNOUNCES), (_SEARCH, _SEARCHES))


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    cursor = Cursor(payload)
    mark = cursor.take(2)
    cursor.take(2)
    marks = mark, cursor.take(2)
    if marks == (_SEARCH, _SEARCHES):
        return Message()
    if marks != (_ANNOUNCEMENT, _ANNOUNCES):
        raise DecodeError("neither search nor announcement")
    mac, address = unit_mac(cursor.take(6)), ipv4_text(cursor.take(4))
    return Message(mac=mac or "", ip=address or "", texts=texts(cursor.take(cursor.left), at_least=_LEAST_TEXT))


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    return fields(("dlink.mac", message.mac), ("dlink.ip", message.ip), *(("dlink.text", one) for one in message.texts))
