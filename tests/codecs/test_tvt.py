from __future__ import annotations

import struct
from pathlib import Path

import pytest

from camscan.codecs import tvt
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint
from tests import factories

LONG = (Path(__file__).parents[1] / "samples" / "tvt" / "dvc_dcn-bm8127ain_1.5.bin").read_bytes()


def changed(offset: int, raw: bytes, size: int = 240) -> dict[str, str]:
    return dict(tvt.observe(tvt.decode((LONG[:offset] + raw + LONG[offset + len(raw) :])[:size])))


def test_the_search_goes_to_the_group_that_devices_hear_and_both_groups_are_joined() -> None:
    [probe] = tvt.probes(bytes(16))
    assert probe.payload == bytes.fromhex("4d484544 0900 0100 01000000") + bytes(128)
    assert (probe.group, probe.port, probe.source_port) == ("234.55.55.55", 23456, 23456)
    assert tvt.GROUPS == ("234.55.55.55", "234.55.55.56")


@pytest.mark.parametrize("verb", [1, 3, 4, 5, 6, 0x10])
def test_verbs_that_change_settings_are_left_alone(verb: int) -> None:
    setting = (b"MHED\x09\0\x01\0" + struct.pack("<I", verb)).ljust(140, b"\0")
    heard = factories.datagram(setting, src=Endpoint("10.20.0.9", 50000), dst=Endpoint("234.55.55.55", 23456))
    assert dispatch_datagram(heard, collector="c", site="s") is None


def test_the_type_is_read_of_short_announcements_alone() -> None:
    assert "tvt.type" not in changed(64, struct.pack("<I", 4))
    assert changed(64, struct.pack("<I", 4), 140)["tvt.type"] == "4"


@pytest.mark.parametrize(("number", "day"), [(20231103, "2023-11-03"), (0, None), (20231399, None), (0xFFFFFFFF, None)])
def test_a_build_date_that_is_no_day_is_left_out(number: int, day: str | None) -> None:
    assert changed(56, struct.pack("<I", number)).get("tvt.build") == day


def test_a_recorder_without_rtsp_states_no_port_of_it() -> None:
    assert "tvt.rtsp_port" not in changed(62, b"\0\0")


def test_shorter_announcements_are_errors() -> None:
    with pytest.raises(DecodeError):
        tvt.decode(LONG[:139])
