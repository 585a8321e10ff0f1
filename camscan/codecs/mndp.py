"""MNDP, the neighbour discovery of MikroTik's routers and switches: they are known to be no cameras.

Source: public clients and dissectors. Status: reverse-engineered. Wire layout: UDP 5678 to everyone, periodically and when four
zero bytes ask; 4 bytes of header, then records: type 2, length 2, value, big-endian:
1 MAC, 5 identity, 7 version, 8 platform, 10 uptime, 12 board, 16 interface, 17 IPv4 address.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, ipv4_text, padded_text, unit_mac
from camscan.codecs.binary import records
from camscan.model import Datagram, Fields

NAME = "mndp"
PORTS: tuple[int, ...] = (5678,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (5678,)
BEGINS: tuple[bytes, ...] = ()

_SEARCH = bytes(4)
_HEADER = 4
_MAC, _IDENTITY, _VERSION, _PLATFORM, _BOARD, _IP = 1, 5, 7, 8, 12, 17
_TYPES = range(1, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A search, which has no records, or an announcement."""

    records: tuple[tuple[int, bytes], ...] = ()

    def get(self, kind: int) -> bytes:
        """Return the value of the first record of a type."""
        return next((value for one, value in self.records if one == kind), b"")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast. It has no room for a nonce."""
    return (Probe(payload=_SEARCH, port=PORTS[0], broadcast=True, source_port=PORTS[0]),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram of the port is a search or has a record behind its header."""
    payload = datagram.payload
    if datagram.src.port not in PORTS and datagram.dst.port not in PORTS:
        return False
    kind, length = int.from_bytes(payload[4:6]), int.from_bytes(payload[6:8])
    return payload == _SEARCH or (kind in _TYPES and 0 < length <= len(payload) - 8)


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if payload == _SEARCH:
        return Message()
    found = tuple(records(Cursor(payload, _HEADER), type_size=2, length_size=2))
    if not {_MAC, _PLATFORM} & {kind for kind, _ in found}:
        raise DecodeError("neither search nor announcement")
    return Message(records=found)


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    return fields(
        ("mndp.mac", unit_mac(message.get(_MAC))),
        ("mndp.identity", padded_text(message.get(_IDENTITY))),
        ("mndp.version", padded_text(message.get(_VERSION))),
        ("mndp.platform", padded_text(message.get(_PLATFORM))),
        ("mndp.board", padded_text(message.get(_BOARD))),
        ("mndp.ip", ipv4_text(message.get(_IP))),
    )
