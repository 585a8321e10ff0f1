"""Where a simulator stands: the namespace of its device, sockets made in it, and the counters of what reached it."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.lab import netns
from tests.lab.device import Device

REQUEST_LINES_KEPT = 512
MAX_DATAGRAM = 65535
STREAM_LIMIT = 64 * 1024
HANDSHAKE_S = 5.0

Source = tuple[str, int]


@dataclass
class Tally:
    """What the simulators of one device were asked, counted on their side."""

    requests: int = 0
    request_lines: list[str] = field(default_factory=list)
    datagrams: dict[str, int] = field(default_factory=dict)
    bytes_received: int = 0

    def request(self, line: str) -> None:
        """Count a request and keep its first line."""
        self.requests += 1
        if len(self.request_lines) < REQUEST_LINES_KEPT:
            self.request_lines.append(line[:300])

    def datagram(self, protocol: str, size: int) -> None:
        """Count a datagram of a protocol."""
        self.datagrams[protocol] = self.datagrams.get(protocol, 0) + 1
        self.bytes_received += size

    def forget(self) -> None:
        """Start counting anew."""
        self.requests = self.bytes_received = 0
        self.request_lines.clear()
        self.datagrams.clear()

    def document(self) -> dict[str, Any]:
        """Return the counts for JSON."""
        return {
            "requests": self.requests,
            "request_lines": list(self.request_lines),
            "datagrams": dict(sorted(self.datagrams.items())),
            "bytes_received": self.bytes_received,
        }


class Place:
    """One device's place on the segment."""

    def __init__(self, device: Device, namespace: int) -> None:
        self.device = device
        self.tally = Tally()
        self.chance = random.Random(device.mac)
        self._namespace = namespace
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def ip(self) -> str:
        """The device's own address."""
        assert self.device.ip is not None
        return self.device.ip

    def udp(self, port: int, *, groups: tuple[str, ...] = (), ttl: int = 1) -> socket.socket:
        """Return a datagram socket bound to a port of the device, member of multicast groups, allowed to broadcast."""
        with netns.inside(self._namespace):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            sock.bind(("", port))
            interface = socket.if_nametoindex("eth0")
            for group in groups:
                membership = struct.pack("4s4si", socket.inet_aton(group), bytes(4), interface)
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        sock.setblocking(False)
        return sock

    def tcp(self, port: int) -> socket.socket:
        """Return a listening socket on a port of the device."""
        with netns.inside(self._namespace):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("", port))
            sock.listen(16)
        sock.setblocking(False)
        return sock

    def packet(self, ethertype: int) -> socket.socket:
        """Return a packet socket for one EtherType on the device's interface."""
        with netns.inside(self._namespace):
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
            sock.bind(("eth0", ethertype))
        sock.setblocking(False)
        return sock

    def serve_datagrams(self, protocol: str, sock: socket.socket, answer: Callable[[bytes, Source], None]) -> None:
        """Call `answer(payload, source)` for every datagram that reaches the socket."""

        def readable() -> None:
            while True:
                try:
                    payload, source = sock.recvfrom(MAX_DATAGRAM)
                except BlockingIOError:
                    return
                self.tally.datagram(protocol, len(payload))
                answer(payload, source)

        asyncio.get_running_loop().add_reader(sock, readable)

    async def serve_connections(
        self,
        sock: socket.socket,
        talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Run `talk` for every connection, after the TLS handshake where a context is given; the peer may leave at any moment."""

        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await talk(reader, writer)
            except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
                pass  # scanners hang up in the middle of everything
            finally:
                writer.close()

        if tls is None:
            await asyncio.start_server(connection, sock=sock, limit=STREAM_LIMIT)
        else:
            await asyncio.start_server(connection, sock=sock, limit=STREAM_LIMIT, ssl=tls, ssl_handshake_timeout=HANDSHAKE_S)

    def later(self, delay_s: float, sock: socket.socket, payload: bytes, target: Source) -> None:
        """Send a datagram after a delay."""

        def send() -> None:
            try:
                sock.sendto(payload, target)
            except OSError:
                self.tally.datagram("unsent", 0)

        asyncio.get_running_loop().call_later(delay_s, send)

    def repeat(self, period_s: float, act: Callable[[], object]) -> None:
        """Call `act` at once and then every period."""

        async def again() -> None:
            while True:
                act()
                await asyncio.sleep(period_s)

        task = asyncio.get_running_loop().create_task(again())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
