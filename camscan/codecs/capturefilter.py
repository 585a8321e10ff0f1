"""What of a capture is looked at, in the filter language of libpcap: nine frames of ten are video, and never leave the filter.

Source: pcap-filter(7). Of TCP pass the segments that open and close connections and those with content: which connections are past
their head is not for a filter to know. Of UDP pass the ports of all codecs, what begins as a message of theirs on any other, and whatever
leaves a private network or comes to one from elsewhere: that is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from camscan.codecs.base import Beginning
from camscan.codecs.datagrams import FLOW_PORTS
from camscan.codecs.frame import LINK_COOKED, LINK_COOKED_2, LINK_ETHERNET, LINK_RAW
from camscan.codecs.registry import DATAGRAM_CODECS, FRAME_CODECS

_IP = frozenset({0x0800, 0x86DD})
_LAST_FRAGMENT = 2048
"""Offset, in units of eight bytes, up to which fragments of datagrams pass."""
_BEGINS_OF_TEXT = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\0<", b"HTTP", b"NOTI", b"M-SE", b"\r\nHT")
"""How XML and the heads of SSDP begin, which come from any port."""
_BEGIN_BEHIND_A_BYTE = (b"\x4a\x5d\x8f\x1c",)
"""What Vivotek's messages hold behind a first byte that varies."""
MAX_SAMPLED = 512
"""Connections of which a filter samples segments: it takes longer to compile with each."""
_FIRST_OF_EACH = 4096
"""Of each 65,536 bytes of a connection, those in which a segment that passes begins; no segment that is left out is longer."""
_SHORT = 300
"""Bytes of packets that are no video."""
_COMPARED_IN_TURN = 8
_ADDRESSES_AND_PORTS = (26, 30, 34)
"""Where the four bytes each of a connection's mark stand in an untagged frame of IPv4 without options."""

_Mark = Mapping[int, int]
"""Numbers of four bytes of a frame, by their offsets."""


def _private(at: int) -> str:
    """Return the filter for private and link-local addresses of IPv4. at: of the address in the packet."""
    return f"(ip[{at}] = 10 or ip[{at}:2] & 0xfff0 = 0xac10 or ip[{at}:2] = 0xc0a8 or ip[{at}:2] = 0xa9fe)"


_FROM_PRIVATE, _TO_PRIVATE = _private(12), _private(16)
_BEYOND_IPV4 = f"({_FROM_PRIVATE} and not {_TO_PRIVATE} and ip[16] < 224) or ({_TO_PRIVATE} and not {_FROM_PRIVATE})"
_BEYOND_IPV6 = "(ip6[24] != 0xff and (ip6[8] < 0xfc or ip6[24] < 0xfc) and (ip6[8:4] != ip6[24:4] or ip6[12:2] != ip6[28:2]))"
"""One end is in no private network, and the other not in the same site: RFC 6177 gives each 48 bits."""


@cache
def expression(link_type: int) -> str | None:
    """Return the filter for captures of a link type; None where everything must be looked at."""
    link_type &= 0xFFFF
    if link_type == LINK_ETHERNET:
        wanted = f"{_of_frames()} or {_of_packets()}"
        return f"{wanted} or (ether multicast and ether[12:2] <= 1500) or (vlan and ({wanted} or vlan))"
    if link_type in (LINK_COOKED, LINK_COOKED_2):
        return f"{_of_frames()} or {_of_packets()}"
    return _of_packets() if link_type in LINK_RAW else None


def sampling(wanted: str, busy: Iterable[bytes]) -> str:
    """Return the filter of Ethernet that lets one segment of sixteen or so pass where `wanted` lets pass all of busy connections.

    busy: source address, destination address and ports of IPv4 and TCP, 12 bytes, of connections of which enough is known; more than
    MAX_SAMPLED are left as they were. Of each 64 KiB of a connection the segment passes that begins them, so that what it carried is
    counted as before; and all that open or close one, that are short, or that a network card merged.
    """
    marks = sorted(set(busy))[:MAX_SAMPLED]
    if not marks:
        return wanted
    parts = [{at: int.from_bytes(mark[at - 26 : at - 22]) for at in _ADDRESSES_AND_PORTS} for mark in marks]
    # Of each connection all is compared: one that shares its addresses with one and its ports with another may be new.
    left_out = (
        "ip proto 6 and ip[0] = 0x45 and ip[6:2] & 0x3fff = 0 and tcp[13] & 7 = 0"
        f" and ip[2:2] >= {_SHORT} and ip[2:2] <= {_FIRST_OF_EACH} and tcp[6:2] >= {_FIRST_OF_EACH}"
        f" and {_one_of(parts)}"
    )
    # It stands in front: behind the word vlan, offsets are those of tagged frames.
    return f"not ({left_out}) and ({wanted})"


def _one_of(marks: Sequence[_Mark]) -> str:
    """Return the condition that a frame holds one of several marks, all with numbers at the same places: few comparisons lead to each."""
    at = min(marks[0], key=lambda place: len({mark[place] for mark in marks}))
    values = sorted({mark[at] for mark in marks})
    if len(values) > _COMPARED_IN_TURN:
        half = values[len(values) // 2]
        below, above = ([mark for mark in marks if (mark[at] < half) is is_below] for is_below in (True, False))
        return f"((ether[{at}:4] < {half} and {_one_of(below)}) or (ether[{at}:4] >= {half} and {_one_of(above)}))"
    return f"({' or '.join(_begun_by(at, value, marks) for value in values)})"


def _begun_by(at: int, value: int, marks: Iterable[_Mark]) -> str:
    """Return the condition that a frame holds one of those marks that have a value at a place."""
    rest = [{place: number for place, number in mark.items() if place != at} for mark in marks if mark[at] == value]
    is_there = f"ether[{at}:4] = {value}"
    return f"({is_there} and {_one_of(rest)})" if rest[0] else is_there


def _of_frames() -> str:
    types = sorted({kind for codec in FRAME_CODECS for kind in codec.ETHERTYPES} - _IP)
    return " or ".join(f"ether proto {kind:#x}" for kind in types)


def _of_packets() -> str:
    ports = {port for codec in DATAGRAM_CODECS for port in codec.PORTS} | {*FLOW_PORTS}
    by_port = " or ".join(f"port {port}" for port in sorted(ports))
    of_codecs = {begin for codec in DATAGRAM_CODECS if isinstance(codec, Beginning) for begin in codec.BEGINS}
    begins = [*((8, begin) for begin in sorted({*_BEGINS_OF_TEXT, *of_codecs})), *((9, mark) for mark in _BEGIN_BEHIND_A_BYTE)]
    of_ipv4 = " or ".join(_begins(begin, "udp", at) for at, begin in begins)
    of_ipv6 = " or ".join(_begins(begin, "ip6", at + 40) for at, begin in begins)
    return (
        f"(udp and ({by_port}))"
        f" or (ip and ({_ipv4_tcp()}))"
        f" or (ip proto 17 and ((ip[6:2] & 0x1fff != 0 and ip[6:2] & 0x1fff < {_LAST_FRAGMENT}) or {of_ipv4}"
        f" or {_BEYOND_IPV4}))"
        f" or (ip6 and ({_ipv6_tcp()} or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60"
        f" or (ip6[6] = 58 and ip6[40] >= 130 and ip6[40] <= 143)"
        f" or (ip6[6] = 17 and ({of_ipv6} or {_BEYOND_IPV6}))))"
    )


def _ipv4_tcp() -> str:
    """Return the filter for segments that open, close or carry something."""
    # That `tcp[…]` is about TCP alone does not hold inside of a sum: it must be said.
    return "tcp and (tcp[13] & 7 != 0 or ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0)"


def _ipv6_tcp() -> str:
    return "(ip6[6] = 6 and (ip6[53] & 7 != 0 or ip6[4:2] - ((ip6[52] & 0xf0) >> 2) != 0))"


def _begins(begin: bytes, header: str, offset: int) -> str:
    """Return the filter for what begins with the first bytes of `begin`, as many as one comparison takes."""
    size = max(size for size in (1, 2, 4) if size <= len(begin))
    return f"{header}[{offset}:{size}] = 0x{begin[:size].hex()}"
