from __future__ import annotations

import struct
from pathlib import Path

import pytest

from camscan.codecs import sadp_l2
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_frame
from camscan.model import Observation
from tests import factories

SAMPLES = Path(__file__).parents[1] / "samples" / "sadp_l2"
ANSWER = (SAMPLES / "hikvision_ds-2cd2032-i_5.1.8.bin").read_bytes()
WITH_TAIL = (SAMPLES / "hikvision_ds-7608ni-e2_tail.bin").read_bytes()
MAC = "02:00:5e:00:53:01"


def test_a_search_has_the_documented_layout_and_length() -> None:
    frame = sadp_l2.search(MAC, "10.20.0.1", 0x01020304)
    assert len(frame) == 80
    assert frame[:14] == b"\xff" * 6 + bytes.fromhex("02005e005301") + b"\x80\x33"
    assert frame[14:26] == bytes.fromhex("21 02 01 42 01020304 06 04 03 00")
    assert frame[28:38] == bytes.fromhex("02005e005301") + bytes((10, 20, 0, 1))
    assert not any(frame[38:])


@pytest.mark.parametrize("frame", [sadp_l2.search(MAC, "0.0.0.0", 7), ANSWER], ids=["search", "answer of a device"])
def test_a_right_checksum_makes_the_words_add_up_to_ones(frame: bytes) -> None:
    assert sadp_l2.checksum(frame[14 : 14 + frame[17]]) == 0


def test_the_checksum_is_the_complement_of_the_folded_sum_of_little_endian_words() -> None:
    assert sadp_l2.checksum(struct.pack("<HHH", 0xFFFF, 0x0002, 0x1000)) == 0xFFFF - 0x1002


def test_the_address_of_the_observation_is_the_one_that_the_device_states() -> None:
    seen = dispatch_frame(factories.frame(ANSWER), collector="sadp_l2", site="s")
    assert isinstance(seen, Observation)
    assert (seen.protocol, seen.ip, seen.link_mac) == ("sadp_l2", "192.0.0.64", "44:19:b6:00:00:01")


def test_newer_firmware_states_its_model() -> None:
    assert sadp_l2.decode(WITH_TAIL).model == "DS-7608NI-E2"
    assert sadp_l2.decode(ANSWER).model == ""


def test_an_announcement_is_read_like_an_answer() -> None:
    announcement = ANSWER[:24] + b"\x02" + ANSWER[25:]
    assert sadp_l2.decode(announcement) == sadp_l2.decode(ANSWER)


@pytest.mark.parametrize("verb", [1, 3, 6, 0x0A, 0x0C, 0x10])
def test_searches_and_verbs_that_change_settings_say_nothing(verb: int) -> None:
    frame = ANSWER[:24] + bytes([verb]) + ANSWER[25:]
    assert dispatch_frame(factories.frame(frame), collector="c", site="s") is None
    with pytest.raises(DecodeError):
        sadp_l2.decode(frame)


def test_our_own_search_says_nothing() -> None:
    assert dispatch_frame(factories.frame(sadp_l2.search(MAC, "10.20.0.1", 1)), collector="c", site="s") is None
