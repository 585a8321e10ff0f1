from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import pcapfile
from camscan.codecs.base import DecodeError
from camscan.codecs.pcapfile import Damaged, Record, records
from tests.factories import NOON, later, pcap

AT = NOON + timedelta(microseconds=123_456)
Order = Literal["little", "big"]
each_order = pytest.mark.parametrize("order", ["little", "big"])


def block(kind: int, body: bytes, order: Order = "little") -> bytes:
    body += bytes(-len(body) % 4)
    length = (len(body) + 12).to_bytes(4, order)
    return kind.to_bytes(4, order) + length + body + length


def section(order: Order = "little") -> bytes:
    body = (0x1A2B3C4D).to_bytes(4, order) + (1).to_bytes(2, order) + bytes(2) + b"\xff" * 8
    return block(0x0A0D0D0A, body, order)


def interface(link_type: int = 1, options: bytes = b"", order: Order = "little", snap: int = 0) -> bytes:
    return block(1, link_type.to_bytes(2, order) + bytes(2) + snap.to_bytes(4, order) + options, order)


def option(code: int, value: bytes, order: Order = "little") -> bytes:
    return code.to_bytes(2, order) + len(value).to_bytes(2, order) + value + bytes(-len(value) % 4)


def enhanced(ticks: int, frame: bytes, number: int = 0, order: Order = "little") -> bytes:
    high_low = (ticks >> 32).to_bytes(4, order) + (ticks & 0xFFFFFFFF).to_bytes(4, order)
    return block(6, number.to_bytes(4, order) + high_low + len(frame).to_bytes(4, order) * 2 + frame, order)


def microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@each_order
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_pcap_of_either_byte_order_and_resolution(order: str, nanoseconds: bool) -> None:
    capture = pcap([(AT, b"one"), (later(61), b"")], link_type=113, order=order, nanoseconds=nanoseconds)
    assert list(records([capture])) == [Record(AT, 113, b"one"), Record(later(61), 113, b"")]


@each_order
def test_pcapng_with_two_interfaces_keeps_link_type_and_resolution_of_each(order: Order) -> None:
    nanoseconds = (
        option(2, b"eth1", order) + option(9, b"\x09", order) + option(14, (3600).to_bytes(8, order, signed=True), order)
    )
    capture = (
        section(order)
        + interface(1, order=order)
        + interface(276, nanoseconds, order)
        + block(5, b"statistics!!", order)
        + enhanced(microseconds(AT), b"frame", 0, order)
        + enhanced(microseconds(AT - timedelta(hours=1)) * 1000 + 999, b"other", 1, order)
    )
    assert list(records([capture])) == [Record(AT, 1, b"frame"), Record(AT, 276, b"other")]


def test_pcapng_resolution_may_be_a_power_of_two() -> None:
    capture = section() + interface(options=option(9, b"\x81")) + enhanced(3, b"x")
    assert [record.at for record in records([capture])] == [datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)]


def test_a_later_section_has_its_own_byte_order_and_interfaces() -> None:
    first = section("little") + interface(1) + enhanced(microseconds(AT), b"a")
    second = section("big") + interface(101, order="big") + enhanced(microseconds(AT), b"b", order="big")
    assert [(record.link_type, record.frame) for record in records([first + second])] == [(1, b"a"), (101, b"b")]


def test_simple_and_obsolete_packet_blocks_are_read() -> None:
    simple = block(3, (9).to_bytes(4, "little") + b"123456789")
    obsolete = block(2, bytes(2) + bytes(2) + bytes(8) + (2).to_bytes(4, "little") * 2 + b"ab")
    capture = section() + interface(snap=5) + enhanced(microseconds(AT), b"timed") + simple + obsolete
    assert [(record.at, record.frame) for record in records([capture])] == [
        (AT, b"timed"),
        (AT, b"12345"),
        (datetime(1970, 1, 1, tzinfo=UTC), b"ab"),
    ]


@pytest.mark.parametrize(
    "capture",
    [pcap([(AT, b"first"), (AT, b"second")]), section() + interface() + enhanced(1, b"first") + enhanced(2, b"second")],
)
def test_a_file_cut_anywhere_gives_every_record_before_the_cut(capture: bytes) -> None:
    whole = [record.frame for record in records([capture])]
    for length in range(4, len(capture)):
        given: list[bytes] = []
        try:
            for record in records([capture[:length]]):
                given.append(record.frame)  # noqa: PERF401 - what came before the error counts
        except Damaged:
            assert length not in (end for _, end in ends(capture, whole))
        assert given == whole[: len(given)]
        assert len(given) == sum(length >= end for _, end in ends(capture, whole))


def ends(capture: bytes, frames: list[bytes]) -> Iterator[tuple[bytes, int]]:
    """Give each frame and the length of the file from which on its record is whole."""
    trailer = 4 if capture.startswith(b"\x0a\x0d\x0d\x0a") else 0
    for frame in frames:
        start = capture.find(frame)
        padding = -len(frame) % 4 if trailer else 0
        yield frame, start + len(frame) + padding + trailer


def test_garbage_behind_whole_records_is_damage_and_not_silence() -> None:
    reader = records([pcap([(AT, b"good")]) + b"\xff" * 64])
    assert next(reader).frame == b"good"
    with pytest.raises(Damaged):
        next(reader)


@pytest.mark.parametrize(
    "capture",
    [
        section() + interface()[:-4] + b"\0\0\0\0",
        section() + enhanced(1, b"without interface"),
        section() + interface() + enhanced(1, b"x", number=7),
        section() + interface() + (6).to_bytes(4, "little") + b"\xff\xff\xff\x7f" + bytes(64),
        section() + interface(options=option(9, b"\x7f")),
        section()[:8] + b"\1\2\3\4" + section()[12:],
        pcap([])[:24] + bytes(8) + b"\xff\xff\xff\x00" * 2,
        pcap([])[:10],
        b"",
    ],
)
def test_impossible_lengths_and_numbers_are_damage(capture: bytes) -> None:
    with pytest.raises(Damaged):
        list(records([capture]))


def test_a_time_that_no_clock_of_ours_shows_is_told_as_libpcap_tells_it() -> None:
    assert [record.at.year for record in records([section() + interface() + enhanced(2**64 - 1, b"x")])] == [2101]


def test_a_frame_is_cut_at_the_length_that_the_header_states() -> None:
    capture = bytearray(pcap([(AT, b"0123456789")]))
    capture[16:20] = (4).to_bytes(4, "little")
    assert [record.frame for record in records([bytes(capture)])] == [b"0123"]


def test_a_long_block_of_something_else_is_passed_over() -> None:
    names = block(4, bytes(2_000_000))
    assert [r.frame for r in records([section() + interface() + names + enhanced(1, b"x")])] == [b"x"]


def test_another_kind_of_file_is_refused_at_once() -> None:
    with pytest.raises(DecodeError, match="neither pcap nor pcapng"):
        records([b"\x1f\x8b\x08\x00 gzip"])


@given(
    size=st.integers(1, 70),
    capture=st.sampled_from(
        [pcap([(AT, b"abc"), (AT, b"defgh")]), section() + interface() + enhanced(microseconds(AT), b"abc")]
    ),
)
def test_the_size_of_the_chunks_does_not_matter(size: int, capture: bytes) -> None:
    chunks = [capture[start : start + size] for start in range(0, len(capture), size)]
    slow = io.BytesIO(capture)
    assert list(records([b"", *chunks])) == list(records([capture])) == list(records(lambda count: slow.read(min(count, size))))


def test_a_reader_never_asks_for_more_than_one_record_and_one_chunk() -> None:
    held = 0
    asked: list[int] = []
    capture = io.BytesIO(pcap([(AT, bytes(1000))] * 500))

    def read(count: int) -> bytes:
        asked.append(count)
        return capture.read(count)

    for record in records(read):
        held += len(record.frame)
    assert held == 500_000
    assert max(asked) <= pcapfile.MAX_FRAME


@given(raw=st.binary(max_size=300), start=st.sampled_from([pcap([]), section(), section() + interface(), b"\x0a\x0d\x0d\x0a"]))
def test_random_files_raise_only_decode_errors(raw: bytes, start: bytes) -> None:
    try:
        given_records = list(records([start + raw]))
    except DecodeError:
        return
    assert all(len(record.frame) <= len(raw) for record in given_records)
