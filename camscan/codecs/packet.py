"""A frame that was taken apart: what it tells, and whom it came from and goes to.

Source: IEEE 802.3, RFC 791, RFC 8200, RFC 9293.
"""

from __future__ import annotations

from typing import NamedTuple

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
ETHERTYPE_IPV6 = 0x86DD
TCP, UDP, ICMPV6 = 6, 17, 58

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
"""Flags of a TCP segment."""

FIRST_HOPS = frozenset({32, 64, 128, 255})
"""Hop limits that systems begin with."""
_GROUPS_OF_IPV4 = tuple(f"{first}." for first in range(224, 240))
_LINK_SCOPE = 4
"""Hop limits up to here are those that discovery begins with, such as SSDP; no path takes the usual ones so far."""


class Fragment(NamedTuple):
    """A part of a packet that was too long for a link."""

    id: int
    offset: int
    """Of its content in that of the whole packet."""
    last: bool
    content: bytes
    """Of a first fragment, the headers of its transport included."""


class Packet(NamedTuple):
    """One frame, taken apart. `payload` is what the innermost known header carries.

    Of ICMPv6 it is the whole packet: whether a router passed it on stands in the header.
    """

    src_mac: str | None
    dst_mac: str | None
    vlan: int | None
    """Innermost 802.1Q number."""
    ethertype: int
    src: str = ""
    """IP address; empty where the frame carries none."""
    dst: str = ""
    proto: int = 0
    """IP protocol; 0 where the frame carries no IP."""
    src_port: int = 0
    dst_port: int = 0
    flags: int = 0
    seq: int = 0
    ack: int = 0
    payload: bytes = b""
    cut: bool = False
    """The payload is not all that was sent: a first fragment, or a capture that kept only the front of each frame."""
    later_fragment: bool = False
    """A fragment without a header of UDP or TCP."""
    hop_limit: int = 0
    """As it arrived: of a sender on the same link, what its system begins with."""
    fragment: Fragment | None = None
    """Of a fragment, which one it is."""
    missing: int = 0
    """Bytes of the payload that whoever captured the frame cut off: the header of IP states how many were sent."""


def link_mac(mac: str | None, hop_limit: int, *, is_of_group: bool = False) -> str | None:
    """Return the MAC that a packet came from where it is its sender's own; None where a router's took its place.

    hop_limit: as it arrived; 0 where that is not known. What goes to a group stays on its link, whatever its sender begins with.
    """
    return mac if is_of_group or hop_limit in FIRST_HOPS or hop_limit <= _LINK_SCOPE else None


def is_of_group(packet: Packet) -> bool:
    """Return whether a packet goes to a group or to everybody."""
    if packet.dst_mac is not None:
        return bool(int(packet.dst_mac[1], 16) & 1)
    return packet.dst.startswith(("ff", *_GROUPS_OF_IPV4)) or packet.dst.endswith(".255")


def ethernet(packet: Packet) -> bytes:
    """Return a packet without IP, or with ICMPv6, as an untagged Ethernet frame, whatever link it came from."""
    dst = bytes.fromhex((packet.dst_mac or "ff:ff:ff:ff:ff:ff").replace(":", ""))
    src = bytes.fromhex((packet.src_mac or "00:00:00:00:00:00").replace(":", ""))
    return dst + src + packet.ethertype.to_bytes(2) + packet.payload
