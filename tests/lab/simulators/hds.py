"""HDS over UDP 8002, the group 239.255.255.250: lines of text, in two segments, with the key of the camera's own wireless network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 8002
GROUP = "239.255.255.250"
KEY = "planted-password"


@dataclass(frozen=True, kw_only=True)
class Hds:
    """Answers the search. `cloud_id` is the Esee-ID, the last ten digits of the device's own identifier."""

    model: str
    cloud_id: str
    firmware: str

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT, groups=(GROUP,))
        said = (
            f"Device-ID=Z7C3{self.cloud_id}\r\nDevice-Model={self.model}\r\nDevice-Name={self.model}\r\n"
            f"Esee-ID={self.cloud_id}\r\nChannel-Cnt=1\r\nIP={place.ip}\r\nMASK=255.255.255.0\r\nMAC={place.device.mac}\r\n"
            f"Gateway=10.20.0.1\r\nSoftware-Version={self.firmware}\r\nHttp-Port=80\r\nDhcp=1\r\n"
            f"wireless=stationMode\r\nwirelessApEssId=made-up\r\nwirelessApPsk={KEY}\r\n\r\n"
        )
        media = "[dev-media-info]\r\ncam-count=1\r\n"
        body = (
            f"Segment-Num:2\r\nSegment-Seq:1\r\nData-Length:{len(said)}\r\n\r\n{said}"
            f"Segment-Seq:2\r\nData-Length:{len(media)}\r\n\r\n{media}"
        )

        def answer(payload: bytes, source: Source) -> None:
            if not payload.startswith(b"SEARCH * HDS/1.0\r\n"):
                return
            asker = payload.partition(b"Client-ID:")[2].partition(b"\r\n")[0].decode("ascii", "replace")
            head = (
                f"HDS/1.0 200 OK\r\nSERVER: nginx\r\nCONTENT-LENGTH: {len(body)}\r\nCONTENT-TYPE: text/HDP\r\nCSEQ: 1\r\n"
                f"CLIENT-ID: {asker}\r\n\r\n"
            )
            place.later(place.chance.uniform(0.0, 0.1), sock, (head + body).encode(), source)

        place.serve_datagrams("hds", sock, answer)
