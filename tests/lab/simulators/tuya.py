"""Beacons of a Tuya module: enciphered JSON to everyone at UDP 6667, every few seconds; it answers nothing."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

if TYPE_CHECKING:
    from tests.lab.place import Place

PORT = 6667
PERIOD_S = 3.0
KEY = hashlib.md5(b"yGAdlopoPVldABfn").digest()


@dataclass(frozen=True, kw_only=True)
class Tuya:
    """Sends beacons."""

    gw_id: str
    product: str
    version: str = "3.3"

    def beacon(self, ip: str, sequence: int = 0) -> bytes:
        """Return the beacon of a device with this address."""
        said = {
            "ip": ip,
            "gwId": self.gw_id,
            "active": 2,
            "ability": 0,
            "mode": 0,
            "encrypt": True,
            "productKey": self.product,
            "version": self.version,
        }
        padder = padding.PKCS7(128).padder()
        plain = padder.update(json.dumps(said, separators=(",", ":")).encode()) + padder.finalize()
        encryptor = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor()
        data = bytes(4) + encryptor.update(plain) + encryptor.finalize()
        head = bytes.fromhex("000055aa") + struct.pack("!III", sequence, 0x13, len(data) + 8) + data
        return head + struct.pack("!I", zlib.crc32(head)) + bytes.fromhex("0000aa55")

    async def start(self, place: Place) -> None:
        """Send a beacon every few seconds."""
        sock = place.udp(0)
        everyone = place.ip.rsplit(".", 1)[0] + ".255"
        place.repeat(PERIOD_S, lambda: place.later(0.0, sock, self.beacon(place.ip), (everyone, PORT)))
