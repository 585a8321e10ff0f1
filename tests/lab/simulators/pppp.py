"""The LAN search of the PPPP family over UDP 32108: the UID in answer, from any port."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 32108
SEARCH = bytes.fromhex("f1300000")
ANSWER = bytes.fromhex("f1410014")


@dataclass(frozen=True, kw_only=True)
class Pppp:
    """Answers the plain search."""

    prefix: str
    number: int
    check: str

    async def start(self, place: Place) -> None:
        """Serve searches."""
        ear, mouth = place.udp(PORT), place.udp(0)
        reply = ANSWER + struct.pack("!8sI8s", self.prefix.encode(), self.number, self.check.encode())

        def answer(payload: bytes, source: Source) -> None:
            if payload == SEARCH:
                place.later(place.chance.uniform(0.0, 0.1), mouth, reply, source)

        place.serve_datagrams("pppp", ear, answer)
