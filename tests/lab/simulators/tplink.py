"""TP-Link device discovery over UDP 20002: a 16-byte header, then JSON. The fixed 16-byte probe needs no key."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 20002
PROBE = bytes.fromhex("020000010000000000000000463cb5d3")
HEADER = struct.Struct(">BBHHBBII")
CRC_SEED = 0x5A6B7C8D


@dataclass(frozen=True, kw_only=True)
class Tplink:
    """Answers the probe."""

    device_type: str
    model: str
    firmware: str
    hardware: str = "1.0"

    async def start(self, place: Place) -> None:
        """Serve probes."""
        sock = place.udp(PORT)
        record = {
            "error_code": 0,
            "result": {
                "device_type": self.device_type,
                "device_model": self.model,
                "device_id": "0" * 32,
                "ip": place.ip,
                "mac": place.device.mac.upper().replace(":", "-"),
                "firmware_version": self.firmware,
                "hardware_version": self.hardware,
                "factory_default": False,
                "encrypt_type": ["3"],
                "is_support_iot_cloud": True,
                "mgt_encrypt_schm": {"is_support_https": True},
                "protocol_version": 1,
            },
        }
        body = json.dumps(record, separators=(",", ":")).encode()

        def answer(payload: bytes, source: Source) -> None:
            if len(payload) < HEADER.size or payload[:4] != PROBE[:4]:
                return
            serial = int.from_bytes(payload[8:12])
            unsealed = HEADER.pack(2, 0, 2, len(body), 17, 0, serial, CRC_SEED) + body
            sealed = HEADER.pack(2, 0, 2, len(body), 17, 0, serial, zlib.crc32(unsealed)) + body
            place.later(place.chance.uniform(0.0, 0.05), sock, sealed, source)

        place.serve_datagrams("tplink", sock, answer)
