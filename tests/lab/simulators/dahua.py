"""Dahua's first discovery over UDP 5050: a fixed part of 0x78 bytes, MAC and model as text, then lines."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 5050


@dataclass(frozen=True, kw_only=True)
class Dahua:
    """Answers the search to the asker."""

    model: str
    device: str
    serial: str
    name: str = "Dahua"

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)
        second = f"{place.device.mac}{self.model}".encode()
        third = (
            f"Name:{self.name}\r\nDevice:{self.device}\r\nIPv6Addr:fe80::1/64;gateway:fe80::\r\n\r\nSerialNo:{self.serial}\r\n\r\n"
        ).encode()
        fixed = bytearray(0x78)
        struct.pack_into("<BBBBI", fixed, 0, 0xB3, 0, len(second), 0, 0x58)
        struct.pack_into("<IH", fixed, 16, 2, len(third))
        fixed[0x28:0x38] = self.model.encode()[:16].ljust(16, b"\0")
        fixed[0x38:0x44] = b"".join(IPv4Address(one).packed for one in (place.ip, "255.255.255.0", "10.20.0.1"))
        struct.pack_into("<HHH", fixed, 0x5E, 80, 443, 37777)
        reply = bytes(fixed) + second + third

        def answer(payload: bytes, source: Source) -> None:
            if len(payload) == 32 and payload[0] == 0xA3 and payload[16] == 2:
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, source)

        place.serve_datagrams("dahua", sock, answer)
