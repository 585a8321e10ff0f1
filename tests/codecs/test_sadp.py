from __future__ import annotations

import pytest

from camscan.codecs import sadp
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import Undecoded, dispatch_datagram
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


def test_unreadable_bytes_count_only_from_the_port_of_the_protocol() -> None:
    answer = dispatch_datagram(factories.datagram(OPAQUE, src=DEVICE, dst=GROUP), collector="c", site="s")
    assert isinstance(answer, Observation)
    assert answer.fields == (("sadp.encrypted", "true"),)
    assert (
        dispatch_datagram(factories.datagram(OPAQUE, src=Endpoint("10.20.0.9", 40000), dst=GROUP), collector="c", site="s")
        is None
    )
    short = dispatch_datagram(factories.datagram(OPAQUE[:8], src=DEVICE, dst=GROUP), collector="c", site="s")
    assert isinstance(short, Undecoded)


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
