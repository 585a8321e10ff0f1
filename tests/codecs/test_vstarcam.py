from __future__ import annotations

from pathlib import Path

import pytest

from camscan.codecs import vstarcam
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint
from tests import factories

ANSWER = (Path(__file__).parents[1] / "samples" / "vstarcam" / "vstarcam_ipcam_48.53.bin").read_bytes()


def test_nothing_behind_the_versions_is_read_or_kept() -> None:
    other = ANSWER[:0xEC] + b"\xff" * 200
    assert vstarcam.decode(other) == vstarcam.decode(ANSWER)
    assert vstarcam.without_secrets(other) == vstarcam.without_secrets(ANSWER)
    assert len(vstarcam.without_secrets(ANSWER)) == 0xEC


def test_the_uid_is_cut_before_it_is_read() -> None:
    assert vstarcam.decode(ANSWER).prefix == "VSTD"


@pytest.mark.parametrize("verb", [b"\x44\x48\x01\x01", b"\x44\x48\x01\x02", b"\x44\x48\x02\x08"])
def test_other_verbs_are_left_alone(verb: bytes) -> None:
    heard = factories.datagram(verb + ANSWER[4:], src=Endpoint("10.20.0.9", 8600), dst=Endpoint("255.255.255.255", 8600))
    assert dispatch_datagram(heard, collector="c", site="s") is None


def test_an_answer_that_ends_before_the_uid_is_an_error() -> None:
    with pytest.raises(DecodeError):
        vstarcam.decode(ANSWER[:0x7B])
