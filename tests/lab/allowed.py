"""Every shape of frame and datagram that a scan may send, written down from the protocols' descriptions and not from the codecs.

A shape is bytes with holes of a fixed length. Whatever has no shape here is an offence.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from tests.lab.frames import Frame

NETWORK = ip_network("10.20.0.0/24")
BROADCASTS = {"255.255.255.255", str(NETWORK.broadcast_address)}


@dataclass(frozen=True)
class Hole:
    """So many bytes that may vary, of a kind."""

    size: int
    of: str = ""
    """The bytes that may stand in it; empty for any."""

    def fits(self, part: bytes) -> bool:
        """Return whether these bytes may stand here."""
        return len(part) == self.size and (not self.of or set(part) <= set(self.of.encode()))


HEX = "0123456789abcdefABCDEF"
UUID = (Hole(8, HEX), b"-", Hole(4, HEX), b"-", Hole(4, HEX), b"-", Hole(4, HEX), b"-", Hole(12, HEX))
Part = bytes | Hole


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One message, and where it may go."""

    name: str
    parts: tuple[Part, ...]
    groups: tuple[str, ...] = ()
    broadcast: bool = False
    unicast: bool = False
    then: Callable[[bytes], bool] = lambda payload: True
    """A further condition: a checksum, an encipherment."""

    def fits(self, payload: bytes) -> bool:
        """Return whether a payload is such a message."""
        position = 0
        for part in self.parts:
            size = part.size if isinstance(part, Hole) else len(part)
            found = payload[position : position + size]
            if not (part.fits(found) if isinstance(part, Hole) else found == part):
                return False
            position += size
        return position == len(payload) and self.then(payload)

    def goes_to(self, ip: str) -> bool:
        """Return whether it may be sent to an address."""
        if ip in self.groups or (self.broadcast and ip in BROADCASTS):
            return True
        return self.unicast and is_in_scope(ip)


def is_in_scope(ip: str) -> bool:
    """Return whether an address is one that the scan was told to visit; link-local neighbours are on its link."""
    address = ip_address(ip)
    return address in NETWORK if address.version == 4 else address.is_link_local


def _wsd(probe: bytes) -> tuple[Part, ...]:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
        b' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
        b' xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
        b"<e:Header><w:MessageID>uuid:",
        *UUID,
        b'</w:MessageID><w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>'
        b'<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header><e:Body>',
        probe,
        b"</e:Body></e:Envelope>",
    )


def _panasonic_sum(payload: bytes) -> bool:
    return int.from_bytes(payload[-2:]) == (sum(payload[:-2]) + 1) & 0xFFFF


def _reolink_search(payload: bytes) -> bool:
    """Return whether the enciphered part asks for nothing but an answer to port 3000."""
    size, turn, checksum = struct.unpack_from("<I4xII", payload, 4)
    sealed = payload[20:]
    keys = (0x1F2D3C4B, 0x5A6C7F8D, 0x38172E4B, 0x8271635A, 0x863F1A2B, 0xA5C6F7D8, 0x8371E1B4, 0x17F2D3A5)
    stream = b"".join(((key + turn) & 0xFFFFFFFF).to_bytes(4, "little") for key in keys)
    opened = bytes(byte ^ stream[i % len(stream)] for i, byte in enumerate(sealed))
    text = b"<P2P><C2D_S><to><port>3000</port></to></C2D_S></P2P>"
    return size == len(sealed) and opened.rstrip(b"\0\n") == text and checksum == _crc(sealed)


def _crc(data: bytes) -> int:
    """Return the CRC-32 of 04c11db7 with nothing inverted: zlib inverts at both ends."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _autokey(plain: bytes) -> bytes:
    cipher = [0xAB]
    for byte in plain:
        cipher.append(byte ^ cipher[-1])
    return bytes(cipher[1:])


SSDP_GROUPS = ("239.255.255.250", "ff02::c")
SSDP_TARGETS = (
    b"ssdp:all",
    b"upnp:rootdevice",
    b"urn:axis-com:service:BasicService:1",
    b"urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1",
    b"urn:schemas-upnp-org:device:Basic:1",
    b"urn:schemas-upnp-org:device:DigitalSecurityCamera:1",
)
TP_LINK = (bytes.fromhex("020000010000000000000000463cb5d3"),)
NDT1 = (b"NDT1", Hole(6), bytes(6), b"\0\1")
HDS = (b"SEARCH * HDS/1.0\r\nCSeq:1\r\nClient-ID:", Hole(32, HEX), b"\r\nAccept-Type:text/HDP\r\nContent-Length:0\r\n\r\n")
REOLINK = (b"\x3a\xcf\x87\x2a", Hole(4), b"\1\0\0\0", Hole(8), Hole(52))
PANASONIC = (
    bytes.fromhex("0001002a000d000000000000"), Hole(6), Hole(4), Hole(2),
    bytes.fromhex("20111e11231f1e1913000002010000000000000000000000"),
    bytes.fromhex("fff00026002000210022002300250028004000410042004400a500a600a700a800ad00b300b400b700b8ffff"), Hole(2),
)  # fmt: skip

SHAPES: dict[int, tuple[Shape, ...]] = {
    37020: (
        Shape(
            name="SADP inquiry",
            parts=(
                b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>', *UUID, b"</Uuid><Types>inquiry</Types></Probe>",
            ),
            groups=("239.255.255.250",), broadcast=True, unicast=True,
        ),
    ),
    37810: (
        Shape(
            name="DHDiscover.search",
            parts=(
                bytes.fromhex("20000000444849500000000000000000" "3b000000000000003b00000000000000"),
                b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}\n',
            ),
            groups=("239.255.255.251",), broadcast=True, unicast=True,
        ),
    ),
    3702: tuple(
        Shape(name="WS-Discovery Probe", parts=_wsd(probe), groups=SSDP_GROUPS, unicast=True)
        for probe in (
            b"<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>",
            b"<d:Probe><d:Types>tds:Device</d:Types></d:Probe>",
            b"<d:Probe/>",
            b"<d:Probe><d:Scopes/></d:Probe>",
        )
    ),
    1900: (
        *(
            Shape(
                name="M-SEARCH",
                parts=(
                    b"M-SEARCH * HTTP/1.1\r\nHOST: " + host + b':1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: ' + target
                    + b"\r\n\r\n",
                ),
                groups=SSDP_GROUPS, unicast=True,
            )
            for target in SSDP_TARGETS
            for host in (b"239.255.255.250", b"[FF02::C]", b"[ff02::c]")
        ),
        Shape(
            name="M-SEARCH of TVT",
            parts=(
                b'M-SEARCH * HTTP/1.1\r\nHOST:239.255.255.250:1900\r\nMan:"ssdp:discover"\r\n'
                b"ST:urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1\r\nMX:3\r\n\r\n",
            ),
            groups=SSDP_GROUPS, unicast=True,
        ),
    ),
    23456: (Shape(name="MHED search", parts=(b"MHED\x09\0\1\0\1\0\0\0", bytes(128)), groups=("234.55.55.55",)),),
    34569: (Shape(name="message 1530", parts=(bytes.fromhex("ff00000000000000000000000000fa0500000000"),), broadcast=True),),
    5513: (Shape(name="NDT1 search", parts=NDT1, broadcast=True),),
    5510: (Shape(name="NDT1 search", parts=NDT1, groups=("224.16.32.1",)),),
    3001: (
        Shape(
            name="SYSTEM_SEARCHIPC_MESSAGE",
            parts=(
                b'<?xml version="1.0" encoding="GB2312" ?>\n<XML_TOPSEE>\n<MESSAGE_HEADER Msg_type="SYSTEM_SEARCHIPC_MESSAGE"'
                b' Msg_code="1" Msg_flag="0"/>\n<MESSAGE_BODY>\n</MESSAGE_BODY>\n</XML_TOPSEE>',
            ),
            broadcast=True,
        ),
    ),
    8002: (Shape(name="HDS search", parts=HDS, groups=("239.255.255.250",)),),
    18002: (Shape(name="HDS search", parts=HDS, groups=("239.255.255.250",)),),
    32108: tuple(
        Shape(name="LAN_SEARCH", parts=(bytes.fromhex(search),), broadcast=True) for search in ("f1300000", "f1320000", "2cba5f5d")
    ),
    8600: (Shape(name="DH search", parts=(b"DH\1\1",), broadcast=True),),
    10000: (
        Shape(
            name="MO_I search",
            parts=(b"MO_I", bytes(11), b"\4\0\0\0", b"\4\0\0\0", b"\0\0\0\1"), broadcast=True,
        ),
        Shape(name="Vivotek search", parts=(Hole(1), b"\x4a\x5d\x8f\x1c"), broadcast=True),
    ),
    5050: (
        Shape(
            name="Dahua search",
            parts=(bytes.fromhex("a3010001000000000000000000000000" "02000000000000000000000000000000"),), broadcast=True,
        ),
    ),
    10670: (Shape(name="command 000d", parts=PANASONIC, broadcast=True, then=_panasonic_sum),),
    2380: (Shape(name="ENQ:allinfo", parts=(b"\x02ENQ:allinfo\xff\x03",), broadcast=True),),
    1757: (Shape(name="RCP+ scan", parts=(b"\x99\x39\xa4\x27", Hole(4), b"\xff\0\6\xde"), broadcast=True),),
    7701: (Shape(name="installer's search", parts=(b"\1", bytes(261)), broadcast=True),),
    2000: (Shape(name="Reolink search", parts=(b"\xaa\xaa\0\0",), broadcast=True),),
    2015: (Shape(name="C2D_S", parts=REOLINK, broadcast=True, then=_reolink_search),),
    2018: (Shape(name="C2D_S", parts=REOLINK, broadcast=True, then=_reolink_search),),
    20002: (Shape(name="TDP probe", parts=TP_LINK, broadcast=True, unicast=True),),
    20004: (Shape(name="TDP probe", parts=TP_LINK, broadcast=True, unicast=True),),
    9999: (
        Shape(name="get_sysinfo", parts=(_autokey(b'{"system":{"get_sysinfo":{}}}'),), broadcast=True, unicast=True),
    ),
    10001: tuple(
        Shape(name="UBNT search", parts=(bytes.fromhex(search),), groups=("233.89.188.1",), broadcast=True, unicast=True)
        for search in ("01000000", "02080000")
    ),
    5678: (Shape(name="MNDP request", parts=(bytes(4),), broadcast=True),),
    62976: (
        Shape(
            name="DDP query",
            parts=(b"\xfd\xfd", Hole(2), b"\xd1\0", b"\xff" * 6, bytes(6), b"\1\0\0\0"), broadcast=True,
        ),
    ),
    2007: (Shape(name="NICE search", parts=(b"NICE", Hole(2), bytes.fromhex("0108000000000" "7d7")), broadcast=True),),
    3600: (Shape(name="DISCOVER", parts=(b"DISCOVER\n",), broadcast=True),),
    3956: (Shape(name="GVCP discovery", parts=(bytes.fromhex("4201000200000001"),), broadcast=True),),
    9: (Shape(name="a byte that makes the kernel ask by ARP", parts=(b"\0",), unicast=True),),
}  # fmt: skip

MDNS_GROUPS = ("224.0.0.251", "ff02::fb")
DNS_QUESTIONS = {1, 12, 16, 28, 33, 255}
"""A, PTR, TXT, AAAA, SRV, ANY."""
ICMP_ALLOWED = {0, 3, 8}
"""Echo, and what the kernel answers to others: echo reply, port unreachable."""
ICMPV6_ALLOWED = {1, 128, 129, 131, 132, 133, 135, 136, 143}
"""Unreachable, echo, listener reports, router solicitation, neighbour discovery."""
NEIGHBOUR_DISCOVERY = {135, 136}
IGMP_ALLOWED = {0x16, 0x17, 0x22}
"""Membership reports and leaves."""
SADP_INQUIRY = bytes.fromhex("21020142")


def offences(frame: Frame) -> Iterator[str]:
    """Yield what is wrong with one frame; nothing for a frame that a scan may send. What TCP carries is judged by stream."""
    if frame.kind == "arp":
        yield from _of_arp(frame)
    elif frame.kind == "ethertype/8033":
        if frame.payload[:4] != SADP_INQUIRY or frame.payload[10] != 3:
            yield f"SADP in a frame that is no inquiry: {frame.payload[:16].hex(' ')}"
    elif frame.kind in ("icmp", "icmpv6", "igmp"):
        known = {"icmp": ICMP_ALLOWED, "icmpv6": ICMPV6_ALLOWED, "igmp": IGMP_ALLOWED}[frame.kind]
        if frame.payload[0] not in known:
            yield f"{frame.kind} of type {frame.payload[0]} to {frame.ip}"
    elif frame.kind == "udp":
        yield from _of_datagram(frame)
    elif frame.kind == "tcp":
        if not is_in_scope(frame.ip):
            yield f"TCP to {frame.ip}, which is outside the scope"
        if frame.flags & 0x02 and frame.payload:
            yield f"a SYN with {len(frame.payload)} bytes to {frame.ip}:{frame.port}"
    else:
        yield f"{frame.kind} to {frame.mac}"
    routed = frame.to_many and frame.kind in ("udp", "icmp") and ":" not in frame.ip  # ff02::/16 never leaves a link
    if routed and frame.ttl != 1 and not (frame.port == 5353 and frame.ttl == 255):
        yield f"{frame.kind} to {frame.ip}:{frame.port} with TTL {frame.ttl}: it would pass a router"


def _of_arp(frame: Frame) -> Iterator[str]:
    operation = int.from_bytes(frame.payload[6:8])
    sender, target = frame.payload[14:18], frame.payload[24:28]
    if operation not in (1, 2):
        yield f"ARP operation {operation}"
    if sender == target:
        yield "a gratuitous ARP: it moves an address to us"


def _of_datagram(frame: Frame) -> Iterator[str]:
    if frame.port == 5353:
        yield from _of_dns(frame)
        return
    fitting = [shape for shape in SHAPES.get(frame.port, ()) if shape.fits(frame.payload)]
    if not fitting:
        yield f"UDP to {frame.ip}:{frame.port} of no known shape: {frame.payload[:48]!r}"
    elif not any(shape.goes_to(frame.ip) for shape in fitting):
        yield f"{fitting[0].name} to {frame.ip}, where it may not go"


def _of_dns(frame: Frame) -> Iterator[str]:
    """Yield what is wrong with a DNS message: only standard queries for names under .local, with known answers (RFC 6762)."""
    if frame.ip not in MDNS_GROUPS and not is_in_scope(frame.ip):
        yield f"mDNS to {frame.ip}"
    flags, questions, _answers, authority = struct.unpack_from("!HHHH", frame.payload, 2)
    if flags & 0xFE00:
        yield f"a DNS message that is no query: flags {flags:04x}"
    if authority:
        yield "a DNS message with an authority section, as only updates and claims have"
    position = 12
    for _ in range(questions):
        labels, position = _labels(frame.payload, position)
        kind = int.from_bytes(frame.payload[position : position + 2])
        position += 4
        if labels[-1:] != [b"local"] and labels[-2:] != [b"in-addr", b"arpa"]:
            yield f"a question for {b'.'.join(labels)!r}"
        if kind not in DNS_QUESTIONS:
            yield f"a question of type {kind}"


def _labels(message: bytes, position: int) -> tuple[list[bytes], int]:
    labels: list[bytes] = []
    behind = 0
    for _ in range(64):
        size = message[position]
        if size & 0xC0:
            behind = behind or position + 2
            position = int.from_bytes(message[position : position + 2]) & 0x3FFF
            continue
        position += 1
        if not size:
            return labels, behind or position
        labels.append(message[position : position + size].lower())
        position += size
    raise ValueError("a name without an end")
