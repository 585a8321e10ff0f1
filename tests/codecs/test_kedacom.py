from __future__ import annotations

import struct
from pathlib import Path

import pytest

from camscan.codecs import kedacom
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint
from tests import factories

ANSWER = (Path(__file__).parents[1] / "samples" / "kedacom" / "kedacom_u4s-16chp-w.bin").read_bytes()
PARTS_AT = 112
TEXTS_AT = 120


def with_parts(identity: int, kind: int, texts: bytes) -> dict[str, str]:
    raw = ANSWER[:PARTS_AT] + bytes((identity, kind, 0, 0)) + bytes(4) + texts
    return {name: value for name, value in kedacom.observe(kedacom.decode(raw)) if name.split(".")[1] in TOLD}


TOLD = ("name", "serial", "model", "firmware")
NAME, SERIAL = b"Hof".ljust(32, b"\0"), b"00000000060"
MODEL, FIRMWARE = b"IPC425".ljust(32, b"\0"), b"V7.1".ljust(32, b"\0")


@pytest.mark.parametrize(
    ("identity", "kind", "texts", "told"),
    [
        (0, 0, b"", set()),
        (0, 1, MODEL, {"model"}),
        (1, 0, NAME + SERIAL, {"name", "serial"}),
        (1, 1, NAME + SERIAL + MODEL, {"name", "serial", "model"}),
        (2, 0, NAME + SERIAL + FIRMWARE, {"name", "serial", "firmware"}),
        (2, 1, NAME + SERIAL + MODEL + FIRMWARE, {"name", "serial", "model", "firmware"}),
        (2, 1, NAME, {"name"}),
    ],
)
def test_parts_stand_where_the_answer_says_so(identity: int, kind: int, texts: bytes, told: set[str]) -> None:
    assert {name.split(".")[1] for name in with_parts(identity, kind, texts)} == told


@pytest.mark.parametrize(("board", "sort"), [(1 << 1, "camera"), (2 << 1, "nvr"), (3 << 1 | 1 << 24, "dvr"), (9 << 1, None)])
def test_the_class_stands_in_bits_1_to_6_of_the_board_number(board: int, sort: str | None) -> None:
    raw = ANSWER[:36] + struct.pack("<I", board) + ANSWER[40:]
    assert dict(kedacom.observe(kedacom.decode(raw))).get("kedacom.class") == sort


def test_searches_leave_from_the_port_that_they_go_to_with_a_sender_that_is_nobody() -> None:
    probes = kedacom.probes(bytes(range(1, 17)))
    assert [(p.port, p.source_port, p.broadcast, p.group) for p in probes] == [
        (5513, 5513, True, None),
        (5510, 5510, False, "224.16.32.1"),
    ]
    assert {p.payload for p in probes} == {b"NDT1\x02\x01\x02\x03\x04\x05" + bytes(6) + b"\0\x01"}


@pytest.mark.parametrize("verb", [1, 3, 4, 5, 6])
def test_other_verbs_are_left_alone(verb: int) -> None:
    raw = ANSWER[:16] + verb.to_bytes(2) + ANSWER[18:]
    heard = factories.datagram(raw, src=Endpoint("10.20.0.9", 5513), dst=Endpoint("255.255.255.255", 5513))
    assert dispatch_datagram(heard, collector="c", site="s") is None
    with pytest.raises(DecodeError):
        kedacom.decode(raw)
