from __future__ import annotations

import pytest

from camscan.codecs import hanwha
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories


def answer(mac: bytes = b"00:09:18:00:00:01", model: bytes = b"SND-6083", size: int = 262) -> bytes:
    raw = bytearray(b"\x0b" + b"\xcd" * (size - 1))
    raw[0x13:0x25] = mac.ljust(18, b"\0")
    raw[0x6D:0x77] = model.ljust(10, b"\0")
    return bytes(raw)


def test_the_search_is_262_bytes_and_wants_its_answer_at_7711() -> None:
    [probe] = hanwha.probes(bytes(range(16)))
    assert (len(probe.payload), probe.payload[0], set(probe.payload[1:])) == (262, 1, {0})
    assert (probe.port, probe.source_port, probe.broadcast) == (7701, 7711, True)


def test_memory_that_leaks_between_the_fields_is_not_read() -> None:
    assert hanwha.observe(hanwha.decode(answer())) == (("hanwha.mac", "00:09:18:00:00:01"), ("hanwha.model", "SND-6083"))


def test_a_model_that_fills_its_field_is_returned_as_it_stands() -> None:
    assert dict(hanwha.observe(hanwha.decode(answer(model=b"SNO-L6083R"))))["hanwha.model"] == "SNO-L6083R"


@pytest.mark.parametrize("raw", [b"", b"\x0b" * 100, answer(mac=b"not a MAC"), b"\x02" + answer()[1:]], ids=len)
def test_what_is_no_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        hanwha.decode(raw)


def test_only_its_ports_are_looked_at() -> None:
    assert hanwha.recognise(factories.datagram(answer(), dst=Endpoint("10.20.0.1", 7711)))
    assert not hanwha.recognise(factories.datagram(answer(), dst=Endpoint("10.20.0.1", 7712)))


def test_memory_that_leaks_between_the_fields_is_not_kept() -> None:
    raw = answer().replace(b"\xcd" * 16, b"hunter2 hunter2 ")
    kept = hanwha.without_secrets(raw)
    assert len(kept) == len(raw)
    assert b"hunter" not in kept
    assert hanwha.observe(hanwha.decode(kept)) == hanwha.observe(hanwha.decode(raw))
    assert set(hanwha.without_secrets(b"\x01" + b"hunter2" * 40)[1:]) == {0}
