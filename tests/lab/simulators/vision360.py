"""360 Vision's discovery over UDP 3600: one line of text each way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 3600


@dataclass(frozen=True, kw_only=True)
class Vision360:
    """Answers `DISCOVER`."""

    id: str
    type: str = "IPDOME"

    def answer(self, mac: str) -> bytes:
        """Return the answer of a dome with this MAC."""
        return f"DISCOVER TYPE={self.type} KEY='{mac.upper()}' ID={self.id}\r\n".encode()

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)

        def heard(payload: bytes, source: Source) -> None:
            if payload == b"DISCOVER\n":
                place.later(place.chance.uniform(0.0, 0.1), sock, self.answer(place.device.mac), source)

        place.serve_datagrams("vision360", sock, heard)
