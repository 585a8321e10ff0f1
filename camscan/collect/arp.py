"""The ARP sweep: every address of the ranges on our links is asked, twice where it stays silent.

Prebuilt frames on a packet socket with a kernel filter. A second pass is not a luxury: a busy driver was seen to lose half of
what it reported as sent.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address

from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import dispatch_frame
from camscan.collect.base import Ground, Host, NotNeeded, Stage
from camscan.collect.interfaces import Interface
from camscan.collect.sockets import PacketSocket
from camscan.model import Frame, Observation, Via

NAME = "arp"
PASSES = 2
WAIT_S = 0.5
"""After each pass; answers on a link arrive within milliseconds, sleepy devices within half a second."""
ETH_P_ARP = 0x0806
FILTER = "arp and arp[6:2] = 2"
PAIRS_AT_MOST = 200_000
"""A flood of forged answers cannot grow the memory without bound."""
MINIMUM_FRAME = 60
"""Ethernet's 64 bytes without the checksum."""


class ArpSweep:
    """Asks who has each address."""

    NAME = NAME
    STAGE = Stage.PRESENCE

    def __init__(self) -> None:
        self.sockets: list[PacketSocket] = []

    def open(self, ground: Ground) -> None:
        """Open one packet socket for each link of the ranges. Raises PrivilegeError, MissingTool or NotNeeded."""
        links = [i for i in ground.interfaces if not i.loopback and any(True for _ in addresses_on(ground, i))]
        if not links:
            raise NotNeeded("no range of the scope is on a link of this machine")
        for interface in links:
            self.sockets.append(ground.net.packet_socket(interface, FILTER, protocol=ETH_P_ARP))

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Ask; emit one observation for each pair of address and MAC that answers."""
        loop = asyncio.get_running_loop()
        answered: set[bytes] = set()
        pairs: set[bytes] = set()
        for sock in self.sockets:
            loop.add_reader(sock.socket.fileno(), self._drain, sock, ground, answered, pairs)
        try:
            for _ in range(PASSES):
                await self._ask_all(ground, answered)
                await asyncio.sleep(WAIT_S)
        finally:
            for sock in self.sockets:
                loop.remove_reader(sock.socket.fileno())
                ground.tally.dropped += sock.drops()

    async def _ask_all(self, ground: Ground, answered: set[bytes]) -> None:
        """Send one request for each address that has not answered."""
        for sock in self.sockets:
            for address in addresses_on(ground, sock.interface):
                if address.packed not in answered:
                    await ground.net.meter.everyone()
                    sock.send(request(sock.interface, address))
                    ground.tally.sent += 1

    def _drain(self, sock: PacketSocket, ground: Ground, answered: set[bytes], pairs: set[bytes]) -> None:
        """Read every waiting frame; each new pair of MAC and address becomes an observation."""
        for frame in sock.waiting():
            pair = frame[22:32]
            if pair in pairs or len(pairs) >= PAIRS_AT_MOST:
                continue
            pairs.add(pair)
            answered.add(frame[28:32])
            match dispatch_frame(
                Frame(payload=frame, received_at=ground.now(), via=Via.ACTIVE), collector=NAME, site=ground.site
            ):
                case Observation() as seen:
                    ground.tally.received += 1
                    ground.emit(seen)
                case Undecoded() as undecoded:
                    ground.tally.could_not_read(undecoded)

    def close(self) -> None:
        """Close the packet sockets."""
        for sock in self.sockets:
            sock.close()


def addresses_on(ground: Ground, interface: Interface) -> Iterator[IPv4Address]:
    """Yield the addresses of the scope that are on one link, ours left out."""
    own = set(interface.addresses)
    for network in interface.networks:
        for ip in ground.guard.addresses(within=network):
            if ip not in own:
                yield IPv4Address(ip)


def request(interface: Interface, target: IPv4Address) -> bytes:
    """Return the broadcast frame that asks for one address (RFC 826); a probe of RFC 5227 where we have none on its network."""
    network = next((n for n in interface.networks if target in n), None)
    ours = next((a for a in interface.addresses if network and IPv4Address(a) in network), "0.0.0.0")
    mac = bytes.fromhex(interface.mac.replace(":", ""))
    frame = (
        b"\xff" * 6 + mac + struct.pack(">HHHBBH", ETH_P_ARP, 1, 0x0800, 6, 4, 1)
        + mac + IPv4Address(ours).packed + bytes(6) + target.packed
    )  # fmt: skip
    return frame.ljust(MINIMUM_FRAME, b"\0")
