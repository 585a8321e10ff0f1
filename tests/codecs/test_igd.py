"""What a device asks of a router: the ports, and nothing else of the request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import ssdp
from camscan.codecs.igd import observe_client
from camscan.codecs.registry import dispatch_client
from camscan.model import Endpoint, Via
from tests.factories import CAMERA_MAC, datagram, stream_head

CAMERA, ROUTER = Endpoint("10.20.0.31", 40001), Endpoint("10.20.0.1", 5000)


def asked(
    *,
    action: str = "AddPortMapping",
    port: str = "8000",
    transport: str = "TCP",
    service: str = "WANIPConnection:1",
    body: str = "",
) -> bytes:
    said = body or (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<u:{action} xmlns:u="urn:schemas-upnp-org:service:{service}"><NewRemoteHost></NewRemoteHost>'
        f"<NewExternalPort>{port}</NewExternalPort><NewProtocol>{transport}</NewProtocol><NewInternalPort>80</NewInternalPort>"
        "<NewInternalClient>10.20.0.31</NewInternalClient><NewEnabled>1</NewEnabled>"
        f"<NewPortMappingDescription>secret words</NewPortMappingDescription></u:{action}></s:Body></s:Envelope>"
    )
    return (
        f"POST /ctl/IPConn HTTP/1.1\r\nHost: 10.20.0.1:5000\r\nUser-Agent: IPC/1.0 UPnP/1.1\r\nContent-Length: {len(said)}\r\n"
        f'SOAPAction: "urn:schemas-upnp-org:service:{service}#{action}"\r\n\r\n{said}'
    ).encode()


@pytest.mark.parametrize("action", ["AddPortMapping", "AddAnyPortMapping"])
def test_a_port_that_a_router_is_asked_to_open_is_told(action: str) -> None:
    assert observe_client(asked(action=action, transport=" udp ")) == (("igd.internal_port", "80"), ("igd.port", "8000/udp"))


def test_several_requests_of_one_connection_are_told() -> None:
    said = observe_client(asked(port="8000") + asked(port="554"))
    assert [value for name, value in said if name == "igd.port"] == ["554/tcp", "8000/tcp"]


@pytest.mark.parametrize(
    "sent",
    [
        asked(action="GetExternalIPAddress"),
        asked(action="DeletePortMapping"),
        asked(port="70000"),
        asked(port=""),
        asked(transport="ICMP"),
        asked(body="<AddPortMapping>"),
        asked(body="no XML, but of PortMapping"),
        asked(body='<!DOCTYPE x [<!ENTITY y "8000">]><AddPortMapping><NewExternalPort>&y;</NewExternalPort></AddPortMapping>'),
        asked().replace(b"POST", b"GET "),
        b"POST PortMapping",
        b"",
    ],
)
def test_anything_else_says_nothing(sent: bytes) -> None:
    assert observe_client(sent) == ()


@given(st.binary(max_size=400))
def test_no_bytes_break_it(junk: bytes) -> None:
    observe_client(asked()[: len(junk) * 3] + junk)
    observe_client(b"POST / HTTP/1.1\r\nSOAPAction: x#AddPortMapping\r\n\r\n" + junk)


def test_it_stands_with_the_device_that_asks_and_its_words_are_not_kept() -> None:
    head = stream_head(b"", client=CAMERA, server=ROUTER, sent=asked(), client_mac=CAMERA_MAC, via=Via.PCAP)
    seen = dispatch_client(head, collector="pcap", site="s")
    assert seen is not None
    assert (seen.ip, seen.port, seen.link_mac) == ("10.20.0.31", None, CAMERA_MAC)
    assert {("igd.port", "8000/tcp"), ("igd.router", "10.20.0.1"), ("http.user_agent", "IPC/1.0 UPnP/1.1")} <= set(seen.fields)
    assert "secret words" not in repr(seen)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("urn:schemas-upnp-org:service:WANIPConnection:1", True),
        ("urn:schemas-upnp-org:device:InternetGatewayDevice:2", True),
        ("urn:schemas-upnp-org:device:MediaServer:1", False),
        ("urn:example-org:device:InternetGatewayDevice:1", False),
        ("ssdp:all", False),
        ("urn:", False),
    ],
)
def test_a_search_for_routers_is_told_and_no_other(target: str, told: bool) -> None:
    payload = (
        f'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: {target}\r\n\r\n'.encode()
    )
    assert ssdp.recognise(datagram(payload, dst=Endpoint("239.255.255.250", 1900)))
    assert ssdp.observe(ssdp.decode(payload)) == ((("ssdp.search", target),) if told else ())
