"""The installer protocol of Hanwha Vision: asked at UDP 7701, answers to port 7711 of the asker.

Between the fields an answer holds whatever stood in the asker's packet, as the quoted answer of an SND-6083 does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT, ANSWER_PORT = 7701, 7711
SIZE = 262


@dataclass(frozen=True, kw_only=True)
class Hanwha:
    """Answers packets of the right size."""

    model: str

    def answer(self, asked: bytes, mac: str, ip: str) -> bytes:
        """Return the answer of a device with this MAC and address."""
        reply = bytearray(asked)
        reply[0] = 0x0B
        gateway = ip.rsplit(".", 1)[0] + ".1"
        for offset, size, value in (
            (0x13, 18, mac.upper()),
            (0x25, 16, ip),
            (0x35, 16, "255.255.255.0"),
            (0x45, 16, gateway),
            (0x6D, 10, self.model),
            (0x85, 39, f"http://{ip}/index.htm"),
        ):
            reply[offset : offset + size] = value.encode()[:size].ljust(size, b"\0")
        return bytes(reply)

    async def start(self, place: Place) -> None:
        """Serve packets."""
        sock = place.udp(PORT)

        def heard(payload: bytes, source: Source) -> None:
            if len(payload) == SIZE and payload[0] == 0x01:
                reply = self.answer(payload, place.device.mac, place.ip)
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (source[0], ANSWER_PORT))

        place.serve_datagrams("hanwha", sock, heard)
