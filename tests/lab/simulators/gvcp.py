"""GigE Vision's discovery over UDP 3956: the acknowledgement of the specification, 256 bytes to the asker."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 3956


@dataclass(frozen=True, kw_only=True)
class Gvcp:
    """Acknowledges discovery commands."""

    manufacturer: str
    model: str
    version: str
    serial: str
    note: str = ""
    name: str = ""

    def acknowledgement(self, identifier: bytes, mac: str, ip: str) -> bytes:
        """Return the acknowledgement of a device with this MAC and address."""
        reply = bytearray(256)
        reply[:8] = struct.pack("!HHH", 0, 3, 248) + identifier
        reply[0x12:0x18] = bytes.fromhex(mac.replace(":", ""))
        reply[0x2C:0x30] = socket.inet_aton(ip)
        reply[0x3C:0x40] = socket.inet_aton("255.255.255.0")
        for offset, size, value in (
            (0x50, 32, self.manufacturer),
            (0x70, 32, self.model),
            (0x90, 32, self.version),
            (0xB0, 48, self.note),
            (0xE0, 16, self.serial),
            (0xF0, 16, self.name),
        ):
            reply[offset : offset + size] = value.encode()[: size - 1].ljust(size, b"\0")
        return bytes(reply)

    async def start(self, place: Place) -> None:
        """Serve commands."""
        sock = place.udp(PORT)

        def heard(payload: bytes, source: Source) -> None:
            if len(payload) == 8 and payload[0] == 0x42 and payload[2:4] == b"\0\2":
                reply = self.acknowledgement(payload[6:8], place.device.mac, place.ip)
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, source)

        place.serve_datagrams("gvcp", sock, heard)
