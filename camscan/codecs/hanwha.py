"""Discovery of Hanwha Vision, formerly Samsung Techwin, cameras and recorders (IP Installer).

Source: a published client's query and the answers that it quotes, one of an SND-6083. Status: reverse-engineered.
Wire layout: search of 262 bytes to everyone at UDP 7701, answer to port 7711 of who asked; texts end with NUL.

| offset | size | meaning |
|--------|------|---------|
| 0 | 1 | 0x01 search, 0x0b answer |
| 0x13 | 18 | MAC, as text |
| 0x25, 0x35, 0x45 | 16 | address, mask, gateway, as text |
| 0x6d | 10 | model, cut where it is longer |
| 0x85 | 39 | URL of the front page |

What stands between is left over in the memory of whoever sent it.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_from_text, mac_from_text, padded_text
from camscan.codecs.binary import only, padded
from camscan.model import Datagram, Fields

NAME = "hanwha"
PORTS: tuple[int, ...] = (7701, 7711)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (7711,)
BEGINS: tuple[bytes, ...] = ()

_SEARCH, _ANSWER = 0x01, 0x0B
_SEARCH_SIZE = 262
_LEAST = 0x85 + 39
_MAC, _IP, _MODEL = (0x13, 0x25), (0x25, 0x35), (0x6D, 0x77)
"""Where what is read begins and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A search, or what an answer says."""

    kind: int
    mac: str = ""
    ip: str = ""
    model: str = ""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast. Nothing in it is known to come back, so it is the same every time."""
    return (Probe(payload=bytes([_SEARCH]) + bytes(_SEARCH_SIZE - 1), port=7701, broadcast=True, source_port=7711),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram of these ports has the size and first byte of a search or an answer."""
    at_port = datagram.src.port in PORTS or datagram.dst.port in PORTS
    return at_port and len(datagram.payload) >= _LEAST and datagram.payload[0] in (_SEARCH, _ANSWER)


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if len(payload) < _LEAST or payload[0] not in (_SEARCH, _ANSWER):
        raise DecodeError("neither search nor answer")
    if payload[0] == _SEARCH:
        return Message(kind=_SEARCH)
    mac = mac_from_text(padded_text(payload[slice(*_MAC)]))
    if mac is None:
        raise DecodeError("an answer without a MAC")
    return Message(
        kind=_ANSWER,
        mac=mac,
        ip=ipv4_from_text(padded_text(payload[slice(*_IP)])) or "",
        model=padded_text(payload[slice(*_MODEL)]),
    )


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    return fields(("hanwha.mac", message.mac), ("hanwha.ip", message.ip), ("hanwha.model", message.model))


def without_secrets(payload: bytes) -> bytes:
    """Return the message with zeros for what is left over between the fields; a search says nothing else."""
    try:
        message = decode(payload)
    except DecodeError:
        return payload[:1]
    read = ((_MAC, message.mac), (_IP, message.ip), (_MODEL, message.model))
    return only(payload, (0, 1), *(padded(payload, *place) for place, said in read if said))
