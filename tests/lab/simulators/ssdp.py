"""SSDP (UPnP Device Architecture 1.0): answers M-SEARCH by unicast, says `ssdp:alive` at power-up; its description page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.simulators.http import Page

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 1900
GROUP = "239.255.255.250"


@dataclass(frozen=True, kw_only=True)
class Ssdp:
    """Answers searches for all, for root devices, and for its targets. `{ip}` in the location becomes the address."""

    targets: tuple[str, ...]
    uuid: str
    """Without `uuid:`."""
    location: str
    server: str

    async def start(self, place: Place) -> None:
        """Serve searches and announce."""
        sock = place.udp(PORT, groups=(GROUP,))
        location = self.location.replace("{ip}", place.host)
        own = ("upnp:rootdevice", *self.targets)

        def answer(payload: bytes, source: Source) -> None:
            request, _, rest = payload.decode("latin-1").partition("\r\n")
            fields = {
                name.strip().upper(): value.strip() for name, _, value in (line.partition(":") for line in rest.split("\r\n"))
            }
            if not request.startswith("M-SEARCH * ") or fields.get("MAN") != '"ssdp:discover"':
                return
            wanted = fields.get("ST", "")
            for target in own if wanted == "ssdp:all" else [target for target in own if target == wanted]:
                lines = (
                    "HTTP/1.1 200 OK",
                    "CACHE-CONTROL: max-age=1800",
                    "EXT:",
                    f"LOCATION: {location}",
                    f"SERVER: {self.server}",
                    f"ST: {target}",
                    f"USN: uuid:{self.uuid}::{target}",
                )
                place.later(place.chance.uniform(0.0, 0.2), sock, _lines(*lines), source)

        place.serve_datagrams("ssdp", sock, answer)
        for target in own:
            lines = (
                "NOTIFY * HTTP/1.1",
                f"HOST: {GROUP}:{PORT}",
                "CACHE-CONTROL: max-age=1800",
                f"LOCATION: {location}",
                f"SERVER: {self.server}",
                "NTS: ssdp:alive",
                f"NT: {target}",
                f"USN: uuid:{self.uuid}::{target}",
            )
            place.later(0.0, sock, _lines(*lines), (GROUP, PORT))


def description(
    *, device_type: str, friendly_name: str, manufacturer: str, model: str, number: str = "", serial: str, uuid: str
) -> Page:
    """Return the page at a LOCATION."""
    body = (
        '<?xml version="1.0"?>\n<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor>'
        f"</specVersion><device><deviceType>{device_type}</deviceType><friendlyName>{friendly_name}</friendlyName>"
        f"<manufacturer>{manufacturer}</manufacturer><modelName>{model}</modelName><modelNumber>{number}</modelNumber>"
        f"<serialNumber>{serial}</serialNumber><UDN>uuid:{uuid}</UDN></device></root>\n"
    )
    return Page(lines=("Content-Type: text/xml",), body=body.encode())


def _lines(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
