"""Who is there over IPv6, with its MAC: all neighbours are asked at once, and single addresses where the scope names few.

A network of IPv6 cannot be swept. An echo request to all nodes of the link is answered by most of them, from the address family of
the one who asks: so it is sent from our link-local address, and once more from our address of each network. What firewalls of
devices keep silent is heard where they announce themselves, and in their own Neighbour Discovery while we ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from camscan.codecs import ndp
from camscan.codecs.outcome import Undecoded
from camscan.codecs.packet import ETHERTYPE_IPV6
from camscan.codecs.registry import dispatch_frame
from camscan.collect.base import Ground, Host, NotAsked, NotNeeded, Stage, nonce_of
from camscan.collect.interfaces import Interface
from camscan.collect.netv6 import ECHO_PORT
from camscan.collect.sockets import PacketSocket
from camscan.model import Frame, Observation, Via

ALL_NODES = "ff02::1"
GROUPS = ((ALL_NODES, ECHO_PORT),)
"""What is declared to the guard."""
ROUNDS = 2
WAIT_S = 1.5
"""After each round; before it replies, a device asks for our MAC."""
FILTER = "ip6 and (ip6[6] = 58 or (ip6[6] = 0 and ip6[40] = 58))"
"""ICMPv6, also behind hop-by-hop options, as MLD has them."""
MESSAGES_AT_MOST = 200_000
"""A flood of forged messages cannot grow the memory without bound."""
MINIMUM_FRAME = 60
"""Ethernet's 64 bytes without the checksum."""


class Ndp:
    """Asks all neighbours on each link for an echo, and single addresses for their MAC."""

    NAME = "ndp"
    STAGE = Stage.PRESENCE

    def __init__(self) -> None:
        self.sockets: list[PacketSocket] = []

    def open(self, ground: Ground) -> None:
        """Open one packet socket for each link with IPv6. Raises PrivilegeError, MissingTool, NotAsked or NotNeeded."""
        for interface in links(ground):
            sock = ground.net.packet_socket(interface, FILTER, protocol=ETHERTYPE_IPV6)
            self.sockets.append(sock)
            sock.hear_all_groups()  # neighbours report their groups, and ask for each other, at groups of their own

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask ROUNDS times; emit each distinct message that a neighbour sends meanwhile."""
        loop = asyncio.get_running_loop()
        answered: set[str] = set()
        known: set[bytes] = set()
        for sock in self.sockets:
            loop.add_reader(sock.socket.fileno(), self._drain, sock, ground, answered, known)
        try:
            for number in range(ROUNDS):
                for sock in self.sockets:
                    await self._ask_all_nodes(ground, sock, nonce_of(ground, number))
                    await self._ask_each(ground, sock, answered)
                await asyncio.sleep(WAIT_S)
        finally:
            for sock in self.sockets:
                loop.remove_reader(sock.socket.fileno())
                ground.tally.dropped += sock.drops()

    async def _ask_all_nodes(self, ground: Ground, sock: PacketSocket, nonce: bytes) -> None:
        """Send one echo request from each address that neighbours would answer to."""
        for source in sources(sock.interface):
            await ground.net.meter.everyone()
            sock.send(framed(sock.interface, ALL_NODES, ndp.echo_request(source, ALL_NODES, nonce)))
            ground.tally.sent += 1

    async def _ask_each(self, ground: Ground, sock: PacketSocket, answered: set[str]) -> None:
        """Ask for the MAC of each address of the scope's small ranges that has not answered."""
        for ip in addresses_on(ground, sock.interface):
            if ip not in answered:
                await ground.net.meter.everyone()
                sock.send(asking_for(sock.interface, ip))
                ground.tally.sent += 1

    def _drain(self, sock: PacketSocket, ground: Ground, answered: set[str], known: set[bytes]) -> None:
        """Read every waiting frame; each new message becomes an observation."""
        own = {bytes.fromhex(sock.interface.mac.replace(":", ""))}
        for frame in sock.waiting():
            distinct = frame[6:12] + frame[20:54] + frame[54:55] + frame[58:]
            if frame[6:12] in own or distinct in known or len(known) >= MESSAGES_AT_MOST:
                continue
            known.add(distinct)
            match dispatch_frame(
                Frame(payload=frame, received_at=ground.now(), via=Via.ACTIVE), collector=self.NAME, site=ground.site
            ):
                case Observation() as seen:
                    if seen.ip is not None:
                        answered.add(seen.ip)
                        ground.guard.meet(seen.ip, sock.interface)
                    ground.tally.received += 1
                    ground.emit(seen)
                case Undecoded() as undecoded:
                    ground.tally.could_not_read(undecoded)

    def close(self) -> None:
        """Close the packet sockets."""
        for sock in self.sockets:
            sock.close()


def links(ground: Ground) -> list[Interface]:
    """Return the links on which we have IPv6. Raises NotNeeded where there is none, NotAsked where the scope excludes the group."""
    found = [i for i in ground.interfaces if not i.loopback and i.link_local]
    if not found:
        raise NotNeeded("no link of the scope has IPv6 on this machine")
    if not all(ground.guard.allows_group(group, port) for group, port in GROUPS):
        raise NotAsked(f"the scope does not allow an echo request to {ALL_NODES}")
    return found


def sources(interface: Interface) -> list[str]:
    """Return one of our addresses of each network on a link, the link-local one first."""
    chosen: dict[object, str] = {}
    for network in interface.networks_v6:
        inside = [a for a in interface.addresses_v6 if ip_address(a) in network]
        if inside:
            chosen[network] = inside[0]
    return sorted(chosen.values(), key=lambda ip: (ip != interface.link_local, ip))


def addresses_on(ground: Ground, interface: Interface) -> Iterator[str]:
    """Yield the addresses of IPv6 that the scope's small ranges have on one link, ours left out."""
    own = set(interface.addresses_v6)
    for network in interface.networks_v6:
        for ip in ground.guard.addresses(within=network):
            if ip not in own:
                yield ip


def asking_for(interface: Interface, ip: str) -> bytes:
    """Return the frame that asks the owner of an address for its MAC (RFC 4861 §4.3)."""
    group = ndp.solicited_group(ip)
    source = interface.link_local or "::"
    return framed(interface, group, ndp.solicitation(source, ip, _mac(interface)))


def framed(interface: Interface, group: str, packet: bytes) -> bytes:
    """Return a packet to a group as a frame."""
    frame = ndp.group_mac(group) + _mac(interface) + ETHERTYPE_IPV6.to_bytes(2) + packet
    return frame.ljust(MINIMUM_FRAME, b"\0")


def speaks_for(frame: bytes) -> bytes:
    """Return the address that a neighbour advertisement without extension headers speaks of; empty for other frames."""
    return frame[62:78] if frame[20:21] == b"\x3a" and frame[54:55] == bytes([ndp.ADVERTISEMENT]) else b""


def _mac(interface: Interface) -> bytes:
    return bytes.fromhex(interface.mac.replace(":", ""))
