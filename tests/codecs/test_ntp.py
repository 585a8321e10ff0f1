"""NTP: clients are heard with the server that they ask; servers say nothing of themselves."""

from __future__ import annotations

import pytest

from camscan.codecs import ntp
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories


def heard(first: int, dst: str = "192.0.2.123", *, src_port: int = 123, dst_port: int = 123) -> object:
    datagram = factories.datagram(bytes([first]) + bytes(47), src=Endpoint("10.20.0.64", src_port), dst=Endpoint(dst, dst_port))
    return dispatch_datagram(datagram, collector="listen", site="s")


@pytest.mark.parametrize("src_port", [123, 40000])
def test_a_client_tells_which_server_it_asks(src_port: int) -> None:
    seen = heard(0x1B, src_port=src_port)
    assert isinstance(seen, Observation)
    assert (seen.ip, seen.fields) == ("10.20.0.64", (("ntp.mode", "client"), ("ntp.server", "192.0.2.123")))


def test_a_group_is_no_server() -> None:
    seen = heard(0x23, "224.0.1.1")
    assert isinstance(seen, Observation)
    assert seen.fields == (("ntp.mode", "client"),)


@pytest.mark.parametrize("mode", [1, 2, 4, 5, 6, 7])
def test_other_modes_say_nothing(mode: int) -> None:
    assert heard(0x20 | mode) is None


def test_an_answer_to_a_client_says_nothing() -> None:
    assert heard(0x24, "10.20.0.9", dst_port=40000) is None


@pytest.mark.parametrize("raw", [b"", b"\x23" * 47, b"\x03" + bytes(47), b"\x3b" + bytes(47)])
def test_other_messages_are_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        ntp.decode(raw)


def test_nothing_is_ever_sent() -> None:
    assert ntp.probes(bytes(16)) == ()
