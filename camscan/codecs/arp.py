"""ARP: who has which IPv4 address on this link.

Source: RFC 826, RFC 5227 (probes). Status: documented. Wire layout behind the Ethernet header of 14 bytes:

| offset | size | meaning |
|--------|------|---------|
| 0 | 2 | hardware type, 1 = Ethernet |
| 2 | 2 | protocol type, 0x0800 = IPv4 |
| 4 | 1, 1 | address lengths, 6 and 4 |
| 6 | 2 | operation: 1 request, 2 reply |
| 8 | 6, 4 | sender MAC and IP; the IP is 0.0.0.0 while a host asks whether an address is free |
| 18 | 6, 4 | target MAC and IP |
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, fields, mac_text
from camscan.codecs.packet import ETHERTYPE_ARP
from camscan.model import Fields, Frame

NAME = "arp"
ETHERTYPES: tuple[int, ...] = (ETHERTYPE_ARP,)

REQUEST, REPLY = 1, 2
_ETHERNET_HEADER = 14
_ETHERNET, _IPV4 = 1, 0x0800
_UNSPECIFIED = "0.0.0.0"
_NOBODY = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One ARP packet."""

    operation: int
    sender_mac: str
    sender_ip: str
    target_ip: str


def recognise(frame: Frame) -> bool:
    """Return whether an untagged frame holds ARP."""
    return frame.payload[12:14] == ETHERTYPE_ARP.to_bytes(2)


def decode(payload: bytes) -> Message:
    """Return the packet in an untagged Ethernet frame. Raises DecodeError."""
    cursor = Cursor(payload)
    cursor.take(_ETHERNET_HEADER)
    kind = (cursor.u16(), cursor.u16(), cursor.u8(), cursor.u8())
    if kind != (_ETHERNET, _IPV4, 6, 4):
        raise DecodeError("not ARP for IPv4 over Ethernet")
    operation = cursor.u16()
    if operation not in (REQUEST, REPLY):
        raise DecodeError(f"ARP operation {operation}")
    sender_mac, sender_ip = mac_text(cursor.take(6)), ".".join(map(str, cursor.take(4)))
    cursor.take(6)
    return Message(
        operation=operation, sender_mac=sender_mac, sender_ip=sender_ip, target_ip=".".join(map(str, cursor.take(4)))
    )


def observe(message: Message) -> Fields:
    """Return who sent the packet; the target is the sender's belief and says nothing."""
    if message.sender_mac in _NOBODY:
        return ()
    return fields(
        ("arp.mac", message.sender_mac),
        ("arp.ip", None if message.sender_ip == _UNSPECIFIED else message.sender_ip),
    )
