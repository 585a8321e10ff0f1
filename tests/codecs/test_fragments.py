from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs.dissect import Dissection, Outcome
from camscan.codecs.fragments import MAX_PACKETS, PATIENCE, Fragments
from camscan.codecs.frame import split
from camscan.model import Observation, Via
from tests.factories import NOON, ethernet, ip_packet, later, udp

ANSWER = (
    b"<ProbeMatch><DeviceDescription>DS-2CD2143G2-I</DeviceDescription><Filler>%s</Filler><DeviceSN>S1</DeviceSN></ProbeMatch>"
)
LONG = ANSWER % (b"x" * 3000)
MORE = 0x2000


def ipv4_fragments(content: bytes, size: int = 1480, number: int = 7, src: str = "10.20.0.64") -> list[bytes]:
    """Return a datagram to the group of SADP in fragments of so many bytes."""
    whole = udp(content, 37020, 37020)
    frames = []
    for start in range(0, len(whole), size):
        part = whole[start : start + size]
        last = start + size >= len(whole)
        packet = ip_packet(part, 17, src=src, dst="239.255.255.250", fragment=start // 8 | (0 if last else MORE))
        frames.append(ethernet(packet[:4] + number.to_bytes(2) + packet[6:], 0x0800))
    return frames


def ipv6_fragments(content: bytes, size: int = 1448) -> list[bytes]:
    whole = udp(content, 37020, 37020)
    frames = []
    for start in range(0, len(whole), size):
        part = whole[start : start + size]
        last = start + size >= len(whole)
        head = b"\x11\0" + (start | (0 if last else 1)).to_bytes(2) + (99).to_bytes(4)
        frames.append(ethernet(ip_packet(head + part, 44, src="fd00:20::64", dst="ff02::c"), 0x86DD))
    return frames


def dissect(*frames: bytes) -> list[Outcome]:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    return [said for raw in frames for said in dissection.feed(raw, NOON)] + list(dissection.flush())


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("build", [ipv4_fragments, ipv6_fragments])
def test_a_datagram_in_fragments_is_read_whole_in_any_order(build, order: tuple[int, ...]) -> None:  # type: ignore[no-untyped-def]
    frames = build(LONG)
    assert len(frames) == 3
    [seen] = dissect(*(frames[place] for place in order))
    assert isinstance(seen, Observation)
    assert (seen.values("sadp.serial"), seen.truncated, seen.raw) == (("S1",), False, LONG)


def test_without_its_end_a_datagram_is_read_as_far_as_its_first_fragment() -> None:
    for missing in (1, 2):
        frames = ipv4_fragments(LONG)
        del frames[missing]
        [seen] = dissect(*frames)
        assert isinstance(seen, Observation)
        assert (seen.values("sadp.model"), seen.values("sadp.serial"), seen.truncated) == (("DS-2CD2143G2-I",), (), True)


def test_without_its_beginning_a_datagram_says_nothing() -> None:
    assert dissect(*ipv4_fragments(LONG)[1:]) == []


def test_fragments_of_two_devices_under_one_number_stay_apart() -> None:
    one, other = ipv4_fragments(LONG), ipv4_fragments(LONG.replace(b"S1", b"S2"), src="10.20.0.65")
    said = dissect(*(frame for pair in zip(one, other, strict=True) for frame in pair))
    assert sorted((seen.ip, seen.values("sadp.serial")) for seen in said if isinstance(seen, Observation)) == [
        ("10.20.0.64", ("S1",)),
        ("10.20.0.65", ("S2",)),
    ]


def test_a_repeated_fragment_changes_nothing_and_overlapping_ones_are_no_packet() -> None:
    first, second, third = ipv4_fragments(LONG)
    forged = ipv4_fragments(b"!" * len(LONG), size=1000)[1]
    [seen] = dissect(first, first, second, third)
    assert isinstance(seen, Observation)
    assert seen.raw == LONG
    [seen] = dissect(first, forged, second, third)
    assert isinstance(seen, Observation)
    assert b"!!" not in seen.raw


def test_a_fragment_that_the_capture_cut_off_never_makes_a_whole() -> None:
    frames = ipv4_fragments(LONG)
    [seen] = dissect(frames[0], frames[1], frames[2][:100])
    assert isinstance(seen, Observation)
    assert seen.truncated


def test_what_waits_is_bounded_in_number_and_in_time() -> None:
    waiting = Fragments()
    for number in range(MAX_PACKETS + 10):
        waiting.feed(split(ipv4_fragments(LONG, number=number)[0]), NOON)
    assert (len(waiting._waiting), waiting.given_up) == (MAX_PACKETS, 10)
    late = later(PATIENCE.total_seconds() + 1)
    given = waiting.feed(split(ipv4_fragments(LONG, number=9999)[0]), late)
    assert (len(given), len(waiting._waiting)) == (MAX_PACKETS, 1)


def test_a_packet_of_which_the_first_fragment_never_came_is_not_told_as_one_that_was_read_in_part() -> None:
    first, second, third = (split(raw) for raw in ipv4_fragments(LONG))
    waiting = Fragments()
    for part in (second, third):
        waiting.feed(part, NOON)
    assert (waiting.flush(), waiting.given_up) == ([], 0)
    waiting.feed(first, NOON)
    assert (len(waiting.flush()), waiting.given_up) == (1, 1)


@given(parts=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9000), st.booleans(), st.binary(max_size=60)), max_size=60))
def test_nonsense_neither_fails_nor_grows(parts: list[tuple[int, int, bool, bytes]]) -> None:
    frames = []
    for number, offset, more, content in parts:
        packet = ip_packet(content, 17, src="10.20.0.64", dst="10.20.0.1", fragment=(offset & 0x1FFF) | (MORE if more else 0))
        frames.append(ethernet(packet[:4] + number.to_bytes(2) + packet[6:], 0x0800))
    dissect(*frames)
