"""Who is there over IPv6, without raw sockets: the kernel sends the echo requests, and its neighbour table holds the MACs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Container, Iterable, Sequence

from camscan.codecs import ndp
from camscan.codecs.base import fields
from camscan.collect.base import Ground, Host, NotNeeded, Stage, nonce_of
from camscan.collect.faults import OutOfScope
from camscan.collect.interfaces import Interface
from camscan.collect.multicast import ROUNDS as PROBE_ROUNDS
from camscan.collect.ndp import ALL_NODES, ROUNDS, WAIT_S, Ndp, addresses_on, links, sources
from camscan.collect.neighbours import neighbours
from camscan.collect.netv6 import EchoSocket
from camscan.collect.presence import BLOCK, BLOCK_WAIT_S, DISCARD_PORT

ALLOW_ECHO = 'sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"'
"""The command that lets every user send echo requests; it holds for IPv6 too."""
SETTLE_S = 0.5
"""After the group probes: hosts that answered them stand in the neighbour table by then."""


class Echo:
    """The unprivileged form of Neighbour Discovery."""

    NAME = "echo"
    STAGE = Stage.PRESENCE

    def __init__(self, instead_of: Ndp) -> None:
        self._privileged = instead_of
        self._sockets: list[EchoSocket] = []
        self._links: list[Interface] = []

    def open(self, ground: Ground) -> None:
        """Open an echo socket for each link where the kernel allows it. Raises NotNeeded or NotAsked."""
        if self._privileged.sockets:
            raise NotNeeded("Neighbour Discovery of our own covers the same links")
        self._links = links(ground)
        for interface in self._links:
            try:
                self._sockets += [ground.net.echo_socket(interface, source) for source in sources(interface)]
            except OSError as fault:
                ground.tally.unfinished.append(
                    f"{ALL_NODES} on {interface.name} was not asked ({fault.strerror}), so hosts that announce nothing are"
                    f" missed: {ALLOW_ECHO}"
                )

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask ROUNDS times while the group probes run, then read the neighbour table for all that were heard."""
        loop = asyncio.get_running_loop()
        replied: set[str] = set()
        for sock in self._sockets:
            loop.add_reader(sock.socket.fileno(), _note, sock, replied)
        pace = ground.net.meter.pace
        ends_at = loop.time() + PROBE_ROUNDS * pace.round_s + pace.listen_s + SETTLE_S
        try:
            for number in range(ROUNDS):
                for sock in self._sockets:
                    with contextlib.suppress(OSError):
                        await sock.to_group(ALL_NODES, nonce_of(ground, number))
                        ground.tally.sent += 1
                await asyncio.sleep(WAIT_S)
            for interface in self._links:
                await self._ask_each(ground, interface)
            await asyncio.sleep(max(0.0, ends_at - loop.time()))
        finally:
            for sock in self._sockets:
                loop.remove_reader(sock.socket.fileno())
        for interface in self._links:
            _emit(ground, interface, tuple(ground.guard.met_on(interface)), replied)

    async def _ask_each(self, ground: Ground, interface: Interface) -> None:
        """Make the kernel ask for the MAC of each address of the scope's small ranges, block by block."""
        addresses = addresses_on(ground, interface)
        with contextlib.closing(ground.net.udp_socket_v6(interface)) as sock:
            while block := list(itertools.islice(addresses, BLOCK)):
                for ip in block:
                    await ground.net.meter.everyone()
                    with contextlib.suppress(OSError, OutOfScope):
                        await sock.to_device(b"\0", ip, DISCARD_PORT)
                        ground.tally.sent += 1
                await asyncio.sleep(BLOCK_WAIT_S)
                _emit(ground, interface, block, frozenset())

    def close(self) -> None:
        """Close the sockets."""
        for sock in self._sockets:
            sock.close()


def _emit(ground: Ground, interface: Interface, wanted: Iterable[str], replied: Container[str]) -> None:
    """Emit who is there of some addresses on a link: those that replied, and those whose MAC the kernel knows."""
    macs = {ip: mac for (index, ip), mac in neighbours(socket.AF_INET6).items() if index == interface.index}
    for ip in wanted:
        mac = macs.get(ip)
        if ip not in interface.addresses_v6 and (mac or ip in replied):
            ground.guard.meet(ip, interface)
            ground.tally.received += 1
            said = fields(("ndp.ip", ip), ("ndp.mac", mac))
            ground.emit(ground.observed(ndp.NAME, Echo.NAME, said, ip=ip, mac=mac))


def _note(sock: EchoSocket, replied: set[str]) -> None:
    """Add the sender of every reply that waits."""
    while (ip := sock.receive()) is not None:
        replied.add(ip)
