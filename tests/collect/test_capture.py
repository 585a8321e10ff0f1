"""Captures on disk, packed, through a pipe and damaged: the same frames give the same observations by every road."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camscan.codecs.dissect import Dissection
from camscan.codecs.fold import fold
from camscan.codecs.packet import SYN
from camscan.collect import capturefile
from camscan.collect.base import Tally
from camscan.collect.capture import LONG, CaptureReader
from camscan.collect.capturefile import Piped, Sieve, in_order_of_time, is_capture, piped_capture
from camscan.collect.files import InputKind, kind_of
from camscan.collect.unpack import Unpacked
from camscan.errors import UsageError
from camscan.model import Endpoint, Observation, Via
from tests.codecs.test_fragments import LONG as LONG_ANSWER
from tests.codecs.test_fragments import ipv4_fragments
from tests.codecs.test_pcapfile import block, enhanced, interface, microseconds, section
from tests.examples import examples
from tests.factories import NOON, ethernet, handshake, ip_packet, later, pcap, tcp_frame, udp, udp_frame
from tests.samples_of import CAPTURE

CORPUS = os.environ.get("CAMSCAN_CORPUS")
SADP = Endpoint("10.20.0.64", 37020)
GROUP = Endpoint("239.255.255.250", 37020)
CLIENT, SERVER = Endpoint("10.20.0.1", 50_123), Endpoint("10.20.0.64", 80)


def answer(serial: str) -> bytes:
    return (
        f"<ProbeMatch><DeviceDescription>DS-2CD2143G2-I</DeviceDescription><DeviceSN>{serial}</DeviceSN></ProbeMatch>".encode()
    )


def frames(count: int = 6) -> list[tuple[datetime, bytes]]:
    given = [(later(number), udp_frame(answer(f"S{number}"), SADP, GROUP)) for number in range(count)]
    shake = [(later(count), raw) for raw in handshake(CLIENT, SERVER)]
    page = tcp_frame(b"HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\n\r\n", SERVER, CLIENT, seq=901)
    return [*given, *shake, (later(count + 1), page)]


def as_pcapng(given: list[tuple[datetime, bytes]]) -> bytes:
    return section() + interface() + b"".join(enhanced(microseconds(at), raw) for at, raw in given)


PCAP, PCAPNG = pcap(frames()), as_pcapng(frames())
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "two members of gzip": lambda raw: gzip.compress(raw[:100]) + gzip.compress(raw[100:]),
    "zstd behind a frame to skip": lambda raw: b"\x53\x2a\x4d\x18\4\0\0\0abcd" + zstandard.compress(raw),
    "zstd before a frame to skip": lambda raw: zstandard.compress(raw) + b"\x50\x2a\x4d\x18\4\0\0\0abcd",
    "two frames of zstd": lambda raw: zstandard.compress(raw[:100]) + zstandard.compress(raw[100:]),
}
each_kind = pytest.mark.parametrize("content", [PCAP, PCAPNG], ids=["pcap", "pcapng"])


def read(*sources: Path | Piped) -> tuple[list[Observation], list[Tally]]:
    """Return what captures say, as sortable text leaves it, and what was told of each."""
    seen: list[Observation] = []
    reads = CaptureReader(site="hq", emit=seen.append).read(sources)
    return sorted(seen, key=Observation.order), [read.tally for read in reads]


def piped(content: bytes, piece: int = 1000) -> Piped:
    source = io.BytesIO(content)
    given = piped_capture(lambda count: source.read(min(count, piece)))
    assert isinstance(given, Piped)
    return given


def saved(folder: Path, content: bytes, name: str = "one.pcap") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


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


# Damage


def by_both_roads(path: Path) -> list[tuple[list[Observation], bool]]:
    """Return what libpcap and our own reader make of a file, and whether either says that it is damaged."""
    found = []
    for source in (path, Piped(path.name, path.open("rb").read)):
        seen, [tally] = read(source)
        found.append((seen, bool(tally.unfinished)))
        if isinstance(source, Piped):
            source.read.__self__.close()  # type: ignore[attr-defined]
    return found


@each_kind
def test_a_file_cut_anywhere_says_the_same_by_both_roads_and_all_that_stood_before_the_cut(
    tmp_path: Path, content: bytes
) -> None:
    counts = []
    for length in range(40, len(content), 41):
        (seen, damaged), other = by_both_roads(saved(tmp_path, content[:length]))
        assert (seen, damaged) == other, length
        counts.append(len(seen))
    assert counts == sorted(counts)
    assert counts[-1] > 5


@each_kind
@settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(edits=st.lists(st.tuples(st.integers(4, 1 << 16), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_file_damaged_anywhere_says_the_same_by_both_roads(
    tmp_path: Path, content: bytes, edits: list[tuple[int, int]]
) -> None:
    changed = bytearray(content)
    for place, value in edits:
        changed[4 + (place - 4) % (len(content) - 4)] = value
    one, other = by_both_roads(saved(tmp_path, bytes(changed)))
    assert one == other


@each_kind
@pytest.mark.parametrize("packing", ["gzip", "zstd"])
@settings(max_examples=examples(30), deadline=None)
@given(data=st.data())
def test_packed_files_damaged_anywhere_end_with_a_warning_and_lose_nothing_before(
    content: bytes, packing: str, data: st.DataObject
) -> None:
    packed = bytearray(PACKED[packing](content))
    place = data.draw(st.integers(4, len(packed) - 1))
    if data.draw(st.booleans()):
        del packed[place:]
    else:
        packed[place] ^= data.draw(st.integers(1, 255))
    source = io.BytesIO(bytes(packed))
    unpacked = Unpacked(source.read)
    given = b"".join(iter(lambda: unpacked.read(100), b""))
    assert given == content or unpacked.damage
    read(piped(bytes(packed)))


@pytest.mark.parametrize("packing", ["gzip", "zstd", "zstd behind a frame to skip"])
@pytest.mark.parametrize("kept", [5, 14])
def test_a_packed_file_cut_before_its_first_byte_is_a_damaged_capture_on_disk_and_through_a_pipe(
    tmp_path: Path, packing: str, kept: int
) -> None:
    path = saved(tmp_path, PACKED[packing](PCAP)[:kept])
    assert kind_of(path) is InputKind.CAPTURE
    for source in (path, piped(path.read_bytes())):
        seen, [tally] = read(source)
        assert seen == []
        assert "ends before its end" in tally.unfinished[0]


def test_gzip_gives_every_byte_in_front_of_the_damage() -> None:
    packed = gzip.compress(os.urandom(200_000), compresslevel=0)
    for length in (1000, 100_000, 190_000):
        unpacked = Unpacked(io.BytesIO(packed[:length]).read)
        given = b"".join(iter(lambda unpacked=unpacked: unpacked.read(1 << 16), b""))
        assert len(given) > length - 100
        assert unpacked.damage == "gzip that ends before its end"


def test_what_libpcap_refuses_is_read_on_from_there_without_repetition(tmp_path: Path) -> None:
    many = [
        (later(number), udp_frame(answer(f"S{number}"), Endpoint(f"10.20.{number // 250}.{number % 250}", 37020), GROUP))
        for number in range(700)
    ]
    cooked = b"\0\0\0\x01\0\x06\xbc\xad\x28\0\0\x02\0\0" + many[0][1][12:]
    content = as_pcapng(many) + interface(113) + enhanced(microseconds(later(900)), cooked, number=1)
    seen, [tally] = read(saved(tmp_path, content))
    assert tally.unfinished == []
    assert sum(one.count for one in seen if one.link_mac == "bc:ad:28:00:00:02") == 1
    assert sum(one.count for one in seen) == 701


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


# One frame by one


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


# Several files


def turns(*sources: Path | Piped) -> list[tuple[int, int]]:
    """Return which captures have their turn with how many frames, 0 where one ends."""
    return [(turn.source, len(turn.piece.batch.frames) if turn.piece else 0) for turn in in_order_of_time(sources, Sieve())]


def test_a_connection_goes_on_from_one_file_to_the_next_in_the_order_of_time(tmp_path: Path) -> None:
    whole = frames(0)
    first = saved(tmp_path, pcap(whole[:2]), "later-name.pcap")
    second = saved(tmp_path, pcap(whole[2:]), "earlier-name.pcap")
    assert turns(second, first) == [(1, 2), (1, 0), (0, 1), (0, 0)]  # an acknowledgement alone stays in the filter
    seen, _ = read(second, first)
    assert [one.values("http.server") for one in seen if one.protocol == "http"] == [("App-webs/",)]


@each_kind
def test_what_captures_of_two_taps_say_is_what_one_of_both_would(tmp_path: Path, content: bytes) -> None:
    whole = frames()
    plain, _ = read(saved(tmp_path, content, "both"))
    one, other = saved(tmp_path, pcap(whole[::2]), "one"), saved(tmp_path, as_pcapng(whole[1::2]), "other")
    packed = saved(tmp_path, gzip.compress(other.read_bytes()), "packed")
    for sources in ((one, other), (other, one), (one, packed), (piped(other.read_bytes()), one)):
        seen, tallies = read(*sources)
        assert seen == plain
        assert sum(tally.received for tally in tallies) == sum(one.count for one in plain)
    assert turns(one, other)[:4] == [(0, 1), (1, 1), (0, 1), (1, 1)]


def test_of_captures_that_overlap_a_damaged_one_loses_nothing_of_the_others(tmp_path: Path) -> None:
    whole = frames()
    broken = saved(tmp_path, pcap(whole[::2])[:-9], "broken")
    sound = saved(tmp_path, pcap(whole[1::2]), "sound")
    seen, tallies = read(broken, sound)
    assert ["inside a record" in " ".join(tally.unfinished) for tally in tallies] == [True, False]
    assert {value for one in seen for value in one.values("sadp.serial")} == {f"S{number}" for number in range(6)}


def test_more_captures_that_overlap_than_are_read_side_by_side_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capturefile, "MAX_OPEN", 2)
    whole = frames()
    paths = [saved(tmp_path, pcap([*whole[number::3], *whole[number : number + 1]]), f"{number}") for number in range(3)]
    seen, _ = read(*paths)
    assert sum(one.count for one in seen if one.protocol == "sadp") == 9


def test_frames_out_of_order_within_a_capture_are_all_given(tmp_path: Path) -> None:
    whole = frames()
    mixed, other = saved(tmp_path, pcap(whole[::-1]), "mixed"), saved(tmp_path, pcap(whole[3:5]), "other")
    taken = turns(mixed, other)
    assert sum(count for _, count in taken) == sum(count for path in (mixed, other) for _, count in turns(path))
    assert sorted(source for source, count in taken if not count) == [0, 1]


def test_what_holds_no_frame_comes_last_and_what_can_be_read_but_once_is_opened_first(tmp_path: Path) -> None:
    empty, full = saved(tmp_path, pcap([]), "empty"), saved(tmp_path, PCAP, "full")
    assert turns(empty, full)[-1] == (0, 0)
    packed = saved(tmp_path, gzip.compress(pcap([(NOON.replace(year=2020), b"x" * 60)])), "packed")
    raw = frames()
    count = len(raw)
    assert turns(full, packed) == [(1, 1), (1, 0), (0, count), (0, 0)]
    assert turns(full, piped(pcap([(later(-9), raw[0][1])])))[0] == (1, 1)


def test_a_capture_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "gone.pcap")


# Bounds


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


@pytest.mark.skipif(CORPUS is None, reason="CAMSCAN_CORPUS names no folder with captures")
def test_every_capture_of_the_corpus_is_read_by_both_roads_alike() -> None:
    paths = sorted(
        path for path in Path(str(CORPUS)).rglob("*") if path.is_file() and path.suffix in (".pcap", ".pcapng", ".cap")
    )
    assert paths
    for path in paths:
        one, other = by_both_roads(path)
        assert one == other, path


def test_the_demonstration_says_the_same_by_both_roads() -> None:
    one, other = by_both_roads(CAPTURE)
    assert one == other
    assert capturefile.FRAMES_AT_ONCE < 1000


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
