"""Dahua DHIP over UDP 37810: JSON after a 32-byte header; bare JSON gets no answer.

The reply has the members of a VTO2000A reply. The header repeats the body's length twice as 64-bit little-endian.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.lab.simulators.slurred import slurred

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 37810
GROUP = "239.255.255.251"
HEADER = struct.Struct("<I4sIIQQ")
MAGIC = b"DHIP"


@dataclass(frozen=True, kw_only=True)
class Dhip:
    """Answers `DHDiscover.search`. `model` is DeviceType."""

    model: str
    device_class: str
    serial: str
    version: str
    vendor: str = "Dahua"
    manufacturer: str = "Dahua"
    name: str | None = None
    """MachineName; the serial where nobody changed it."""
    video_inputs: int = 1
    remote_video_inputs: int = 0
    http_port: int = 80
    port: int = 37777
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further members of deviceInfo."""
    delays_s: tuple[float, float] = (0.0, 0.05)
    """Between which the wait before an answer lies."""
    slurs: bool = False
    """Broken copies come before each answer."""

    def _reply(self, place: Place) -> bytes:
        record = {
            "mac": place.device.mac,
            "method": "client.notifyDevInfo",
            "params": {
                "deviceInfo": {
                    "AlarmInputChannels": 0,
                    "AlarmOutputChannels": 0,
                    "DeviceClass": self.device_class,
                    "DeviceType": self.model,
                    "Find": "BC",
                    "HttpPort": self.http_port,
                    "IPv4Address": {
                        "DefaultGateway": place.ip.rsplit(".", 1)[0] + ".1",
                        "DhcpEnable": False,
                        "IPAddress": place.ip,
                        "SubnetMask": "255.255.255.0",
                    },
                    "Init": 150,
                    "MachineName": self.name if self.name is not None else self.serial,
                    "Manufacturer": self.manufacturer,
                    "Port": self.port,
                    "RemoteVideoInputChannels": self.remote_video_inputs,
                    "SerialNo": self.serial,
                    "Vendor": self.vendor,
                    "Version": self.version,
                    "VideoInputChannels": self.video_inputs,
                    "VideoOutputChannels": 0,
                    **self.more,
                }
            },
        }
        body = json.dumps(record, separators=(",", ":")).encode() + b"\n\0"
        return HEADER.pack(HEADER.size, MAGIC, 0, 0, len(body), len(body)) + body

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT, groups=(GROUP,))

        def answer(payload: bytes, source: Source) -> None:
            if len(payload) < HEADER.size or payload[4:8] != MAGIC:
                return
            try:
                asked = json.loads(payload[HEADER.size :].rstrip(b"\0"))
                wanted_mac = asked["params"].get("mac", "")
            except (ValueError, KeyError, TypeError, AttributeError):
                return
            if asked.get("method") == "DHDiscover.search" and wanted_mac in ("", place.device.mac):
                reply = self._reply(place)
                for broken in slurred(reply) if self.slurs else ():
                    place.later(0.0, sock, broken, source)
                place.later(place.chance.uniform(*self.delays_s), sock, reply, source)

        place.serve_datagrams("dhip", sock, answer)
