"""Of connections that carry video a sample says the same as all of them, also where a capture is damaged or the ports serve again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from camscan.codecs.demux import Demux
from camscan.codecs.packet import ACK, FIN
from camscan.collect import capturefile
from camscan.collect.base import Tally
from camscan.collect.capturefile import Sieve, Turn, in_order_of_time
from camscan.model import Endpoint, Observation, Via
from tests.collect.captures import frames, read, saved
from tests.factories import handshake, later, pcap, tcp_frame, udp_frame

RTSP, RECORDER = Endpoint("10.20.0.64", 554), Endpoint("203.0.113.9", 40_000)


def stream(
    number: int,
    second: float,
    *,
    segments: int = 900,
    server: str = "Rtsp Server/3.0",
    camera: Endpoint = RTSP,
    recorder: Endpoint = RECORDER,
) -> list[tuple[datetime, bytes]]:
    """Return a connection, between always the same ports, that asks, is answered, and carries video to its end."""
    mine, theirs = 100 + number * 1_000_000_000, 900 + number * 1_500_000_000
    ask = b"OPTIONS rtsp://10.20.0.64/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    told = f"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: {server}\r\nPublic: OPTIONS, DESCRIBE, PLAY\r\n\r\n".encode()
    raws = handshake(recorder, camera, client_seq=mine, server_seq=theirs)
    raws.append(tcp_frame(ask, recorder, camera, seq=mine + 1, ack=theirs + 1))
    raws.append(tcp_frame(told, camera, recorder, seq=theirs + 1, ack=mine + 1 + len(ask)))
    begin = theirs + 1 + len(told)
    raws += [tcp_frame(b"$\0\4\0" + bytes(1400), camera, recorder, seq=(begin + n * 1404) % (1 << 32)) for n in range(segments)]
    raws.append(tcp_frame(b"", camera, recorder, seq=(begin + segments * 1404) % (1 << 32), flags=FIN | ACK))
    return [(later(second + place / 1000), raw) for place, raw in enumerate(raws)]


def sampling_and_not(
    monkeypatch: pytest.MonkeyPatch, *sources: Path
) -> tuple[tuple[list[Observation], list[Tally]], tuple[list[Observation], list[Tally]], list[int]]:
    """Return what captures say with and without a filter that learns, and how many frames that let pass."""
    passed: list[int] = []
    found = []
    for worth in (100, 1 << 60):
        monkeypatch.setattr(capturefile, "WORTH_A_FILTER", worth)
        found.append(read(*sources))
        given = sum(len(turn.piece.batch.frames) for turn in followed(sources) if turn.piece is not None)
        passed.append(given)
    return found[0], found[1], passed


def followed(sources: Sequence[Path]) -> Iterator[Turn]:
    """Give what a reader would take, with the filter that it would choose."""
    demux, sieve = Demux(Via.PCAP), Sieve()
    for turn in in_order_of_time(sources, sieve):
        yield turn
        if turn.piece is not None:
            demux.take(turn.piece.batch, turn.piece.program)
            sieve.follow(demux)


def test_of_video_a_sample_says_the_same_as_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = [(later(n * 3), raw) for n, (_, raw) in enumerate(frames(60))]
    video = sorted([*stream(0, 0, segments=4000), *calm], key=lambda one: one[0])
    source = saved(tmp_path, pcap(video))
    with_it, without, passed = sampling_and_not(monkeypatch, source)
    assert with_it == without
    assert passed[0] < passed[1] / 3
    assert (str(4000 * 1404 + 86),) in [one.values("flow.out") for one in with_it[0] if one.protocol == "flow"]


@pytest.mark.parametrize("cut", [1, 700, 300_000])
def test_a_damaged_capture_of_video_is_read_on_behind_what_was_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    calm = [(later(n / 10), raw) for n, (_, raw) in enumerate(frames(60))]
    video = sorted([*stream(0, 0, segments=3000), *calm], key=lambda one: one[0])
    with_it, without, _ = sampling_and_not(monkeypatch, saved(tmp_path, pcap(video)[:-cut]))
    assert with_it == without
    assert with_it[1][0].unfinished


def test_the_next_connection_between_the_same_ports_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturefile, "FRAMES_AT_ONCE", 16)
    calm = [(later(60 + n / 100), raw) for n, (_, raw) in enumerate(frames(60))]
    whole = [*stream(0, 0, segments=3000), *calm, *stream(1, 120, server="Another/1.0")]
    with_it, without, passed = sampling_and_not(monkeypatch, saved(tmp_path, pcap(whole)))
    assert with_it == without
    assert passed[0] < passed[1]
    assert {one.values("rtsp.server") for one in with_it[0] if one.protocol == "rtsp"} == {
        ("Rtsp Server/3.0",),
        ("Another/1.0",),
    }


def test_a_connection_that_shares_addresses_and_ports_with_streams_is_heard_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capturefile, "FRAMES_AT_ONCE", 16)
    second_camera, second_port = Endpoint("10.20.0.65", 554), Endpoint(RECORDER.ip, 40_001)
    busy = stream(0, 0, segments=3000), stream(0, 0, segments=3000, camera=second_camera, recorder=second_port)
    # Its answer is as long as segments of video, and begins far from the first bytes of 64 KiB.
    crossing = stream(1, 2.5, segments=3, server="Another/1.0" + "-" * 300, camera=second_camera)
    calm = [(later(n / 10), raw) for n, (_, raw) in enumerate(frames(60))]
    source = saved(tmp_path, pcap(sorted([*busy[0], *busy[1], *crossing, *calm], key=lambda one: one[0])))
    with_it, without, passed = sampling_and_not(monkeypatch, source)
    assert with_it == without
    assert passed[0] < passed[1]
    assert any(one.values("rtsp.server")[0].startswith("Another/1.0") for one in with_it[0] if one.protocol == "rtsp")


def test_quic_between_private_addresses_is_counted_both_ways(tmp_path: Path) -> None:
    near, far = Endpoint("10.20.0.64", 50_000), Endpoint("10.99.0.5", 443)
    raws = [udp_frame(b"\xc3" + bytes([n]) * 1199, near, far) for n in range(4)]
    raws += [udp_frame(b"\x43" + n.to_bytes(2) * 50, far, near) for n in range(20)]
    raws += [udp_frame(b"\x43" + n.to_bytes(2) * 500, near, far) for n in range(100)]
    seen, _ = read(saved(tmp_path, pcap([(later(n), raw) for n, raw in enumerate(raws)])))
    [flow] = [one for one in seen if one.protocol == "flow" and one.ip == near.ip]
    assert (flow.values("flow.out"), flow.values("flow.in"), flow.values("flow.answered")) == (("104900",), ("2020",), ())
