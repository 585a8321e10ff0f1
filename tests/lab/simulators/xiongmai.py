"""Xiongmai's discovery over UDP 34569: a 20-byte header, then JSON. The answer goes to port 34569, whichever port asked."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 34569
HEADER = struct.Struct("<BBHIIBBHI")
SEARCH, ANSWER = 1530, 1531


@dataclass(frozen=True, kw_only=True)
class Xiongmai:
    """Answers the search. `serial` is the identifier by which the cloud reaches the board."""

    serial: str
    device_type: int = 1
    build: str = "D=2019-02-28 17:30:58 V=92a9902100ec7c4"

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)

        def number(address: str) -> str:
            return f"0x{int.from_bytes(IPv4Address(address).packed, 'little'):08X}"

        record = {
            "NetWork.NetCommon": {
                "ChannelNum": 1,
                "DeviceType": self.device_type,
                "GateWay": number("10.20.0.1"),
                "HostIP": number(place.ip),
                "HostName": "LocalHost",
                "HttpPort": 80,
                "MAC": place.device.mac,
                "MonMode": "TCP",
                "OtherFunction": self.build,
                "SN": self.serial,
                "SSLPort": 8443,
                "Submask": number("255.255.255.0"),
                "TCPPort": 34567,
                "UDPPort": 34568,
            },
            "Ret": 100,
            "SessionID": "0x00000000",
        }
        body = json.dumps(record).encode() + b"\n\0"
        reply = HEADER.pack(0xFF, 1, 0, 0, 0, 0, 0, ANSWER, len(body)) + body

        def answer(payload: bytes, source: Source) -> None:
            if len(payload) >= HEADER.size and payload[0] == 0xFF and HEADER.unpack_from(payload)[7] == SEARCH:
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (source[0], PORT))

        place.serve_datagrams("xiongmai", sock, answer)
