from __future__ import annotations

import json

import pytest

from camscan.codecs import tplink
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

SYSINFO = json.dumps(
    {"system": {"get_sysinfo": {"model": "HS100(EU)", "type": "IOT.SMARTPLUGSWITCH", "mac": "9C:A2:F4:00:00:01"}}}
).encode()


def enciphered(plain: bytes) -> bytes:
    key, out = 0xAB, bytearray()
    for byte in plain:
        key ^= byte
        out.append(key)
    return bytes(out)


@pytest.mark.parametrize(
    "raw", [SYSINFO, enciphered(SYSINFO), len(SYSINFO).to_bytes(4) + enciphered(SYSINFO)], ids=["bare", "udp", "tcp"]
)
def test_sysinfo_is_read_bare_over_udp_and_over_tcp(raw: bytes) -> None:
    said = dict(tplink.observe(tplink.decode(raw)))
    assert said == {"tplink.model": "HS100(EU)", "tplink.type": "IOT.SMARTPLUGSWITCH", "tplink.mac": "9c:a2:f4:00:00:01"}


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b'{"system": {}}', enciphered(b'{"a": 1}'), b"\x02\x00" + bytes(14) + b"[]"]
)
def test_what_is_no_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        tplink.decode(raw)


def test_values_of_other_types_are_left_out() -> None:
    assert tplink.observe(tplink.decode(b'{"result": {"device_model": 7, "device_type": "SMART.IPCAMERA\\ud800"}}')) == (
        ("tplink.type", "SMART.IPCAMERA?"),
    )


def test_both_protocols_are_asked_of_everyone_and_of_single_hosts() -> None:
    probes = tplink.probes(bytes(16))
    assert [(probe.port, probe.broadcast, probe.unicast) for probe in probes] == [
        (20002, True, False),
        (20004, True, False),
        (9999, True, False),
        (20002, False, True),
        (9999, False, True),
    ]
    assert {probe.payload.hex() for probe in probes if probe.port != 9999} == {"020000010000000000000000463cb5d3"}
    assert {probe.payload for probe in probes if probe.port == 9999} == {enciphered(b'{"system":{"get_sysinfo":{}}}')}


@pytest.mark.parametrize(
    "question",
    [
        b"\x02\0\0\x01" + bytes(12),
        b"\x02\0\0\x01" + bytes(12) + b'{"params":{"rsa_key":"-----BEGIN PUBLIC KEY-----"}}',
        enciphered(b'{"system":{"get_sysinfo":null}}'),
    ],
    ids=["header", "key", "sysinfo"],
)
def test_questions_of_clients_say_nothing_of_their_sender(question: bytes) -> None:
    assert tplink.recognise(factories.datagram(question, dst=Endpoint("10.20.0.255", 9999)))
    assert tplink.observe(tplink.decode(question)) == ()


def test_other_traffic_of_the_ports_is_not_recognised() -> None:
    for other in (b"GET / HTTP/1.0\r\n\r\n", b"\x02\x01" + bytes(20), b"\x02\0" + bytes(14) + b"\x01", b"\x02\0"):
        assert not tplink.recognise(factories.datagram(other, src=Endpoint("10.20.0.5", 9999)))


SECRETS = {
    "cnCloud": {"get_info": {"username": "owner@example.com", "password": "hunter2"}},
    "netif": {"get_stainfo": {"ssid": "Home", "key": "hunter3"}},
}
BESIDE = {
    "alias": "Bedroom",
    "latitude_i": 515000,
    "deviceId": "8006AB",
    "model": "HS100(EU)",
    "mac": "9C:A2:F4:00:00:01",
    "sw_ver": "1.2",
}


@pytest.mark.parametrize("form", ["bare", "udp", "tcp", "headed"])
def test_of_an_answer_what_is_read_is_kept_and_nothing_beside_it(form: str) -> None:
    plain = json.dumps({"system": {"get_sysinfo": BESIDE}, **SECRETS}).encode()
    if form == "headed":
        plain = (
            b"\x02\0"
            + bytes(14)
            + json.dumps({"result": {"device_model": "C210", "mac": "9C-A2-F4-00-00-01", "owner": "hunter2"}}).encode()
        )
    raw = {"udp": enciphered(plain), "tcp": len(plain).to_bytes(4) + enciphered(plain)}.get(form, plain)
    kept = tplink.without_secrets(raw)
    shown = kept + enciphered(kept)
    for length in range(4):
        shown += bytes(one ^ key for one, key in zip(kept[length:], b"\xab" + kept[length:], strict=False))
    assert not [word for word in (b"hunter", b"owner", b"Home", b"Bedroom", b"8006AB", b"515000") if word in shown]
    assert tplink.observe(tplink.decode(kept)) == tplink.observe(tplink.decode(raw))
    assert tplink.without_secrets(raw[:-20]) == b""
