"""A socket for echo requests of IPv4 to single devices (RFC 792). Made by `Net` alone."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from camscan.collect.faults import NoRoute, OutOfScope
from camscan.collect.privileges import remedy_for_privilege
from camscan.collect.sockets import WAITING_AT_ONCE, enlarge_receive_buffer
from camscan.errors import PrivilegeError

if TYPE_CHECKING:
    from camscan.collect.net import Net

ECHO_REPLY, ECHO_REQUEST = 0, 8
SOL_RAW = 255
ICMP_FILTER = 1
"""Constants of Linux that Python's socket module does not name (linux/icmp.h)."""
MAX_PACKET = 576
NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})


class PingSocket:
    """Sends echo requests and hears replies to them: through the kernel's ping socket, else through a raw one.

    The kernel's needs no privilege where net.ipv4.ping_group_range holds this user's group; the raw one needs CAP_NET_RAW.
    """

    def __init__(self, net: Net) -> None:
        """Open. Raises PrivilegeError where neither socket may be opened."""
        self._net = net
        try:
            self.socket, self._raw = _kernels_own(), False
        except PermissionError:
            try:
                self.socket, self._raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP), True
            except PermissionError:
                raise PrivilegeError(
                    f"echo requests need CAP_NET_RAW or a group in net.ipv4.ping_group_range: {remedy_for_privilege()}"
                ) from None
        try:
            if self._raw:
                self.socket.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", ~(1 << ECHO_REPLY) & 0xFFFFFFFF))
            enlarge_receive_buffer(self.socket)
            self.socket.setblocking(False)
        except BaseException:
            self.socket.close()
            raise

    async def ask(self, ip: str, nonce: bytes) -> None:
        """Send one echo request to one device inside the scope. nonce: what the reply has to repeat.

        Raises OutOfScope, NoRoute and OSError.
        """
        if not self._net.guard.allows_unicast(ip):
            raise OutOfScope(f"{ip} is outside the scope")
        packet = request(nonce)
        await self._net.meter.unicast(ip, size=len(packet))
        try:
            self.socket.sendto(packet, (ip, 0))
        except OSError as fault:
            if fault.errno in NO_ROUTE:
                raise NoRoute(f"{ip}: {fault.strerror}") from None
            raise

    def replies(self, nonce: bytes) -> Iterator[str]:
        """Yield the senders of the replies that wait and repeat the nonce; at most WAITING_AT_ONCE, so that others run too."""
        for _ in range(WAITING_AT_ONCE):
            try:
                packet, (sender, _) = self.socket.recvfrom(MAX_PACKET)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an error that a router reported for an earlier request
                continue
            if repeats(packet, nonce, raw=self._raw):
                yield str(IPv4Address(sender))

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


def request(nonce: bytes) -> bytes:
    """Return an echo request; the kernel's own socket writes identifier and checksum anew."""
    head = struct.pack(">BBHHH", ECHO_REQUEST, 0, 0, int.from_bytes(nonce[:2]), 1)
    return head[:2] + struct.pack(">H", checksum(head + nonce)) + head[4:] + nonce


def repeats(packet: bytes, nonce: bytes, *, raw: bool) -> bool:
    """Return whether a packet is a reply that repeats a nonce. raw: the header of IPv4 stands before it."""
    message = packet[(packet[0] & 0x0F) * 4 :] if raw and packet else packet
    return message[:2] == bytes((ECHO_REPLY, 0)) and message[8:] == nonce


def checksum(message: bytes) -> int:
    """Return the checksum of the Internet (RFC 1071) over a message whose own checksum is zero."""
    padded = message + b"\0" * (len(message) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _kernels_own() -> socket.socket:
    """Return the kernel's ping socket. Raises PermissionError, also where the kernel has none."""
    try:
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    except PermissionError:
        raise
    except OSError as fault:
        raise PermissionError(fault.errno, fault.strerror) from None
