from __future__ import annotations

import json

import pytest

from camscan.codecs import xiongmai
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint
from tests import factories

BOARD, TOOL = Endpoint("10.20.0.100", 34569), Endpoint("10.20.0.1", 34569)


def message(network: object, verb: int = 1531) -> bytes:
    body = json.dumps({"NetWork.NetCommon": network}).encode() + b"\n\0"
    return b"\xff\x01\0\0" + bytes(10) + verb.to_bytes(2, "little") + len(body).to_bytes(4, "little") + body


def said(**network: object) -> dict[str, str]:
    return dict(xiongmai.observe(xiongmai.decode(message(network))))


def test_the_search_is_the_documented_one_and_leaves_from_the_port_that_answers_go_to() -> None:
    [probe] = xiongmai.probes(bytes(16))
    assert probe.payload == bytes.fromhex("ff00000000000000000000000000fa0500000000")
    assert (probe.broadcast, probe.port, probe.source_port) == (True, 34569, 34569)


def test_addresses_are_read_from_little_endian_hexadecimal() -> None:
    assert said(HostIP="0x6D0BA8C0") == {"xiongmai.ip": "192.168.11.109"}
    assert said(HostIP="0x00000000", GateWay="0x1", MAC="?") == {}


def test_of_the_cloud_identifier_only_the_beginning_is_told() -> None:
    assert said(SN="41e6123456789abc") == {"xiongmai.cloud_id": "41e6…"}


@pytest.mark.parametrize("verb", [1530, 1532, 1533, 1000])
def test_verbs_that_change_settings_are_left_alone(verb: int) -> None:
    setting = factories.datagram(message({"Password": "planted"}, verb), src=TOOL, dst=BOARD)
    assert dispatch_datagram(setting, collector="c", site="s") is None


def test_values_of_other_types_are_left_out() -> None:
    assert said(HttpPort=True, TCPPort=[1], ChannelNum=None, DeviceType={"a": 1}, HostName=10**40) == {}


@pytest.mark.parametrize("network", [None, [], "text", 5])
def test_an_answer_without_its_member_is_an_error(network: object) -> None:
    with pytest.raises(DecodeError):
        xiongmai.decode(message(network))


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(DecodeError):
        xiongmai.decode(b"\xff\x01\0\0" + bytes(10) + b"\xfb\x05\0\0\0\0" + b'{"a":' * 2000)
