"""TP-Link device discovery: UDP 20002 with a 16-byte header before JSON, UDP 9999 with JSON under an autokey cipher."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 20002
SYSINFO_PORT = 9999
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


@dataclass(frozen=True, kw_only=True)
class Sysinfo:
    """Answers the question for sysinfo at UDP 9999, as cameras of the KC line do: the values stand one level deeper."""

    model: str
    firmware: str
    hardware: str = "1.0"

    def answer(self, mac: str) -> bytes:
        """Return the answer of a camera with this MAC."""
        system = {
            "sw_ver": self.firmware,
            "hw_ver": self.hardware,
            "model": self.model,
            "type": "IOT.IPCAMERA",
            "mac": mac.upper().replace(":", ""),
            "deviceId": "0" * 40,
            "alias": "Hall",
        }
        return enciphered(json.dumps({"system": {"get_sysinfo": {"err_code": 0, "system": system}}}).encode())

    async def start(self, place: Place) -> None:
        """Serve questions."""
        sock = place.udp(SYSINFO_PORT)

        def heard(payload: bytes, source: Source) -> None:
            if payload == enciphered(b'{"system":{"get_sysinfo":{}}}'):
                place.later(place.chance.uniform(0.0, 0.1), sock, self.answer(place.device.mac), source)

        place.serve_datagrams("tplink", sock, heard)


def enciphered(plain: bytes) -> bytes:
    """Return bytes of which each is XORed with the cipher byte before it, the first with 0xAB."""
    cipher = bytearray([0xAB])
    for byte in plain:
        cipher.append(byte ^ cipher[-1])
    return bytes(cipher[1:])
