"""WS-Discovery: answers Probes by unicast to the asker's source port, after up to 200 ms; says Hello at power-up.

Cameras follow the ONVIF Core specification; printers and computers follow the Devices Profile for Web Services.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.simulators.slurred import slurred

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 3702
GROUP = "239.255.255.250"
ONVIF_SCOPE = "onvif://www.onvif.org/"
NAMESPACES = {
    "dn": "http://www.onvif.org/ver10/network/wsdl",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "wsdp": "http://schemas.xmlsoap.org/ws/2006/02/devprof",
    "wprt": "http://schemas.microsoft.com/windows/2006/08/wdp/print",
    "pub": "http://schemas.microsoft.com/windows/pub/2005/07",
}


def onvif_scopes(*paths: str) -> tuple[str, ...]:
    """Return paths as ONVIF scope URIs."""
    return tuple(ONVIF_SCOPE + path for path in paths)


@dataclass(frozen=True, kw_only=True)
class Wsd:
    """Answers Probes for its types, or for none. `{ip}` in an XAddr becomes the device's address."""

    types: tuple[str, ...] = ("dn:NetworkVideoTransmitter", "tds:Device")
    scopes: tuple[str, ...] = ()
    endpoint: str
    xaddrs: tuple[str, ...] = ("http://{ip}/onvif/device_service",)
    soap: str = "SOAP-ENV"
    """The prefix of the SOAP envelope, which differs by stack."""
    version: int = 1
    copies: int = 1
    """Replies to one Probe; two for a unit with two interfaces."""
    delays_s: tuple[float, float] = (0.0, 0.2)
    """Between which the wait before an answer lies; the standard grants half a second."""
    slurs: bool = False
    """Broken copies come before each answer."""

    def _envelope(self, action: str, relates_to: str | None, match: str, place: Place) -> bytes:
        soap = self.soap
        message = uuid.UUID(int=place.chance.getrandbits(128), version=4)
        relates = f"<wsa:RelatesTo>{relates_to}</wsa:RelatesTo>" if relates_to else ""
        to = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
        if relates_to:
            to = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
        used = {prefix: uri for prefix, uri in NAMESPACES.items() if any(kind.startswith(prefix + ":") for kind in self.types)}
        declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in used.items())
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<{soap}:Envelope xmlns:{soap}="http://www.w3.org/2003/05/soap-envelope"'
            ' xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
            f' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"{declared}>'
            f"<{soap}:Header><wsa:MessageID>uuid:{message}</wsa:MessageID>{relates}"
            f'<wsa:To {soap}:mustUnderstand="true">{to}</wsa:To>'
            f'<wsa:Action {soap}:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/{action}</wsa:Action>'
            f'<d:AppSequence InstanceId="1609459200" MessageNumber="1"/></{soap}:Header>'
            f"<{soap}:Body>{match}</{soap}:Body></{soap}:Envelope>"
        ).encode()

    def _description(self, place: Place) -> str:
        addresses = " ".join(address.replace("{ip}", place.host) for address in self.xaddrs)
        return (
            f"<wsa:EndpointReference><wsa:Address>{self.endpoint}</wsa:Address></wsa:EndpointReference>"
            f"<d:Types>{' '.join(self.types)}</d:Types>"
            + (f"<d:Scopes>{' '.join(self.scopes)}</d:Scopes>" if self.scopes else "")
            + (f"<d:XAddrs>{addresses}</d:XAddrs>" if addresses else "")
            + f"<d:MetadataVersion>{self.version}</d:MetadataVersion>"
        )

    async def start(self, place: Place) -> None:
        """Serve Probes and say Hello."""
        sock = place.udp(PORT, groups=(GROUP,))
        own_types = {kind.partition(":")[2] for kind in self.types}

        def answer(payload: bytes, source: Source) -> None:
            text = payload.decode("utf-8", "replace")
            wanted = {kind.rpartition(":")[2] for kind in (_element(text, "Types") or "").split()}
            asked = _element(text, "MessageID")
            if not _has_element(text, "Probe") or asked is None or not wanted <= own_types:
                return
            matches = f"<d:ProbeMatches><d:ProbeMatch>{self._description(place)}</d:ProbeMatch></d:ProbeMatches>"
            reply = self._envelope("ProbeMatches", asked.strip(), matches, place)
            for broken in slurred(reply) if self.slurs else ():
                place.later(0.0, sock, broken, source)
            for _ in range(self.copies):
                place.later(place.chance.uniform(*self.delays_s), sock, reply, source)

        place.serve_datagrams("wsd", sock, answer)
        hello = self._envelope("Hello", None, f"<d:Hello>{self._description(place)}</d:Hello>", place)
        place.later(0.0, sock, hello, (GROUP, PORT))


def _start_tag(text: str, name: str) -> int:
    """Return the offset after the start tag of an element whatever its prefix, or -1."""
    position = 0
    while (position := text.find("<", position)) >= 0:
        end = text.find(">", position)
        if end < 0:
            return -1
        words = text[position + 1 : end].split()
        tag = words[0].rstrip("/") if words else ""
        position = end + 1
        if tag.rpartition(":")[2] == name:
            return position
    return -1


def _has_element(text: str, name: str) -> bool:
    return _start_tag(text, name) >= 0


def _element(text: str, name: str) -> str | None:
    start = _start_tag(text, name)
    if start < 0 or text[start - 2] == "/":
        return None
    return text[start : text.find("<", start)]
