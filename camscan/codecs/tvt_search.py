"""The second discovery of TVT's firmware: an XML document in answer to a search of SSDP.

Source: pytvt and tests of another client, replies of IP-5IRD4S4 and TD-3332B4. Status: reverse-engineered. UDP 1900, the group
239.255.255.250, and single hosts. The search is an M-SEARCH for EmbeddedNetDeviceControl, written as the maker's tool writes it;
the answer goes to the asker: `<multicastSearchResult>`, mostly behind the head of an HTTP answer.

| element | meaning |
|---------|---------|
| `tcpIp/devName`, `ipAddr`, `macAddr` | name that the owner gave, address, MAC |
| `port/dataPort`, `httpPort`, `rtspPort` | ports |
| `productInfo/productModel`, `productSeries` | model, and its class: TVT_IPC, TVT_NVR, TVT_DVR … |
| `productInfo/softwareVer`, `softwareBulildDate` | firmware and its date; the misspelling is the device's |
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import xml
from camscan.codecs.base import DecodeError, Probe, fields, ipv4_from_text, mac_from_text
from camscan.model import Datagram, Fields

NAME = "tvt_search"
PORTS: tuple[int, ...] = (1900,)
GROUPS: tuple[str, ...] = ("239.255.255.250",)
BIND_PORTS: tuple[int, ...] = ()

_ROOT = b"<multicastSearchResult"
_MAX_HEAD = 1024
"""Bytes in front of the document."""
_PROBE = (
    f'M-SEARCH * HTTP/1.1\r\nHOST:{GROUPS[0]}:{PORTS[0]}\r\nMan:"ssdp:discover"\r\n'
    "ST:urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1\r\nMX:3\r\n\r\n"
).encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The texts of one answer; empty where an element is absent."""

    name: str
    ip: str
    mac: str
    port: str
    http_port: str
    rtsp_port: str
    model: str
    series: str
    firmware: str
    build: str


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search to the group and to single hosts. It has no room for a nonce."""
    return (
        Probe(payload=_PROBE, port=PORTS[0], group=GROUPS[0]),
        Probe(payload=_PROBE, port=PORTS[0], unicast=True),
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether the document stands in a datagram, behind a head or not."""
    return _ROOT in datagram.payload[:_MAX_HEAD]


def decode(payload: bytes) -> Answer:
    """Return the answer. Raises DecodeError."""
    start = payload[:_MAX_HEAD].find(_ROOT)
    if start < 0:
        raise DecodeError("no answer to a search")
    root = xml.parse(payload[start:])
    if xml.local(root) != "multicastSearchResult":
        raise DecodeError("another document")

    def said(*names: str) -> str:
        return xml.child_text(root, *names) or ""

    return Answer(
        name=said("tcpIp", "devName"),
        ip=said("tcpIp", "ipAddr"),
        mac=said("tcpIp", "macAddr"),
        port=said("port", "dataPort"),
        http_port=said("port", "httpPort"),
        rtsp_port=said("port", "rtspPort"),
        model=said("productInfo", "productModel"),
        series=said("productInfo", "productSeries"),
        firmware=said("productInfo", "softwareVer"),
        build=said("productInfo", "softwareBulildDate"),
    )


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary, in which TVT's two protocols are one."""
    return fields(
        ("tvt.name", message.name),
        ("tvt.ip", ipv4_from_text(message.ip)),
        ("tvt.mac", mac_from_text(message.mac)),
        ("tvt.port", message.port),
        ("tvt.http_port", message.http_port),
        ("tvt.rtsp_port", message.rtsp_port),
        ("tvt.model", message.model),
        ("tvt.series", message.series),
        ("tvt.firmware", message.firmware),
        ("tvt.build", message.build),
    )
