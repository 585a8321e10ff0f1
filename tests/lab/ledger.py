"""What the scanner did to each device, counted from the frames at the scanner's own bridge port, and a pcap of them."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

ETH_P_ALL = 0x0003
ETH_P_ARP = 0x0806
ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86DD
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
SOL_PACKET = 263
PACKET_STATISTICS = 6
RECEIVE_BUFFER = 32 * 1024 * 1024
PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmpv6"}

PCAP_NANOSECONDS = 0xA1B23C4D
LINKTYPE_ETHERNET = 1
SNAPLEN = 65535

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

Flow = tuple[int, str, int]
"""The scanner's port, the device's address, the device's port."""


@dataclass
class Visit:
    """Frames between the scanner and one device."""

    packets: Counter[str] = field(default_factory=Counter)
    """Unicast frames of the scanner, by `arp`, `icmp`, `udp/<port>`, `tcp`."""
    bytes_sent: int = 0
    bytes_answered: int = 0
    syns: int = 0
    """Connection attempts, retransmissions left out."""
    established: int = 0
    refused: int = 0
    at_once: int = 0
    ports: Counter[int] = field(default_factory=Counter)
    """Established connections by port of the device."""
    open_flows: set[Flow] = field(default_factory=set)
    tried_flows: set[Flow] = field(default_factory=set)
    accepted_flows: set[Flow] = field(default_factory=set)
    first_at: float | None = None
    last_at: float | None = None
    busiest_second: int = 0
    recent: list[float] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the counts for JSON."""
        return {
            "packets": dict(sorted(self.packets.items())),
            "packets_total": sum(self.packets.values()),
            "packets_busiest_second": self.busiest_second,
            "bytes_sent": self.bytes_sent,
            "bytes_answered": self.bytes_answered,
            "tcp": {
                "attempts": self.syns,
                "established": self.established,
                "refused": self.refused,
                "at_once": self.at_once,
                "ports": {str(port): count for port, count in sorted(self.ports.items())},
            },
        }


class Ledger:
    """Reads every frame at the scanner's bridge port."""

    def __init__(self, interface: str, scanner_mac: str, names: dict[str, str]) -> None:
        """Open the packet socket. `names` maps a device's MAC to its name; call in the bridge's namespace."""
        self.visits = {name: Visit() for name in names.values()}
        self.groups: Counter[str] = Counter()
        """Frames of the scanner to groups and broadcast addresses, by `<address>:<port>` or protocol."""
        self.strangers: Counter[str] = Counter()
        """Unicast frames of the scanner to MACs of no device."""
        self.frames = 0
        self.dropped = 0
        self._names = {bytes.fromhex(mac.replace(":", "")): name for mac, name in names.items()}
        self._scanner = bytes.fromhex(scanner_mac.replace(":", ""))
        self._pcap: BinaryIO | None = None
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        except PermissionError:  # root of a user namespace only: the system's limit holds
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.bind((interface, ETH_P_ALL))
        self._socket.setblocking(False)

    def record(self, pcap: BinaryIO) -> None:
        """Write every frame from now on into a pcap with nanoseconds."""
        pcap.write(struct.pack("<IHHiIII", PCAP_NANOSECONDS, 2, 4, 0, 0, SNAPLEN, LINKTYPE_ETHERNET))
        self._pcap = pcap

    def attach(self, add_reader: Callable[[socket.socket, Callable[[], None]], None]) -> None:
        """Have the event loop call `drain`."""
        add_reader(self._socket, self.drain)

    def drain(self) -> None:
        """Read and count all waiting frames."""
        while True:
            try:
                frame, ancillary, _, _ = self._socket.recvmsg(SNAPLEN, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = next(
                (struct.unpack("qq", value[:16]) for _, kind, value in ancillary if kind == SO_TIMESTAMPNS)
            )
            if self._pcap is not None:
                self._pcap.write(struct.pack("<IIII", seconds, nanoseconds, len(frame), len(frame)) + frame)
            self.frames += 1
            self._count(frame, seconds + nanoseconds / 1e9)

    def flush(self) -> None:
        """Read what is left and write the pcap out."""
        self.drain()
        statistics = self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        self.dropped += struct.unpack("II", statistics)[1]
        if self._pcap is not None:
            self._pcap.flush()

    def forget(self) -> None:
        """Start counting anew."""
        self.flush()
        self.visits = {name: Visit() for name in self.visits}
        self.groups.clear()
        self.strangers.clear()
        self.frames = 0
        self.dropped = 0

    def _count(self, frame: bytes, at: float) -> None:
        if len(frame) < 14:
            return
        target, source = frame[:6], frame[6:12]
        ethertype = int.from_bytes(frame[12:14])
        if source != self._scanner:
            name = self._names.get(source)
            if name is not None and target == self._scanner:
                self._answered(self.visits[name], frame, ethertype)
            return
        kind, group, port = _kind(frame, ethertype)
        if target[0] & 1:
            self.groups[f"{group}:{port}" if group and port else group or kind] += 1
            return
        name = self._names.get(target)
        if name is None:
            self.strangers[kind] += 1
            return
        visit = self.visits[name]
        visit.packets[f"udp/{port}" if kind == "udp" else kind] += 1
        visit.bytes_sent += len(frame)
        visit.first_at = visit.first_at if visit.first_at is not None else at
        visit.last_at = at
        visit.recent = [then for then in visit.recent if then > at - 1.0] + [at]
        visit.busiest_second = max(visit.busiest_second, len(visit.recent))
        if kind == "tcp":
            self._sent_segment(visit, frame)

    def _sent_segment(self, visit: Visit, frame: bytes) -> None:
        own_port, device_port, flags, _, device = _segment(frame)
        flow = (own_port, device, device_port)
        if flags & SYN:
            if flow not in visit.tried_flows:
                visit.tried_flows.add(flow)
                visit.syns += 1
        elif flags & (FIN | RST):
            visit.open_flows.discard(flow)
            visit.tried_flows.discard(flow)
            visit.accepted_flows.discard(flow)
        elif flags & ACK and flow in visit.accepted_flows:
            visit.accepted_flows.discard(flow)
            visit.open_flows.add(flow)
            visit.established += 1
            visit.ports[device_port] += 1
            visit.at_once = max(visit.at_once, len(visit.open_flows))

    def _answered(self, visit: Visit, frame: bytes, ethertype: int) -> None:
        visit.bytes_answered += len(frame)
        if _kind(frame, ethertype)[0] != "tcp":
            return
        device_port, own_port, flags, device, _ = _segment(frame)
        flow = (own_port, device, device_port)
        if flags & RST:
            if flow in visit.tried_flows and flow not in visit.open_flows:
                visit.refused += 1
            visit.tried_flows.discard(flow)
            visit.open_flows.discard(flow)
        elif flags & SYN and flags & ACK and flow in visit.tried_flows and flow not in visit.open_flows:
            visit.accepted_flows.add(flow)


def _kind(frame: bytes, ethertype: int) -> tuple[str, str, int]:
    """Return protocol, destination address and destination port (0 where there is none) of a frame."""
    if ethertype == ETH_P_ARP:
        return "arp", "", 0
    if ethertype == ETH_P_IP and len(frame) >= 34:
        kind = PROTOCOLS.get(frame[23], f"ip/{frame[23]}")
        start = 14 + (frame[14] & 0x0F) * 4
        port = int.from_bytes(frame[start + 2 : start + 4]) if kind in ("tcp", "udp") else 0
        return kind, socket.inet_ntoa(frame[30:34]), port
    if ethertype == ETH_P_IPV6 and len(frame) >= 54:
        kind = PROTOCOLS.get(frame[20], f"ipv6/{frame[20]}")
        port = int.from_bytes(frame[56:58]) if kind in ("tcp", "udp") else 0
        return kind, socket.inet_ntop(socket.AF_INET6, frame[38:54]), port
    return f"ethertype/{ethertype:04x}", "", 0


def _segment(frame: bytes) -> tuple[int, int, int, str, str]:
    """Return source port, destination port, flags, source address and destination address of a TCP segment."""
    v6 = int.from_bytes(frame[12:14]) == ETH_P_IPV6
    start = 54 if v6 else 14 + (frame[14] & 0x0F) * 4
    source_port, target_port = struct.unpack_from("!HH", frame, start)
    if v6:
        source, target = (socket.inet_ntop(socket.AF_INET6, frame[at : at + 16]) for at in (22, 38))
    else:
        source, target = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
    return source_port, target_port, frame[start + 13], source, target
