"""Sockets that pass guard and pace: packet sockets with a kernel filter, and UDP sockets tied to an interface."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from camscan.collect.faults import OutOfScope
from camscan.collect.interfaces import Interface

if TYPE_CHECKING:
    from camscan.collect.net import Net

WAITING_AT_ONCE = 512
RECEIVE_BUFFER = 32 * 1024 * 1024

SO_RCVBUFFORCE = 33
SO_ATTACH_FILTER = 26
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_ALLMULTI = 2
PACKET_STATISTICS = 6
PACKET_IGNORE_OUTGOING = 23
IP_MULTICAST_ALL = 49
IP_PKTINFO = 8
IP_TTL = 2
ETH_P_ALL = 3
"""Constants of Linux that Python's socket module does not name (linux/if_packet.h, linux/in.h, asm-generic/socket.h)."""

TTL_OF_BROADCAST = (socket.IPPROTO_IP, IP_TTL, struct.pack("i", 1))
"""A router that forwards directed broadcasts must not forward ours."""


class PacketSocket:
    """A raw layer-2 socket on one interface with a kernel filter."""

    def __init__(self, net: Net, interface: Interface, program: bytes, protocol: int) -> None:
        self.interface = interface
        self._net = net
        # Bound to protocol 0 first: nothing is queued until the filter stands.
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            buffer = ctypes.create_string_buffer(program, len(program))
            self.socket.setsockopt(
                socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
            )
            with contextlib.suppress(OSError):  # since Linux 4.20; without it our own frames are filtered out by address
                self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            enlarge_receive_buffer(self.socket)
            self.socket.setblocking(False)
            self.socket.bind((interface.name, protocol))
        except BaseException:
            self.socket.close()
            raise

    def hear_all_groups(self) -> None:
        """Have the network card pass frames to every group, until the socket is closed. Raises OSError."""
        membership = struct.pack("=iHH8s", self.interface.index, PACKET_MR_ALLMULTI, 0, b"")
        self.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)

    def send(self, frame: bytes) -> None:
        """Send a prebuilt frame; the caller has booked it with the meter and asked the guard. Raises OSError."""
        self.socket.send(frame)

    def waiting(self, size: int = 2_048) -> Iterator[bytes]:
        """Yield the frames that the kernel holds now, each cut at `size` bytes; at most WAITING_AT_ONCE, so that others run too."""
        for _ in range(WAITING_AT_ONCE):
            try:
                yield self.socket.recv(size)
            except (BlockingIOError, InterruptedError):
                return

    def discard_waiting(self) -> None:
        """Forget every frame that arrived before now."""
        while any(True for _ in self.waiting(1)):
            pass

    def drops(self) -> int:
        """Return how many frames the kernel dropped on this socket since the last call."""
        counters = self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        return int(struct.unpack("II", counters)[1])

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


class UdpSocket:
    """One UDP socket; what it sends passes guard and pace."""

    def __init__(self, net: Net, interface: Interface | None, port: int, groups: tuple[str, ...]) -> None:
        self.interface = interface
        self.only_asks = port == 0
        """Nobody knows its port but whom it asked."""
        self._net = net
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            self.socket.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
            self.socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            if interface is not None:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.name.encode())
                self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, _membership("0.0.0.0", interface.index))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            enlarge_receive_buffer(self.socket)
            self.socket.setblocking(False)
            self.socket.bind(("", port))
            for group in groups:
                index = 0 if interface is None else interface.index
                self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, _membership(group, index))
        except BaseException:
            self.socket.close()
            raise

    async def to_group(self, payload: bytes, group: str, port: int) -> None:
        """Send to a declared multicast group with TTL 1. Raises OutOfScope, OSError."""
        if not self._net.guard.allows_group(group, port):
            raise OutOfScope(f"no enabled codec declares the group {group}:{port}")
        await self._net.meter.everyone()
        self.socket.sendto(payload, self._destination(group, port))

    async def to_all(self, payload: bytes, address: str, port: int) -> None:
        """Send to 255.255.255.255 or the directed broadcast of this interface, on a declared port, with TTL 1.

        Raises OutOfScope, OSError.
        """
        if not self._net.guard.allows_broadcast(address, port):
            raise OutOfScope(f"broadcast to {address}:{port} is not declared")
        await self._net.meter.everyone()
        self.socket.sendmsg([payload], [TTL_OF_BROADCAST], 0, (address, port))

    async def to_device(self, payload: bytes, ip: str, port: int) -> None:
        """Send to one device inside the scope. Raises OutOfScope, OSError."""
        if not self._net.guard.allows_unicast(ip):
            raise OutOfScope(f"{ip} is outside the scope")
        await self._net.meter.unicast(ip, size=len(payload))
        self.socket.sendto(payload, self._destination(ip, port))

    async def to_infrastructure(self, payload: bytes, ip: str, port: int) -> None:
        """Send to a switch or router inside the scope, or named by it. Raises OutOfScope, OSError."""
        if not self._net.guard.allows_infrastructure(ip):
            raise OutOfScope(f"{ip} is neither inside the scope nor among its infrastructure")
        await self._net.meter.unicast(ip, size=len(payload))
        self.socket.sendto(payload, self._destination(ip, port))

    def _destination(self, ip: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
        """Return an address and a port as the socket's family wants them."""
        return ip, port

    def receive(self) -> tuple[bytes, tuple[str, int], str] | None:
        """Return payload, sender and the address it was sent to; None when nothing waits."""
        try:
            payload, ancillary, _flags, sender = self.socket.recvmsg(65_535, 64)
        except BlockingIOError:
            return None
        target = next(
            (
                socket.inet_ntoa(value[8:12])
                for level, kind, value in ancillary
                if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO)
            ),
            "",
        )
        return payload, (sender[0], sender[1]), target

    @property
    def port(self) -> int:
        """The local port."""
        return int(self.socket.getsockname()[1])

    def close(self) -> None:
        """Close the socket; the kernel leaves its groups."""
        self.socket.close()


def enlarge_receive_buffer(sock: socket.socket) -> None:
    """Ask for RECEIVE_BUFFER bytes: a storm of answers arrives faster than it is read. Without privilege the kernel caps it."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)


def _membership(group: str, index: int) -> bytes:
    """Return a `struct ip_mreqn`: group, any local address, interface index."""
    return struct.pack("4s4si", socket.inet_aton(group), b"\0\0\0\0", index)
