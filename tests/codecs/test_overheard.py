"""What others ask and are answered while we listen: the one who asks is never taken for what he asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from camscan.codecs.registry import DATAGRAM_CODECS, dispatch_datagram
from camscan.model import Endpoint, Observation, Via
from tests import factories

SAMPLES = Path(__file__).parents[1] / "samples"
NONCES = (bytes(range(16)), bytes(16), b"\xff" * 16)
ASKER, ANOTHER, DEVICE = "10.20.0.9", "10.20.0.77", "10.20.0.64"
CLIENTS = frozenset({"dhcp", "dhcpv6", "dns", "ntp"})
"""Protocols whose messages go to a server: they speak of the client, wherever they go."""
OVERHEARD: list[tuple[Any, Path]] = [
    (codec, path)
    for codec in DATAGRAM_CODECS
    if codec.NAME not in CLIENTS
    for path in sorted((SAMPLES / codec.NAME).glob("*.bin"))
]


def heard(payload: bytes, src: Endpoint, dst: Endpoint) -> Any:
    taken = factories.datagram(payload, src=src, dst=dst, via=Via.PASSIVE)
    return dispatch_datagram(taken, collector="listen", site="s")


def destinations(codec: Any, port: int) -> list[Endpoint]:
    """Wherever a message of this protocol may go that is not meant for us."""
    to_all = [Endpoint("255.255.255.255", port), Endpoint("10.20.0.255", port)]
    return [*to_all, *(Endpoint(group, port) for group in codec.GROUPS), Endpoint(ANOTHER, port)]


@pytest.mark.parametrize("codec", DATAGRAM_CODECS, ids=lambda codec: codec.NAME)
def test_the_query_of_another_is_no_word_about_him_wherever_it_goes_and_comes_from(codec: Any) -> None:
    for probe in (probe for nonce in NONCES for probe in codec.probes(nonce)):
        for src_port in {50000, probe.port, probe.source_port or 50000}:
            for dst in destinations(codec, probe.port):
                assert heard(probe.payload, Endpoint(ASKER, src_port), dst) is None, (src_port, dst)


@pytest.mark.parametrize(("codec", "path"), OVERHEARD, ids=lambda part: getattr(part, "NAME", None) or part.stem)
def test_an_answer_to_another_and_an_announcement_say_what_an_answer_to_us_says(codec: Any, path: Path) -> None:
    payload, about = path.read_bytes(), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    carrier = about.get("carrier", {})
    src = Endpoint(DEVICE, carrier.get("port", codec.PORTS[0]))
    to_us = heard(payload, src, Endpoint("10.20.0.1", codec.PORTS[0]))
    assert isinstance(to_us, Observation)
    answered = [Endpoint(ANOTHER, carrier.get("client_port", 50000))] if src.port in codec.PORTS or codec.PORTS == () else []
    for dst in (*destinations(codec, codec.PORTS[0]), *answered):
        seen = heard(payload, src, dst)
        assert isinstance(seen, Observation), dst
        assert (seen.protocol, seen.ip, seen.fields) == (codec.NAME, DEVICE, to_us.fields), dst


ENVELOPE = (
    b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="a" xmlns:d="d">'
    b"<s:Header><a:MessageID>urn:uuid:1</a:MessageID></s:Header><s:Body><d:%s/></s:Body></s:Envelope>"
)
DHIP_HEADER = bytes.fromhex("2000000044484950") + bytes(24)
KNOWN_ANSWER = (
    b"\0\0\0\0\0\1\0\1\0\0\0\0\x05_rtsp\x04_tcp\x05local\0\0\x0c\0\1\xc0\x0c\0\x0c\0\1\0\0\0\x78\0\x09\x06CAMERA\xc0\x0c"
)
PROBED_NAME = b"\0\0\0\0\0\1\0\0\0\1\0\0\x03cam\x05local\0\0\xff\0\1\xc0\x0c\0\1\0\1\0\0\0\x78\0\4\x0a\x14\0\x09"
TOOLS = {
    "sadp inquiry_v32": (
        37020,
        b"<?xml version='1.0' encoding='us-ascii'?><Probe><Uuid>{1}</Uuid><Types>inquiry_v32</Types></Probe>",
    ),
    "sadp with a mac": (37020, b"<Probe><Uuid>1</Uuid><MAC>ff-ff-ff-ff-ff-ff</MAC><Types>inquiry</Types></Probe>"),
    "sadp command": (
        37020,
        b"<Probe><Uuid>1</Uuid><Types>update</Types><MAC>bc-ad-28-00-00-01</MAC><Password>x</Password></Probe>",
    ),
    "dhip without header": (37810, b'{"method":"DHDiscover.search","params":{"mac":"","uni":0}}'),
    "dhip for one": (37810, DHIP_HEADER + b'{"method":"DHDiscover.search","params":{"mac":"3c:ef:8c:00:00:01","uni":1}}\n'),
    "dhip command": (37810, DHIP_HEADER + b'{"method":"DHDiscover.setConfig","params":{"username":"x","password":"y"}}\n'),
    "wsd probe of SOAP 1.1": (3702, ENVELOPE % b"Probe"),
    "wsd resolve": (3702, ENVELOPE % b"Resolve"),
    "wsd probe in UTF-16": (3702, (ENVELOPE % b"Probe").decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")),
    "ssdp in lower case": (1900, b"m-search * http/1.1\r\nst:urn:schemas-upnp-org:device:MediaRenderer:1\r\n\r\n"),
    "ssdp behind a blank line": (1900, b"\r\nM-SEARCH * HTTP/1.1\nST: ssdp:all\nMX:1\n\n"),
    "mdns with known answers": (5353, KNOWN_ANSWER),
    "mdns probing a name": (5353, PROBED_NAME),
    "llmnr": (5355, b"\0\1\0\0\0\1\0\0\0\0\0\0\x03cam\0\0\x1c\0\1"),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_query_of_another_tool_is_read_as_a_query(tool: str) -> None:
    port, payload = TOOLS[tool]
    for src_port in (port, 50000):
        for to in ("255.255.255.255", "239.255.255.250", ANOTHER):
            assert heard(payload, Endpoint(ASKER, src_port), Endpoint(to, port)) is None
