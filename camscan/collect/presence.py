"""Who is there, without raw sockets: the kernel's own ARP on our links, TCP across routers, and the check after a visit."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, ip_address

from camscan.collect.arp import ArpSweep, addresses_on, request
from camscan.collect.base import Ground, Host, NotNeeded, Stage
from camscan.collect.interfaces import Interface
from camscan.collect.neighbours import neighbours
from camscan.collect.net import BudgetSpent, NoRoute, OutOfScope, PacketSocket, Refused, Unanswered
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
        self.quiet: set[str] = set()
        """Addresses that answered before the visit and not after it."""

    def open(self, ground: Ground) -> None:
        """Open the ARP sockets. Raises PrivilegeError: without them a device that fell silent is not noticed."""
        try:
            self._sweep.open(ground)
        except PrivilegeError as fault:
            raise PrivilegeError(f"whether devices still answer after the visit is not checked: {fault}") from None

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask each visited host on our links once more, up to twice; those that stay silent end in `quiet`."""
        loop = asyncio.get_running_loop()
        accounts = ground.net.meter.accounts
        visited = {ip_address(h.ip).packed: h.ip for h in hosts if h.mac and h.ip in accounts and accounts[h.ip].connections}
        answered: set[bytes] = set()
        for sock in self._sweep.sockets:
            sock.discard_waiting()
            loop.add_reader(sock.socket.fileno(), _note_senders, sock, answered)
        try:
            for _ in range(2):
                for sock in self._sweep.sockets:
                    for packed, ip in visited.items():
                        if packed not in answered and sock.interface.reaches(ip):
                            await ground.net.meter.everyone()
                            sock.send(request(sock.interface, IPv4Address(packed)))
                            ground.tally.sent += 1
                await asyncio.sleep(ANSWER_S if visited else 0)
        finally:
            for sock in self._sweep.sockets:
                loop.remove_reader(sock.socket.fileno())
        ground.tally.received += len(answered & visited.keys())
        self.quiet = {ip for packed, ip in visited.items() if packed not in answered}
        if self.quiet:
            ground.tally.unfinished.append(f"silent since our visit, look at them: {', '.join(sorted(self.quiet))}")

    def close(self) -> None:
        """Close the ARP sockets."""
        self._sweep.close()


def _note_senders(sock: PacketSocket, answered: set[bytes]) -> None:
    """Add the sender's address of every ARP answer that waits."""
    answered.update(frame[28:32] for frame in sock.waiting())


def known_neighbours(ground: Ground, interface: Interface, wanted: frozenset[str]) -> Iterator[Observation]:
    """Yield an observation for each wanted address whose MAC the kernel knows on this link."""
    for (index, ip), mac in neighbours().items():
        if index == interface.index and ip in wanted:
            yield ground.observed("arp", NeighbourSweep.NAME, (("arp.ip", ip), ("arp.mac", mac)), ip=ip, mac=mac)


def routed_addresses(ground: Ground) -> Iterator[str]:
    """Yield the addresses of the scope that no interface of ours has on its link."""
    links = [network for interface in ground.interfaces for network in interface.networks]
    for ip in ground.guard.addresses():
        if not any(ip_address(ip) in network for network in links):
            yield ip
