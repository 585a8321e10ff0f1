"""Ubiquiti's discovery over UDP 10001: cameras answer version 2 in kind, to the group."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 10001
GROUP = "233.89.188.1"
SEARCH = bytes.fromhex("02080000")


@dataclass(frozen=True, kw_only=True)
class Ubiquiti:
    """Answers searches of version 2."""

    model: str
    platform: str
    firmware: str
    version: str
    hostname: str

    def answer(self, mac: str, ip: str, uptime: int = 4711) -> bytes:
        """Return the answer of a device with this MAC and address."""
        hardware = bytes.fromhex(mac.replace(":", ""))
        values = (
            (0x02, hardware + socket.inet_aton(ip)),
            (0x01, hardware),
            (0x0A, struct.pack("!I", uptime)),
            (0x0B, self.hostname.encode()),
            (0x0C, self.platform.encode()),
            (0x03, self.firmware.encode()),
            (0x16, self.version.encode()),
            (0x15, self.model.encode()),
            (0x17, b"\0"),
            (0x12, struct.pack("!I", 1)),
            (0x13, hardware),
        )
        body = b"".join(struct.pack("!BH", kind, len(value)) + value for kind, value in values)
        return b"\x02\x06" + struct.pack("!H", len(body)) + body

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT, groups=(GROUP,))

        def heard(payload: bytes, source: Source) -> None:
            if payload == SEARCH:
                reply = self.answer(place.device.mac, place.ip)
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (GROUP, PORT))

        place.serve_datagrams("ubiquiti", sock, heard)
