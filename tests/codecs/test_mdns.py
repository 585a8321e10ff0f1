from __future__ import annotations

import pytest

from camscan.codecs import dns, mdns
from camscan.model import Endpoint
from tests import factories

AXIS = "AXIS M1065-L - ACCC8E000001"


def name(*labels: str) -> bytes:
    return b"".join(bytes([len(label.encode())]) + label.encode() for label in labels) + b"\0"


def response(*records: tuple[bytes, int, bytes], flags: int = 0x8400) -> bytes:
    body = b"".join(
        owner + kind.to_bytes(2) + b"\x80\x01" + bytes(4) + len(content).to_bytes(2) + content
        for owner, kind, content in records
    )
    return bytes(2) + flags.to_bytes(2) + bytes(2) + len(records).to_bytes(2) + bytes(4) + body


def said(payload: bytes) -> list[tuple[str, str]]:
    return list(mdns.observe(mdns.decode(payload)))


def txt(*strings: str) -> bytes:
    return b"".join(bytes([len(string.encode())]) + string.encode() for string in strings)


def test_a_resolved_service_and_the_same_service_on_the_wire_are_observed_equally() -> None:
    kind = ("_axis-video", "_tcp", "local")
    wire = response(
        (name(*kind), dns.PTR, name(AXIS, *kind)),
        (name(AXIS, *kind), dns.SRV, bytes(4) + b"\0\x50" + name("axis-accc8e000001", "local")),
        (name(AXIS, *kind), dns.TXT, txt("macaddress=ACCC8E000001", "flag")),
    )
    browsed = mdns.observe_service(
        "_axis-video._tcp.local.",
        f"{AXIS}._axis-video._tcp.local.",
        "axis-accc8e000001.local.",
        [("macaddress", "ACCC8E000001"), ("flag", "")],
    )
    assert tuple(said(wire)) == browsed
    assert ("mdns.mac", "ac:cc:8e:00:00:01") in browsed


def test_a_query_says_nothing_even_with_known_answers() -> None:
    answer = (name("_http", "_tcp", "local"), dns.PTR, name("Cam", "_http", "_tcp", "local"))
    assert said(response(answer, flags=0)) == []


def test_the_list_of_types_names_services_without_instances() -> None:
    payload = response((name("_services", "_dns-sd", "_udp", "local"), dns.PTR, name("_axis-nvr", "_tcp", "local")))
    assert said(payload) == [("mdns.service", "_axis-nvr._tcp")]


def test_a_subtype_leads_to_the_service_itself() -> None:
    payload = response((name("_camera", "_sub", "_http", "_tcp", "local"), dns.PTR, name("Tür 1.2", "_http", "_tcp", "local")))
    assert said(payload) == [("mdns.instance", "Tür 1.2"), ("mdns.service", "_http._tcp")]


def test_the_name_of_the_wireless_network_is_left_out() -> None:
    owner = name("D-Link HNAP Service", "_dhnap", "_tcp", "local")
    fields = said(response((owner, dns.TXT, txt("wlan0_ssid=private", "mac=B0:C5:54:00:00:01"))))
    assert ("mdns.mac", "b0:c5:54:00:00:01") in fields
    assert not [value for _, value in fields if "private" in value]


@pytest.mark.parametrize(
    ("instance", "mac"),
    [
        (AXIS, "ac:cc:8e:00:00:01"),
        ("IC-3115W [74:da:38:00:00:01]", "74:da:38:00:00:01"),
        ("Printer 202301010001", None),
        ("Camera 20-23-01-01-00-01", "20:23:01:01:00:01"),
        ("HIKVISION DS-2CD2032-I - 400000000", None),
    ],
)
def test_a_mac_at_the_end_of_a_name_is_taken_and_a_serial_number_is_not(instance: str, mac: str | None) -> None:
    fields = dict(mdns.observe_service("_http._tcp", instance))
    assert fields.get("mdns.mac") == mac


def test_addresses_and_reverse_names_give_host_names() -> None:
    payload = response(
        (name("kamera", "local"), dns.A, bytes([10, 20, 0, 9])),
        (name("9", "0", "20", "10", "in-addr", "arpa"), dns.PTR, name("DCS-935L", "local")),
    )
    assert said(payload) == [("mdns.host", "DCS-935L"), ("mdns.host", "kamera")]


def test_probes_ask_for_every_type_and_want_answers_to_a_port_of_their_own() -> None:
    probes = mdns.probes(bytes(range(16)))
    for group in ("224.0.0.251", "ff02::fb"):
        payloads = [probe.payload for probe in probes if probe.group == group]
        asked = [".".join(question.name[:-1]) for payload in payloads for question in dns.parse(payload).questions]
        assert tuple(asked) == mdns.SERVICE_TYPES
    assert {probe.source_port for probe in probes} == {None}


def test_only_the_port_of_mdns_is_recognised() -> None:
    assert mdns.recognise(factories.datagram(b"", src=Endpoint("10.20.0.9", 5353)))
    assert not mdns.recognise(factories.datagram(b"", src=Endpoint("10.20.0.9", 53)))


def test_whom_a_server_lets_in_is_in_no_field_and_no_byte() -> None:
    strings = (b"u=person", b"p=sesame", b"cpu=arm", b"path=/index.html")
    content = b"".join(bytes([len(one)]) + one for one in strings)
    raw = bytes.fromhex("000084000000000100000000") + b"\x03cam\x05_http\x04_tcp\x05local\0"
    raw += bytes.fromhex("0010800100000078") + len(content).to_bytes(2) + content
    kept = mdns.without_secrets(raw)
    assert kept == raw.replace(b"person", b"******").replace(b"sesame", b"******")
    assert [value for name, value in mdns.observe(mdns.decode(raw)) if name == "mdns.txt"] == ["cpu=arm", "path=/index.html"]
    assert mdns.observe(mdns.decode(kept)) == mdns.observe(mdns.decode(raw))
