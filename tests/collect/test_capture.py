"""Captures on disk, packed and through a pipe: the same frames give the same observations by every road, and what is left out is told."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest

from camscan.codecs.dissect import Dissection
from camscan.codecs.fold import fold
from camscan.codecs.packet import SYN
from camscan.collect.capture import LONG, CaptureReader
from camscan.collect.capturefile import Piped, is_capture, piped_capture
from camscan.collect.files import InputKind, kind_of
from camscan.errors import UsageError
from camscan.model import Endpoint, Observation, Via
from tests.codecs.test_fragments import LONG as LONG_ANSWER
from tests.codecs.test_fragments import ipv4_fragments
from tests.codecs.test_pcapfile import block, enhanced, interface, microseconds, section
from tests.collect.captures import (
    CLIENT,
    GROUP,
    PACKED,
    PCAPNG,
    SADP,
    SERVER,
    answer,
    as_pcapng,
    each_kind,
    frames,
    piped,
    read,
    saved,
)
from tests.factories import NOON, ethernet, ip_packet, later, pcap, tcp_frame, udp, udp_frame


@each_kind
@pytest.mark.parametrize("packing", PACKED)
def test_a_capture_says_the_same_packed_or_not_on_disk_or_through_a_pipe(tmp_path: Path, content: bytes, packing: str) -> None:
    packed = PACKED[packing](content)
    plain, [sound] = read(saved(tmp_path, content, "plain"))
    path = saved(tmp_path, packed)
    assert (kind_of(path), is_capture(path)) == (InputKind.CAPTURE, True)
    for source in (path, piped(packed), piped(packed, piece=7)):
        seen, [tally] = read(source)
        assert seen == plain
        assert (tally.unfinished, tally.received) == ([], sound.received)
    assert len([one for one in plain if one.protocol == "sadp"]) == 6


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_packed_bytes_of_something_else_are_no_capture(tmp_path: Path, packing: str) -> None:
    path = saved(tmp_path, PACKED[packing](b"ip,mac\n10.20.0.9,\n"))
    with pytest.raises(UsageError, match="gzip or zstd"):
        kind_of(path)


def test_what_comes_through_a_pipe_and_is_no_capture_is_given_back() -> None:
    source = io.BytesIO(b"10.20.0.9 dev eth0")
    assert piped_capture(source.read) == b"10.2"
    assert piped_capture(io.BytesIO(b"").read) == b""


def test_frames_without_a_time_have_that_of_the_frame_before(tmp_path: Path) -> None:
    frame = udp_frame(answer("S9"), SADP, GROUP)
    simple = block(3, len(frame).to_bytes(4, "little") + frame)
    content = as_pcapng([(later(5), udp_frame(answer("S8"), SADP, GROUP))]) + simple
    seen, _ = read(saved(tmp_path, content))
    assert {one.first_seen_at for one in seen} == {later(5)}


def as_link(given: list[tuple[datetime, bytes]], link_type: int) -> bytes:
    """Return a pcap file that states another link type than its frames have."""
    content = bytearray(pcap(given))
    content[20:24] = link_type.to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(("link_type", "words"), [(105, "link type 105 (IEEE 802.11)"), (9, "(PPP)"), (147, "link type 147")])
def test_frames_of_a_link_that_is_not_read_make_the_capture_unfinished(tmp_path: Path, link_type: int, words: str) -> None:
    path = saved(tmp_path, as_link(frames(), link_type))
    for source in (path, piped(path.read_bytes())):
        seen, [tally] = read(source)
        assert seen == []
        count = len(frames())
        [said] = tally.unfinished
        assert words in said
        assert said.endswith(f"is not read: {count} frames")
        assert tally.undecoded == count


def test_of_a_capture_with_two_links_the_one_that_is_read_is_read_and_the_other_is_told(tmp_path: Path) -> None:
    content = as_pcapng(frames()) + interface(147) + enhanced(microseconds(later(900)), b"z" * 60, number=1)
    seen, [tally] = read(saved(tmp_path, content))
    assert len([one for one in seen if one.protocol == "sadp"]) == 6
    assert [said.endswith("link type 147 is not read: 1 frame") for said in tally.unfinished] == [True]


def test_a_capture_of_which_no_message_can_be_read_is_no_silent_one(tmp_path: Path) -> None:
    broken = udp_frame(b"\x01\x02", Endpoint("10.20.0.64", 5353), Endpoint("224.0.0.251", 5353))
    seen, [tally] = read(saved(tmp_path, pcap([(NOON, broken)])))
    assert (seen, tally.undecoded) == ([], 1)
    assert "nothing of what it holds can be read" in tally.unfinished[0]


def test_frames_of_which_none_has_a_time_are_noted(tmp_path: Path) -> None:
    frame = udp_frame(answer("S9"), SADP, GROUP)
    content = section() + interface() + block(3, len(frame).to_bytes(4, "little") + frame)
    seen, [tally] = read(saved(tmp_path, content))
    assert [one.first_seen_at.year for one in seen] == [1970]
    assert "without a time" in tally.notes[0]
    assert tally.unfinished == []
    assert read(saved(tmp_path, PCAPNG))[1][0].notes == []


def test_one_frame_without_a_time_among_others_is_noted(tmp_path: Path) -> None:
    given = frames(3)
    given[1] = (datetime.fromtimestamp(0, UTC), given[1][1])
    seen, [tally] = read(saved(tmp_path, pcap(given)))
    assert sorted({one.first_seen_at.year for one in seen}) == [1970, NOON.year]
    assert "without a time" in tally.notes[0]


def looked_up(
    tags: bytes, addresses: tuple[str, str, str], spare: int, *, damaged: bool = False
) -> list[tuple[datetime, bytes]]:
    """Return how a camera asks its resolver for a cloud and calls that.

    addresses: of the three. spare: further addresses in the answer. damaged: the datagrams of the resolver state wrong lengths.
    """
    camera, resolver, cloud = addresses
    name = b"\x07litedev\x0bhik-connect\x03com\0"
    kind, size = (b"\0\x1c", 16) if ":" in cloud else (b"\0\x01", 4)
    record = b"\xc0\x0c" + kind + b"\0\x01\0\0\0\x3c" + size.to_bytes(2)
    asked = b"\0\7\1\0\0\1\0\0\0\0\0\0" + name + kind + b"\0\1"
    answered = b"\0\7\x81\x80\0\1" + (1 + spare).to_bytes(2) + bytes(4) + asked[12:] + record + ip_address(cloud).packed
    answered += b"".join(record + (9 << 8 | number).to_bytes(size) for number in range(spare))
    here, there = Endpoint(camera, 40_123), Endpoint(resolver, 53)
    client, server = Endpoint(camera, 40_001), Endpoint(cloud, 8666)
    length = len(answered) + 100 if damaged else None
    reply = ip_packet(udp(answered, 53, here.port, length=length), 17, src=resolver, dst=camera)
    shake = [
        tcp_frame(b"", client, server, seq=100, flags=SYN, tags=tags),
        tcp_frame(b"\1\2zz" * 50, client, server, seq=101, tags=tags),
    ]
    raws = [udp_frame(asked, here, there, tags=tags), ethernet(reply, 0x86DD if ":" in camera else 0x0800, tags=tags), *shake]
    return [(later(second), raw) for second, raw in enumerate(raws)]


@pytest.mark.parametrize("tags", [b"", b"\x81\0\0\x07"], ids=["plain", "tagged"])
@pytest.mark.parametrize("spare", [0, 20])
@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.parametrize(
    "addresses",
    [("10.20.0.31", "10.20.0.1", "203.0.113.7"), ("fd00:20::31", "fd00:20::1", "2001:db8::7")],
    ids=["IPv4", "IPv6"],
)
def test_a_capture_says_what_its_frames_say_one_by_one_however_long_an_answer_is(
    tmp_path: Path, tags: bytes, spare: int, damaged: bool, addresses: tuple[str, str, str]
) -> None:
    given = looked_up(tags, addresses, spare, damaged=damaged)
    assert (len(given[1][1]) >= LONG) == (spare > 0)
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="hq")
    said = [one for at, raw in given for one in dissection.feed(raw, at)] + list(dissection.flush())
    by_frame = sorted(fold(one for one in said if isinstance(one, Observation)), key=Observation.order)
    assert [one.values("flow.name") for one in by_frame if one.values("flow.port") == ("8666",)] == [
        ("litedev.hik-connect.com",)
    ]
    whole = saved(tmp_path, pcap(given))
    parts = [saved(tmp_path, pcap(given[place : place + 1]), f"part{place}") for place in range(len(given))]
    for sources in ([whole], [Piped("-", io.BytesIO(whole.read_bytes()).read)], parts):
        seen, tallies = read(*sources)
        assert sorted(fold(seen), key=Observation.order) == by_frame
        assert [tally.unfinished for tally in tallies] == [[]] * len(sources)


def test_segments_past_the_head_of_a_connection_are_left_out_and_counted(tmp_path: Path) -> None:
    video = [
        (later(number / 1000), tcp_frame(b"$\0\4\0" + bytes(1400), Endpoint(SERVER.ip, 554), CLIENT, seq=1 + number * 1404))
        for number in range(2000)
    ]
    seen: list[Observation] = []
    reader = CaptureReader(site="hq", emit=seen.append)
    reader.read([saved(tmp_path, pcap(video))])
    assert reader.skipped > 1980
    assert seen == []


def test_what_the_caps_refuse_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camscan.codecs.quota.MAX_SENDERS", 2)
    many = [
        (NOON, udp_frame(answer("S"), Endpoint(f"10.20.0.{number}", 37020), GROUP, src_mac=f"bc:ad:28:00:00:{number:02x}"))
        for number in range(1, 9)
    ]
    seen, [tally] = read(saved(tmp_path, pcap(many)))
    assert len({one.ip for one in seen}) == 2
    assert "6 messages of more senders" in tally.unfinished[0]


def test_what_the_caps_refuse_is_counted_as_often_as_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camscan.codecs.quota.MAX_OF_ONE", 3)
    for pad in (0, LONG):
        said = [
            (later(number), udp_frame(answer(f"S{number % 5}{'x' * pad}"), SADP, GROUP)) for number in range(50)
        ]  # each of the five comes ten times
        seen, [tally] = read(saved(tmp_path, pcap(said)))
        assert sum(one.count for one in seen) == 30
        assert tally.notes == ["20 messages of senders that said more than is kept of one were left out"]


def test_packets_in_fragments_that_stay_incomplete_are_told_and_those_without_a_beginning_are_not(tmp_path: Path) -> None:
    whole = [raw for number in range(5) for raw in ipv4_fragments(LONG_ANSWER, number=number)]
    del whole[2], whole[-3]
    seen, [tally] = read(saved(tmp_path, pcap([(NOON, raw) for raw in whole])))
    assert [(one.count, one.truncated) for one in seen] == [(1, True), (3, False)]
    assert tally.notes == ["of 1 packet in fragments only the first fragment was read, because others were missing or too many"]


@each_kind
@pytest.mark.parametrize("packing", PACKED)
def test_how_far_a_file_is_read_is_told_and_never_falls(tmp_path: Path, content: bytes, packing: str) -> None:
    source = tmp_path / "link"
    source.write_bytes(PACKED[packing](content))
    positions: list[int] = []
    CaptureReader(site="hq", emit=lambda seen: None, at=positions.append).read([source])
    assert positions == sorted(positions)
    assert positions[-1] == source.stat().st_size


def test_a_capture_of_the_fronts_of_frames_says_so_and_how_many(tmp_path: Path) -> None:
    server, client = Endpoint("203.0.113.7", 80), Endpoint("10.20.0.64", 40_000)
    whole = [
        (NOON, tcp_frame(b"", client, server, seq=100, flags=SYN)),
        (later(1), tcp_frame(b"POST /x HTTP/1.1\r\n\r\n" + b"x" * 1000, client, server, seq=101)),
        (later(2), udp_frame(b"<" * 500, Endpoint("10.20.0.64", 37020), Endpoint("239.255.255.250", 37020))),
    ]
    seen: list[Observation] = []
    [whole_read] = CaptureReader(site="hq", emit=lambda _: None).read([saved(tmp_path, pcap(whole), "whole.pcap")])
    cut = saved(tmp_path, pcap([(at, raw[:96]) for at, raw in whole]), "cut.pcap")
    [cut_read] = CaptureReader(site="hq", emit=seen.append).read([cut])
    assert whole_read.tally.notes == []
    assert ["of 2 frames or more only the front was captured" in note for note in cut_read.tally.notes] == [True]
    assert [one.values("flow.out") for one in seen if one.protocol == "flow"] == [("1020",)]
