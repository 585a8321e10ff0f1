"""LLMNR: answers name their sender, queries do not."""

from __future__ import annotations

import pytest

from camscan.codecs import dns, llmnr
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint
from tests import factories

ASKED = b"\x03cam\0\0\x01\0\x01"


def answer(record: bytes, asked: bytes = ASKED, records: int = 1) -> bytes:
    return b"\x12\x34\x80\0\0\x01" + records.to_bytes(2) + bytes(4) + asked + record


def test_a_query_to_the_group_says_nothing_of_its_sender() -> None:
    query = dns.query((("cam",),), message_id=7, record_type=dns.A)
    heard = factories.datagram(query, src=Endpoint("10.20.0.9", 50000), dst=Endpoint("224.0.0.252", 5355))
    assert dispatch_datagram(heard, collector="listen", site="s") is None


def test_an_answer_gives_its_sender_a_name_whatever_the_family() -> None:
    of_ipv6 = b"\xc0\x0c\0\x1c\0\x01\0\0\0\x1e\0\x10" + bytes(15) + b"\x01"
    assert llmnr.observe(llmnr.decode(answer(of_ipv6))) == (("llmnr.name", "cam"),)


def test_an_answer_to_a_reverse_query_names_its_sender_too() -> None:
    asked = b"\x0264\x010\x0220\x0210\x07in-addr\x04arpa\0\0\x0c\0\x01"
    pointer = b"\xc0\x0c\0\x0c\0\x01\0\0\0\x1e\0\x05\x03cam\0"
    assert llmnr.observe(llmnr.decode(answer(pointer, asked))) == (("llmnr.name", "cam"),)


@pytest.mark.parametrize("raw", [b"", b"\0" * 12, dns.query((("a",), ("b",)), message_id=1)], ids=["empty", "none", "two"])
def test_a_message_has_one_question(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        llmnr.decode(raw)


def test_nothing_is_ever_sent() -> None:
    assert llmnr.probes(bytes(16)) == ()
