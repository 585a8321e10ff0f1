"""Ethernet frames, and what other link types carry, down to UDP and TCP payloads.

Source: IEEE 802.3 and 802.1Q, RFC 791, RFC 8200, RFC 768, RFC 9293; link types as tcpdump.org lists them.
A length field decides over the length of the frame (padding, trailers), except where it is zero or larger, as in frames
that a network card merged before they were captured.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address
from struct import Struct

from camscan.codecs.base import DecodeError
from camscan.codecs.packet import ETHERTYPE_IPV4, ETHERTYPE_IPV6, ICMPV6, TCP, UDP, Fragment, Packet

LINK_NULL, LINK_ETHERNET, LINK_LOOP, LINK_COOKED, LINK_COOKED_2 = 0, 1, 108, 113, 276
LINK_RAW = frozenset({12, 14, 101, 228, 229})
"""Link types without a header of their own: 101 is what files hold, 12 and 14 what some systems capture."""
LINKS = LINK_RAW | {LINK_NULL, LINK_ETHERNET, LINK_LOOP, LINK_COOKED, LINK_COOKED_2}
"""Link types that are read."""
_OTHER_LINKS = {
    9: "PPP",
    10: "FDDI",
    50: "PPP",
    51: "PPPoE",
    105: "IEEE 802.11",
    119: "IEEE 802.11",
    127: "IEEE 802.11",
    163: "IEEE 802.11",
    187: "Bluetooth",
    189: "USB",
    192: "PPI",
    195: "IEEE 802.15.4",
    201: "Bluetooth",
    220: "USB",
    230: "IEEE 802.15.4",
    239: "NFLOG",
    249: "USB",
}
"""Names of some that are not."""
_LINK_TYPE_BITS = 0xFFFF
"""Captures may keep the length of the frame check sequence in the bits above."""

_TAGS = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})
_TAG_BYTES = frozenset(tag.to_bytes(2) for tag in _TAGS)
_MAX_TAGS = 4
_MAX_EXTENSIONS = 8
_SNAP = b"\xaa\xaa\x03\0\0\0"
_LONGEST_802_3 = 0x05DC
"""A type field up to here is a length."""
_IPV6_FAMILIES = frozenset({10, 24, 28, 30})
"""Numbers that systems use for IPv6 in the header of a loopback capture."""
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _OPTIONS = 0, 43, 44, 51, 60

_ipv4 = Struct("!BBHHHBBH4s4s").unpack_from
_ipv6 = Struct("!IHBB16s16s").unpack_from
_udp = Struct("!HHH").unpack_from
_tcp = Struct("!HHIIBB").unpack_from
_u16 = Struct("!H").unpack_from
_usual = Struct("!12x3sxH2xHxB14xH").unpack_from
"""Of what nearly every datagram comes in, an untagged frame of IPv4: type and first byte, total length, flags and offset of a
fragment, protocol, length of UDP. One call costs less than as many slices."""
_USUAL, _LEAST_UDP = b"\x08\0\x45", 42


def split(frame: bytes, link_type: int = LINK_ETHERNET) -> Packet:
    """Return the parts of one frame. link_type: LINKTYPE number of libpcap. Raises DecodeError."""
    link_type &= _LINK_TYPE_BITS
    if link_type == LINK_ETHERNET:
        return _ethernet(frame)
    if link_type in LINK_RAW:
        return _ip(frame, 0, None, None, None, _ethertype_of_ip(frame))
    if link_type in (LINK_NULL, LINK_LOOP):
        return _loopback(frame, link_type)
    if link_type == LINK_COOKED:
        _need(frame, 16)
        return _cooked(frame, 16, ethertype=_u16(frame, 14)[0], length=_u16(frame, 4)[0], address=frame[6:14])
    if link_type == LINK_COOKED_2:
        _need(frame, 20)
        return _cooked(frame, 20, ethertype=_u16(frame, 0)[0], length=frame[11], address=frame[12:20])
    raise DecodeError(f"link type {link_type} is not known")


def unread_link(link_type: int) -> str | None:
    """Return what a link type is called whose frames are not read; None for those that are."""
    number = link_type & _LINK_TYPE_BITS
    if number in LINKS:
        return None
    name = _OTHER_LINKS.get(number)
    return f"link type {number} ({name})" if name else f"link type {number}"


Place = tuple[int, int, int, int]
"""Of a whole packet of UDP or TCP in a frame: protocol, offset of the source address, which the destination address and both ports
follow at once, offset of the header of UDP or TCP, offset behind the packet."""


def place_of(frame: bytes) -> Place | None:
    """Return where a packet stands in an Ethernet frame, tagged or not; None for all but the plain case, which `split` tells.

    Plain is a whole packet of UDP or TCP without options and extension headers, of which no byte was cut off.
    """
    if len(frame) >= _LEAST_UDP:
        kind, total, part, proto, size = _usual(frame)
        if proto == UDP and kind == _USUAL and not part & 0x3FFF and 8 <= size <= total - 20 and total + 14 <= len(frame):
            return UDP, 26, 34, 34 + size
    start, kind = 14, frame[12:14]
    while kind in _TAG_BYTES and start <= 18:
        kind = frame[start + 2 : start + 4]
        start += 4
    if kind == b"\x08\0" and len(frame) >= start + 28:
        total, proto = _u16(frame, start + 2)[0], frame[start + 9]
        if frame[start] != 0x45 or frame[start + 6] & 0x3F or frame[start + 7]:
            return None
        transport, addresses, end = start + 20, start + 12, start + total
    elif kind == b"\x86\xdd" and len(frame) >= start + 48:
        length, proto = _u16(frame, start + 4)[0], frame[start + 6]
        transport, addresses, end = start + 40, start + 8, start + 40 + length
    else:
        return None
    if proto == UDP:
        stop: int = transport + _u16(frame, transport + 4)[0]
        return (proto, addresses, transport, stop) if transport + 8 <= stop <= end <= len(frame) else None
    return (proto, addresses, transport, end) if proto == TCP and transport + 20 <= end <= len(frame) else None


def packet_at(frame: bytes, place: Place) -> Packet:
    """Return what `split` does of a frame whose packet `place_of` found, quicker. Raises DecodeError."""
    proto, addresses, transport, end = place
    src_mac, dst_mac = frame[6:12].hex(":"), frame[:6].hex(":")
    if transport - addresses == 8:
        ethertype, start, hops = ETHERTYPE_IPV4, addresses - 12, frame[addresses - 4]
        src, dst = _ipv4_text(frame[addresses : addresses + 4]), _ipv4_text(frame[addresses + 4 : transport])
    else:
        ethertype, start, hops = ETHERTYPE_IPV6, addresses - 8, frame[addresses - 1]
        if frame[start] >> 4 != 6:
            raise DecodeError("not an IPv6 header")
        src, dst = _ipv6_text(frame[addresses : addresses + 16]), _ipv6_text(frame[addresses + 16 : transport])
    vlan = _u16(frame, start - 4)[0] & 0x0FFF if start > 14 else None
    if proto == UDP:
        src_port, dst_port, _ = _udp(frame, transport)
        flags = seq = ack = 0
        content = transport + 8
    else:
        src_port, dst_port, seq, ack, header, flags = _tcp(frame, transport)
        content = transport + (header >> 4) * 4
        if header >> 4 < 5 or content > end:
            raise DecodeError("a TCP header past the end")
    payload = frame[content:end]
    return Packet(
        src_mac, dst_mac, vlan, ethertype, src, dst, proto, src_port, dst_port, flags, seq, ack, payload, False, False, hops
    )


def whole(first: Packet, content: bytes) -> Packet:
    """Return a packet that came in fragments, of which `first` was the first. Raises DecodeError."""
    link = first._replace(cut=False, later_fragment=False, fragment=None, missing=0)
    return _transport(content, 0, len(content), link, False)


def _need(frame: bytes, count: int) -> None:
    if len(frame) < count:
        raise DecodeError(f"a frame of {len(frame)} bytes, {count} wanted")


def _ethernet(frame: bytes) -> Packet:
    _need(frame, 14)
    dst_mac, src_mac = frame[:6].hex(":"), frame[6:12].hex(":")
    ethertype, offset, vlan = _u16(frame, 12)[0], 14, None
    for _ in range(_MAX_TAGS):
        if ethertype not in _TAGS:
            break
        _need(frame, offset + 4)
        vlan, ethertype = _u16(frame, offset)[0] & 0x0FFF, _u16(frame, offset + 2)[0]
        offset += 4
    if ethertype <= _LONGEST_802_3:
        if frame[offset : offset + 6] != _SNAP:
            return Packet(src_mac, dst_mac, vlan, ethertype, payload=frame[offset : offset + ethertype])
        _need(frame, offset + 8)
        ethertype = _u16(frame, offset + 6)[0]
        offset += 8
    return _ip(frame, offset, src_mac, dst_mac, vlan, ethertype)


def _cooked(frame: bytes, offset: int, *, ethertype: int, length: int, address: bytes) -> Packet:
    src_mac = address[:6].hex(":") if length == 6 else None
    vlan = None
    if ethertype in _TAGS:
        _need(frame, offset + 4)
        vlan, ethertype = _u16(frame, offset)[0] & 0x0FFF, _u16(frame, offset + 2)[0]
        offset += 4
    return _ip(frame, offset, src_mac, None, vlan, ethertype)


def _loopback(frame: bytes, link_type: int) -> Packet:
    _need(frame, 4)
    family = int.from_bytes(frame[:4], "big")
    if link_type == LINK_NULL and family > 0xFFFF:  # written in the order of the capturing machine, which is not told
        family = int.from_bytes(frame[:4], "little")
    return _ip(frame, 4, None, None, None, ETHERTYPE_IPV6 if family in _IPV6_FAMILIES else ETHERTYPE_IPV4)


def _ethertype_of_ip(frame: bytes) -> int:
    _need(frame, 1)
    return ETHERTYPE_IPV6 if frame[0] >> 4 == 6 else ETHERTYPE_IPV4


def _ip(frame: bytes, offset: int, src_mac: str | None, dst_mac: str | None, vlan: int | None, ethertype: int) -> Packet:
    if ethertype == ETHERTYPE_IPV4:
        _need(frame, offset + 20)
        first, _, total, number, fragment, hops, proto, _, src, dst = _ipv4(frame, offset)
        header = (first & 0x0F) * 4
        end, cut = _end(frame, offset, total)
        if first >> 4 != 4 or header < 20 or offset + header > end:
            raise DecodeError("not an IPv4 header")
        link = Packet(src_mac, dst_mac, vlan, ethertype, _ipv4_text(src), _ipv4_text(dst), proto, hop_limit=hops)
        if cut:
            link = link._replace(missing=offset + total - len(frame))
        if fragment & 0x3FFF:
            content = frame[offset + header : end]
            part = Fragment(number, (fragment & 0x1FFF) * 8, not fragment & 0x2000 and not cut, content)
            link = link._replace(fragment=part)
        if fragment & 0x1FFF:
            return link._replace(cut=True, later_fragment=True)
        return _transport(frame, offset + header, end, link, cut or bool(fragment & 0x2000))
    if ethertype == ETHERTYPE_IPV6:
        return _with_ipv6(frame, offset, src_mac, dst_mac, vlan)
    return Packet(src_mac, dst_mac, vlan, ethertype, payload=frame[offset:])


def _with_ipv6(frame: bytes, offset: int, src_mac: str | None, dst_mac: str | None, vlan: int | None) -> Packet:
    _need(frame, offset + 40)
    first, length, proto, hops, src, dst = _ipv6(frame, offset)
    if first >> 28 != 6:
        raise DecodeError("not an IPv6 header")
    end, cut = _end(frame, offset, length and length + 40)
    start = offset
    offset += 40
    later, snapped = False, cut
    fragmented: tuple[int, int] | None = None
    for _ in range(_MAX_EXTENSIONS):
        if proto not in (_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _OPTIONS):
            break
        if offset + 8 > end:
            raise DecodeError("an IPv6 extension header past the end")
        step = (
            8
            if proto == _FRAGMENT
            else (frame[offset + 1] + 2) * 4
            if proto == _AUTHENTICATION
            else (frame[offset + 1] + 1) * 8
        )
        if proto == _FRAGMENT:
            position = _u16(frame, offset + 2)[0]
            fragmented = (int.from_bytes(frame[offset + 4 : offset + 8]), position)
            later = later or position >> 3 != 0
            cut = cut or position & 1 != 0
        proto = frame[offset]
        offset += step
        if later:
            break
    link = Packet(src_mac, dst_mac, vlan, ETHERTYPE_IPV6, _ipv6_text(src), _ipv6_text(dst), proto, hop_limit=hops)
    if snapped:
        link = link._replace(missing=start + 40 + length - len(frame))
    if fragmented is not None:
        number, position = fragmented
        last = not position & 1 and not snapped
        link = link._replace(fragment=Fragment(number, position & 0xFFF8, last, frame[offset:end]))
    if later:
        return link._replace(cut=True, later_fragment=True)
    if offset > end:
        raise DecodeError("an IPv6 extension header past the end")
    if proto == ICMPV6:
        return link._replace(payload=frame[start:end], cut=cut)
    return _transport(frame, offset, end, link, cut)


def _end(frame: bytes, offset: int, total: int) -> tuple[int, bool]:
    """Return where an IP packet ends in the frame, and whether it goes on behind it. total: 0 where it is not said."""
    if total == 0:
        return len(frame), False
    return min(offset + total, len(frame)), offset + total > len(frame)


def _transport(frame: bytes, offset: int, end: int, link: Packet, cut: bool) -> Packet:
    if link.proto == UDP:
        if offset + 8 > end:
            raise DecodeError("a UDP header past the end")
        src_port, dst_port, length = _udp(frame, offset)
        if 0 < length < 8:
            raise DecodeError(f"a UDP length of {length}")
        stop = min(end, offset + length) if length else end
        payload = frame[offset + 8 : stop]
        cut = cut or offset + length > end
        return _with(link, src_port, dst_port, 0, 0, 0, payload, cut)
    if link.proto == TCP:
        if offset + 20 > end:
            raise DecodeError("a TCP header past the end")
        src_port, dst_port, seq, ack, header, flags = _tcp(frame, offset)
        start = offset + (header >> 4) * 4
        if header >> 4 < 5 or start > end + link.missing:
            raise DecodeError("a TCP header past the end")
        if start > end:
            link = link._replace(missing=end + link.missing - start)
        payload = frame[start:end]
        return _with(link, src_port, dst_port, flags, seq, ack, payload, cut)
    return link._replace(payload=frame[offset:end], cut=cut)


def _with(link: Packet, src_port: int, dst_port: int, flags: int, seq: int, ack: int, payload: bytes, cut: bool) -> Packet:
    """Return a packet with its transport: quicker than `_replace`, which this is called too often for."""
    return Packet(
        *link[:7], src_port, dst_port, flags, seq, ack, payload, cut, False, link.hop_limit, link.fragment, link.missing
    )


@lru_cache(maxsize=4096)
def _ipv4_text(raw: bytes) -> str:
    return ".".join(map(str, raw))


@lru_cache(maxsize=4096)
def _ipv6_text(raw: bytes) -> str:
    return str(IPv6Address(raw))
