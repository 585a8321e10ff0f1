"""Flows of connections whose segments are left out: as long, and as many bytes, as if none were."""

from __future__ import annotations

import io
from datetime import datetime

import pytest

from camscan.codecs import tcpstream
from camscan.codecs.demux import Demux
from camscan.codecs.dissect import Dissection
from camscan.codecs.messages import Messages
from camscan.codecs.packet import ACK, FIN, RST, SYN
from camscan.codecs.pcapfile import batches
from camscan.codecs.segments import MAX_HEAD
from camscan.model import Endpoint, Observation, StreamHead, Via
from tests.codecs.talks import CAMERA, CLOUD, OPENING, REQUEST, back, out, told
from tests.factories import NOON, later, pcap, tcp_frame


def test_a_stream_past_four_gibibytes_is_counted_whole_though_its_segments_are_left_out() -> None:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    step, turns = 8_000_000, 600
    for raw in (*OPENING, back(b"v" * 1400), *(back(b"v" * 1400, seq=901 + 1400 * number) for number in range(1, 20))):
        dissection.feed(raw, NOON)
    for number in range(1, turns):
        dissection.feed(back(b"v" * 100, seq=901 + 20 * 1400 + number * step), later(number / 1000))
    assert dissection.skipped >= turns - 1
    end = 901 + 20 * 1400 + turns * step
    for raw in (back(seq=end, flags=ACK | FIN), out(seq=101, flags=ACK | FIN, ack=end + 1)):
        dissection.feed(raw, later(turns / 1000))
    [seen] = [one for one in dissection.flush() if isinstance(one, Observation) and one.protocol == "flow"]
    assert end - 901 > 1 << 32
    assert (told(seen)["in"], told(seen)["bound"]) == (str(end - 901), "exact")


def test_a_stream_whose_segments_are_left_out_is_not_taken_for_silent() -> None:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    for raw in (*OPENING, *(back(b"v" * 1400, seq=901 + 1400 * number) for number in range(20))):
        dissection.feed(raw, NOON)
    for second in range(0, 300, 10):
        dissection.feed(back(b"v", seq=901 + 28_000 + second), later(second))
        dissection.feed(tcp_frame(b"x", Endpoint("10.20.0.7", 5), Endpoint("10.20.0.8", 9), seq=second), later(second))
    assert tcpstream.IDLE.total_seconds() < 300
    seen = [one for one in dissection.flush() if isinstance(one, Observation) and one.values("flow.destination") == (CLOUD.ip,)]
    [one] = seen
    assert later(290) - one.last_seen_at <= tcpstream.IDLE


Timed = tuple[datetime, bytes]
each_road = pytest.mark.parametrize("road", ["one by one", "in batches"])


def flows_by(road: str, frames: list[Timed]) -> list[Observation]:
    """Return the flows of frames that are handed over one by one, as live capture does, or in batches, as files are read."""
    if road == "one by one":
        dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
        said = [one for at, raw in frames for one in dissection.feed(raw, at)] + list(dissection.flush())
    else:
        demux, messages = Demux(Via.PCAP), Messages(via=Via.PCAP, collector="pcap", site="s")
        said = [
            one
            for batch in batches(io.BytesIO(pcap(frames)).read)
            for passed in demux.take(batch)
            for one in messages.take(passed)
        ]
        said += [one for passed in demux.flush() for one in messages.take(passed)] + list(messages.flush())
    return [one for one in said if isinstance(one, Observation) and one.protocol == "flow"]


def timed(*frames: bytes, second: float = 0, step: float = 0.001) -> list[Timed]:
    return [(later(second + number * step), raw) for number, raw in enumerate(frames)]


def video(count: int, seq: int = 901) -> list[bytes]:
    return [back(b"v" * 1400, seq=seq + 1400 * number) for number in range(count)]


def upload(count: int, seq: int = 101) -> list[bytes]:
    return [out(b"v" * 1400, seq=seq + 1400 * number) for number in range(count)]


@each_road
def test_a_flow_lasts_as_long_as_segments_come_that_are_left_out(road: str) -> None:
    stream = timed(*OPENING, *video(20)) + timed(*video(400, 901 + 28_000), second=1, step=5)
    [seen] = flows_by(road, stream)
    assert (seen.first_seen_at, seen.last_seen_at) == (NOON, later(1 + 399 * 5))


@each_road
def test_a_flow_ends_with_its_last_segment_whenever_the_next_packet_comes(road: str) -> None:
    stranger = tcp_frame(b"", Endpoint("10.20.0.7", 5), Endpoint("10.20.0.8", 9), seq=1, flags=SYN)
    stream = timed(*OPENING, *video(20)) + timed(*video(100, 901 + 28_000), second=1)
    [seen] = [one for one in flows_by(road, [*stream, (later(7200), stranger)]) if one.ip == CAMERA.ip]
    assert seen.last_seen_at == later(1 + 0.099)


@each_road
def test_a_tagged_stream_lasts_as_long_too(road: str) -> None:
    stream = timed(*OPENING, *video(20)) + timed(*video(10, 901 + 28_000), second=1, step=5)
    tagged = [(at, raw[:12] + b"\x81\0\0\x07" + raw[12:]) for at, raw in stream]
    [seen] = flows_by(road, tagged)
    assert seen.last_seen_at == later(46)


def closed_by(end: bytes, *, count: int = 42) -> list[Timed]:
    return timed(*OPENING, out(REQUEST), *video(count), end)


@pytest.mark.parametrize(
    "end",
    [
        back(seq=901 + 58_800, flags=RST),
        out(seq=101 + len(REQUEST), flags=RST | ACK, ack=901 + 58_800),
        out(seq=101 + len(REQUEST), flags=FIN | ACK, ack=901 + 58_800),
    ],
    ids=["reset by the server", "reset by the client", "closed by the client"],
)
@each_road
def test_what_was_left_out_counts_up_to_the_end_that_is_stated(road: str, end: bytes) -> None:
    [seen] = flows_by(road, closed_by(end))
    assert (told(seen)["in"], told(seen)["bound"]) == ("58800", "at-least")


@each_road
def test_an_end_that_strayed_counts_for_nothing(road: str) -> None:
    seen = [
        *flows_by(road, closed_by(back(seq=901 + 900_000_000, flags=RST))),
        *flows_by(road, closed_by(out(seq=101 + len(REQUEST), flags=RST | ACK, ack=901 + 900_000_000))),
    ]
    assert all(14_000 < int(told(one)["in"]) <= 58_800 for one in seen)


@each_road
def test_behind_the_end_of_a_side_no_byte_is_counted(road: str) -> None:
    over = back(seq=901 + 58_800, flags=FIN | ACK)
    for last in (back(seq=901 + 58_801, flags=RST), out(seq=101 + len(REQUEST), flags=FIN | ACK, ack=901 + 58_801)):
        [seen] = flows_by(road, [*closed_by(over), (later(1), last)])
        assert told(seen)["in"] == "58800"


@each_road
def test_a_fin_is_no_byte_where_its_acknowledgement_was_captured_first(road: str) -> None:
    closing = out(seq=101 + len(REQUEST), flags=FIN | ACK, ack=901 + 58_801)
    [seen] = flows_by(road, [*closed_by(closing), (later(1), back(seq=901 + 58_800, flags=FIN | ACK))])
    assert (told(seen)["in"], told(seen)["bound"]) == ("58800", "exact")


@each_road
def test_another_connection_between_the_same_ports_is_none_that_jumped(road: str) -> None:
    frames = []
    for number, base in enumerate((900, 1_000_000_000)):
        one = [out(seq=base, flags=SYN | ACK), *upload(15, base + 1), out(seq=base + 1 + 21_000, flags=FIN | ACK)]
        frames += timed(*one, second=5 * number)
    [seen] = flows_by(road, frames)
    assert (seen.count, told(seen)["out"], told(seen)["bound"]) == (2, "42000", "at-least")


@each_road
def test_another_connection_restarts_one_that_was_under_way_when_the_capture_began(road: str) -> None:
    begun = [out(seq=1_000_000_000, flags=SYN | ACK), *upload(15, 1_000_000_001), out(seq=1_000_021_001, flags=FIN | ACK)]
    seen = flows_by(road, timed(*upload(30), out(seq=42_101, flags=FIN | ACK)) + timed(*begun, second=5))
    assert sorted((one.count, told(one)["out"]) for one in seen) == [(1, "21000"), (1, "42000")]


@each_road
def test_what_straggles_in_behind_a_reset_opens_no_connection(road: str) -> None:
    closing = 101 + len(REQUEST)
    frames = [*OPENING, out(REQUEST), back(b"x" * 500), out(seq=closing, flags=RST | ACK, ack=1401)]
    for number in range(5):
        frames += [back(b"y" * 1400, seq=1401 + number * 1400), out(seq=closing, flags=RST)]
    [seen] = flows_by(road, timed(*frames))
    assert (seen.count, seen.last_seen_at, "answered" in told(seen)) == (1, later(0.014), False)


@each_road
def test_a_banner_behind_a_reset_belongs_to_the_connection_that_was_reset(road: str) -> None:
    frames = [*OPENING, out(seq=101, flags=RST | ACK, ack=901), back(b"SSH-2.0-dropbear\r\n"), out(seq=101, flags=RST)]
    [seen] = flows_by(road, timed(*frames))
    assert (seen.count, told(seen)["in"]) == (1, "18")


@each_road
def test_a_new_connection_behind_a_reset_is_one_of_its_own(road: str) -> None:
    first = [*OPENING, out(REQUEST), back(seq=901, flags=RST)]
    second = [out(seq=50_000, flags=SYN), back(seq=70_000, flags=SYN | ACK), out(REQUEST, seq=50_001)]
    [seen] = flows_by(road, timed(*first, *second))
    assert (seen.count, told(seen)["out"]) == (2, str(2 * len(REQUEST)))


@each_road
def test_of_an_upload_as_much_is_left_out_as_of_a_download(road: str) -> None:
    up = upload(1000)
    end = [out(seq=101 + 1_400_000, flags=FIN | ACK, ack=901), back(seq=901, flags=FIN | ACK, ack=101 + 1_400_001)]
    [seen] = flows_by(road, timed(*OPENING, *up, *end))
    assert (told(seen)["out"], told(seen)["in"], told(seen)["bound"]) == ("1400000", "0", "exact")
    demux = Demux(Via.PCAP)
    for at, raw in timed(*OPENING, *up):
        demux.feed(raw, at)
    assert demux.skipped > 980


def test_of_an_upload_the_answer_is_still_read() -> None:
    demux = Demux(Via.PCAP)
    given = [one for raw in (*OPENING, *upload(100), back(b"HTTP/1.1 201 Created\r\n\r\n")) for one in demux.feed(raw, NOON)]
    [head] = [one for one in [*given, *demux.flush()] if isinstance(one, StreamHead)]
    assert (len(head.sent), head.received) == (MAX_HEAD, b"HTTP/1.1 201 Created\r\n\r\n")
