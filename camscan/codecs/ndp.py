"""Neighbour Discovery: who has which IPv6 address on this link, who routes, and who answers an echo request.

Source: RFC 4861 §4 (messages and options), RFC 4862 §5.4 (asking whether an address is free), RFC 4443 §4.2 (echo reply).
Status: documented. Layout of the ICMPv6 message behind its checksum:

| type | message | content |
|------|---------|---------|
| 129 | echo reply | identifier and number; the sender is there |
| 133 | router solicitation | 4 bytes reserved; options |
| 134 | router advertisement | 12 bytes; options; the sender routes |
| 135 | neighbour solicitation | 4 bytes reserved, address asked for; options |
| 136 | neighbour advertisement | flags (0x80: a router), 3 bytes, address spoken of; options |

Options: type, length in units of 8 bytes, content. 1 is the MAC of the sender, 2 the MAC of the address spoken of.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from camscan.codecs import icmpv6
from camscan.codecs.base import Cursor, DecodeError, fields, unit_mac
from camscan.codecs.packet import ETHERTYPE_IPV6
from camscan.model import Fields, Frame

NAME = "ndp"
ETHERTYPES: tuple[int, ...] = (ETHERTYPE_IPV6,)

ECHO_REQUEST, ECHO_REPLY = 128, 129
ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, SOLICITATION, ADVERTISEMENT = 133, 134, 135, 136
SOURCE_MAC, TARGET_MAC = 1, 2
MAX_OPTIONS = 32
_TYPES = frozenset({ECHO_REPLY, ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, SOLICITATION, ADVERTISEMENT})
_FIXED = {ROUTER_SOLICITATION: 4, ROUTER_ADVERTISEMENT: 12, SOLICITATION: 4, ADVERTISEMENT: 4}
"""Bytes before the address spoken of, or before the options where there is none."""
_ROUTES = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, as far as it speaks of its sender."""

    type: int
    ip: str | None
    """The sender's address; while it asks whether an address is free, the one that it is about to take."""
    mac: str | None
    """What it states as its MAC."""
    routes: bool


def recognise(frame: Frame) -> bool:
    """Return whether an untagged frame holds one of these messages."""
    return icmpv6.holds(frame.payload, _TYPES)


def decode(payload: bytes) -> Message:
    """Return the message in an untagged Ethernet frame. Raises DecodeError, also for one that passed a router."""
    packet = icmpv6.parse(payload)
    if packet.type not in _TYPES:
        raise DecodeError(f"ICMPv6 type {packet.type}")
    if packet.type == ECHO_REPLY:
        return Message(type=packet.type, ip=_address(packet.source), mac=None, routes=False)
    if packet.hops != icmpv6.HOPS_OF_A_LINK:
        raise DecodeError(f"hop limit {packet.hops}: not from this link")
    cursor = Cursor(packet.body)
    flags = cursor.take(_FIXED[packet.type])[0]
    target = str(IPv6Address(cursor.take(16))) if packet.type in (SOLICITATION, ADVERTISEMENT) else ""
    if target and IPv6Address(target).is_multicast:
        raise DecodeError("speaks of a group")
    advertises = packet.type == ADVERTISEMENT
    takes = packet.type == SOLICITATION and packet.source == icmpv6.UNSPECIFIED
    return Message(
        type=packet.type,
        ip=_address(target if advertises or takes else packet.source),
        mac=_mac(cursor, TARGET_MAC if advertises else SOURCE_MAC),
        routes=packet.type == ROUTER_ADVERTISEMENT or (advertises and bool(flags & _ROUTES)),
    )


def observe(message: Message) -> Fields:
    """Return who sent the message; the address that a solicitation asks for is somebody else's."""
    if message.ip is None and message.mac is None:
        return ()
    return fields(("ndp.ip", message.ip), ("ndp.mac", message.mac), ("ndp.router", "yes" if message.routes else None))


def solicitation(source: str, target: str, mac: bytes) -> bytes:
    """Return the packet that asks the neighbours of `source` for the MAC of `target`; it goes to `solicited_group(target)`."""
    option = bytes([SOURCE_MAC, 1]) + mac
    return icmpv6.packet(source, solicited_group(target), SOLICITATION, bytes(4) + IPv6Address(target).packed + option)


def echo_request(source: str, destination: str, nonce: bytes) -> bytes:
    """Return an echo request. nonce: the four bytes of identifier and number."""
    return icmpv6.packet(source, destination, ECHO_REQUEST, nonce[:4])


def solicited_group(ip: str) -> str:
    """Return the group that the owner of an address has joined (RFC 4291 §2.7.1)."""
    return str(IPv6Address(b"\xff\x02" + bytes(9) + b"\x01\xff" + IPv6Address(ip).packed[13:]))


def group_mac(group: str) -> bytes:
    """Return the MAC that frames to a group of IPv6 have (RFC 2464 §7)."""
    return b"\x33\x33" + IPv6Address(group).packed[12:]


def _address(ip: str) -> str | None:
    return None if ip == icmpv6.UNSPECIFIED else ip


def _mac(cursor: Cursor, wanted: int) -> str | None:
    """Return the MAC in the first option of a type."""
    for _ in range(MAX_OPTIONS):
        if not cursor.left:
            return None
        kind, units = cursor.u8(), cursor.u8()
        if units == 0:
            raise DecodeError("an option of length 0")
        content = cursor.take(units * 8 - 2)
        if kind == wanted:
            return unit_mac(content[:6])
    return None
