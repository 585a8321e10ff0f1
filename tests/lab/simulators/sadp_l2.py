"""SADP in Ethernet frames of type 0x8033: no IP at all, the answer goes to the MAC that asked."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place

ETHERTYPE = 0x8033
HEAD = struct.Struct("!BBBBIBBBBH6s4s6s4s4s")
SEARCH, ANSWER = 3, 4


@dataclass(frozen=True, kw_only=True)
class SadpL2:
    """Answers searches whose checksum holds. `ip` is the address that the device has; its kernel here owns none."""

    ip: str
    serial: str
    firmware: str
    dsp: str = "V4.0, build 140521"

    def _answer(self, place: Place, counter: int, asker_mac: bytes, asker_ip: bytes) -> bytes:
        own = bytes.fromhex(place.device.mac.replace(":", ""))
        mine, mask = IPv4Address(self.ip).packed, IPv4Address("255.255.255.0").packed
        body = bytearray(246)
        HEAD.pack_into(body, 0, 0x21, 1, 1, 246, counter, 6, 4, ANSWER, 0, 0, own, mine, asker_mac, asker_ip, mask)
        texts = (self.firmware.encode(), self.dsp.encode(), b"2026-01-05 08:00:00")
        struct.pack_into("!48sIIII48s48s48s", body, 38, self.serial.encode(), 44322, 8000, 0, 0, *texts)
        struct.pack_into("<H", body, 12, checksum(body))
        return asker_mac + own + ETHERTYPE.to_bytes(2) + bytes(body)

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.packet(ETHERTYPE)

        def answer(frame: bytes, source: object) -> None:
            if len(frame) < 80 or frame[14] != 0x21 or frame[14 + 10] != SEARCH or checksum(frame[14 : 14 + frame[17]]) != 0:
                return
            _, _, _, _, counter, _, _, _, _, _, asker_mac, asker_ip, *_ = HEAD.unpack_from(frame, 14)
            sock.send(self._answer(place, counter, asker_mac, asker_ip))

        place.serve_datagrams("sadp_l2", sock, answer)


def checksum(raw: bytes | bytearray) -> int:
    """Return the one's complement of the sum of the little-endian words; 0 where a right one stands in them."""
    total = 0
    for at in range(0, len(raw) - 1, 2):
        total += raw[at] | raw[at + 1] << 8
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
