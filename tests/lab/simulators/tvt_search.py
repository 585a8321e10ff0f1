"""TVT's answer to an M-SEARCH for EmbeddedNetDeviceControl: an XML document behind the head of an HTTP answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 1900
GROUP = "239.255.255.250"
TARGET = b"ST:urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1\r\n"


@dataclass(frozen=True, kw_only=True)
class TvtSearch:
    """Answers the search as the maker's own tool writes it, without blanks behind the colons; no other search."""

    model: str
    firmware: str
    series: str = "TVT_NVR"
    build: str = "2024-05-20"
    with_head: bool = True

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT, groups=(GROUP,))
        document = (
            f"<multicastSearchResult><tcpIp><devName>NVR</devName><ipAddr>{place.ip}</ipAddr><mask>255.255.255.0</mask>"
            f"<gateway>10.20.0.1</gateway><macAddr>{place.device.mac.upper()}</macAddr><dhcpSwitch>0</dhcpSwitch></tcpIp>"
            "<port><dataPort>6036</dataPort><httpPort>80</httpPort></port>"
            f"<productInfo><productModel>{self.model}</productModel><productSeries>{self.series}</productSeries>"
            f"<softwareVer>{self.firmware}</softwareVer><softwareBulildDate>{self.build}</softwareBulildDate>"
            "<kernelVer>4.19</kernelVer></productInfo></multicastSearchResult>"
        )
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" if self.with_head else ""
        reply = (head + document).encode()

        def answer(payload: bytes, source: Source) -> None:
            if payload.startswith(b"M-SEARCH ") and TARGET in payload:
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, source)

        place.serve_datagrams("tvt_search", sock, answer)
