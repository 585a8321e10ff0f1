from __future__ import annotations

import pytest

from camscan.codecs import reolink
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories
from tests.lab.simulators.reolink import asks_on_port

UID = b"95270000AAAAAAAA"
ANSWER = b"\xaa\xaa\0\0Yard\0\0\0" + b"10.20.0.5\0" + UID + b"\0"


def heard(payload: bytes, port: int = 3000) -> Observation:
    datagram = factories.datagram(payload, src=Endpoint("10.20.0.5", 2018), dst=Endpoint("10.20.0.255", port))
    observed = dispatch_datagram(datagram, collector="multicast", site="s")
    assert isinstance(observed, Observation)
    return observed


def test_both_searches_want_their_answer_at_port_3000() -> None:
    plain, *framed = reolink.probes(bytes(range(16)))
    assert (plain.payload.hex(), plain.port) == ("aaaa0000", 2000)
    assert [probe.port for probe in framed] == [2015, 2018]
    assert {asks_on_port(probe.payload) for probe in framed} == {3000}
    assert {probe.source_port for probe in (plain, *framed)} == {3000}


def test_a_uid_is_nowhere_in_what_is_kept() -> None:
    observed = heard(ANSWER + b"more of " + UID + b" here\0")
    assert observed.fields == (("reolink.text", "10.20.0.5"), ("reolink.text", "Yard"), ("reolink.uid", "9527…"))
    assert UID not in observed.raw
    assert UID.decode() not in repr(observed)
    assert b"9527************" in observed.raw


def test_a_document_under_the_cipher_is_named_and_its_text_is_not_kept() -> None:
    [_, probe, _] = reolink.probes(bytes(range(16)))
    assert reolink.observe(reolink.decode(probe.payload)) == ()
    assert reolink.without_secrets(probe.payload) == probe.payload[:20]


def test_a_frame_with_a_wrong_checksum_is_refused() -> None:
    [_, probe, _] = reolink.probes(bytes(16))
    damaged = probe.payload[:-1] + bytes([probe.payload[-1] ^ 1])
    with pytest.raises(DecodeError, match="checksum"):
        reolink.decode(damaged)


@pytest.mark.parametrize("text", [b"1234567890123456", b"ABCDEFGHIJKLMNOP", b"95270000aaaaaaaa", UID[:15], UID + b"A"])
def test_a_text_that_is_no_uid_makes_no_answer(text: bytes) -> None:
    datagram = factories.datagram(b"\0" + text + b"\0", src=Endpoint("10.20.0.5", 2000), dst=Endpoint("10.20.0.1", 3000))
    assert not reolink.recognise(datagram)


def test_elsewhere_a_uid_is_not_looked_for() -> None:
    assert not reolink.recognise(factories.datagram(ANSWER, src=Endpoint("10.20.0.5", 4000), dst=Endpoint("10.20.0.1", 4000)))
