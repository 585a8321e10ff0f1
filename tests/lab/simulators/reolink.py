"""Reolink's discovery: asked at UDP 2000 in clear or at UDP 2015 and 2018 under its cipher, answers to port 3000.

That the answer holds name, address, port and UID is known; their places are not, and are made up here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORTS = (2000, 2015, 2018)
ANSWER_PORT = 3000
WORDS = (0x1F2D3C4B, 0x5A6C7F8D, 0x38172E4B, 0x8271635A, 0x863F1A2B, 0xA5C6F7D8, 0x8371E1B4, 0x17F2D3A5)
CRC_POLYNOMIAL = 0xEDB88320
"""04C11DB7 with its bits in the other order."""


@dataclass(frozen=True, kw_only=True)
class Reolink:
    """Answers both searches."""

    name: str
    uid: str
    ports: tuple[int, ...] = PORTS

    def answer(self, ip: str) -> bytes:
        """Return the answer of a device with this address."""
        fields = ((self.name, 32), (ip, 16), (self.uid, 32))
        texts = b"".join(value.encode().ljust(size, b"\0") for value, size in fields)
        return bytes.fromhex("aaaa0000") + struct.pack("<I", 9000) + texts

    async def start(self, place: Place) -> None:
        """Serve searches."""
        for port in self.ports:
            sock = place.udp(port)

            def heard(payload: bytes, source: Source, sock: object = sock) -> None:
                if payload == bytes.fromhex("aaaa0000") or asks_on_port(payload) == ANSWER_PORT:
                    place.later(place.chance.uniform(0.0, 0.1), sock, self.answer(place.ip), (source[0], ANSWER_PORT))  # type: ignore[arg-type]

            place.serve_datagrams("reolink", sock, heard)


def asks_on_port(frame: bytes) -> int | None:
    """Return the port to which a search wants its answer; None for what is no search."""
    if len(frame) < 20 or frame[:4] != bytes.fromhex("3acf872a"):
        return None
    length, kind, transaction, stated = struct.unpack_from("<IIII", frame, 4)
    enciphered = frame[20 : 20 + length]
    if kind != 1 or crc(enciphered) != stated:
        return None
    key = b"".join(struct.pack("<I", (word + transaction) % 2**32) for word in WORDS)
    plain = "".join(chr(byte ^ key[at % len(key)]) for at, byte in enumerate(enciphered))
    before, _, rest = plain.partition("<port>")
    port, _, after = rest.partition("</port>")
    return int(port) if before.startswith("<P2P><C2D_S>") and after.endswith("</C2D_S></P2P>") else None


def crc(raw: bytes) -> int:
    """Return a CRC-32 that begins with zero and is not inverted at its end."""
    value = 0
    for byte in raw:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (CRC_POLYNOMIAL if value & 1 else 0)
    return value
