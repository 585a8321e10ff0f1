from __future__ import annotations

import pytest

from camscan.codecs import pppp
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories

ANSWER = b"\xf1\x41\0\x14VSTD\0\0\0\0" + (123456).to_bytes(4) + b"ABCDE\0\0\0"
HIDDEN = b"\x2c" + bytes(range(0x41, 0x58))


@pytest.mark.parametrize("port", [32108, 40321])
def test_an_answer_is_recognised_from_any_port(port: int) -> None:
    seen = dispatch_datagram(factories.datagram(ANSWER, src=Endpoint("10.20.0.106", port)), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert seen.fields == (("pppp.prefix", "VSTD"),)


def test_number_and_check_letters_of_a_uid_are_kept_nowhere() -> None:
    assert pppp.without_secrets(ANSWER) == b"\xf1\x41\0\x14VSTD\0\0\0\0" + bytes(12)


def test_a_hidden_answer_counts_from_the_port_of_the_search_alone() -> None:
    assert pppp.recognise(factories.datagram(HIDDEN, src=Endpoint("10.20.0.106", 32108)))
    assert not pppp.recognise(factories.datagram(HIDDEN, src=Endpoint("10.20.0.106", 40321)))
    assert not pppp.recognise(factories.datagram(HIDDEN + b"\0", src=Endpoint("10.20.0.106", 32108)))


@pytest.mark.parametrize("prefix", [b"\0" * 8, b"VS 1\0\0\0\0", b"\xff" * 8])
def test_an_answer_without_a_prefix_of_letters_is_an_error(prefix: bytes) -> None:
    with pytest.raises(DecodeError):
        pppp.decode(b"\xf1\x41\0\x14" + prefix + bytes(12))


def test_the_three_searches_are_broadcast() -> None:
    assert [probe.payload.hex() for probe in pppp.probes(bytes(16))] == ["f1300000", "f1320000", "2cba5f5d"]
    assert all(probe.broadcast and probe.port == 32108 for probe in pppp.probes(bytes(16)))
