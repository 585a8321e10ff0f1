"""One driver for every datagram codec: sends its probes on each link, listens where it answers.

Devices answer to the sender, to a fixed port, to the group or to everyone; so each link gets a sending socket and one socket for
each port that a codec binds, joined to the codec's groups. A packet socket beside them learns the source MAC of every datagram,
also of devices whose address belongs to another network.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address

from camscan.codecs.base import DatagramCodec, Probe
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import DATAGRAM_CODECS, dispatch_datagram
from camscan.collect.base import Ground, Host, MissingTool, NotNeeded, Stage, nonce_of
from camscan.collect.faults import OutOfScope
from camscan.collect.interfaces import Interface
from camscan.collect.sockets import PacketSocket, UdpSocket
from camscan.errors import PrivilegeError
from camscan.model import Datagram, Endpoint, Observation, Via

ROUNDS = 3
"""Some devices answer only the second probe."""
SENDERS_AT_MOST = 65_536
EVERYONE = "255.255.255.255"
RECEIVES_AT_ONCE = 256
HEADERS = 14 + 40
"""Bytes of a frame that hold Ethernet and IP header: all that is read of it."""


class Multicast:
    """Probes groups and everyone on each link, and hears what answers or announces itself."""

    NAME = "multicast"
    STAGE = Stage.PRESENCE

    def __init__(self, codecs: Sequence[DatagramCodec] = DATAGRAM_CODECS) -> None:
        self.codecs = codecs
        self.links: list[Link] = []

    def open(self, ground: Ground) -> None:
        """Open the sockets of every link of the scope. Raises NotNeeded where no range is on a link."""
        links = [i for i in ground.interfaces if i.addresses or i.link_local]
        if not links:
            raise NotNeeded("no range of the scope is on a link of this machine, so groups and broadcast do not reach it")
        self.links = [Link(ground, interface, self.codecs) for interface in links]

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Send ROUNDS rounds of all probes, then listen."""
        pace = ground.net.meter.pace
        for link in self.links:
            link.start(ground)
        for number in range(ROUNDS):
            nonce = nonce_of(ground, number)
            async with asyncio.TaskGroup() as tasks:
                for link in self.links:
                    tasks.create_task(link.ask_everyone(ground, nonce))
            await asyncio.sleep(pace.round_s)
        await asyncio.sleep(pace.listen_s - pace.round_s)
        for link in self.links:
            link.stop()

    def close(self) -> None:
        """Close all sockets."""
        for link in self.links:
            link.close()


class Unicast:
    """Asks each live host by itself, in each discovery protocol that answers to unicast: firewalls and routers let it pass."""

    NAME = "unicast"
    STAGE = Stage.PROBES

    def __init__(self, codecs: Sequence[DatagramCodec] = DATAGRAM_CODECS) -> None:
        self.codecs = codecs
        self._sockets: dict[bool, UdpSocket] = {}
        """By whether it is of IPv6."""

    def open(self, ground: Ground) -> None:
        """Open one socket for each family that this machine has; the kernel routes what they send."""
        self._sockets[False] = ground.net.udp_socket(None)
        with contextlib.suppress(OSError):
            self._sockets[True] = ground.net.udp_socket_v6(None)

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Send one unicast probe of each codec to each host, then listen."""
        probes = [p for codec in self.codecs for p in codec.probes(nonce_of(ground, ROUNDS)) if p.unicast]
        loop = asyncio.get_running_loop()
        for sock in self._sockets.values():
            loop.add_reader(sock.socket.fileno(), receive, sock, ground, self.NAME, ground.macs.get)
        try:
            async with asyncio.TaskGroup() as tasks:
                for host in hosts:
                    tasks.create_task(self._ask(ground, host.ip, probes))
            if hosts and probes:
                await asyncio.sleep(ground.net.meter.pace.answer_s)
        finally:
            for sock in self._sockets.values():
                loop.remove_reader(sock.socket.fileno())

    async def _ask(self, ground: Ground, ip: str, probes: Sequence[Probe]) -> None:
        """Send every probe to one host; one that is refused does not stop the next."""
        sock = self._sockets.get(":" in ip)
        if sock is None:
            return
        for probe in probes:
            with contextlib.suppress(OSError, OutOfScope):
                await sock.to_device(probe.payload, ip, probe.port)
                ground.tally.sent += 1

    def close(self) -> None:
        """Close the sockets."""
        for sock in self._sockets.values():
            sock.close()


class Link:
    """The sockets of one interface."""

    def __init__(self, ground: Ground, interface: Interface, codecs: Iterable[DatagramCodec]) -> None:
        self.interface = interface
        self.codecs = tuple(codecs)
        self.senders: dict[str, str] = {}
        """Source MAC by source address, as the packet socket saw it; empty where several devices use one address."""
        self.sockets: dict[tuple[bool, int], UdpSocket] = {}
        """By whether it is of IPv6, and bound port; 0 is the sending one of its family."""
        self.ear: PacketSocket | None = None
        if interface.addresses:
            self.sockets[False, 0] = ground.net.udp_socket(interface)
        if interface.link_local:
            self._bind(ground, 0, v6=True)
        for port in dict.fromkeys(port for codec in self.codecs for port in codec.BIND_PORTS):
            for v6 in (False, True):
                if (v6, 0) in self.sockets and (not v6 or self._groups(port, v6=True)):
                    self._bind(ground, port, v6=v6)
        if not interface.loopback:
            with contextlib.suppress(PrivilegeError, MissingTool):
                self.ear = ground.net.packet_socket(interface, "udp")

    def _groups(self, port: int, *, v6: bool) -> tuple[str, ...]:
        """Return the groups of one family of every codec that binds a port."""
        groups = (g for codec in self.codecs if port in codec.BIND_PORTS for g in codec.GROUPS)
        return tuple(dict.fromkeys(g for g in groups if (":" in g) == v6))

    def _bind(self, ground: Ground, port: int, *, v6: bool) -> None:
        """Bind one port and join the groups of every codec that wants it; a port in use is a gap that is named."""
        make = ground.net.udp_socket_v6 if v6 else ground.net.udp_socket
        try:
            self.sockets[v6, port] = make(self.interface, port, self._groups(port, v6=v6))
        except OSError as fault:
            family = " over IPv6" if v6 else ""
            ground.tally.unfinished.append(
                f"UDP port {port} on {self.interface.name}{family}: {fault.strerror}; replies that devices send to it are missed"
            )

    def start(self, ground: Ground) -> None:
        """Begin to read."""
        loop = asyncio.get_running_loop()
        if self.ear is not None:
            loop.add_reader(self.ear.socket.fileno(), self._learn_senders)
        for sock in self.sockets.values():
            loop.add_reader(sock.socket.fileno(), receive, sock, ground, Multicast.NAME, self._sender_mac)

    def stop(self) -> None:
        """Stop reading."""
        loop = asyncio.get_running_loop()
        for raw in [*(s.socket for s in self.sockets.values()), *([self.ear.socket] if self.ear else [])]:
            loop.remove_reader(raw.fileno())

    def close(self) -> None:
        """Close all sockets; safe to call while reading, after an interrupt."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.stop()
        for sock in self.sockets.values():
            sock.close()
        if self.ear is not None:
            self.ear.close()

    async def ask_everyone(self, ground: Ground, nonce: bytes) -> None:
        """Send the group and broadcast probes of every codec once."""
        broadcasts = (EVERYONE, *(str(n.broadcast_address) for n in self.interface.networks if n.prefixlen < 31))
        for codec in self.codecs:
            for probe in codec.probes(nonce):
                sock = self._socket_for(probe)
                if sock is None:
                    continue
                try:
                    if probe.group is not None:
                        await sock.to_group(probe.payload, probe.group, probe.port)
                        ground.tally.sent += 1
                    for address in broadcasts if probe.broadcast else ():
                        await sock.to_all(probe.payload, address, probe.port)
                        ground.tally.sent += 1
                except OSError as fault:
                    note = f"{codec.NAME} probe on {self.interface.name}: {fault.strerror}"
                    if note not in ground.tally.unfinished:
                        ground.tally.unfinished.append(note)

    def _socket_for(self, probe: Probe) -> UdpSocket | None:
        """Return the socket that sends from the port the probe wants; None where we have no address of its family here."""
        v6 = ":" in (probe.group or "")
        return self.sockets.get((v6, probe.source_port or 0)) or self.sockets.get((v6, 0))

    def _learn_senders(self) -> None:
        """Remember the source MAC of each datagram that arrives on this link."""
        assert self.ear is not None
        for frame in self.ear.waiting(HEADERS):
            v6 = frame[12:14] == b"\x86\xdd"
            if (v6 or frame[12:14] == b"\x08\x00") and len(frame) >= (38 if v6 else 34) and len(self.senders) < SENDERS_AT_MOST:
                mac = frame[6:12].hex(":")
                ip = str(IPv6Address(frame[22:38]) if v6 else IPv4Address(frame[26:30]))
                if self.senders.setdefault(ip, mac) != mac:
                    self.senders[ip] = ""

    def _sender_mac(self, ip: str) -> str | None:
        """Return the source MAC of the datagrams of an address; empty where several devices use it, None where none was seen."""
        if self.ear is not None:
            self._learn_senders()
        return self.senders.get(ip)


def receive(sock: UdpSocket, ground: Ground, collector: str, mac_of: Callable[[str], str | None]) -> None:
    """Read every waiting datagram of a socket and emit what it says of its sender.

    A datagram on which a codec fails is counted and passed over: raised from here, its fault would stand in the log once a datagram.
    """
    own = {a for i in ground.interfaces for a in (*i.addresses, *i.addresses_v6)}
    for _ in range(RECEIVES_AT_ONCE):
        received = sock.receive()
        if received is None:
            return
        payload, (ip, port), target = received
        if ip in own:
            continue
        seen_mac = mac_of(ip)
        datagram = Datagram(
            payload=payload,
            src=Endpoint(ip, port),
            dst=Endpoint(target, sock.port),
            received_at=ground.now(),
            via=Via.ACTIVE,
            src_mac=(ground.macs.get(ip) if seen_mac is None else seen_mac) or None,
            solicited=sock.only_asks,
        )
        try:
            said = dispatch_datagram(datagram, collector=collector, site=ground.site)
        except Exception as fault:  # a bug that one answer brings out: it is told, and the other answers are read
            ground.tally.outlived(fault)
            continue
        match said:
            case Observation() as seen:
                ground.tally.received += 1
                ground.emit(seen)
            case Undecoded() as undecoded:
                ground.tally.could_not_read(undecoded)
