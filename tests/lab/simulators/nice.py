"""NiceVision's discovery: asked at UDP 2007, answers 590 bytes to the port that the search states."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 2007
SIZE = 590


@dataclass(frozen=True, kw_only=True)
class Nice:
    """Answers the search."""

    name: str

    def answer(self, transaction: bytes, mac: str, ip: str) -> bytes:
        """Return the answer of a device with this MAC and address."""
        gateway = ip.rsplit(".", 1)[0] + ".1"
        head = b"NICE" + transaction + bytes.fromhex("00010048") + bytes.fromhex(mac.replace(":", ""))
        head += b"".join(map(socket.inet_aton, (ip, "255.255.255.0", gateway)))
        return (head.ljust(0x4A, b"\0") + self.name.encode()[:15]).ljust(SIZE, b"\0")

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)

        def heard(payload: bytes, source: Source) -> None:
            if len(payload) == 14 and payload[:4] == b"NICE" and payload[6:10] == bytes.fromhex("01080000"):
                (port,) = struct.unpack("!H", payload[12:])
                reply = self.answer(payload[4:6], place.device.mac, place.ip)
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (source[0], port))

        place.serve_datagrams("nice", sock, heard)
