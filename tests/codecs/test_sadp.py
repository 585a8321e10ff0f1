from __future__ import annotations

from dataclasses import replace

import pytest

from camscan.codecs import sadp
from camscan.codecs.base import DecodeError
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories

DEVICE, GROUP = Endpoint("192.168.1.64", 37020), Endpoint("239.255.255.250", 37020)
OPAQUE = bytes(range(0x80, 0x100))


def said(inner: str, root: str = "ProbeMatch") -> dict[str, str]:
    return dict(sadp.observe(sadp.decode(f"<{root}>{inner}</{root}>".encode())))


@pytest.mark.parametrize("mac", ["68-6d-bc-00-00-01", "68:6D:BC:00:00:01", "686dbc000001"])
def test_every_form_of_mac_becomes_the_usual_one(mac: str) -> None:
    assert said(f"<MAC>{mac}</MAC>") == {"sadp.mac": "68:6d:bc:00:00:01"}


@pytest.mark.parametrize(
    ("sent", "meant"), [("true", "true"), ("TRUE", "true"), ("1", "true"), ("flase", "false"), ("false", "false"), ("?", None)]
)
def test_misspelt_booleans_are_understood(sent: str, meant: str | None) -> None:
    assert said(f"<Activated>{sent}</Activated>").get("sadp.activated") == meant


def test_the_first_of_a_repeated_element_that_is_not_empty_holds() -> None:
    assert said("<DeviceType/><DeviceType>1</DeviceType><DeviceType>2</DeviceType>") == {"sadp.type": "1"}


def test_names_of_elements_count_whatever_their_case() -> None:
    assert said("<OEMinfo>ABUS</OEMinfo>") == {"sadp.oem": "ABUS"}


def test_impossible_ports_and_addresses_are_left_out() -> None:
    assert said("<HttpPort>80a</HttpPort><CommandPort>٨</CommandPort><IPv4Address>300.1.1.1</IPv4Address>") == {}


def test_a_greeting_at_power_up_is_observed_like_an_answer() -> None:
    assert said("<Types>hello</Types><DeviceDescription>DS-1</DeviceDescription>", "Hello") == {"sadp.model": "DS-1"}


def test_the_inquiry_of_another_tool_says_nothing_and_is_no_fault() -> None:
    foreign = b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{1}</Uuid><MAC>ff-ff-ff-ff-ff-ff</MAC><Types>inquiry_v32</Types></Probe>'
    assert dispatch_datagram(factories.datagram(foreign, src=DEVICE, dst=GROUP), collector="c", site="s") is None


TOOL, ELSEWHERE = Endpoint("192.168.1.9", 37020), Endpoint("203.0.113.9", 37020)


@pytest.mark.parametrize(
    ("dst", "solicited"),
    [
        pytest.param(GROUP, False, id="to the group"),
        pytest.param(Endpoint("255.255.255.255", 37020), False, id="to all"),
        pytest.param(TOOL, False, id="to a tool of the maker"),
        pytest.param(Endpoint("10.30.0.9", 37020), False, id="to a tool behind a router"),
        pytest.param(Endpoint("192.168.1.9", 50123), True, id="to the port that we asked from"),
    ],
)
def test_unreadable_bytes_between_the_ports_of_the_protocol_or_in_answer_to_us_are_an_encrypted_message(
    dst: Endpoint, solicited: bool
) -> None:
    carrier = factories.datagram(OPAQUE, src=DEVICE, dst=dst, solicited=solicited)
    answer = dispatch_datagram(carrier, collector="c", site="s")
    assert isinstance(answer, Observation)
    assert answer.fields == (("sadp.encrypted", "true"),)
    short = dispatch_datagram(replace(carrier, payload=OPAQUE[:8]), collector="c", site="s")
    assert isinstance(short, Undecoded)


@pytest.mark.parametrize(
    ("src", "dst", "solicited"),
    [
        pytest.param(Endpoint("10.20.0.9", 40000), GROUP, False, id="from another port"),
        pytest.param(Endpoint("10.20.0.9", 40000), TOOL, True, id="from another port in answer to us"),
        pytest.param(DEVICE, Endpoint("142.250.1.1", 443), False, id="to a server"),
        pytest.param(DEVICE, Endpoint("192.168.1.9", 51820), False, id="to another port of a neighbour"),
        pytest.param(DEVICE, ELSEWHERE, False, id="to elsewhere"),
        pytest.param(ELSEWHERE, TOOL, False, id="from elsewhere"),
        pytest.param(DEVICE, Endpoint("239.1.2.3", 37020), False, id="to another group"),
    ],
)
def test_other_unreadable_bytes_of_that_port_are_of_whoever_was_given_it_for_an_hour(
    src: Endpoint, dst: Endpoint, solicited: bool
) -> None:
    carrier = factories.datagram(OPAQUE, src=src, dst=dst, solicited=solicited)
    assert dispatch_datagram(carrier, collector="c", site="s") is None


@pytest.mark.parametrize("dst", [GROUP, TOOL, Endpoint("192.168.1.9", 50123), ELSEWHERE])
def test_a_readable_answer_counts_whomever_it_goes_to(dst: Endpoint) -> None:
    answer = dispatch_datagram(
        factories.datagram(b"<ProbeMatch><DeviceType>1</DeviceType></ProbeMatch>", src=DEVICE, dst=dst), collector="c", site="s"
    )
    assert isinstance(answer, Observation)
    assert answer.fields == (("sadp.type", "1"),)


@pytest.mark.parametrize("raw", [b"<Other/>", b"<html><MAC>68-6d-bc-00-00-01</MAC></html>", b"<!DOCTYPE x><ProbeMatch/>"])
def test_other_documents_are_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        sadp.decode(raw)


def test_probes_are_inquiries_with_a_uuid_and_nothing_else() -> None:
    probes = sadp.probes(bytes(range(16)))
    assert {probe.payload for probe in probes} == {
        b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>00010203-0405-4607-8809-0A0B0C0D0E0F</Uuid><Types>inquiry</Types></Probe>'
    }
    assert [(probe.group, probe.broadcast, probe.unicast) for probe in probes] == [
        ("239.255.255.250", False, False),
        (None, True, False),
        (None, False, True),
    ]
    assert {probe.source_port for probe in probes} == {37020}
