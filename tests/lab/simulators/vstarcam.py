"""VStarcam's IPCSearch over UDP 8600: one record of fixed layout to the asker, with user name and password in it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 8600
SEARCH, ANSWER = bytes.fromhex("44480101"), bytes.fromhex("44480108")
PASSWORD = "planted-password"
RECORD = struct.Struct("<4s16s16s16s16s16s6sH32s80s16s16s32s32s4x")


@dataclass(frozen=True, kw_only=True)
class Vstarcam:
    """Answers the search."""

    uid: str
    firmware: str
    web: str = "0.0.4.21"
    name: str = "IPCAM"
    http_port: int = 81

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)
        mac = bytes.fromhex(place.device.mac.replace(":", ""))
        texts = (place.ip, "255.255.255.0", "10.20.0.1", "10.20.0.1", "10.20.0.1")
        words = (self.uid, self.name, self.firmware, self.web, "admin", PASSWORD)
        reply = RECORD.pack(ANSWER, *(t.encode() for t in texts), mac, self.http_port, *(w.encode() for w in words))

        def answer(payload: bytes, source: Source) -> None:
            if payload == SEARCH:
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, source)

        place.serve_datagrams("vstarcam", sock, answer)
