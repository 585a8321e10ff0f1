"""How often a link was lost: a cable that is out for a second leaves no other trace with who listens on it.

Source: rtnetlink(7), linux/if_link.h. A request is 16 bytes of `nlmsghdr` and 16 of `ifinfomsg`, in host byte order; the answer
holds attributes behind the same two. Asked of the kernel itself and not of /sys, which shows the namespace that mounted it.
"""

from __future__ import annotations

import socket
import struct

RTM_NEWLINK, RTM_GETLINK = 16, 18
NLM_F_REQUEST = 1
IFLA_CARRIER_DOWN_COUNT = 48
REPLY_LIMIT = 64 * 1024
_HEADS = 32
"""Bytes of `nlmsghdr` and `ifinfomsg`."""
_ANSWER_S = 2.0


def times_lost(index: int) -> int | None:
    """Return how often an interface has lost its carrier since it was made; None where the kernel does not say, or it is gone."""
    request = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, 0, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
            netlink.settimeout(_ANSWER_S)
            netlink.send(struct.pack("=IHHII", 16 + len(request), RTM_GETLINK, NLM_F_REQUEST, 1, 0) + request)
            return parse(netlink.recv(REPLY_LIMIT))
    except OSError:
        return None


def parse(reply: bytes) -> int | None:
    """Return the count of one RTM_NEWLINK; None of anything else."""
    if len(reply) < _HEADS or struct.unpack_from("=H", reply, 4)[0] != RTM_NEWLINK:
        return None
    offset = _HEADS
    while offset + 4 <= len(reply):
        length, kind = struct.unpack_from("=HH", reply, offset)
        if length < 4:
            break
        if kind == IFLA_CARRIER_DOWN_COUNT and length >= 8:
            count: int = struct.unpack_from("=I", reply, offset + 4)[0]
            return count
        offset += (length + 3) & ~3
    return None
