from __future__ import annotations

import pytest

from camscan.codecs import ubiquiti
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

HERE = Endpoint("10.20.0.5", 10001)


def record(kind: int, value: bytes) -> bytes:
    return bytes([kind]) + len(value).to_bytes(2) + value


def answer(*records: bytes, begins: bytes = b"\x02\x06") -> bytes:
    body = b"".join(records)
    return begins + len(body).to_bytes(2) + body


def test_both_versions_are_asked_of_the_group_of_everyone_and_of_single_hosts() -> None:
    probes = ubiquiti.probes(bytes(16))
    assert {probe.payload.hex() for probe in probes} == {"01000000", "02080000"}
    assert [(probe.group, probe.broadcast, probe.unicast) for probe in probes[:3]] == [
        ("233.89.188.1", False, False),
        (None, True, False),
        (None, False, True),
    ]
    assert {probe.source_port for probe in probes} == {10001}


def test_the_name_of_a_wireless_network_is_left_out() -> None:
    said = ubiquiti.observe(ubiquiti.decode(answer(record(0x0D, b"Home network"), record(0x15, b"UVC G3"))))
    assert said == (("ubiquiti.model", "UVC G3"),)


def test_the_length_that_an_answer_states_must_fit() -> None:
    fits = answer(record(0x15, b"UVC G3"))
    assert ubiquiti.recognise(factories.datagram(fits, src=HERE))
    assert not ubiquiti.recognise(factories.datagram(fits[:-1], src=HERE))
    assert not ubiquiti.recognise(factories.datagram(fits, src=Endpoint("10.20.0.5", 10002)))


@pytest.mark.parametrize("raw", [b"", b"\x01\0\0", b"\x02\x06\0\0", b"\x03\0\0\x01\0", answer(begins=b"\x02\x0c")])
def test_what_is_no_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        ubiquiti.decode(raw)


def test_what_is_not_read_is_not_kept() -> None:
    raw = (
        answer(record(0x0D, b"Home network"), record(0x06, b"hunter2"), record(0x02, bytes(4)), record(0x15, b"UVC G3"))
        + b"hunter3"
    )
    kept = ubiquiti.without_secrets(raw)
    assert len(kept) == len(raw)
    assert not [word for word in (b"Home", b"hunter") if word in kept]
    assert ubiquiti.observe(ubiquiti.decode(kept)) == (("ubiquiti.model", "UVC G3"),)
    assert ubiquiti.without_secrets(b"\x02\x06\0\x02hunter") == b"\x02\x06\0\x02"
