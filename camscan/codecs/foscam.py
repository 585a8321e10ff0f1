"""MO_I, the discovery of early pan-tilt cameras: Foscam's, and those of many labels with the same firmware.

Source: the protocol notes of UniversalScanner and python-dvr. Status: reverse-engineered. UDP 10000, broadcast; the answer is broadcast
to port 10000, whichever port asked.

| offset | size | meaning |
|--------|------|---------|
| 0 | 4 | `MO_I` |
| 4 | 2 | verb, little-endian: 0 search, 1 answer |
| 6 | 1, 8 | where not 0: the body is XORed with the eight bytes that follow |
| 15 | 4, 4 | length of the body, little-endian, twice |
| 0x17 | 13 | serial: the MAC in hexadecimal |
| 0x24 | 21 | name that the owner gave |
| 0x39, 0x3d, 0x41, 0x45 | 4 each | address, mask, gateway, name server |
| 0x49 | 4 | type of device |
| 0x4d, 0x51 | 4 each | firmware, version of the web pages: four numbers |
| 0x55 | 2 | HTTP port, big-endian |

The search is the only verb sent. Others change settings and carry passwords: they are not recognised.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_text, mac_from_text, padded_text, part, port_text
from camscan.model import Datagram, Fields

NAME = "foscam"
PORTS: tuple[int, ...] = (10000,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (10000,)

_MAGIC = b"MO_I"
BEGINS: tuple[bytes, ...] = (_MAGIC,)
_ANSWER = b"\x01\0"
_PROBE = _MAGIC + bytes(11) + (4).to_bytes(4, "little") * 2 + b"\0\0\0\x01"
_BODY = 0x17
_MAX_BODY = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; what was cut off is empty."""

    serial: str
    name: str
    ip: bytes
    type: bytes
    firmware: bytes
    web: bytes
    port: int


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast, from the port that answers go to. It has no room for a nonce."""
    return (Probe(payload=_PROBE, port=PORTS[0], broadcast=True, source_port=PORTS[0]),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as an answer."""
    return datagram.payload.startswith(_MAGIC) and datagram.payload[4:6] == _ANSWER


def decode(payload: bytes) -> Answer:
    """Return the answer. Raises DecodeError."""
    if not payload.startswith(_MAGIC) or payload[4:6] != _ANSWER:
        raise DecodeError("no answer to a search")
    body = payload[_BODY : _BODY + _MAX_BODY]
    if not part(body, 0, 13):
        raise DecodeError(f"an answer of {len(payload)} bytes")
    if payload[6]:
        key = payload[7:15]
        body = bytes(one ^ key[at % len(key)] for at, one in enumerate(body))
    return Answer(
        serial=padded_text(part(body, 0x00, 13)),
        name=padded_text(part(body, 0x0D, 21)),
        ip=part(body, 0x22, 4),
        type=part(body, 0x32, 4),
        firmware=part(body, 0x36, 4),
        web=part(body, 0x3A, 4),
        port=int.from_bytes(part(body, 0x3E, 2)),
    )


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    mac = mac_from_text(message.serial)
    return fields(
        ("foscam.mac", mac),
        ("foscam.serial", None if mac else message.serial),
        ("foscam.name", message.name),
        ("foscam.ip", ipv4_text(message.ip)),
        ("foscam.type", message.type.hex() if any(message.type) else None),
        ("foscam.firmware", _version(message.firmware)),
        ("foscam.web", _version(message.web)),
        ("foscam.http_port", port_text(message.port)),
    )


def _version(raw: bytes) -> str | None:
    """Return four numbers with dots between; None where they are zeros or cut off."""
    return ".".join(map(str, raw)) if any(raw) else None
