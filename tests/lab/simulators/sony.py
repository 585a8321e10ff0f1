"""Sony's own discovery over UDP 2380: lines between control bytes, the answer by broadcast to the port that asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 2380
SEARCH = b"\x02ENQ:allinfo\xff\x03"


@dataclass(frozen=True, kw_only=True)
class Sony:
    """Answers `ENQ:allinfo`."""

    model: str
    serial: str
    firmware: str

    def answer(self, mac: str, ip: str) -> bytes:
        """Return the answer of a device with this MAC and address."""
        gateway = ip.rsplit(".", 1)[0] + ".1"
        lines = (
            f"MAC:{mac.replace(':', '-')}",
            "INFO:allinfo",
            f"MODEL:{self.model}",
            f"SERIAL:{self.serial}",
            f"SOFTVERSION:{self.firmware}",
            "DHCP:off",
            f"IPADR:{ip}",
            "MASK:255.255.255.0",
            f"GATEWAY:{gateway}",
            "DNSAUTO:off",
            "DNS1:0.0.0.0",
            "DNS2:0.0.0.0",
            "WEBPORT:80",
            "TIME:120000",
            "TIMEZONE:GMT",
            "DTFORMAT:0",
        )
        return b"\x02" + b"".join(line.encode() + b"\xff" for line in lines) + b"\x03"

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)
        everyone = place.ip.rsplit(".", 1)[0] + ".255"

        def heard(payload: bytes, source: Source) -> None:
            if payload == SEARCH:
                reply = self.answer(place.device.mac, place.ip)
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (everyone, source[1]))

        place.serve_datagrams("sony", sock, heard)
