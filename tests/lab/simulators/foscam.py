"""MO_I over UDP 10000: a record of 87 bytes, broadcast to port 10000, whichever port asked; enciphered where a key is set."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 10000
EVERYBODY = "255.255.255.255"
SEARCH = bytes.fromhex("4d4f5f490000000000000000000000040000000400000000000001")


@dataclass(frozen=True, kw_only=True)
class Foscam:
    """Answers the search."""

    firmware: tuple[int, int, int, int]
    web: tuple[int, int, int, int]
    name: str = "IPCAM"
    key: bytes = b""
    """Eight bytes; empty: in clear."""

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)
        addresses = b"".join(IPv4Address(one).packed for one in (place.ip, "255.255.255.0", "10.20.0.1", "10.20.0.1"))
        body = (
            struct.pack("13s21s", place.device.mac.replace(":", "").upper().encode(), self.name.encode())
            + addresses
            + bytes((0, 0, 0, 3))
            + bytes(self.firmware)
            + bytes(self.web)
            + struct.pack(">H", 80)
        )
        if self.key:
            body = bytes(one ^ key for one, key in zip(body, cycle(self.key), strict=False))
        head = struct.pack("<4sHB8sII", b"MO_I", 1, 1 if self.key else 0, self.key, len(body), len(body))

        def answer(payload: bytes, source: Source) -> None:
            if len(payload) == 27 and payload[:6] == b"MO_I\0\0":
                place.later(place.chance.uniform(0.0, 0.1), sock, head + body, (EVERYBODY, PORT))

        place.serve_datagrams("foscam", sock, answer)
