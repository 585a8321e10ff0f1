"""Easy IP: answers a search at UDP 10670 by broadcast to 10669, with the frame that a published capture of a WV-X22700-V2L has."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT, ANSWER_PORT = 10670, 10669
CONSTANT = bytes.fromhex("20111e11231f1e1913000002010000000000000000000000")


@dataclass(frozen=True, kw_only=True)
class Panasonic:
    """Answers searches whose checksum is right."""

    name: str
    model: str
    firmware: str
    serial: str

    def answer(self, mac: str, ip: str) -> bytes:
        """Return the answer of a device with this MAC and address."""
        values = (
            (0x0000, b"\1"),
            (0x0001, b"\0"),
            (0x0020, socket.inet_aton(ip)),
            (0x0021, socket.inet_aton("255.255.255.0")),
            (0x0022, socket.inet_aton(ip.rsplit(".", 1)[0] + ".1")),
            (0x0023, bytes(8)),
            (0x0025, struct.pack("!H", 80)),
            (0x00A6, b"\0"),
            (0x00A7, self.name.encode()),
            (0x00A8, self.model.encode()),
            (0x00A9, self.firmware.encode()),
            (0x00D1, self.serial.encode()),
        )
        body = b"".join(struct.pack("!HH", tag, len(value)) + value for tag, value in values)
        hardware = bytes.fromhex(mac.replace(":", ""))
        head = struct.pack("!HHH", 1, len(body), 0x000E) + hardware + bytes(6) + socket.inet_aton(ip) + bytes(2)
        whole = head + CONSTANT + body + b"\xff\xff"
        return whole + struct.pack("!H", (sum(whole) + 1) & 0xFFFF)

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)
        everyone = place.ip.rsplit(".", 1)[0] + ".255"

        def heard(payload: bytes, source: Source) -> None:
            if len(payload) < 52 or payload[:2] != b"\0\1" or payload[4:6] != b"\0\x0d":
                return
            stated = int.from_bytes(payload[-2:])
            if stated not in (0, (sum(payload[:-2]) + 1) & 0xFFFF):
                return
            reply = self.answer(place.device.mac, place.ip)
            place.later(place.chance.uniform(0.0, 0.1), sock, reply, (everyone, ANSWER_PORT))

        place.serve_datagrams("panasonic", sock, heard)
