"""Echo requests across routers: who is there, beside the knocks of TCP, and who still answers after a visit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Sequence

from camscan.collect.base import Ground, Host, NotNeeded, Stage, nonce_of
from camscan.collect.faults import NoRoute, OutOfScope
from camscan.collect.ping import PingSocket
from camscan.collect.presence import routed_addresses
from camscan.errors import PrivilegeError

PROTOCOL = "icmp"
PASSES = 2
ANSWER_S = 1.0
"""After each pass."""
SWEEP_ROUND, CHECK_ROUND = 64, 65
"""Rounds of the nonces, which no other collector uses."""


class PingSweep:
    """Asks each address behind a router for an echo: cameras that drop TCP from elsewhere often answer it."""

    NAME = "ping"
    STAGE = Stage.PRESENCE

    def __init__(self) -> None:
        self._socket: PingSocket | None = None

    def open(self, ground: Ground) -> None:
        """Open the socket. Raises NotNeeded where every IPv4 range is on a link, PrivilegeError where the kernel refuses."""
        if not any(":" not in ip for ip in routed_addresses(ground)):
            raise NotNeeded("every range of the scope is on a link of this machine")
        try:
            self._socket = ground.net.ping_socket()
        except PrivilegeError as fault:
            raise PrivilegeError(f"behind routers, hosts that drop TCP are missed: {fault}") from None

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask each address up to PASSES times; emit one observation for each that replies."""
        assert self._socket is not None
        nonce, answered = nonce_of(ground, SWEEP_ROUND), set[str]()
        unreachable: dict[str, None] = {}
        async with _listening(self._socket, nonce, answered):
            for _ in range(PASSES):
                for ip in routed_addresses(ground):
                    if ":" in ip or ip in answered or ip in unreachable:
                        continue
                    try:
                        await _ask(ground, self._socket, ip, nonce)
                    except NoRoute:
                        unreachable[ip] = None
                await asyncio.sleep(ANSWER_S)
        for ip in sorted(answered):
            if ground.guard.allows_unicast(ip):
                ground.tally.received += 1
                ground.emit(ground.observed(PROTOCOL, self.NAME, (), ip=ip))
        if unreachable:
            ground.tally.unfinished.append(
                f"no route from this machine to {len(unreachable)} addresses, e.g. {next(iter(unreachable))}"
            )

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()


class RoutedLiveness:
    """After the visit: does each device behind a router that replied to an echo before still do so?"""

    NAME = "liveness_routed"
    STAGE = Stage.READS
    """The last in which devices are asked one by one within their budget."""

    def __init__(self) -> None:
        self._socket: PingSocket | None = None
        self.quiet: set[str] = set()
        """Addresses that replied before the visit and not after it."""

    def open(self, ground: Ground) -> None:
        """Open the socket. Raises NotNeeded and PrivilegeError as the sweep does."""
        if not any(":" not in ip for ip in routed_addresses(ground)):
            raise NotNeeded("every range of the scope is on a link of this machine")
        try:
            self._socket = ground.net.ping_socket()
        except PrivilegeError as fault:
            raise PrivilegeError(
                f"whether devices behind routers still answer after the visit is not checked: {fault}"
            ) from None

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask each visited host that had replied once more, up to twice; those that stay silent end in `quiet`."""
        assert self._socket is not None
        accounts, routed = ground.net.meter.accounts, _behind_routers(ground, hosts)
        visited = [host for host in routed if host.ip in accounts and accounts[host.ip].connections]
        asked = {host.ip for host in visited if any(seen.protocol == PROTOCOL for seen in host.observations)}
        nonce, answered = nonce_of(ground, CHECK_ROUND), set[str]()
        async with _listening(self._socket, nonce, answered):
            for _ in range(PASSES):
                for ip in sorted(asked - answered):
                    with contextlib.suppress(NoRoute):
                        await _ask(ground, self._socket, ip, nonce)
                await asyncio.sleep(ANSWER_S if asked - answered else 0)
        ground.tally.received += len(answered & asked)
        self.quiet = asked - answered
        if self.quiet:
            ground.tally.unfinished.append(f"silent since our visit, look at them: {', '.join(sorted(self.quiet))}")
        if len(visited) > len(asked):
            ground.tally.notes.append(
                f"not checked: {len(visited) - len(asked)} devices behind a router that reply to no echo request"
            )

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()


async def _ask(ground: Ground, sock: PingSocket, ip: str, nonce: bytes) -> None:
    """Send one request and count it; what cannot leave is no answer. Raises NoRoute."""
    with contextlib.suppress(OSError, OutOfScope):
        await sock.ask(ip, nonce)
        ground.tally.sent += 1


@contextlib.asynccontextmanager
async def _listening(sock: PingSocket, nonce: bytes, answered: set[str]) -> AsyncIterator[None]:
    """Add to `answered`, while the body runs, who replies."""
    loop = asyncio.get_running_loop()
    loop.add_reader(sock.socket.fileno(), lambda: answered.update(sock.replies(nonce)))
    try:
        yield
    finally:
        loop.remove_reader(sock.socket.fileno())


def _behind_routers(ground: Ground, hosts: Collection[Host]) -> list[Host]:
    """Return the hosts that are on no link of ours, IPv4 alone."""
    return [host for host in hosts if ":" not in host.ip and not any(i.reaches(host.ip) for i in ground.interfaces)]
