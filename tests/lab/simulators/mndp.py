"""MikroTik's neighbour discovery over UDP 5678: announces itself by broadcast when four zero bytes ask."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 5678


@dataclass(frozen=True, kw_only=True)
class Mndp:
    """Answers the search."""

    board: str
    version: str
    identity: str = "MikroTik"

    def announcement(self, mac: str, ip: str) -> bytes:
        """Return the announcement of a router with this MAC and address."""
        values = (
            (1, bytes.fromhex(mac.replace(":", ""))),
            (5, self.identity.encode()),
            (7, self.version.encode()),
            (8, b"MikroTik"),
            (10, struct.pack("<I", 4711)),
            (12, self.board.encode()),
            (16, b"ether1"),
            (17, socket.inet_aton(ip)),
        )
        return bytes(4) + b"".join(struct.pack("!HH", kind, len(value)) + value for kind, value in values)

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)
        everyone = place.ip.rsplit(".", 1)[0] + ".255"

        def heard(payload: bytes, source: Source) -> None:
            if payload == bytes(4):
                reply = self.announcement(place.device.mac, place.ip)
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (everyone, PORT))

        place.serve_datagrams("mndp", sock, heard)
