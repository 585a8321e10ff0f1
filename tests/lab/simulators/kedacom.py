"""Kedacom's NDT1 over UDP: broadcast on 5513, the group 224.16.32.1 on 5510; the answer goes to the port that was asked."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

BROADCAST_PORT = 5513
GROUP, GROUP_PORT = "224.16.32.1", 5510
SEARCH = struct.Struct("!4s6s6sH")


@dataclass(frozen=True, kw_only=True)
class Kedacom:
    """Answers both searches. `board` is the number whose bits 1 to 6 are the class."""

    model: str
    serial: str
    firmware: str
    board: int = 1 << 1
    name: str = "KEDACOM"

    def _answer(self, place: Place, asker: bytes) -> bytes:
        own = bytes.fromhex(place.device.mac.replace(":", ""))
        addresses = b"".join(IPv4Address(one).packed for one in (place.ip, "255.255.255.0", "10.20.0.1"))
        return (
            SEARCH.pack(b"NDT1", own, asker, 2)
            + b"\0\0"
            + addresses
            + struct.pack("<II", 86_400_000, self.board)
            + bytes(72)
            + bytes((2, 1, 0, 0))
            + bytes(4)
            + struct.pack("32s11s32s32s", self.name.encode(), self.serial.encode(), self.model.encode(), self.firmware.encode())
        )

    async def start(self, place: Place) -> None:
        """Serve searches."""
        for port, sock in ((BROADCAST_PORT, place.udp(BROADCAST_PORT)), (GROUP_PORT, place.udp(GROUP_PORT, groups=(GROUP,)))):
            place.serve_datagrams("kedacom", sock, self._answering(place, sock, port))

    def _answering(self, place: Place, sock: socket.socket, port: int) -> Callable[[bytes, Source], None]:
        def answer(payload: bytes, source: Source) -> None:
            if len(payload) == SEARCH.size and payload[:4] == b"NDT1" and payload[16:18] == b"\0\1":
                place.later(place.chance.uniform(0.0, 0.1), sock, self._answer(place, payload[4:10]), (source[0], port))

        return answer
