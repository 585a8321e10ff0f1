"""SADP directly in Ethernet frames: reaches Hikvision's devices in whatever network their address is.

Source: published sources of one device's firmware and of two readers of captures. Status: reverse-engineered. EtherType 0x8033; a
search goes to everybody, the answer to the MAC that asked. Behind the Ethernet header of 14 bytes:

| offset | size | meaning |
|--------|------|---------|
| 0 | 1 | 0x21 |
| 1 | 1 | 2 in searches, 1 in answers |
| 2 | 1 | 1 |
| 3 | 1 | length: 66 of a search, 246 of an answer |
| 4 | 4 | counter, big-endian |
| 8 | 1, 1 | 6, 4: lengths of the addresses |
| 10 | 1, 1 | verb: 2 announcement at power-up, 3 search, 4 answer; parameter |
| 12 | 2 | checksum: that of IP, over little-endian words |
| 14 | 6, 4 | MAC and address of the sender |
| 24 | 6, 4 | MAC and address of the receiver |
| 34 | 4 | mask |
| 38 | 48 | serial |
| 86 | 4, 4 | type of device, command port, big-endian |
| 102 | 48 | firmware |
| 150 | 48 | version of the signal processor |
| 198 | 48 | time of start |

Newer firmware puts more behind it, ending with model (24) and label (24) where the length allows. A search holds the
IPv6 address of the asker and twelve zeros. Other verbs change settings; the search is the only one sent.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from camscan.codecs.base import DecodeError, fields, ipv4_text, padded_text, part, port_text, unit_mac
from camscan.model import Fields, Frame

NAME = "sadp_l2"
ETHERTYPE_SADP = 0x8033
ETHERTYPES: tuple[int, ...] = (ETHERTYPE_SADP,)

_ETHERNET_HEADER = 14
_MARK = 0x21
_ANNOUNCEMENT, _SEARCH, _ANSWER = 2, 3, 4
_FIXED = 38
_SEARCH_LENGTH = 66
_MINIMUM = 80
"""Bytes of the shortest frame that devices accept."""
_TAIL = struct.Struct("!4s16s16sBBBB4s16s4sHHHHB31s24s24s")
"""Behind the fixed answer, of newer firmware: gateway, IPv6 address, its gateway and mask, support bits, DHCP, reserved, four
addresses and ports of a management server, HTTP port, digital channels, code of the label, reserved, model, label."""
_TAIL_AT = 246


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One announcement or answer; what a device leaves out is empty."""

    mac: bytes
    ip: bytes
    serial: str
    type: int
    port: int
    firmware: str
    dsp: str
    http_port: int = 0
    model: str = ""
    label: str = ""


def search(mac: str, ip: str, counter: int) -> bytes:
    """Return the frame that asks every device on a link. mac, ip: ours; 0.0.0.0 where we have none."""
    ours, address = bytes.fromhex(mac.replace(":", "")), IPv4Address(ip).packed
    head = struct.pack("!BBBBIBBBBH", _MARK, 2, 1, _SEARCH_LENGTH, counter & 0xFFFFFFFF, 6, 4, _SEARCH, 0, 0)
    body = bytearray((head + ours + address + bytes(6 + 4 + 4)).ljust(_SEARCH_LENGTH, b"\0"))
    struct.pack_into("<H", body, 12, checksum(bytes(body)))
    frame = b"\xff" * 6 + ours + ETHERTYPE_SADP.to_bytes(2) + bytes(body)
    return frame.ljust(_MINIMUM, b"\0")


def checksum(raw: bytes) -> int:
    """Return the one's complement of the one's-complement sum of the little-endian words."""
    total = sum(struct.unpack(f"<{len(raw) // 2}H", raw[: len(raw) & ~1])) + (raw[-1] if len(raw) & 1 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


def recognise(frame: Frame) -> bool:
    """Return whether an untagged frame holds an announcement or an answer."""
    payload = frame.payload
    return (
        payload[12:14] == ETHERTYPE_SADP.to_bytes(2)
        and payload[14:15] == bytes([_MARK])
        and payload[22:24] == b"\x06\x04"
        and payload[24:25] in (bytes([_ANNOUNCEMENT]), bytes([_ANSWER]))
    )


def decode(payload: bytes) -> Message:
    """Return the message in an untagged Ethernet frame; the checksum is not held against it. Raises DecodeError."""
    sadp = payload[_ETHERNET_HEADER:]
    if payload[12:14] != ETHERTYPE_SADP.to_bytes(2) or sadp[:1] != bytes([_MARK]) or sadp[8:10] != b"\x06\x04":
        raise DecodeError("no SADP")
    if len(sadp) < _FIXED or sadp[10] not in (_ANNOUNCEMENT, _ANSWER):
        raise DecodeError("neither announcement nor answer")
    tail = part(sadp, _TAIL_AT, _TAIL.size)
    more = _TAIL.unpack(tail) if tail else None
    return Message(
        mac=sadp[14:20],
        ip=sadp[20:24],
        serial=padded_text(part(sadp, 38, 48)),
        type=int.from_bytes(part(sadp, 86, 4)),
        port=int.from_bytes(part(sadp, 90, 4)),
        firmware=padded_text(part(sadp, 102, 48)),
        dsp=padded_text(part(sadp, 150, 48)),
        http_port=more[12] if more else 0,
        model=padded_text(more[16]) if more else "",
        label=padded_text(more[17]) if more else "",
    )


def observe(message: Message) -> Fields:
    """Return the message in the vocabulary of SADP, of which this is one way."""
    return fields(
        ("sadp.serial", message.serial),
        ("sadp.type", str(message.type) if message.type else None),
        ("sadp.mac", unit_mac(message.mac)),
        ("sadp.ip", ipv4_text(message.ip)),
        ("sadp.firmware", message.firmware),
        ("sadp.dsp", message.dsp),
        ("sadp.command_port", port_text(message.port)),
        ("sadp.http_port", port_text(message.http_port)),
        ("sadp.model", message.model),
        ("sadp.oem", message.label),
    )
