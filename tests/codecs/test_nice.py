from __future__ import annotations

import pytest

from camscan.codecs import nice
from camscan.codecs.base import DecodeError
from tests import factories

ANSWER = b"NICE\0\1" + bytes.fromhex("00010048 0002d6000001 0a140005") + bytes(0x4A - 0x14) + b"NVE1008" + bytes(9)


def test_the_search_states_the_port_from_which_it_is_sent() -> None:
    [probe] = nice.probes(bytes.fromhex("0102") + bytes(14))
    assert probe.payload.hex() == "4e494345" + "0102" + "01080000" + "0000" + "07d7"
    assert (probe.port, probe.source_port, probe.broadcast) == (2007, 2007, True)
    assert nice.observe(nice.decode(probe.payload)) == ()


def test_an_answer_is_recognised_by_its_bytes_on_any_port() -> None:
    assert nice.recognise(factories.datagram(ANSWER))
    assert not nice.recognise(factories.datagram(ANSWER.replace(b"NICE", b"NICER")))


@pytest.mark.parametrize("raw", [b"NICE", ANSWER[:-1], b"nice" + ANSWER[4:], ANSWER[:6] + b"\x02" + ANSWER[7:]], ids=len)
def test_what_is_no_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        nice.decode(raw)


def test_what_is_not_known_is_not_kept() -> None:
    raw = b"NICE\0\1" + bytes.fromhex("00010048") + bytes(range(10)) + b"hunter2" * 8
    raw = raw[:0x4A].ljust(0x4A, b"\0") + b"Encoder".ljust(16, b"\0") + b"hunter2" * 60
    kept = nice.without_secrets(raw)
    assert len(kept) == len(raw)
    assert b"hunter" not in kept
    assert nice.observe(nice.decode(kept)) == nice.observe(nice.decode(raw))
