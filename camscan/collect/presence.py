"""Who is there, without raw sockets: the kernel's own ARP on our links, TCP across routers, and the check after a visit."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, ip_address

from camscan.codecs.packet import ETHERTYPE_ARP
from camscan.collect.arp import ArpSweep, addresses_on, request
from camscan.collect.base import Ground, Host, NotAsked, NotNeeded, Stage
from camscan.collect.faults import BudgetSpent, NoRoute, OutOfScope, Refused, Unanswered
from camscan.collect.interfaces import Interface
from camscan.collect.ndp import Ndp, asking_for, speaks_for
from camscan.collect.neighbours import neighbours
from camscan.collect.patience import patience
from camscan.collect.sockets import PacketSocket
from camscan.errors import PrivilegeError
from camscan.model import Observation

DISCARD_PORT = 9
"""RFC 863; nobody listens there, and an answer is not needed: the kernel's ARP is what we want."""
BLOCK = 512
"""Addresses asked before the neighbour table is read: it holds about a thousand and then forgets silently."""
BLOCK_WAIT_S = 1.2
"""The kernel repeats an ARP request after one second."""
KNOCK_PORTS = (80, 443, 554)
KNOCKS_AT_ONCE = 128
ANSWER_S = 1.0
LOOK_S = 0.02


class NeighbourSweep:
    """The ARP sweep of an unprivileged process: one datagram makes the kernel ask; its neighbour table holds the answer."""

    NAME = "neighbours"
    STAGE = Stage.PRESENCE

    def __init__(self, instead_of: ArpSweep) -> None:
        self._privileged = instead_of

    def open(self, ground: Ground) -> None:
        """Raise NotNeeded where the ARP sweep itself runs, or no range is on a link."""
        if self._privileged.sockets:
            raise NotNeeded("the ARP sweep covers the same addresses")
        if not any(any(True for _ in addresses_on(ground, i)) for i in ground.interfaces):
            raise NotNeeded("no range of the scope is on a link of this machine")

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Send one datagram to each address, block by block, and read the table after each block."""
        for interface in ground.interfaces:
            addresses = addresses_on(ground, interface)
            with contextlib.closing(ground.net.udp_socket(interface)) as sock:
                while block := [str(a) for a in itertools.islice(addresses, BLOCK)]:
                    for ip in block:
                        await ground.net.meter.everyone()
                        with contextlib.suppress(OSError, OutOfScope):
                            await sock.to_device(b"\0", ip, DISCARD_PORT)
                            ground.tally.sent += 1
                    await asyncio.sleep(BLOCK_WAIT_S)
                    for seen in known_neighbours(ground, interface, frozenset(block)):
                        ground.tally.received += 1
                        ground.emit(seen)

    def close(self) -> None:
        """Nothing stays open."""


class RoutedSweep:
    """TCP knocks on ranges behind a router: any answer, a refusal too, shows that somebody is there."""

    NAME = "knock"
    STAGE = Stage.PRESENCE

    def __init__(self) -> None:
        self._no_route: list[str] = []

    def open(self, ground: Ground) -> None:
        """Raise NotNeeded where every range is on a link."""
        if not any(True for _ in routed_addresses(ground)):
            raise NotNeeded("every range of the scope is on a link of this machine")

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Knock at each address on KNOCK_PORTS until it answers."""
        self._no_route.clear()
        waiting = routed_addresses(ground)
        while block := list(itertools.islice(waiting, KNOCKS_AT_ONCE)):
            async with asyncio.TaskGroup() as tasks:
                for ip in block:
                    tasks.create_task(self._knock(ground, ip))
        if self._no_route:
            ground.tally.unfinished.append(
                f"no route from this machine to {len(self._no_route)} addresses, e.g. {self._no_route[0]}"
            )

    async def _knock(self, ground: Ground, ip: str) -> None:
        for port in KNOCK_PORTS:
            ground.tally.sent += 1
            try:
                connection = await ground.net.connect(ip, port)
            except Refused:
                fields: tuple[tuple[str, str], ...] = ()
            except NoRoute:
                self._no_route.append(ip)
                return
            except (Unanswered, BudgetSpent):
                continue
            else:
                await connection.close()
                fields = (("tcp.port", str(port)),)
            ground.tally.received += 1
            ground.emit(ground.observed("tcp", self.NAME, fields, ip=ip, port=port))
            return

    def close(self) -> None:
        """Nothing stays open."""


class Liveness:
    """After the visit: does each device that we connected to still answer?"""

    NAME = "liveness"
    STAGE = Stage.READS
    """The last in which devices are asked one by one within their budget."""

    def __init__(self) -> None:
        self._sweep = ArpSweep()
        self._ndp = Ndp()
        self.quiet: set[str] = set()
        """Addresses that answered before the visit and not after it."""

    def open(self, ground: Ground) -> None:
        """Open the sockets of ARP and Neighbour Discovery. Raises NotNeeded where no range is on a link.

        Raises PrivilegeError: without them a device that fell silent is not noticed.
        """
        for sweep in (self._sweep, self._ndp):
            try:
                sweep.open(ground)
            except PrivilegeError as fault:
                raise PrivilegeError(f"whether devices still answer after the visit is not checked: {fault}") from None
            except (NotNeeded, NotAsked):
                continue
        if not self._sweep.sockets and not self._ndp.sockets:
            raise NotNeeded("no range of the scope is on a link of this machine")

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask each visited host on our links once more, up to twice; those that stay silent end in `quiet`."""
        loop = asyncio.get_running_loop()
        accounts = ground.net.meter.accounts
        connected = [h.ip for h in hosts if h.mac and h.ip in accounts and accounts[h.ip].connections]
        questions = list(self._questions(ground, connected))
        visited = {packed: str(ip_address(packed)) for _, packed, _ in questions}
        answered: set[bytes] = set()
        for sock in self._sweep.sockets + self._ndp.sockets:
            sock.discard_waiting()
            loop.add_reader(sock.socket.fileno(), _note_senders, sock, answered)
        try:
            for _ in range(2):
                for sock, packed, frame in questions:
                    if packed not in answered:
                        await ground.net.meter.everyone()
                        sock.send(frame)
                        ground.tally.sent += 1
                await _until(lambda: visited.keys() <= answered, ANSWER_S)
        finally:
            for sock in self._sweep.sockets + self._ndp.sockets:
                loop.remove_reader(sock.socket.fileno())
        ground.tally.received += len(answered & visited.keys())
        self.quiet = {ip for packed, ip in visited.items() if packed not in answered}
        if self.quiet:
            ground.tally.unfinished.append(f"silent since our visit, look at them: {', '.join(sorted(self.quiet))}")

    def _questions(self, ground: Ground, connected: Sequence[str]) -> Iterator[tuple[PacketSocket, bytes, bytes]]:
        """Yield the socket, the address in bytes and the frame that asks for it, for each address on a link of ours."""
        for ip in connected:
            packed = ip_address(ip).packed
            if ":" not in ip:
                for sock in self._sweep.sockets:
                    if sock.interface.reaches(ip):
                        yield sock, packed, request(sock.interface, IPv4Address(packed))
                continue
            for sock in self._ndp.sockets:
                zone = ground.guard.zone(ip)
                if zone == sock.interface.index or (zone is None and sock.interface.reaches(ip)):
                    yield sock, packed, asking_for(sock.interface, ip)

    def close(self) -> None:
        """Close the sockets."""
        self._sweep.close()
        self._ndp.close()


async def _until(done: Callable[[], bool], patience_s: float) -> None:
    """Wait until something is so, at most `patience_s` seconds."""
    with contextlib.suppress(TimeoutError):
        async with patience(patience_s):
            while not done():
                await asyncio.sleep(LOOK_S)


def _note_senders(sock: PacketSocket, answered: set[bytes]) -> None:
    """Add the address that every answer of ARP or Neighbour Discovery that waits speaks for."""
    for frame in sock.waiting():
        answered.add(frame[28:32] if frame[12:14] == ETHERTYPE_ARP.to_bytes(2) else speaks_for(frame))


def known_neighbours(ground: Ground, interface: Interface, wanted: frozenset[str]) -> Iterator[Observation]:
    """Yield an observation for each wanted address whose MAC the kernel knows on this link."""
    for (index, ip), mac in neighbours().items():
        if index == interface.index and ip in wanted:
            yield ground.observed("arp", NeighbourSweep.NAME, (("arp.ip", ip), ("arp.mac", mac)), ip=ip, mac=mac)


def routed_addresses(ground: Ground) -> Iterator[str]:
    """Yield the addresses of the scope that no interface of ours has on its link, and that can be asked one by one."""
    links = [network for interface in ground.interfaces for network in interface.on_link]
    for ip in ground.guard.addresses():
        if not any(ip_address(ip) in network for network in links):
            yield ip
