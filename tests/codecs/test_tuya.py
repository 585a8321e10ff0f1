from __future__ import annotations

import json

import pytest

from camscan.codecs import tuya
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories
from tests.lab.simulators.tuya import Tuya

HANDLE = "bf000000000000000001"
ENCIPHERED = Tuya(gw_id=HANDLE, product="key0000000000001").beacon("10.20.0.5")


def framed(data: bytes) -> bytes:
    return bytes.fromhex("000055aa") + bytes(8) + (len(data) + 8).to_bytes(4) + data + bytes(4) + bytes.fromhex("0000aa55")


IN_CLEAR = framed(json.dumps({"gwId": HANDLE, "ip": "10.20.0.5", "productKey": "key0000000000001", "version": "3.3"}).encode())


def test_nothing_is_sent() -> None:
    assert tuya.probes(bytes(16)) == ()


@pytest.mark.parametrize("beacon", [ENCIPHERED, IN_CLEAR], ids=["enciphered", "in clear"])
def test_the_handle_of_the_cloud_is_nowhere_in_what_is_kept(beacon: bytes) -> None:
    datagram = factories.datagram(beacon, src=Endpoint("10.20.0.5", 40000), dst=Endpoint("10.20.0.255", 6667))
    observed = dispatch_datagram(datagram, collector="multicast", site="s")
    assert isinstance(observed, Observation)
    assert observed.fields == (
        ("tuya.id", "bf00…"),
        ("tuya.ip", "10.20.0.5"),
        ("tuya.product", "key0000000000001"),
        ("tuya.version", "3.3"),
    )
    assert HANDLE not in repr(observed)
    assert beacon[16:48] not in observed.raw
    assert tuya.observe(tuya.decode(observed.raw)) == observed.fields


@pytest.mark.parametrize(
    "raw",
    [
        framed(b""),
        framed(bytes(16)),
        framed(b"{}"),
        framed(b'{"gwId":7}'),
        framed(b"[" * 4000),
        ENCIPHERED[:-1],
        ENCIPHERED[:12] + b"\xff\xff\xff\xff" + ENCIPHERED[16:],
    ],
    ids=["empty", "another key", "no keys", "no text", "deep", "cut", "long"],
)
def test_what_is_no_beacon_is_refused_and_nothing_of_it_kept_that_could_name_it(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        tuya.decode(raw)
    assert HANDLE.encode() not in tuya.without_secrets(raw)
