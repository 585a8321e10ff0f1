"""ICMPv6 in Ethernet frames: what Neighbour Discovery and MLD share.

Source: RFC 8200 §3, §4.3 (header, hop-by-hop options), RFC 4443 §2 (message, checksum). Status: documented. Wire layout behind the
Ethernet header of 14 bytes:

| offset | size | meaning |
|--------|------|---------|
| 0 | 4 | version 6, traffic class, flow label |
| 4 | 2 | length of what follows the header |
| 6 | 1 | next header: 58 = ICMPv6, or 0 = hop-by-hop options, whose first byte then names ICMPv6 |
| 7 | 1 | hop limit: 255 where no router can have passed the packet on |
| 8 | 16, 16 | source and destination |
| 40 | 1, 1, 2 | type, code, checksum; the message |
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from camscan.codecs.base import Cursor, DecodeError
from camscan.codecs.packet import ETHERTYPE_IPV6, ICMPV6

HOPS_OF_A_LINK = 255
"""Hop limit of messages that only a neighbour can have sent (RFC 4861 §3.1)."""
UNSPECIFIED = "::"

_ETHERNET_HEADER, _HEADER = 14, 40
_HOP_BY_HOP = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One ICMPv6 message and who sent it."""

    source: str
    destination: str
    hops: int
    type: int
    body: bytes
    """What follows the checksum."""


def holds(frame: bytes, types: frozenset[int]) -> bool:
    """Return whether an untagged frame holds an ICMPv6 message of one of some types, as its first bytes show."""
    at = _ETHERNET_HEADER + _HEADER
    if frame[12:14] != ETHERTYPE_IPV6.to_bytes(2) or len(frame) < at + 9:
        return False
    if frame[20] == ICMPV6:
        return frame[at] in types
    if frame[20] != _HOP_BY_HOP or frame[at] != ICMPV6:
        return False
    behind = at + 8 * (frame[at + 1] + 1)
    return behind < len(frame) and frame[behind] in types


def parse(frame: bytes) -> Packet:
    """Return the message in an untagged Ethernet frame. Raises DecodeError."""
    cursor = Cursor(frame)
    cursor.take(12)
    if cursor.u16() != ETHERTYPE_IPV6 or cursor.u32() >> 28 != 6:
        raise DecodeError("not IPv6")
    length, following, hops = cursor.u16(), cursor.u8(), cursor.u8()
    source, destination = str(IPv6Address(cursor.take(16))), str(IPv6Address(cursor.take(16)))
    content = Cursor(cursor.take(length))
    if following == _HOP_BY_HOP:
        following, units = content.u8(), content.u8()
        content.take(units * 8 + 6)
    if following != ICMPV6:
        raise DecodeError(f"IPv6 with {following} inside, not ICMPv6")
    kind, code = content.u8(), content.u8()
    content.u16()
    if code:
        raise DecodeError(f"ICMPv6 type {kind} with code {code}")
    if IPv6Address(source).is_multicast:
        raise DecodeError("sent by a group")
    return Packet(source=source, destination=destination, hops=hops, type=kind, body=content.take(content.left))


def packet(source: str, destination: str, kind: int, body: bytes) -> bytes:
    """Return an IPv6 packet with one ICMPv6 message of code 0 and hop limit 255. body: what follows the checksum."""
    ends = IPv6Address(source).packed + IPv6Address(destination).packed
    message = bytes([kind, 0, 0, 0]) + body
    total = checksum(ends + len(message).to_bytes(4) + bytes([0, 0, 0, ICMPV6]) + message)
    return (
        b"\x60\0\0\0" + len(message).to_bytes(2) + bytes([ICMPV6, HOPS_OF_A_LINK]) + ends
        + message[:2] + total.to_bytes(2) + body
    )  # fmt: skip


def checksum(covered: bytes) -> int:
    """Return the Internet checksum of RFC 1071."""
    padded = covered + bytes(len(covered) % 2)
    total = sum(int.from_bytes(padded[at : at + 2]) for at in range(0, len(padded), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
