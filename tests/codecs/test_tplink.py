from __future__ import annotations

import json

import pytest

from camscan.codecs import tplink
from camscan.codecs.base import DecodeError

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
