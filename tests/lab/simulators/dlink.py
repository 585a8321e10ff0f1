"""D-Link's discovery over UDP 62976, by broadcast both ways. What stands between the texts of an announcement is made up here."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 62976


@dataclass(frozen=True, kw_only=True)
class Dlink:
    """Answers the search, which names nobody."""

    model: str
    firmware: str
    hardware: str = "A1"
    kind: str = "Wireless Internet Camera"

    def announcement(self, sequence: bytes, mac: str, ip: str) -> bytes:
        """Return the announcement of a device with this MAC and address."""
        head = b"\xff\xff" + sequence + b"\xa0\x00" + bytes.fromhex(mac.replace(":", "")) + socket.inet_aton(ip)
        texts = (self.kind, self.firmware, self.hardware, self.model, "IoTCam")
        return head + bytes.fromhex("000002002701") + b"\0\1".join(one.encode() for one in texts) + b"\0"

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)
        everyone = place.ip.rsplit(".", 1)[0] + ".255"

        def heard(payload: bytes, source: Source) -> None:
            wanted = b"\xff" * 6 + bytes(6) + b"\x01\0\0\0"
            if payload[:2] == b"\xfd\xfd" and payload[4:6] == b"\xd1\0" and payload[6:] == wanted:
                reply = self.announcement(payload[2:4], place.device.mac, place.ip)
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (everyone, PORT))

        place.serve_datagrams("dlink", sock, heard)
