"""What left the scanner, read from a recording of the segment: frames, and the bytes of each TCP connection put together."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

PCAP_NANOSECONDS = 0xA1B23C4D
TCP, UDP = 6, 17
PROTOCOLS = {1: "icmp", 2: "igmp", TCP: "tcp", UDP: "udp", 58: "icmpv6"}
HOP_BY_HOP = 0
SYN = 0x02


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame, as its sender put it on the wire."""

    at: float
    """Seconds since 1970."""
    mac: str
    """Destination."""
    size: int
    kind: str
    """`arp`, `udp`, `tcp`, `icmp`, `icmpv6`, `igmp`, `ip/N`, or `ethertype/XXXX`."""
    ip: str = ""
    """Destination; empty where the frame carries no IP."""
    source_ip: str = ""
    ttl: int = 0
    source_port: int = 0
    port: int = 0
    payload: bytes = b""
    """What UDP, TCP, ICMP or IGMP carries; the frame behind its Ethernet header where it is not IP."""
    flags: int = 0
    sequence: int = 0

    @property
    def to_many(self) -> bool:
        """Whether it went to a group or to all."""
        return bool(int(self.mac[:2], 16) & 1)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """All that the scanner said on one TCP connection."""

    at: float
    ip: str
    port: int
    said: bytes


def sent_by(mac: str, recording: bytes) -> list[Frame]:
    """Return the frames of a recording that a MAC sent, in order."""
    own = bytes.fromhex(mac.replace(":", ""))
    return [_frame(at, raw) for at, raw in _records(recording) if raw[6:12] == own]


def _records(recording: bytes) -> Iterator[tuple[float, bytes]]:
    if struct.unpack_from("<I", recording)[0] != PCAP_NANOSECONDS:
        raise ValueError("not a recording of the lab")
    position = 24
    while position < len(recording):
        seconds, nanoseconds, size, _ = struct.unpack_from("<IIII", recording, position)
        yield seconds + nanoseconds / 1e9, recording[position + 16 : position + 16 + size]
        position += 16 + size


def _frame(at: float, raw: bytes) -> Frame:
    mac, ethertype = raw[:6].hex(":"), int.from_bytes(raw[12:14])
    if ethertype == 0x0800:
        start = 14 + (raw[14] & 0x0F) * 4
        end = 14 + int.from_bytes(raw[16:18])
        return _packet(at, mac, raw, raw[23], raw[22], socket.inet_ntoa(raw[26:30]), socket.inet_ntoa(raw[30:34]), start, end)
    if ethertype == 0x86DD:
        protocol, start, end = raw[20], 54, 54 + int.from_bytes(raw[18:20])
        if protocol == HOP_BY_HOP:
            protocol, start = raw[54], 54 + 8 + raw[55] * 8
        source, ip = (socket.inet_ntop(socket.AF_INET6, raw[place : place + 16]) for place in (22, 38))
        return _packet(at, mac, raw, protocol, raw[21], source, ip, start, end)
    kind = "arp" if ethertype == 0x0806 else f"ethertype/{ethertype:04x}"
    return Frame(at=at, mac=mac, size=len(raw), kind=kind, payload=raw[14:])


def _packet(at: float, mac: str, raw: bytes, protocol: int, ttl: int, source: str, ip: str, start: int, end: int) -> Frame:
    common: dict[str, Any] = {"at": at, "mac": mac, "size": len(raw), "ip": ip, "source_ip": source, "ttl": ttl}
    common["kind"] = PROTOCOLS.get(protocol, f"ip/{protocol}")
    if protocol == UDP:
        own, port = struct.unpack_from("!HH", raw, start)
        return Frame(**common, source_port=own, port=port, payload=raw[start + 8 : end])
    if protocol == TCP:
        own, port, sequence = struct.unpack_from("!HHI", raw, start)
        behind = start + (raw[start + 12] >> 4) * 4
        payload = raw[behind:end]
        return Frame(**common, source_port=own, port=port, payload=payload, flags=raw[start + 13], sequence=sequence)
    return Frame(**common, payload=raw[start:end])


def streams(frames: Iterable[Frame]) -> list[Stream]:
    """Return what was said on each TCP connection; a segment that was sent twice counts once. Raises ValueError for a gap."""
    opened: list[tuple[Frame, dict[int, bytes]]] = []
    current: dict[tuple[str, int, int], dict[int, bytes]] = {}
    for frame in frames:
        flow = (frame.ip, frame.port, frame.source_port)
        if frame.kind != "tcp":
            continue
        if frame.flags & SYN and (flow not in current or current[flow].keys() - {frame.sequence + 1}):
            current[flow] = {(frame.sequence + 1) & 0xFFFFFFFF: b""}
            opened.append((frame, current[flow]))
        elif frame.payload:
            parts = current[flow]
            parts[frame.sequence] = max(parts.get(frame.sequence, b""), frame.payload, key=len)
    return [Stream(at=first.at, ip=first.ip, port=first.port, said=_joined(parts)) for first, parts in opened]


def _joined(parts: dict[int, bytes]) -> bytes:
    start = next(iter(parts))
    said = bytearray()
    for sequence, payload in sorted(parts.items(), key=lambda part: (part[0] - start) & 0xFFFFFFFF):
        offset = (sequence - start) & 0xFFFFFFFF
        if offset > len(said):
            raise ValueError(f"{offset - len(said)} bytes of a connection are missing in the recording")
        said[offset:] = payload if offset + len(payload) > len(said) else said[offset:]
    return bytes(said)


def busiest(times: Sequence[float], window_s: float = 1.0) -> int:
    """Return the most of these instants that lie within any `window_s` seconds."""
    ordered = sorted(times)
    most = first = 0
    for last, at in enumerate(ordered):
        while ordered[first] <= at - window_s:
            first += 1
        most = max(most, last - first + 1)
    return most
