"""Samples for others: as many bytes, the same fields up to the masks, and nothing in them that names the device."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from camscan.codecs.registry import dispatch_datagram, dispatch_frame, dispatch_stream
from camscan.model import AssessedAsset, Endpoint, Observation
from camscan.report.replacing import as_long
from camscan.report.sample import LeftOut, name_of, samples
from tests import factories
from tests.codecs.test_contract import BY_NAME, SAMPLES, run
from tests.data.test_samples import faults_of
from tests.report import making

MAC = "44:19:b6:9a:7b:6c"
SERIAL = "DS-2CD2385G1-I20230514AAWR555555555"
IP = "10.77.5.31"
SADP = f"""<?xml version="1.0" encoding="UTF-8"?>
<ProbeMatch>
<Uuid>11223344-5566-4788-99aa-bbccddeeff00</Uuid>
<Types>inquiry</Types>
<DeviceType>44322</DeviceType>
<DeviceDescription>DS-2CD2385G1-I</DeviceDescription>
<DeviceSN>{SERIAL}</DeviceSN>
<CommandPort>8000</CommandPort>
<HttpPort>80</HttpPort>
<MAC>44-19-B6-9A-7B-6C</MAC>
<IPv4Address>{IP}</IPv4Address>
<IPv4SubnetMask>255.255.255.0</IPv4SubnetMask>
<IPv4Gateway>10.77.5.1</IPv4Gateway>
<IPv6Address>fe80::4619:b6ff:fe9a:7b6c</IPv6Address>
<SoftwareVersion>V5.7.3build 220112</SoftwareVersion>
<Activated>true</Activated>
</ProbeMatch>
""".encode()
HTTP = (
    b"HTTP/1.1 401 Unauthorized\r\nServer: webserver\r\nX-Unit: 4419B69A7B6C\r\n"
    b'WWW-Authenticate: Digest realm="Gate Three camera", nonce="0"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
)
NAMED = (
    IP.encode(), b"10.77.5.1", ip_address(IP).packed, SERIAL.encode(), b"555555555", MAC.encode(), b"44-19-B6-9A-7B-6C", b"4419B69A7B6C",
    bytes.fromhex("4419b69a7b6c"), b"fe9a:7b6c", b"Gate Three", b"kamera-wej\xc5\x9bcie",
)  # fmt: skip


def sadp(payload: bytes = SADP) -> Observation:
    carrier = factories.datagram(payload, src=Endpoint(IP, 37020), dst=Endpoint("10.77.5.9", 37020), src_mac=MAC)
    return said(dispatch_datagram(carrier, collector="multicast", site="s"))


def http(received: bytes = HTTP) -> Observation:
    head = factories.stream_head(received, sent=b"GET / HTTP/1.1\r\n\r\n", server=Endpoint(IP, 8080), server_mac=MAC)
    return said(dispatch_stream(head, collector="tcp", site="s"))


def arp() -> Observation:
    body = bytes.fromhex("00010800060400024419b69a7b6c") + ip_address(IP).packed + bytes.fromhex("02005e005301")
    frame = factories.ethernet(body + ip_address("10.77.5.9").packed, 0x0806, src_mac=MAC)
    return said(dispatch_frame(factories.frame(frame), collector="arp", site="s"))


def said(found: object) -> Observation:
    assert isinstance(found, Observation)
    return found


def device(*observations: Observation, **known: Any) -> AssessedAsset:
    values = {"brand": "hikvision", "maker": "hikvision", "model": "DS-2CD2385G1-I", "firmware": "V5.7.3", "serial": SERIAL}
    return making.assessed(
        11,
        None,
        identification=making.known(**(values | known)),
        ips=(IP,),
        macs=(MAC,),
        hostnames=("kamera-wejście",),
        observations=observations,
    )


def test_each_message_that_can_be_is_handed_on_and_decodes_to_what_its_json_says() -> None:
    taken, left = samples(device(sadp(), http(), arp()))
    assert [one.codec for one in taken] == ["sadp", "http", "arp"]
    assert left == ()
    for one in taken:
        assert [list(pair) for pair in run(BY_NAME[one.codec], one.raw, one.document.get("carrier"))] == one.document["fields"]
        assert one.document["source"]
        assert faults_of(one.document["fields"]) == []


def test_nothing_that_names_the_device_its_place_or_who_asked_is_left_in_any_byte() -> None:
    taken, _ = samples(device(sadp(), http(), arp()))
    for one in taken:
        for named in NAMED:
            assert named not in one.raw, (one.codec, named)


def test_a_sample_is_as_long_as_the_message_and_says_the_same_of_the_product() -> None:
    before = sadp()
    [one], _ = samples(device(before))
    fields = dict(one.document["fields"])
    assert len(one.raw) == len(before.raw)
    assert fields["sadp.model"] == "DS-2CD2385G1-I"
    assert fields["sadp.firmware"] == "V5.7.3build 220112"
    assert fields["sadp.serial"] == "DS-2CD2385G1-I00000000AAAA000000000"
    assert fields["sadp.mac"].startswith("44:19:b6:00:00:")
    assert fields["sadp.ip"] == "192.0.2.99"


def test_one_thing_is_replaced_by_the_same_in_every_message() -> None:
    taken, _ = samples(device(sadp(), arp(), http()))
    told = {name: value for one in taken for name, value in one.document["fields"]}
    assert told["sadp.mac"] == told["arp.mac"]
    assert told["sadp.ip"] == told["arp.ip"]
    assert told["sadp.mac"].replace(":", "").upper().encode() in taken[2].raw


def test_words_of_a_person_go_and_those_of_the_product_stay() -> None:
    [one], _ = samples(device(http()))
    assert ["http.auth.realm", "xxxx xxxxx camera"] in one.document["fields"]
    assert one.document["carrier"] == {"port": 8080}


def dhcp(xid: bytes) -> Observation:
    head = b"\x01\x01\x06\x00" + xid + bytes(20) + bytes.fromhex("4419b69a7b6c") + bytes(10) + bytes(192)
    payload = head + b"\x63\x82\x53\x63\x35\x01\x01\x3c\x07Camera1\xff"
    carrier = factories.datagram(payload, src=Endpoint("0.0.0.0", 68), dst=Endpoint("255.255.255.255", 67), src_mac=MAC)
    return said(dispatch_datagram(carrier, collector="listen", site="s"))


@pytest.mark.parametrize("tail", ["b69a7b6c", "6c7b9ab6", "009a7b6c", "9a7b6c00"])
def test_the_end_of_a_mac_is_replaced_too_in_either_order_of_bytes(tail: str) -> None:
    taken, left = samples(device(dhcp(bytes.fromhex(tail))))
    assert (len(taken), left) == (1, ())
    for part in ("9a7b6c", "6c7b9a"):
        assert bytes.fromhex(part) not in taken[0].raw


@pytest.mark.parametrize("written", ["9A7B6C", "b69a7b6c", "9a:7b:6c", "B6-9A-7B-6C", "19b69a7b6c"])
def test_the_end_of_a_mac_is_replaced_where_it_is_written_in_letters(written: str) -> None:
    taken, left = samples(device(http(HTTP.replace(b"4419B69A7B6C", written.encode()))))
    assert (len(taken), left) == (1, ())
    assert b"9a7b6c" not in taken[0].raw.lower().replace(b":", b"").replace(b"-", b"")


def test_a_mac_whose_end_is_nearly_nought_does_not_change_every_message() -> None:
    plain = samples(replace(device(sadp()), asset=replace(device(sadp()).asset, macs=("44:19:b6:00:00:01",))))[0]
    assert b"<HttpPort>80<" in plain[0].raw


def test_the_numbers_of_a_discovery_message_are_replaced() -> None:
    path = SAMPLES / "wsd" / "hikvision_dfi6256te.bin"
    raw = path.read_bytes()
    planted = raw.replace(
        raw[raw.index(b"MessageID>") : raw.index(b"</", raw.index(b"MessageID>"))],
        b"MessageID>urn:uuid:0a6dc791-2be6-4991-9af1-454778a1917a",
    )
    if b"InstanceId=" not in planted:
        planted = planted.replace(
            b"<wsa:MessageID>",
            b'<d:AppSequence InstanceId="1577836801" SequenceId="urn:uuid:0a6dc791" MessageNumber="77"/><wsa:MessageID>',
        )
    carrier = factories.datagram(planted, src=Endpoint(IP, 3702), dst=Endpoint("10.77.5.9", 37020), src_mac=MAC)
    taken, left = samples(device(said(dispatch_datagram(carrier, collector="multicast", site="s"))))
    assert (len(taken), left) == (1, ())
    assert b"MessageID>urn:uuid:00000000-0000-4000-9000-000000000000<" in taken[0].raw
    assert b"0a6dc791" not in taken[0].raw
    assert b'InstanceId="1577836801"' not in taken[0].raw


def test_types_of_services_that_everybody_uses_stay() -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nST: upnp:rootdevice\r\nSERVER: Linux UPnP/1.0\r\n"
        b"LOCATION: http://10.77.5.31:80/d.xml\r\nUSN: uuid:11223344-5566-4788-99aa-bbccddeeff00::upnp:rootdevice\r\n\r\n"
    )
    carrier = factories.datagram(answer, src=Endpoint(IP, 1900), dst=Endpoint("10.77.5.9", 37020), src_mac=MAC)
    [one], _ = samples(device(said(dispatch_datagram(carrier, collector="multicast", site="s"))))
    assert ["ssdp.st", "upnp:rootdevice"] in one.document["fields"]
    assert dict(one.document["fields"])["ssdp.usn"].endswith("::upnp:rootdevice")
    assert b"bbccddeeff00" not in one.raw


def test_a_page_is_left_out_unless_it_is_asked_for() -> None:
    page = (
        b"HTTP/1.1 200 OK\r\nServer: webserver\r\nContent-Length: 51\r\n\r\n<html><body>unit 44:19:b6:9a:7b:6c</body></html>   "
    )
    taken, [gone] = samples(device(http(page)))
    assert taken == ()
    assert gone.protocol == "http"
    assert "--with-pages takes it; read it before you hand it on" in gone.why
    [one], left = samples(device(http(page)), pages=True)
    assert left == ()
    assert b"9a:7b:6c" not in one.raw


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"raw": b""}, "its bytes were not kept in full"),
        ({"truncated": True}, "its bytes were not kept in full"),
        ({"protocol": "tcp"}, "no codec reads it by itself"),
        ({"raw": b"\x00nothing"}, "its bytes as kept cannot be read again"),
    ],
)
def test_what_cannot_be_a_sample_is_left_out_with_the_reason(change: dict[str, Any], why: str) -> None:
    taken, [gone] = samples(device(replace(sadp(), **change)))
    assert taken == ()
    assert why in gone.why


def test_a_key_that_names_a_device_cannot_be_replaced_and_its_message_is_left_out() -> None:
    with_key = [path for path in sorted((SAMPLES / "tls").glob("*.bin")) if "tls.key" in path.with_suffix(".json").read_text()]
    head = factories.stream_head(with_key[0].read_bytes(), server=Endpoint(IP, 443), server_mac=MAC)
    taken, [gone] = samples(device(said(dispatch_stream(head, collector="tcp", site="s"))))
    assert (taken, gone.protocol) == ((), "tls")


def test_a_name_that_stands_in_the_bytes_in_another_form_leaves_the_message_out() -> None:
    odd = SADP.replace(SERIAL.encode(), SERIAL.replace("-", "&#45;").encode())
    taken, left = samples(device(sadp(odd)))
    assert taken == ()
    assert left == (LeftOut("sadp", "its names cannot be replaced byte by byte: sadp.serial"),)


def test_the_same_message_twice_is_one_sample_and_two_of_one_protocol_have_two_names() -> None:
    other = SADP.replace(b"<HttpPort>80<", b"<HttpPort>81<")
    taken, _ = samples(device(sadp(), sadp(other), replace(sadp(), via=sadp().via, count=9)))
    assert [one.name for one in taken] == ["hikvision_ds-2cd2385g1-i_v5.7.3", "hikvision_ds-2cd2385g1-i_v5.7.3_2"]


def test_a_name_of_a_file_leads_nowhere_else() -> None:
    assert name_of(device(model="../../etc/x y", firmware=None)) == "hikvision_etc-x-y"
    assert name_of(device(model=None, firmware=None, brand=None, maker=None)) == "unknown"


@pytest.mark.parametrize(
    "old",
    ["8.8.8.8", "10.1.1.1", "10.20.0.1", "10.20.0.11", "10.20.0.111", "172.16.20.1", "172.16.20.11", "172.16.200.11", "192.168.111.222",
     "fe80::4619:b6ff:fe9a:7b6c", "2a00:1450:4001::1", "fd00:20::aa"],
)  # fmt: skip
def test_an_address_is_replaced_by_one_as_long(old: str) -> None:
    new = as_long(ip_address(old))
    assert new is not None
    assert len(str(new)) == len(old)
    assert str(new) != old


def test_an_address_of_ipv6_that_is_too_short_has_no_other_as_long() -> None:
    assert as_long(ip_address("fe80::1")) is None
