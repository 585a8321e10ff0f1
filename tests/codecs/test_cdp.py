"""CDP: frames of IEEE 802.3 with SNAP, from the link to the observation."""

from __future__ import annotations

from pathlib import Path

import pytest

from camscan.codecs import cdp
from camscan.codecs.base import DecodeError
from camscan.codecs.dissect import Dissection
from camscan.model import Fields, Observation, Via
from tests import factories

CAMERA = (Path(__file__).parents[1] / "samples" / "cdp" / "camera.bin").read_bytes()
FRONT = bytes.fromhex("aaaa0300000c2000") + b"\x02\xb4\0\0"


def element(kind: int, content: bytes, *, size: int | None = None) -> bytes:
    return kind.to_bytes(2) + (len(content) + 4 if size is None else size).to_bytes(2) + content


def frame(*elements: bytes, front: bytes = FRONT, padding: int = 0) -> bytes:
    body = front + b"".join(elements)
    return factories.ethernet(body, len(body)) + bytes(padding)


def said(raw: bytes) -> Fields:
    return cdp.observe(cdp.decode(raw))


@pytest.mark.parametrize("tags", [b"", bytes.fromhex("81000014")], ids=["untagged", "tagged"])
def test_a_frame_of_a_capture_becomes_an_observation_of_its_sender(tags: bytes) -> None:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    [seen] = dissection.feed(CAMERA[:12] + tags + CAMERA[12:] + bytes(4), factories.NOON)
    assert isinstance(seen, Observation)
    assert (seen.protocol, seen.link_mac, seen.values("cdp.platform")) == ("cdp", "bc:ad:28:00:00:01", ("IPC-100",))


def test_padding_behind_the_stated_length_is_not_read() -> None:
    assert said(frame(element(6, b"IPC"), padding=40)) == (("cdp.platform", "IPC"),)


def test_addresses_of_other_protocols_are_left_out() -> None:
    listed = b"\0\0\0\x03" + b"\x01\x01\x81\0\x02\0\x01" + b"\x01\x01\xcc\0\x04\0\0\0\0" + b"\x01\x01\xcc\0\x04\x0a\x14\0\x40"
    assert said(frame(element(2, listed))) == (("cdp.address", "10.20.0.64"),)


def test_a_list_that_states_many_addresses_is_read_as_far_as_it_goes_and_no_further_than_sixteen() -> None:
    one = b"\x01\x01\xcc\0\x04\x0a\x14\0"
    with pytest.raises(DecodeError):
        cdp.decode(frame(element(2, b"\xff\xff\xff\xff" + one + b"\x40")))
    many = b"".join(one + bytes([number]) for number in range(1, 31))
    assert len(said(frame(element(2, b"\0\0\0\x1e" + many)))) == cdp.MAX_ADDRESSES


@pytest.mark.parametrize(
    "raw",
    [
        frame(),
        frame(element(1, b"x"), front=FRONT[:8] + b"\x03\0\0\0"),
        frame(element(1, b"x"), front=bytes.fromhex("aaaa0300000c0104") + FRONT[8:]),
        frame(element(1, b"x", size=9)),
        frame(element(1, b"", size=3)),
    ],
    ids=["no elements", "another version", "another protocol", "past the end", "shorter than its head"],
)
def test_other_frames_are_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        cdp.decode(raw)
