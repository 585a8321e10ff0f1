"""TVT's MHED over UDP 23456: announcements to one group every two seconds, and at once when a tool searches in the other."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 23456
FROM_PORT = 9407
TOOLS, DEVICES = "234.55.55.55", "234.55.55.56"
SEARCH, ANNOUNCEMENT = 1, 2
EVERY_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Tvt:
    """Announces itself. `label` is whose brand the firmware wears."""

    model: str
    serial: str
    firmware: str
    label: str
    name: str = "IPC"
    port: int = 9008
    build: int = 20231103

    def _announcement(self, place: Place) -> bytes:
        message = bytearray(240)
        struct.pack_into("<4sHHI20s6sH", message, 0, b"MHED", 8, 1, ANNOUNCEMENT, self.name.encode(), _mac(place), self.port)
        message[40:52] = b"".join(IPv4Address(one).packed for one in (place.ip, "255.255.255.0", "10.20.0.1"))
        struct.pack_into("<IIHH", message, 52, 0x10005, self.build, 80, 554)
        struct.pack_into("16s16s", message, 140, self.serial.encode(), self.firmware.encode())
        struct.pack_into("16s16s", message, 196, self.model.encode(), self.label.encode())
        return bytes(message)

    async def start(self, place: Place) -> None:
        """Announce, and listen for searches."""
        ear = place.udp(PORT, groups=(TOOLS,))
        mouth = place.udp(FROM_PORT)
        message = self._announcement(place)

        def answer(payload: bytes, source: Source) -> None:
            if len(payload) == 140 and payload[:4] == b"MHED" and struct.unpack_from("<I", payload, 8)[0] == SEARCH:
                place.later(place.chance.uniform(0.0, 0.1), mouth, message, (DEVICES, PORT))

        place.serve_datagrams("tvt", ear, answer)
        place.repeat(EVERY_S, lambda: place.later(0.0, mouth, message, (DEVICES, PORT)))


def _mac(place: Place) -> bytes:
    return bytes.fromhex(place.device.mac.replace(":", ""))
