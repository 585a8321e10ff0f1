"""Opens every socket of ours, and lets nothing leave that the scope and the pace do not allow."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from camscan.collect.interfaces import Interface, compile_bpf
from camscan.collect.pace import PACKETS_OF_A_CONNECTION, PACKETS_OF_A_REQUEST, SYNS_PER_DEVICE, Meter
from camscan.collect.privileges import CAP_NET_RAW, may, remedy_for_privilege
from camscan.errors import CamscanError, PrivilegeError

if TYPE_CHECKING:
    from camscan.collect.scope import Guard

CONNECT_PATIENCE_S = 1.5
READ_PATIENCE_S = 3.0
READ_LIMIT = 16 * 1024
TLS_PATIENCE_S = 4.0
SOCKETS_AT_ONCE = 1_000
"""Above this, connects were seen to time out although the port was open."""
WAITING_AT_ONCE = 512
RECEIVE_BUFFER = 32 * 1024 * 1024

SO_RCVBUFFORCE = 33
SO_ATTACH_FILTER = 26
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_STATISTICS = 6
PACKET_IGNORE_OUTGOING = 23
IP_MULTICAST_ALL = 49
IP_PKTINFO = 8
ETH_P_ALL = 3
"""Constants of Linux that Python's socket module does not name (linux/if_packet.h, linux/in.h, asm-generic/socket.h)."""

T = TypeVar("T")


class OutOfScope(CamscanError):  # noqa: N818
    """A packet was about to leave that the scope does not allow; it was not sent."""


class BudgetSpent(CamscanError):  # noqa: N818
    """The device has been asked as often as its budget allows."""


class Refused(CamscanError):  # noqa: N818
    """The device answered that nothing listens there."""


class Unanswered(CamscanError):  # noqa: N818
    """Nothing came back in time."""


class NoRoute(Unanswered):
    """This machine has no route to the device: nothing left."""


@dataclass(frozen=True, slots=True)
class TlsPeer:
    """What a TLS handshake showed."""

    certificate: bytes | None
    """DER of the server's own certificate."""
    version: str | None


class Net:
    """The only way out. Guards the scope, keeps the pace, counts in the ledger."""

    def __init__(self, guard: Guard, meter: Meter) -> None:
        self.guard = guard
        self.meter = meter
        self._slots = asyncio.Semaphore(SOCKETS_AT_ONCE)

    async def connect(self, host: str, port: int) -> Connection:
        """Return an open connection; at most the pace's number to one device at a time.

        Raises OutOfScope, BudgetSpent, Refused, NoRoute or Unanswered.
        """
        if not self.guard.allows_unicast(host):
            raise OutOfScope(f"{host} is outside the scope")
        account = self.meter.account(host)
        await account.gate.acquire()
        try:
            if account.connections >= self.meter.pace.connections_per_run or account.syns >= SYNS_PER_DEVICE:
                raise BudgetSpent(
                    f"{host}: {account.connections} connections and {account.syns} attempts are all that the pace allows"
                )
            async with self._slots:
                account.syns += 1
                await self.meter.unicast(host)
                reader, writer = await _within(
                    CONNECT_PATIENCE_S, lambda: asyncio.open_connection(host, port, limit=READ_LIMIT), f"{host}:{port}"
                )
        except ConnectionError as fault:
            account.gate.release()
            raise Refused(f"{host}:{port}: {fault.strerror or fault}") from None
        except OSError as fault:
            account.gate.release()
            kind = NoRoute if fault.errno == errno.ENETUNREACH else Unanswered
            raise kind(f"{host}:{port}: {fault.strerror or fault}") from None
        except BaseException:
            account.gate.release()
            raise
        account.connections += 1
        connection = Connection(self, host, port, reader, writer)
        try:
            await self.meter.unicast(host, PACKETS_OF_A_CONNECTION - 1)
        except BaseException:
            connection.abort()
            raise
        return connection

    def packet_socket(self, interface: Interface, expression: str, *, protocol: int = ETH_P_ALL) -> PacketSocket:
        """Return a packet socket on one interface with a kernel filter in libpcap's language.

        Raises PrivilegeError without CAP_NET_RAW, MissingTool without libpcap.
        """
        if not may(CAP_NET_RAW):
            raise PrivilegeError(f"needs CAP_NET_RAW: {remedy_for_privilege()}")
        return PacketSocket(self, interface, compile_bpf(expression), protocol)

    def udp_socket(self, interface: Interface | None, port: int = 0, groups: tuple[str, ...] = ()) -> UdpSocket:
        """Return an IPv4 UDP socket tied to one interface (None: as the kernel routes), bound to `port`, joined to `groups`.

        Raises OSError.
        """
        return UdpSocket(self, interface, port, groups)


class Connection:
    """One TCP connection to a device. Reads are bounded in bytes and time."""

    def __init__(self, net: Net, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.host = host
        self.port = port
        self._net = net
        self._reader = reader
        self._writer = writer
        self._open = True

    async def send(self, payload: bytes) -> None:
        """Send one request. Raises Refused when the device has closed, Unanswered when it does not take the bytes."""
        account = self._net.meter.account(self.host)
        account.requests += 1
        await self._net.meter.unicast(self.host, PACKETS_OF_A_REQUEST, len(payload))
        try:
            self._writer.write(payload)
            await _within(READ_PATIENCE_S, self._writer.drain, f"{self.host}:{self.port}")
        except OSError as fault:
            raise Refused(f"{self.host}:{self.port}: {fault.strerror or fault}") from None

    async def receive(
        self, until: Callable[[bytes], bool], *, limit: int = READ_LIMIT, patience_s: float = READ_PATIENCE_S
    ) -> bytes:
        """Return what came, until `until(buffer)`, the end, `limit` bytes or `patience_s` seconds in all. Never raises for silence."""
        buffer = bytearray()
        with contextlib.suppress(TimeoutError, OSError, ssl.SSLError):
            async with asyncio.timeout(patience_s):
                while len(buffer) < limit:
                    chunk = await self._reader.read(limit - len(buffer))
                    if not chunk:
                        break
                    buffer += chunk
                    if until(bytes(buffer)):
                        break
        return bytes(buffer)

    async def start_tls(self) -> TlsPeer:
        """Shake hands as TLS client, without verifying anything: certificates are what we came to read.

        Old devices are welcome (TLS 1.0, small keys). Raises Refused when the handshake fails, Unanswered when it stalls.
        """
        await self._net.meter.unicast(self.host, PACKETS_OF_A_REQUEST * 2)
        try:
            await _within(
                TLS_PATIENCE_S,
                lambda: self._writer.start_tls(_tolerant_context(), ssl_handshake_timeout=TLS_PATIENCE_S),
                f"{self.host}:{self.port}",
            )
        except (ssl.SSLError, ConnectionError, OSError) as fault:
            raise Refused(f"{self.host}:{self.port}: TLS: {fault}") from None
        peer = self._writer.get_extra_info("ssl_object")
        if peer is None:
            return TlsPeer(None, None)
        return TlsPeer(peer.getpeercert(binary_form=True), peer.version())

    async def close(self) -> None:
        """Close and let the next connection to this device begin."""
        if not self._open:
            return
        self._writer.close()
        with contextlib.suppress(TimeoutError, OSError, ssl.SSLError):
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()
        self.abort()

    def abort(self) -> None:
        """Close at once."""
        if self._open:
            self._open = False
            self._writer.transport.abort()
            self._net.meter.account(self.host).gate.release()


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
        self.socket.sendto(payload, (group, port))

    async def to_all(self, payload: bytes, address: str, port: int) -> None:
        """Send to 255.255.255.255 or the directed broadcast of this interface, on a declared port. Raises OutOfScope, OSError."""
        if not self._net.guard.allows_broadcast(address, port):
            raise OutOfScope(f"broadcast to {address}:{port} is not declared")
        await self._net.meter.everyone()
        self.socket.sendto(payload, (address, port))

    async def to_device(self, payload: bytes, ip: str, port: int) -> None:
        """Send to one device inside the scope. Raises OutOfScope, OSError."""
        if not self._net.guard.allows_unicast(ip):
            raise OutOfScope(f"{ip} is outside the scope")
        await self._net.meter.unicast(ip, size=len(payload))
        self.socket.sendto(payload, (ip, port))

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


async def _within(patience_s: float, work: Callable[[], Awaitable[T]], target: str) -> T:
    """Return what `work` returns. Raises Unanswered past `patience_s` seconds."""
    try:
        async with asyncio.timeout(patience_s):
            return await work()
    except TimeoutError:
        raise Unanswered(f"{target}: no answer within {patience_s:g} s") from None


def _tolerant_context() -> ssl.SSLContext:
    """Return a client context that accepts what cameras of the last fifteen years speak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLError):
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    import warnings

    with warnings.catch_warnings():  # old versions are the point here
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context
