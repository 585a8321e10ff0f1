"""Multicast Listener Discovery: which groups a neighbour listens to.

Source: RFC 3810 §5.2 (version 2), RFC 2710 §3 (version 1). Status: documented. Reports are heard, never asked for: a query of ours
could take the place of the router that asks for all. Layout of the ICMPv6 message behind its checksum:

| type | message | content |
|------|---------|---------|
| 131, 132 | report and farewell of version 1 | 4 bytes, group |
| 143 | report of version 2 | 2 bytes, number of records; records |

Record: type, length of auxiliary data in units of 4 bytes, number of sources (2 bytes), group, sources, auxiliary data.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from camscan.codecs import icmpv6
from camscan.codecs.base import Cursor, DecodeError, fields
from camscan.codecs.packet import ETHERTYPE_IPV6
from camscan.model import Fields, Frame

NAME = "mld"
ETHERTYPES: tuple[int, ...] = (ETHERTYPE_IPV6,)

REPORT, DONE, REPORT_2 = 131, 132, 143
MAX_RECORDS = 128
"""Records read of one report."""
_TYPES = frozenset({REPORT, DONE, REPORT_2})
_LEAVES = frozenset({3})
"""Types of record that end listening, where they name no source: `CHANGE_TO_INCLUDE`."""
_OF_ADDRESSES = IPv6Network("ff02::1:ff00:0/104")
"""The groups of Neighbour Discovery, which follow from the addresses of a host and say nothing more of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One report."""

    ip: str | None
    groups: tuple[str, ...]
    """Groups that the sender listens to."""


def recognise(frame: Frame) -> bool:
    """Return whether an untagged frame holds a report."""
    return icmpv6.holds(frame.payload, _TYPES)


def decode(payload: bytes) -> Message:
    """Return the report in an untagged Ethernet frame. Raises DecodeError."""
    packet = icmpv6.parse(payload)
    if packet.type not in _TYPES:
        raise DecodeError(f"ICMPv6 type {packet.type}")
    cursor = Cursor(packet.body)
    groups: dict[str, None] = {}
    if packet.type == REPORT_2:
        cursor.take(2)
        for _ in range(min(cursor.u16(), MAX_RECORDS)):
            kind, auxiliary, sources = cursor.u8(), cursor.u8(), cursor.u16()
            group = _group(cursor)
            cursor.take(16 * sources + 4 * auxiliary)
            if sources or kind not in _LEAVES:
                groups[group] = None
    else:
        cursor.take(4)
        group = _group(cursor)
        if packet.type == REPORT:
            groups[group] = None
    return Message(ip=None if packet.source == icmpv6.UNSPECIFIED else packet.source, groups=tuple(groups))


def observe(message: Message) -> Fields:
    """Return who listens to what; groups that only follow from addresses are left out."""
    told = [group for group in message.groups if IPv6Address(group) not in _OF_ADDRESSES]
    return fields(("mld.ip", message.ip), *(("mld.group", group) for group in told))


def _group(cursor: Cursor) -> str:
    group = IPv6Address(cursor.take(16))
    if not group.is_multicast:
        raise DecodeError(f"{group} is no group")
    return str(group)
