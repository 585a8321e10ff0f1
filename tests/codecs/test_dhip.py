from __future__ import annotations

import json
from typing import Any

import pytest

from camscan.codecs import dhip
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories


def answer(info: dict[str, Any], **top: Any) -> bytes:
    return json.dumps(
        {"method": "client.notifyDevInfo", "mac": "4c:11:bf:00:00:01", "params": {"deviceInfo": info}} | top
    ).encode()


def said(raw: bytes) -> dict[str, str]:
    return dict(dhip.observe(dhip.decode(raw)))


@pytest.mark.parametrize(
    "framed",
    [
        lambda body: body,
        lambda body: b"\x20\0\0\0DHIP" + bytes(24) + body,
        lambda body: b"\x20\0\0\0DHIP" + b"\xff" * 24 + body + b"\n\0\0",
    ],
    ids=["bare", "header", "wrong lengths and trailing bytes"],
)
def test_the_header_is_not_needed_and_its_lengths_are_not_believed(framed: Any) -> None:
    assert said(framed(answer({"DeviceType": "IPC-HDW1"}))) == {"dhip.mac": "4c:11:bf:00:00:01", "dhip.model": "IPC-HDW1"}


@pytest.mark.parametrize("place", range(8, 32))
def test_a_brace_among_the_bytes_of_the_header_begins_no_json(place: int) -> None:
    header = bytearray(b"\x20\0\0\0DHIP" + bytes(24))
    header[place] = 0x7B
    assert said(bytes(header) + answer({"DeviceType": "IPC-HDW1"}))["dhip.model"] == "IPC-HDW1"


def test_values_of_other_types_are_left_out() -> None:
    info = {
        "DeviceType": ["IPC"],
        "Vendor": None,
        "Port": 37777,
        "HttpPort": True,
        "SerialNo": " 0A\0",
        "IPv4Address": "10.20.0.1",
    }
    assert said(answer(info)) == {"dhip.mac": "4c:11:bf:00:00:01", "dhip.port": "37777", "dhip.serial": "0A"}


def test_half_a_surrogate_becomes_a_question_mark() -> None:
    assert said(answer({"MachineName": "a\ud800b"}))["dhip.name"] == "a?b"


def test_text_that_is_not_utf_8_is_read_as_latin_1() -> None:
    assert said(answer({"MachineName": "X"}).replace(b"X", b"T\xfcr"))["dhip.name"] == "Tür"


def test_the_search_of_another_tool_says_nothing() -> None:
    assert said(b'{"method":"DHDiscover.search","params":{"mac":"","uni":0}}') == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"{",
        b"[]",
        b'{"method":1}',
        b'{"method":"client.notifyDevInfo"}',
        b'{"method":"client.notifyDevInfo","params":{"deviceInfo":[]}}',
        b'{"method":"other","params":{"deviceInfo":{"DeviceType":"x"}}}',
        b'{"a":' * 60_000,
        b'{"method":' + b"9" * 10_000 + b"}",
    ],
)
def test_other_json_is_an_error(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        dhip.decode(raw)


def test_the_probe_is_the_search_that_devices_answer_to_the_byte() -> None:
    [payload] = {probe.payload for probe in dhip.probes(bytes(16))}
    assert payload[:32].hex() == "20000000444849500000000000000000" + "3b00000000000000" * 2
    assert payload[32:] == b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}\n'
    assert [(probe.group, probe.broadcast, probe.unicast) for probe in dhip.probes(bytes(16))] == [
        ("239.255.255.251", False, False),
        (None, True, False),
        (None, False, True),
    ]


def test_json_is_recognised_on_its_port_and_the_header_on_any() -> None:
    elsewhere = Endpoint("10.20.0.9", 40000)
    assert dhip.recognise(factories.datagram(b"\x20\0\0\0DHIP", src=elsewhere))
    assert not dhip.recognise(factories.datagram(b'{"method":1}', src=elsewhere))
    assert dhip.recognise(factories.datagram(b'{"method":1}', src=Endpoint("10.20.0.9", 37810)))
