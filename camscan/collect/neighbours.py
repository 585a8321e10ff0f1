"""The kernel's neighbour table: which MAC it found behind which address, readable without privilege.

Source: rtnetlink(7), linux/neighbour.h. A dump request is 16 bytes of `nlmsghdr` and 12 of `ndmsg`, in host byte order.
"""

from __future__ import annotations

import socket
import struct

RTM_NEWNEIGH = 28
RTM_GETNEIGH = 30
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR = 2
NLMSG_DONE = 3
NDA_DST = 1
NDA_LLADDR = 2
NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT = 0x02, 0x04, 0x08, 0x10, 0x80
KNOWN = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT
REPLY_LIMIT = 64 * 1024
DUMP_LIMIT = 10_000
"""Datagrams of one dump; a table has at most some ten thousand entries."""


def neighbours(family: int = socket.AF_INET) -> dict[tuple[int, str], str]:
    """Return {(interface index, address): MAC} for all neighbours whose MAC the kernel knows. Raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.settimeout(2.0)
        request = struct.pack("=BBHiHBB", family, 0, 0, 0, 0, 0, 0)
        netlink.send(struct.pack("=IHHII", 16 + len(request), RTM_GETNEIGH, NLM_F_REQUEST_DUMP, 1, 0) + request)
        table: dict[tuple[int, str], str] = {}
        for _ in range(DUMP_LIMIT):
            done, entries = parse(netlink.recv(REPLY_LIMIT))
            table.update(entries)
            if done:
                break
        return table


def parse(reply: bytes) -> tuple[bool, dict[tuple[int, str], str]]:
    """Return whether a netlink datagram ends the dump, and the neighbours in it."""
    entries: dict[tuple[int, str], str] = {}
    offset = 0
    while offset + 16 <= len(reply):
        length, kind, _flags, _sequence, _port = struct.unpack_from("=IHHII", reply, offset)
        if kind in (NLMSG_DONE, NLMSG_ERROR) or length < 16:
            return True, entries
        if kind == RTM_NEWNEIGH:
            entry = _neighbour(reply[offset + 16 : offset + length])
            if entry is not None:
                entries[entry[0]] = entry[1]
        offset += (length + 3) & ~3
    return False, entries


def _neighbour(message: bytes) -> tuple[tuple[int, str], str] | None:
    """Return ((index, address), MAC) of one RTM_NEWNEIGH, or None when the kernel does not know the MAC."""
    family, _pad, _pad2, index, state, _flags, _type = struct.unpack_from("=BBHiHBB", message)
    attributes: dict[int, bytes] = {}
    offset = 12
    while offset + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, offset)
        if length < 4:
            break
        attributes[kind] = message[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    mac = attributes.get(NDA_LLADDR, b"")
    if not state & KNOWN or len(mac) != 6 or not any(mac) or NDA_DST not in attributes:
        return None
    return (index, socket.inet_ntop(family, attributes[NDA_DST])), mac.hex(":")
