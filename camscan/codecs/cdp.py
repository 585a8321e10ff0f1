"""CDP, Cisco's older counterpart of LLDP, which cameras speak too where they ask a switch for power.

Source: the vendor's published description of the frame, and public dissectors. Status: documented. A frame of IEEE 802.3 to
01:00:0c:cc:cc:cc with a header of LLC and SNAP; switches of other makers may forward it. Behind the Ethernet header of 14 bytes:

| offset | size | meaning |
|--------|------|---------|
| 0 | 8 | `aa aa 03 00 00 0c 20 00` |
| 8 | 1, 1 | version 1 or 2; seconds for which this holds |
| 10 | 2 | checksum |
| 12 | … | elements: type (2), length of all of it (2), content |

Types: 1 name of the device, 2 addresses, 3 port, 5 version of the software, 6 platform, 22 addresses for management. Addresses: their
number (4), then each: kind of protocol (1), its length (1), protocol, length (2), address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from camscan.codecs.base import Cursor, DecodeError, fields, ip_from_text, ipv4_text, padded_text
from camscan.model import Fields, Frame

NAME = "cdp"
ETHERTYPES: tuple[int, ...] = ()
"""None: the type field of its frames is a length."""

MAX_ELEMENTS = 64
MAX_ADDRESSES = 16
_SNAP = bytes.fromhex("aaaa0300000c2000")
_LENGTH_AT, _LLC_AT = 12, 14
_VERSIONS = frozenset({1, 2})
_DEVICE, _ADDRESSES, _PORT, _VERSION, _PLATFORM, _MANAGEMENT = 1, 2, 3, 5, 6, 22
_HEADER = 4
"""Bytes of type and length, which the length counts."""
_IPV4, _IPV6 = b"\xcc", bytes.fromhex("aaaa0300000086dd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One announcement; what a device leaves out is empty."""

    device: str = ""
    platform: str = ""
    version: str = ""
    port: str = ""
    addresses: tuple[str, ...] = ()


def recognise(frame: Frame) -> bool:
    """Return whether an untagged frame holds CDP."""
    return frame.payload[_LLC_AT : _LLC_AT + len(_SNAP)] == _SNAP


def decode(payload: bytes) -> Message:
    """Return the announcement in an untagged Ethernet frame. Raises DecodeError."""
    length = int.from_bytes(payload[_LENGTH_AT:_LLC_AT])
    cursor = Cursor(payload[_LLC_AT : _LLC_AT + length])
    if cursor.take(len(_SNAP)) != _SNAP or cursor.u8() not in _VERSIONS:
        raise DecodeError("not CDP")
    cursor.take(3)
    found: dict[int, bytes] = {}
    for _ in range(MAX_ELEMENTS):
        if cursor.left < _HEADER:
            break
        kind, size = cursor.u16(), cursor.u16()
        found.setdefault(kind, cursor.take(size - _HEADER))
    if not found:
        raise DecodeError("an announcement of nothing")
    listed = dict.fromkeys(address for kind in (_ADDRESSES, _MANAGEMENT) for address in _addresses(found.get(kind, b"")))
    return Message(
        device=padded_text(found.get(_DEVICE, b"")),
        platform=padded_text(found.get(_PLATFORM, b"")),
        version=padded_text(found.get(_VERSION, b"")),
        port=padded_text(found.get(_PORT, b"")),
        addresses=tuple(listed),
    )


def observe(message: Message) -> Fields:
    """Return the announcement in the shared vocabulary."""
    return fields(
        ("cdp.device", message.device),
        ("cdp.platform", message.platform),
        ("cdp.version", message.version),
        ("cdp.port", message.port),
        *(("cdp.address", address) for address in message.addresses),
    )


def _addresses(content: bytes) -> Iterator[str]:
    """Yield the addresses of IP in a list."""
    if not content:
        return
    cursor = Cursor(content)
    for _ in range(min(cursor.u32(), MAX_ADDRESSES)):
        cursor.take(1)
        protocol = cursor.take(cursor.u8())
        raw = cursor.take(cursor.u16())
        written = ipv4_text(raw) if protocol == _IPV4 else None
        if protocol == _IPV6 and len(raw) == 16:
            written = str(IPv6Address(raw))
        address = ip_from_text(written) if written else None
        if address is not None:
            yield address
