"""Opens every socket of ours, and lets nothing leave that the scope and the pace do not allow."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from camscan.collect.faults import BudgetSpent, NoRoute, OutOfScope, Refused, Unanswered
from camscan.collect.interfaces import NO_VLAN, Interface, compile_bpf, is_link_local
from camscan.collect.pace import PACKETS_OF_A_CONNECTION, PACKETS_OF_A_REQUEST, SYNS_PER_DEVICE, Meter
from camscan.collect.patience import patience
from camscan.collect.privileges import CAP_NET_RAW, may, remedy_for_privilege
from camscan.collect.sockets import ETH_P_ALL, PacketSocket, UdpSocket
from camscan.errors import PrivilegeError

if TYPE_CHECKING:
    from camscan.collect.journal import Journal
    from camscan.collect.netv6 import EchoSocket
    from camscan.collect.ping import PingSocket
    from camscan.collect.scope import Guard

CONNECT_PATIENCE_S = 1.5
RETRANSMISSION_S = 1.0
"""After this the kernel repeats a SYN that nobody answered (RFC 6298), and again after as long at the soonest."""
SHORT_PATIENCE_S = 0.9
"""For a device that has left a SYN and its repetition unanswered: its further ports get one SYN each."""
READ_PATIENCE_S = 3.0
READ_LIMIT = 16 * 1024
TLS_PATIENCE_S = 4.0
SOCKETS_AT_ONCE = 1_000
"""Above this, connects were seen to time out although the port was open."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TlsPeer:
    """What a TLS handshake showed."""

    certificate: bytes | None
    """DER of the server's own certificate."""
    version: str | None


class Net:
    """The only way out. Guards the scope, keeps the pace, counts in the ledger."""

    def __init__(self, guard: Guard, meter: Meter, journal: Journal | None = None) -> None:
        """journal: knows of every connection before it is made."""
        self.guard = guard
        self.meter = meter
        self._journal = journal
        self._slots = asyncio.Semaphore(SOCKETS_AT_ONCE)

    async def connect(self, host: str, port: int) -> Connection:
        """Return an open connection; at most the pace's number to one device at a time.

        Raises OutOfScope, BudgetSpent, Refused, NoRoute or Unanswered.
        """
        if not self.guard.allows_unicast(host):
            raise OutOfScope(f"{host} is outside the scope")
        account = self.meter.account(host)
        await account.gate.acquire()
        account.under_way += 1
        try:
            # Those that are being made count too, this one among them: they may all succeed.
            spent = account.connections + account.under_way > self.meter.pace.connections_per_run
            if spent or account.syns >= SYNS_PER_DEVICE:
                raise BudgetSpent(
                    f"{host}: {account.connections} connections and {account.syns} attempts are all that the pace allows"
                )
            async with self._slots:
                account.syns += 1
                if self._journal is not None:
                    await self._journal.spending(account.ip, account.spent())
                await self.meter.unicast(host)
                patience_s = SHORT_PATIENCE_S if account.unanswered else CONNECT_PATIENCE_S
                began = time.monotonic()
                reader, writer = await _within(
                    patience_s, lambda: asyncio.open_connection(self._zoned(host), port, limit=READ_LIMIT), f"{host}:{port}"
                )
        except ConnectionError as fault:
            account.gate.release()
            raise Refused(f"{host}:{port}: {fault.strerror or fault}") from None
        except OSError as fault:
            account.gate.release()
            kind = NoRoute if fault.errno == errno.ENETUNREACH else Unanswered
            raise kind(f"{host}:{port}: {fault.strerror or fault}") from None
        except Unanswered:
            account.gate.release()
            account.unanswered += 1
            # Not what was planned: who wakes late on a busy machine has let the kernel repeat meanwhile.
            account.book_repeated_syns(int((time.monotonic() - began) / RETRANSMISSION_S))
            raise
        except BaseException:
            account.gate.release()
            raise
        finally:
            account.under_way -= 1
        account.connections += 1
        connection = Connection(self, host, port, reader, writer)
        try:
            await self.meter.unicast(host, PACKETS_OF_A_CONNECTION - 1)
        except BaseException:
            connection.abort()
            raise
        return connection

    def _zoned(self, host: str) -> str:
        """Return an address with the link on which it was met, where it needs one."""
        return f"{host}%{self.guard.zone(host) or 0}" if is_link_local(host) else host

    def packet_socket(
        self, interface: Interface, expression: str, *, protocol: int = ETH_P_ALL, vlans: bool = False
    ) -> PacketSocket:
        """Return a packet socket on one interface with a kernel filter in libpcap's language.

        vlans: also the frames of VLANs on top of the interface, which the kernel shows without their tags.
        Raises PrivilegeError without CAP_NET_RAW, MissingTool without libpcap.
        """
        if not may(CAP_NET_RAW):
            raise PrivilegeError(f"needs CAP_NET_RAW: {remedy_for_privilege()}")
        return PacketSocket(self, interface, (b"" if vlans else NO_VLAN) + compile_bpf(expression), protocol)

    def udp_socket_v6(self, interface: Interface | None, port: int = 0, groups: tuple[str, ...] = ()) -> UdpSocket:
        """Return an IPv6 UDP socket like that of `udp_socket`. Raises OSError, also where the kernel has no IPv6."""
        from camscan.collect.netv6 import UdpSocketV6

        return UdpSocketV6(self, interface, port, groups)

    def echo_socket(self, interface: Interface, source: str) -> EchoSocket:
        """Return a socket for echo requests of IPv6 from one of an interface's addresses, which needs no privilege.

        Raises OSError: PermissionError where net.ipv4.ping_group_range leaves this user's group out.
        """
        from camscan.collect.netv6 import EchoSocket

        return EchoSocket(self, interface, source)

    def ping_socket(self) -> PingSocket:
        """Return a socket for echo requests of IPv4 to single devices. Raises PrivilegeError where the kernel refuses."""
        from camscan.collect.ping import PingSocket

        return PingSocket(self)

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
            async with patience(patience_s):
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


async def _within(patience_s: float, work: Callable[[], Awaitable[T]], target: str) -> T:
    """Return what `work` returns. Raises Unanswered past `patience_s` seconds."""
    try:
        async with patience(patience_s):
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
