"""IPCSearch, the discovery of VStarcam firmware.

Source: the protocol notes of UniversalScanner, and published sources of a device's answer. Status: reverse-engineered. UDP 8600, broadcast;
the answer goes to the asker.

| offset | size | meaning |
|--------|------|---------|
| 0 | 4 | `44 48 01 01` search, `44 48 01 08` answer |
| 0x04, 0x14, 0x24, 0x34, 0x44 | 16 each | address, mask, gateway, name servers, as text |
| 0x54 | 6 | MAC |
| 0x5a | 2 | HTTP port, little-endian |
| 0x5c | 32 | UID, by which the cloud reaches the camera |
| 0x7c | 80 | name that the owner gave |
| 0xcc, 0xdc | 16 each | firmware, version of the web pages |
| 0xec | … | user name and password, and what follows them |

Nothing from 0xec on is read or kept, and of the UID the prefix alone. The search is the only verb sent; others change settings.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_from_text, padded_text, part, port_text, unit_mac
from camscan.model import Datagram, Fields

NAME = "vstarcam"
PORTS: tuple[int, ...] = (8600,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()

_SEARCH, _ANSWER = b"\x44\x48\x01\x01", b"\x44\x48\x01\x08"
BEGINS: tuple[bytes, ...] = (_ANSWER,)
_PASSWORDS_AT = 0xEC
_UID = slice(0x5C, 0x7C)
_UID_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The front of one answer."""

    ip: str
    mac: bytes
    port: int
    prefix: str
    """The first signs of the UID."""
    name: str
    firmware: str
    web: str


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast. It has no room for a nonce."""
    return (Probe(payload=_SEARCH, port=PORTS[0], broadcast=True),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as an answer."""
    return datagram.payload.startswith(_ANSWER)


def decode(payload: bytes) -> Answer:
    """Return the answer as far as it may be read. Raises DecodeError."""
    if not payload.startswith(_ANSWER):
        raise DecodeError("no answer to a search")
    front = without_secrets(payload)
    uid = part(front, _UID.start, 32)
    if not uid:
        raise DecodeError(f"an answer of {len(payload)} bytes")
    return Answer(
        ip=padded_text(part(front, 0x04, 16)),
        mac=part(front, 0x54, 6),
        port=int.from_bytes(part(front, 0x5A, 2), "little"),
        prefix=padded_text(uid),
        name=padded_text(part(front, 0x7C, 80)),
        firmware=padded_text(part(front, 0xCC, 16)),
        web=padded_text(part(front, 0xDC, 16)),
    )


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    return fields(
        ("vstarcam.ip", ipv4_from_text(message.ip)),
        ("vstarcam.mac", unit_mac(message.mac)),
        ("vstarcam.http_port", port_text(message.port)),
        ("vstarcam.prefix", message.prefix),
        ("vstarcam.name", message.name),
        ("vstarcam.firmware", message.firmware),
        ("vstarcam.web", message.web),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return the message up to its passwords, with zeros in the UID behind its prefix."""
    kept = bytearray(payload[:_PASSWORDS_AT])
    hidden = slice(_UID.start + _UID_SHOWN, _UID.stop)
    kept[hidden] = bytes(len(kept[hidden]))
    return bytes(kept)
