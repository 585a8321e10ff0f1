"""MHED, TVT's own discovery: cameras and recorders with its firmware announce themselves every two seconds, under any label.

Source: captures of cameras and recorders under the label DVC, 2023, and published descriptions of the same layout. Status:
reverse-engineered. UDP 23456; tools speak to the group 234.55.55.55, devices to the group 234.55.55.56, from port 9407 or 23456.

| offset | size | meaning |
|--------|------|---------|
| 0 | 4 | `MHED` |
| 4 | 2, 2 | version, 0x0001; all numbers little-endian |
| 8 | 4 | verb: 1 search, 2 announcement |
| 12 | 20 | name that the owner gave |
| 32 | 6 | MAC |
| 38 | 2 | port of the data protocol |
| 40 | 4, 4, 4 | address, mask, gateway |
| 56 | 4 | build date, the number YYYYMMDD |
| 60 | 2, 2 | HTTP port, RTSP port |
| 64 | 4 | type of device |
| 84 | 28 | field of the password |
| 140 | 16 | serial |
| 156 | 16 | firmware |
| 196 | 16 | model |
| 212 | 16 | label |

Announcements of 140 bytes end before the serial; the type is known for these alone. The search is the only verb sent. Other
verbs change settings; a tool's message then holds the password: they are not recognised, and the field of the password is
blanked in what is kept of an announcement. Silence proves nothing: some units do not announce.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_text, padded_text, part, port_text, unit_mac
from camscan.model import Datagram, Fields

NAME = "tvt"
PORTS: tuple[int, ...] = (23456,)
GROUPS: tuple[str, ...] = ("234.55.55.55", "234.55.55.56")
BIND_PORTS: tuple[int, ...] = (23456,)

_MAGIC = b"MHED"
BEGINS: tuple[bytes, ...] = (_MAGIC,)
_SEARCH, _ANNOUNCEMENT = (1).to_bytes(4, "little"), (2).to_bytes(4, "little")
_SHORT, _LONG = 140, 240
_PROBE = (_MAGIC + b"\x09\0\x01\0" + _SEARCH).ljust(_SHORT, b"\0")
_PASSWORD = slice(84, 112)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One announcement; empty texts and zeros where the device left a field blank or the layout has none."""

    name: str
    mac: bytes
    port: int
    ip: bytes
    build: int
    http_port: int
    rtsp_port: int
    type: int = 0
    serial: str = ""
    firmware: str = ""
    model: str = ""
    label: str = ""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search to the group that devices hear. It has no room for a nonce."""
    return (Probe(payload=_PROBE, port=PORTS[0], group=GROUPS[0], source_port=PORTS[0]),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as an announcement."""
    return datagram.payload.startswith(_MAGIC) and datagram.payload[8:12] == _ANNOUNCEMENT


def decode(payload: bytes) -> Announcement:
    """Return the announcement, of the short or the long layout. Raises DecodeError."""
    if not payload.startswith(_MAGIC) or payload[8:12] != _ANNOUNCEMENT:
        raise DecodeError("no announcement")
    if len(payload) < _SHORT:
        raise DecodeError(f"an announcement of {len(payload)} bytes")
    return Announcement(
        name=padded_text(payload[12:32]),
        mac=payload[32:38],
        port=_number(payload[38:40]),
        ip=payload[40:44],
        build=_number(payload[56:60]),
        http_port=_number(payload[60:62]),
        rtsp_port=_number(payload[62:64]),
        type=_number(payload[64:68]) if len(payload) == _SHORT else 0,
        serial=padded_text(part(payload, 140, 16)),
        firmware=padded_text(part(payload, 156, 16)),
        model=padded_text(part(payload, 196, 16)),
        label=padded_text(part(payload, 212, 16)),
    )


def observe(message: Announcement) -> Fields:
    """Return the announcement in the shared vocabulary."""
    return fields(
        ("tvt.name", message.name),
        ("tvt.mac", unit_mac(message.mac)),
        ("tvt.ip", ipv4_text(message.ip)),
        ("tvt.port", port_text(message.port)),
        ("tvt.http_port", port_text(message.http_port)),
        ("tvt.rtsp_port", port_text(message.rtsp_port)),
        ("tvt.type", str(message.type) if message.type else None),
        ("tvt.build", _day(message.build)),
        ("tvt.serial", message.serial),
        ("tvt.firmware", message.firmware),
        ("tvt.model", message.model),
        ("tvt.label", message.label),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return an announcement with zeros where a password may stand."""
    kept = bytearray(payload)
    kept[_PASSWORD] = bytes(len(kept[_PASSWORD]))
    return bytes(kept)


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _day(number: int) -> str | None:
    """Return the number YYYYMMDD as a day; None where it is none."""
    try:
        return date(number // 10_000, number // 100 % 100, number % 100).isoformat()
    except ValueError:
        return None
