"""Vivotek's discovery over UDP 10000: type, length and value; a field of type 4 has no length."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 10000
MAGIC = bytes.fromhex("4a5d8f1c")


@dataclass(frozen=True, kw_only=True)
class Vivotek:
    """Answers the search to the asker."""

    model: str
    name: str = "Mega-Pixel Network Camera"

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)

        def field(kind: int, value: bytes) -> bytes:
            return bytes((kind, len(value))) + value

        said = (
            field(1, self.name.encode())
            + field(2, bytes.fromhex(place.device.mac.replace(":", "")))
            + field(3, IPv4Address(place.ip).packed)
            + bytes.fromhex("041b")
            + field(6, (80).to_bytes(2, "little"))
            + field(8, b"en")
            + field(9, self.model.encode())
            + bytes.fromhex("1004030082000a0100050400000000")
        )

        def answer(payload: bytes, source: Source) -> None:
            if len(payload) == 5 and payload[1:] == MAGIC:
                place.later(place.chance.uniform(0.0, 0.1), sock, payload + said, source)

        place.serve_datagrams("vivotek", sock, answer)
