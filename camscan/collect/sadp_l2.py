"""SADP in Ethernet frames: Hikvision's devices answer whatever their address is, also those whose network this machine does not know.

One search a round on each link, by a packet socket with a kernel filter; the answers come to our MAC. Unlike a group or a broadcast of IP
this needs no address on either side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import dispatch_frame
from camscan.codecs.sadp_l2 import ETHERTYPE_SADP, search
from camscan.collect.base import Ground, Host, NotNeeded, Stage, nonce_of
from camscan.collect.sockets import PacketSocket
from camscan.model import Frame, Observation, Via

NAME = "sadp_l2"
ROUNDS = 3
"""Some devices answer only the second search."""
FILTER = "ether proto 0x8033"


class SadpL2:
    """Asks every device on each link."""

    NAME = NAME
    STAGE = Stage.PRESENCE

    def __init__(self) -> None:
        self.sockets: list[PacketSocket] = []

    def open(self, ground: Ground) -> None:
        """Open one packet socket for each link. Raises PrivilegeError, MissingTool or NotNeeded."""
        links = [i for i in ground.interfaces if not i.loopback]
        if not links:
            raise NotNeeded("no range of the scope is on a link of this machine")
        for interface in links:
            self.sockets.append(ground.net.packet_socket(interface, FILTER, protocol=ETHERTYPE_SADP))

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Send ROUNDS searches, and emit what answers and announcements say."""
        loop = asyncio.get_running_loop()
        for sock in self.sockets:
            loop.add_reader(sock.socket.fileno(), self._drain, sock, ground)
        try:
            for number in range(ROUNDS):
                counter = int.from_bytes(nonce_of(ground, number)[:4])
                for sock in self.sockets:
                    await ground.net.meter.everyone()
                    own = next(iter(sock.interface.addresses), "0.0.0.0")
                    sock.send(search(sock.interface.mac, own, counter))
                    ground.tally.sent += 1
                await asyncio.sleep(ground.net.meter.pace.round_s)
        finally:
            for sock in self.sockets:
                loop.remove_reader(sock.socket.fileno())
                ground.tally.dropped += sock.drops()

    def _drain(self, sock: PacketSocket, ground: Ground) -> None:
        """Read every waiting frame."""
        for frame in sock.waiting():
            carrier = Frame(payload=frame, received_at=ground.now(), via=Via.ACTIVE)
            match dispatch_frame(carrier, collector=NAME, site=ground.site):
                case Observation() as seen:
                    ground.tally.received += 1
                    ground.emit(seen)
                case Undecoded() as undecoded:
                    ground.tally.could_not_read(undecoded)

    def close(self) -> None:
        """Close the packet sockets."""
        for sock in self.sockets:
            sock.close()
