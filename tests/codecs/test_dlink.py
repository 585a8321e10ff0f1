from __future__ import annotations

import pytest

from camscan.codecs import dlink
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

HERE = Endpoint("10.20.0.5", 62976)
HEAD = bytes.fromhex("ffff 0001 a000 b0c554000001 0a140005")


def texts_of(rest: bytes) -> list[str]:
    return [value for name, value in dlink.observe(dlink.decode(HEAD + rest)) if name == "dlink.text"]


def test_the_search_names_everyone_and_goes_between_equal_ports() -> None:
    [probe] = dlink.probes(bytes.fromhex("0102") + bytes(14))
    assert probe.payload.hex() == "fdfd0102d100" + "ff" * 6 + "00" * 6 + "01000000"
    assert (probe.port, probe.source_port, probe.broadcast) == (62976, 62976, True)
    assert dlink.observe(dlink.decode(probe.payload)) == ()


def test_texts_are_found_between_whatever_bytes() -> None:
    assert texts_of(b"\0\0\x02\0\x27\x01Wireless Internet Camera\0\xffA1\x01DCS-930L\0") == [
        "A1",
        "DCS-930L",
        "Wireless Internet Camera",
    ]


def test_a_text_at_the_very_end_may_be_cut_and_is_left_out() -> None:
    assert texts_of(b"\0DCS-930L\0DCS-93") == ["DCS-930L"]


def test_texts_without_end_are_bounded() -> None:
    assert len(texts_of(b"".join(b"%04d\0" % number for number in range(5000)))) == 64


@pytest.mark.parametrize("raw", [b"", HEAD[:8], b"\xff\xff\0\0\xa1\0" + HEAD[6:], b"\xfd\xfd\0\0\xa0\0" + HEAD[6:]], ids=len)
def test_other_marks_are_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        dlink.decode(raw)


def test_both_marks_and_the_port_are_needed_to_be_recognised() -> None:
    assert dlink.recognise(factories.datagram(HEAD, src=HERE))
    assert not dlink.recognise(factories.datagram(HEAD, src=Endpoint("10.20.0.5", 62975)))
    assert not dlink.recognise(factories.datagram(b"\xfd\xfd" + HEAD[2:], src=HERE))
