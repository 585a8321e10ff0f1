"""Sockets of IPv6: UDP to groups and devices, and echo requests that need no privilege. Made by `Net` alone."""

from __future__ import annotations

import contextlib
import socket
import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING

from camscan.collect.faults import OutOfScope
from camscan.collect.interfaces import is_link_local
from camscan.collect.sockets import UdpSocket, enlarge_receive_buffer

if TYPE_CHECKING:
    from camscan.collect.interfaces import Interface
    from camscan.collect.net import Net

IPV6_MULTICAST_ALL = 29
"""Of linux/in6.h; since Linux 4.20."""
ECHO_PORT = 0
"""What stands for a port in the declaration of the group that echo requests go to."""
_REQUEST = bytes([128, 0, 0, 0])


class UdpSocketV6(UdpSocket):
    """One UDP socket of IPv6; every sender that it hears on its interface is made known to the guard."""

    def __init__(self, net: Net, interface: Interface | None, port: int, groups: tuple[str, ...]) -> None:
        self.interface = interface
        self.only_asks = port == 0
        self._net = net
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
            if interface is not None:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.name.encode())
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface.index)
            enlarge_receive_buffer(self.socket)
            self.socket.setblocking(False)
            self.socket.bind(("::", port))
            for group in groups:
                index = 0 if interface is None else interface.index
                membership = ip_address(group).packed + struct.pack("=I", index)
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
        except BaseException:
            self.socket.close()
            raise

    def _destination(self, ip: str, port: int) -> tuple[str, int, int, int]:
        if self.interface is not None:
            return ip, port, 0, self.interface.index
        return ip, port, 0, (self._net.guard.zone(ip) or 0) if is_link_local(ip) else 0

    def receive(self) -> tuple[bytes, tuple[str, int], str] | None:
        """Return payload, sender without its zone, and the address it was sent to; None when nothing waits."""
        try:
            payload, ancillary, _flags, sender = self.socket.recvmsg(65_535, 64)
        except BlockingIOError:
            return None
        target = next(
            (
                socket.inet_ntop(socket.AF_INET6, value[:16])
                for level, kind, value in ancillary
                if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)
            ),
            "",
        )
        ip = _without_zone(sender[0])
        if self.interface is not None:
            self._net.guard.meet(ip, self.interface)
        return payload, (ip, sender[1]), target


class EchoSocket:
    """Asks a group for echo replies through the kernel, which fills in identifier and checksum."""

    def __init__(self, net: Net, interface: Interface, source: str) -> None:
        self.interface = interface
        self._net = net
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.name.encode())
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface.index)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
            self.socket.setblocking(False)
            self.socket.bind((source, 0, 0, interface.index if is_link_local(source) else 0))
        except BaseException:
            self.socket.close()
            raise

    async def to_group(self, group: str, nonce: bytes) -> None:
        """Send one echo request to a declared group. Raises OutOfScope, OSError."""
        if not self._net.guard.allows_group(group, ECHO_PORT):
            raise OutOfScope(f"an echo request to {group} is not declared")
        await self._net.meter.everyone()
        self.socket.sendto(_REQUEST + nonce[:4], (group, 0, 0, self.interface.index))

    def receive(self) -> str | None:
        """Return who replied; None when nothing waits."""
        try:
            _, sender = self.socket.recvfrom(256)
        except BlockingIOError:
            return None
        ip = _without_zone(sender[0])
        self._net.guard.meet(ip, self.interface)
        return ip

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


def _without_zone(ip: str) -> str:
    return str(ip_address(ip.partition("%")[0]))
