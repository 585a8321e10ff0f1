"""Where a simulator stands: the namespace of its device, sockets made in it, and the counters of what reached it."""

from __future__ import annotations

import asyncio
import base64
import random
import socket
import ssl
import struct
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.lab import netns
from tests.lab.device import Device

REQUEST_LINES_KEPT = 512
MAX_DATAGRAM = 65535
STREAM_LIMIT = 64 * 1024
HANDSHAKE_S = 5.0

OVER_IPV6 = {"239.255.255.250": "ff02::c", "224.0.0.251": "ff02::fb"}
"""The groups of IPv4 whose protocols have one of IPv6 too."""

Source = tuple[str, int]
"""Address and port; of a socket of IPv6 also flow and zone behind them."""


@dataclass
class Tally:
    """What the simulators of one device were asked, counted on their side."""

    requests: int = 0
    request_lines: list[str] = field(default_factory=list)
    inside_tls: list[bytes] = field(default_factory=list)
    """Whole requests that no recording shows."""
    datagrams: dict[str, int] = field(default_factory=dict)
    logins: dict[str, int] = field(default_factory=dict)
    """How the requests that bore an account fared."""
    bytes_received: int = 0

    def request(self, line: str) -> None:
        """Count a request and keep its first line."""
        self.requests += 1
        if len(self.request_lines) < REQUEST_LINES_KEPT:
            self.request_lines.append(line[:300])

    def request_inside_tls(self, request: bytes) -> None:
        """Keep a whole request."""
        if len(self.inside_tls) < REQUEST_LINES_KEPT:
            self.inside_tls.append(request)

    def datagram(self, protocol: str, size: int) -> None:
        """Count a datagram of a protocol."""
        self.datagrams[protocol] = self.datagrams.get(protocol, 0) + 1
        self.bytes_received += size

    def login(self, outcome: str) -> None:
        """Count a request that bore an account."""
        self.logins[outcome] = self.logins.get(outcome, 0) + 1

    def forget(self) -> None:
        """Start counting anew."""
        self.requests = self.bytes_received = 0
        self.request_lines.clear()
        self.inside_tls.clear()
        self.datagrams.clear()
        self.logins.clear()

    def document(self) -> dict[str, Any]:
        """Return the counts for JSON."""
        return {
            "requests": self.requests,
            "request_lines": list(self.request_lines),
            "inside_tls": [base64.b64encode(request).decode() for request in self.inside_tls],
            "datagrams": dict(sorted(self.datagrams.items())),
            "logins": dict(sorted(self.logins.items())),
            "bytes_received": self.bytes_received,
        }


class Place:
    """One device's place on the segment."""

    def __init__(self, device: Device, namespace: int) -> None:
        self.device = device
        self.tally = Tally()
        self.chance = random.Random(device.mac)
        self.namespace = namespace
        """Descriptor of the device's network namespace."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._programs: list[subprocess.Popen[bytes]] = []

    @property
    def ip(self) -> str:
        """The device's own address."""
        assert self.device.ip is not None
        return self.device.ip

    @property
    def host(self) -> str:
        """The device's own address as URLs write it."""
        return f"[{self.ip}]" if self.speaks_v6 else self.ip

    @property
    def speaks_v6(self) -> bool:
        """Whether the device speaks IPv6 alone."""
        return ":" in self.ip

    def udp(self, port: int, *, groups: tuple[str, ...] = (), ttl: int = 1, at: str = "") -> socket.socket:
        """Return a datagram socket bound to a port of the device, member of multicast groups, allowed to broadcast.

        `at`: one of its addresses; all by default.

        On a device of IPv6 the groups are those that stand for the named ones there.
        """
        if self.device.ip and self.speaks_v6:
            return self._udp_v6(port, groups, ttl)
        with netns.inside(self.namespace):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            sock.bind((at, port))
            interface = socket.if_nametoindex("eth0")
            for group in groups:
                membership = struct.pack("4s4si", socket.inet_aton(group), bytes(4), interface)
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        sock.setblocking(False)
        return sock

    def _udp_v6(self, port: int, groups: tuple[str, ...], hops: int) -> socket.socket:
        with netns.inside(self.namespace):
            sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            interface = socket.if_nametoindex("eth0")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, hops)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface)
            sock.bind(("::", port))
            for group in groups:
                membership = socket.inet_pton(socket.AF_INET6, OVER_IPV6[group]) + struct.pack("=I", interface)
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
        sock.setblocking(False)
        return sock

    def tcp(self, port: int) -> socket.socket:
        """Return a listening socket on a port of the device."""
        with netns.inside(self.namespace):
            sock = socket.socket(socket.AF_INET6 if self.speaks_v6 else socket.AF_INET, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("", port))
            sock.listen(16)
        sock.setblocking(False)
        return sock

    def packet(self, ethertype: int) -> socket.socket:
        """Return a packet socket for one EtherType on the device's interface."""
        with netns.inside(self.namespace):
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
        """Send a datagram after a delay; to a group of IPv4 from a socket of IPv6, to the one that stands for it there."""
        if sock.family == socket.AF_INET6:
            target = (OVER_IPV6.get(target[0], target[0]), *target[1:])

        def send() -> None:
            try:
                sock.sendto(payload, target)
            except OSError:
                self.tally.datagram("unsent", 0)

        asyncio.get_running_loop().call_later(delay_s, send)

    def start_program(self, argv: Sequence[str], output: int) -> subprocess.Popen[bytes]:
        """Start a program in the device's network namespace; it ends with this process, or by `end_programs`."""
        with netns.inside(self.namespace):
            program = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=netns.die_with_parent
            )
        self._programs.append(program)
        return program

    def end_programs(self) -> None:
        """Kill what `start_program` started, and wait for it."""
        for program in self._programs:
            program.kill()
            program.wait()
        self._programs.clear()

    def repeat(self, period_s: float, act: Callable[[], object]) -> None:
        """Call `act` at once and then every period."""

        async def again() -> None:
            while True:
                act()
                await asyncio.sleep(period_s)

        task = asyncio.get_running_loop().create_task(again())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
