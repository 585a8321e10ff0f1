"""What an HTTP response carries of another protocol, and several answers on one connection."""

from __future__ import annotations

import pytest

from camscan.codecs import control
from camscan.codecs.head import exchanges
from camscan.codecs.messages import parts_of
from camscan.codecs.registry import dispatch_stream
from camscan.model import Endpoint, Observation, StreamHead, Via
from tests.factories import NOON

DESCRIPTION = (
    b'<root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>urn:x</deviceType>'
    b"<manufacturer>Kam\xc3\xa9ra</manufacturer></device></root>"
)
INFORMATION = (
    b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><GetDeviceInformationResponse>'
    b"<Manufacturer>H264</Manufacturer></GetDeviceInformationResponse></e:Body></e:Envelope>"
)


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 192.0.2.7\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: 192.0.2.7\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def stream(sent: bytes, received: bytes) -> StreamHead:
    ends = {"client": Endpoint("2001:db8::1", 40000), "server": Endpoint("2001:db8::7", 80)}
    return StreamHead(**ends, sent=sent, received=received, received_at=NOON, via=Via.PCAP)


def said(sent: bytes, received: bytes) -> list[str]:
    seen = dispatch_stream(stream(sent, received), collector="pcap", site="Łódź")
    assert isinstance(seen, Observation)
    assert seen.protocol == "http"
    return [f"{name}={value}" for name, value in seen.fields if name.startswith(("upnp.", "onvif."))]


@pytest.mark.parametrize("path", ["/", "/rootdesc1.xml"])
def test_a_description_is_read_wherever_it_stands(path: str) -> None:
    assert said(get(path), answer(DESCRIPTION)) == ["upnp.device_type=urn:x", "upnp.manufacturer=Kaméra"]


def test_device_information_is_read_where_it_was_posted_for() -> None:
    assert said(post("/onvif/device_service", b"<a/>"), answer(INFORMATION)) == ["onvif.manufacturer=H264"]


def test_a_page_that_looks_like_device_information_is_a_page() -> None:
    assert said(get("/"), answer(INFORMATION)) == []


def test_what_a_server_answers_to_the_control_is_no_description() -> None:
    asked = control.request("192.0.2.7", "camscan/0", bytes(16))
    assert said(asked, answer(DESCRIPTION)) == []


def test_description_that_the_parser_refuses_leaves_the_page() -> None:
    assert said(get("/d"), answer(b"<!DOCTYPE x>" + DESCRIPTION)) == []


def test_each_answer_stands_beside_its_request() -> None:
    sent = post("/a", b"xy") + get("/b") + get("/c")
    received = answer(b"A") + answer(b"B") + answer(b"C")
    assert list(exchanges(sent, received, 2)) == [
        (post("/a", b"xy"), answer(b"A")),
        (get("/b") + get("/c"), answer(b"B") + answer(b"C")),
    ]
    assert [one for _, one in exchanges(sent, received, 5)] == [answer(b"A"), answer(b"B"), answer(b"C")]


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (b"", b""),
        (get("/a"), answer(b"A")),
        (get("/a") + get("/b"), b"HTTP/1.1 200 OK\r\n\r\nwithout an end" + answer(b"B")),
        (b"HEAD /a HTTP/1.1\r\n\r\n" + get("/b"), answer(b"A") + answer(b"B")),
        (get("/a") + get("/b"), answer(b"A")[:-1]),
        (b"\x00\xff", b"\xff\x00"),
    ],
)
def test_what_cannot_be_told_apart_stays_together(sent: bytes, received: bytes) -> None:
    assert list(exchanges(sent, received, 4)) == [(sent, received)]


def test_a_front_page_and_what_follows_it_are_one_conversation() -> None:
    whole = stream(get("/") + get("/b"), answer(b"A") + answer(b"B"))
    assert list(parts_of(whole)) == [whole]
    other = stream(get("/a") + get("/b"), answer(b"A") + answer(b"B"))
    assert [part.received for part in parts_of(other)] == [answer(b"A"), answer(b"B")]
