from __future__ import annotations

import pytest

from camscan.codecs import ssdp
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

ANSWER = (
    b"HTTP/1.1 200 OK\r\nSERVER: Linux/4.9.94-axis5, UPnP/1.0\r\nST: upnp:rootdevice\r\nUSN: uuid:0::upnp:rootdevice\r\n\r\n"
)


def test_headers_are_found_in_any_case_and_only_those_of_the_vocabulary_are_kept() -> None:
    raw = b"notify * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nnt: upnp:rootdevice\r\nNts: ssdp:byebye\r\nusn: uuid:0\r\nOPT: x\r\n\r\n"
    assert ssdp.observe(ssdp.decode(raw)) == (
        ("ssdp.nt", "upnp:rootdevice"),
        ("ssdp.nts", "ssdp:byebye"),
        ("ssdp.usn", "uuid:0"),
    )


def test_a_search_of_others_says_nothing() -> None:
    for probe in ssdp.probes(bytes(16)):
        assert ssdp.observe(ssdp.decode(probe.payload)) == ()


def test_a_value_that_was_cut_off_is_left_out() -> None:
    assert ssdp.observe(ssdp.decode(ANSWER[:-12])) == (
        ("ssdp.server", "Linux/4.9.94-axis5, UPnP/1.0"),
        ("ssdp.st", "upnp:rootdevice"),
    )


def test_probes_are_searches_as_the_architecture_asks_for() -> None:
    for group, host in (("239.255.255.250", b"239.255.255.250"), ("ff02::c", b"[FF02::C]")):
        payloads = [probe.payload for probe in ssdp.probes(bytes(16)) if probe.group == group]
        assert len(set(payloads)) == len(ssdp.SEARCH_TARGETS)
        for payload in payloads:
            assert payload.startswith(
                b"M-SEARCH * HTTP/1.1\r\nHOST: " + host + b':1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: '
            )
            assert payload.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", b"GET / HTTP/1.1\r\nUSN: x\r\n\r\n", b"\r\n\r\n"])
def test_other_heads_are_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        ssdp.decode(raw)


def test_an_answer_is_recognised_on_any_port_if_it_names_a_service() -> None:
    elsewhere = Endpoint("10.20.0.9", 40000)
    assert ssdp.recognise(factories.datagram(ANSWER, src=elsewhere))
    assert not ssdp.recognise(factories.datagram(b"HTTP/1.1 200 OK\r\n\r\n", src=elsewhere))
    assert ssdp.recognise(factories.datagram(b"HTTP/1.1 200 OK\r\n\r\n", src=Endpoint("10.20.0.9", 1900)))
