"""Bosch's RCP+ scan: asked at UDP 1757, answers to port 1758 of the asker, in XML or in 32 bytes."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT, ANSWER_PORT = 1757, 1758
MAGIC, SEARCH = bytes.fromhex("9939a427"), bytes.fromhex("ff0006de")


@dataclass(frozen=True, kw_only=True)
class Bosch:
    """Answers the scan. Without a model: in 32 bytes, as older units do."""

    model: str = ""
    serial: str = ""

    def answer(self, transaction: bytes, mac: str, ip: str) -> bytes:
        """Return the answer of a device with this MAC and address."""
        gateway = ip.rsplit(".", 1)[0] + ".1"
        if not self.model:
            network = b"".join(map(socket.inet_aton, (ip, "255.255.255.0", gateway)))
            return MAGIC + transaction + bytes.fromhex(mac.replace(":", "")) + b"\x03\xff" + network + bytes(4)
        return (
            '<?xml version="1.0" encoding="UTF-8"?><root xmlns="OEMExt00:device-1-0"><device>'
            "<deviceType>OEMExt00:device:deviceID0</deviceType><App>1</App>"
            f"<friendlyName>{self.model}</friendlyName><unitName></unitName><deviceGUID>{'0' * 64}</deviceGUID>"
            f"<serialNumber>{self.serial}</serialNumber><physAddress>{mac.replace(':', '-')}</physAddress>"
            f"<unitIPAddress>{ip}</unitIPAddress><unitSubnetMask>255.255.255.0</unitSubnetMask>"
            "<unitIPv6Address>fe80::1</unitIPv6Address><RCPPort>1756</RCPPort><HTTPPort>80</HTTPPort>"
            "<HTTPSPort>443</HTTPSPort><dhcp>0</dhcp><cameraFrontendID>4881</cameraFrontendID>"
            "<deviceTypeIDs>000000300000000000001311</deviceTypeIDs></device></root>"
        ).encode()

    async def start(self, place: Place) -> None:
        """Serve scans."""
        sock = place.udp(PORT)

        def heard(payload: bytes, source: Source) -> None:
            if len(payload) == 12 and payload[:4] == MAGIC and payload[8:] == SEARCH:
                reply = self.answer(payload[4:8], place.device.mac, place.ip)
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (source[0], ANSWER_PORT))

        place.serve_datagrams("bosch", sock, heard)
