"""Who talks to whom: counted by sequence numbers, told of devices on the link, in bounds."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from camscan.codecs import dns, flows, tcpstream
from camscan.codecs.datagrams import ENOUGH
from camscan.codecs.demux import Demux
from camscan.codecs.dissect import Dissection
from camscan.codecs.flows import Ended, Flows
from camscan.codecs.frame import LINK_ETHERNET
from camscan.codecs.messages import Messages
from camscan.codecs.packet import ACK, FIN, RST, SYN
from camscan.codecs.pcapfile import Batch, batches
from camscan.codecs.segments import MAX_HEAD
from camscan.model import Endpoint, Observation, StreamHead, Via
from tests.factories import CAMERA_MAC, NOON, SCANNER_MAC, later, pcap, tcp_frame, udp_frame

CAMERA, CLOUD = Endpoint("10.20.0.64", 40_000), Endpoint("203.0.113.9", 443)
GATEWAY_MAC = "02:00:5e:00:53:fe"
REQUEST = b"GET /a HTTP/1.1\r\nHost: Cloud.Example.COM:443\r\n\r\n"


def out(payload: bytes = b"", seq: int = 101, flags: int = ACK, client: Endpoint = CAMERA, ack: int = 0) -> bytes:
    link = {"src_mac": CAMERA_MAC, "dst_mac": GATEWAY_MAC}
    return tcp_frame(payload, client, CLOUD, seq=seq & 0xFFFFFFFF, ack=ack & 0xFFFFFFFF, flags=flags, **link)


def back(payload: bytes = b"", seq: int = 901, flags: int = ACK, hop_limit: int = 51, ack: int = 0) -> bytes:
    link = {"src_mac": GATEWAY_MAC, "dst_mac": CAMERA_MAC}
    raw = bytearray(tcp_frame(payload, CLOUD, CAMERA, seq=seq & 0xFFFFFFFF, ack=ack & 0xFFFFFFFF, flags=flags, **link))
    raw[22] = hop_limit
    return bytes(raw)


OPENING = [out(seq=100, flags=SYN), back(seq=900, flags=SYN | ACK)]


def flows_of(*frames: bytes) -> list[Observation]:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    said = [one for raw in frames for one in dissection.feed(raw, NOON)] + list(dissection.flush())
    return [one for one in said if isinstance(one, Observation) and one.protocol == "flow"]


def told(seen: Observation) -> dict[str, str]:
    return {name.removeprefix("flow."): value for name, value in seen.fields}


def test_a_whole_connection_is_counted_exactly_and_told_of_its_client() -> None:
    [seen] = flows_of(
        *OPENING,
        out(REQUEST),
        back(b"x" * 500),
        back(seq=1401, flags=ACK | FIN),
        out(seq=101 + len(REQUEST), flags=ACK | FIN),
    )
    assert told(seen) == {
        "destination": CLOUD.ip,
        "port": "443",
        "transport": "tcp",
        "name": "cloud.example.com",
        "out": str(len(REQUEST)),
        "in": "500",
        "bound": "exact",
    }
    assert (seen.ip, seen.link_mac, seen.count, seen.raw) == (CAMERA.ip, CAMERA_MAC, 1, b"")


def test_what_the_capture_missed_is_counted_by_the_numbers_around_it() -> None:
    end = 101 + 5_000_000
    [seen] = flows_of(*OPENING, out(b"a"), out(seq=end, flags=ACK | FIN), back(flags=ACK | FIN, ack=end + 1))
    assert (told(seen)["out"], told(seen)["bound"]) == ("5000000", "exact")


def test_one_segment_that_strayed_counts_for_nothing_and_takes_the_exactness() -> None:
    stray = out(b"k", seq=101 + 1_900_000_000)
    closing = [back(seq=901, flags=ACK | FIN), out(seq=111, flags=ACK | FIN)]
    for frames in (
        [*OPENING, out(b"a" * 10), stray, *closing],
        [*OPENING, out(b"a" * 10), stray, stray, *closing],
        [*OPENING, stray, out(b"a" * 10), *closing],
        [*OPENING, out(b"a" * 10), out(seq=101 + 1_900_000_000, flags=ACK | FIN), back(seq=901, flags=ACK | FIN, ack=112)],
    ):
        [seen] = flows_of(*frames)
        assert (told(seen)["out"], told(seen)["bound"]) == ("10", "at-least")


def test_a_stray_segment_at_which_a_capture_begins_counts_for_itself_alone() -> None:
    [seen] = flows_of(out(b"k", seq=5), out(b"a" * 10, seq=1_900_000_000), out(b"b" * 10, seq=1_900_000_010))
    assert (told(seen)["out"], told(seen)["bound"]) == ("21", "at-least")


def test_what_a_capture_lost_is_counted_where_the_connection_goes_on_behind_it() -> None:
    far = 101 + 900_000_000
    closing = [out(seq=far + 20, flags=ACK | FIN), back(flags=ACK | FIN, ack=far + 21)]
    [seen] = flows_of(*OPENING, out(b"a"), out(b"b" * 10, seq=far), out(b"c" * 10, seq=far + 10), *closing)
    assert (told(seen)["out"], told(seen)["bound"]) == (str(far + 20 - 101), "exact")


def test_a_capture_of_the_fronts_of_frames_tells_the_bytes_that_were_sent() -> None:
    frames = [
        *OPENING,
        out(b"POST /x HTTP/1.1\r\nHost: cloud.example.com\r\n\r\n" + b"x" * 1000, flags=ACK | FIN),
        back(b"k" * 1300, flags=ACK | FIN),
    ]
    [whole], [cut] = flows_of(*frames), flows_of(*(raw[:96] for raw in frames))
    assert (told(whole)["bound"], told(whole)["in"]) == ("exact", "1300")
    assert {**told(whole), "name": ""} == {**told(cut), "name": ""}
    [headless] = flows_of(*(raw[:54] for raw in frames))
    assert (told(headless)["out"], told(headless)["in"]) == (told(whole)["out"], "1300")


@pytest.mark.parametrize(
    "frames",
    [
        [*OPENING, out(b"a" * 10), back(b"b" * 20)],
        [*OPENING, out(b"a" * 10), back(b"b" * 20), back(seq=921, flags=RST)],
        [out(b"a" * 10), back(b"b" * 20), back(seq=921, flags=FIN), out(seq=111, flags=FIN)],
    ],
    ids=["no end", "reset", "no beginning"],
)
def test_a_connection_without_beginning_or_end_carried_at_least_what_was_seen(frames: list[bytes]) -> None:
    [seen] = flows_of(*frames)
    assert (told(seen)["out"], told(seen)["in"], told(seen)["bound"]) == ("10", "20", "at-least")


@pytest.mark.parametrize(
    "frames",
    [
        [OPENING[0]],
        [out(seq=100 + 7 * number, flags=SYN, client=Endpoint(CAMERA.ip, 40_000 + number)) for number in range(3)],
        [OPENING[0], back(seq=0, flags=RST | ACK, hop_limit=64, ack=101)],
    ],
    ids=["one", "three", "refused"],
)
def test_a_connection_that_nobody_answered_is_a_flow_of_nothing_and_says_so(frames: list[bytes]) -> None:
    [seen] = flows_of(*frames)
    assert (seen.ip, seen.link_mac, told(seen)["out"], told(seen)["bound"]) == (CAMERA.ip, CAMERA_MAC, "0", "at-least")
    assert told(seen)["answered"] == "no"


@pytest.mark.parametrize(
    "frames",
    [OPENING, [*OPENING, out(seq=101, flags=RST)], [OPENING[0], out(b"a")], [out(b"a")], [back(b"a")]],
    ids=["taken", "taken and reset", "one side", "under way", "under way, other side"],
)
def test_a_connection_that_came_about_is_none_that_nobody_answered(frames: list[bytes]) -> None:
    assert all("answered" not in told(seen) for seen in flows_of(*frames))


def test_calls_of_one_flow_were_answered_where_one_was() -> None:
    other = Endpoint(CAMERA.ip, 41_000)
    [seen] = flows_of(*OPENING, out(b"abc"), out(seq=500, flags=SYN, client=other))
    assert (seen.count, "answered" in told(seen)) == (2, False)


def inbound(port: int, *, hop_limit: int = 51) -> list[bytes]:
    """Return what a client on the internet and a camera at a port say to each other, the client's packets with a hop limit."""
    client, server = Endpoint("198.51.100.77", 51_000), Endpoint(CAMERA.ip, port)
    asks = {"src_mac": GATEWAY_MAC, "dst_mac": CAMERA_MAC}
    frames = [
        tcp_frame(b"", client, server, seq=100, flags=SYN, **asks),
        tcp_frame(b"", server, client, seq=900, flags=SYN | ACK, dst_mac=GATEWAY_MAC),
        tcp_frame(b"DESCRIBE rtsp://c/ RTSP/1.0\r\n\r\n", client, server, seq=101, **asks),
        tcp_frame(b"V" * 1000, server, client, seq=901, dst_mac=GATEWAY_MAC),
    ]
    return [raw[:22] + bytes([hop_limit]) + raw[23:] if raw[6:12] == frames[0][6:12] else raw for raw in frames]


@pytest.mark.parametrize("hop_limit", [51, 64])
def test_a_client_beyond_the_link_that_was_answered_is_told_of_the_server(hop_limit: int) -> None:
    seen = [one for one in flows_of(*inbound(554, hop_limit=hop_limit)) if one.ip == CAMERA.ip]
    assert [(one.link_mac, told(one)["source"], told(one)["port"]) for one in seen] == [(CAMERA_MAC, "198.51.100.77", "554")]
    assert (told(seen[0])["out"], told(seen[0])["in"]) == ("1000", "31")


def test_a_client_beyond_the_link_that_was_not_answered_is_not_told() -> None:
    frames = inbound(554)
    refused = tcp_frame(b"", Endpoint(CAMERA.ip, 554), Endpoint("198.51.100.77", 51_000), seq=0, flags=RST | ACK)
    assert flows_of(frames[0]) == []
    assert flows_of(frames[0], refused) == []


def test_a_client_of_the_link_itself_is_told_of_no_server() -> None:
    server, client = Endpoint(CAMERA.ip, 554), Endpoint("10.20.0.1", 50_000)
    frames = [
        tcp_frame(b"", client, server, seq=1, flags=SYN, src_mac=SCANNER_MAC),
        tcp_frame(b"", server, client, seq=5, flags=SYN | ACK),
        tcp_frame(b"a", client, server, seq=2, src_mac=SCANNER_MAC),
    ]
    assert [(one.ip, "source" in told(one)) for one in flows_of(*frames)] == [("10.20.0.1", False)]


def test_of_a_connection_under_way_the_end_elsewhere_is_the_server_whatever_the_ports() -> None:
    low, high = Endpoint(CAMERA.ip, 1030), Endpoint("203.0.113.7", 8666)
    [seen] = flows_of(tcp_frame(b"A" * 1000, low, high, seq=1000), tcp_frame(b"A" * 1000, low, high, seq=2000))
    assert (seen.ip, told(seen)["destination"], told(seen)["port"], told(seen)["out"]) == (low.ip, high.ip, "8666", "2000")
    assert all("source" in told(one) for one in flows_of(*inbound(554)[2:]))


def test_a_heartbeat_slower_than_the_patience_for_silence_stays_one_flow_of_its_client() -> None:
    low, high = Endpoint(CAMERA.ip, 1030), Endpoint("10.30.0.7", 8666)
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    said = [*dissection.feed(tcp_frame(b"", low, high, seq=1000, flags=SYN), NOON)]
    said += dissection.feed(tcp_frame(b"", high, low, seq=9000, flags=SYN | ACK), NOON)
    for number in range(20):
        said += dissection.feed(tcp_frame(b"A" * 100, low, high, seq=1001 + 100 * number), later(60 * number))
    said += dissection.flush()
    [seen] = [one for one in said if isinstance(one, Observation) and one.protocol == "flow" and one.ip == low.ip]
    assert (told(seen)["destination"], told(seen)["port"], told(seen)["out"]) == (high.ip, "8666", "2000")


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


def test_connections_of_one_client_to_one_server_are_one_flow() -> None:
    frames = []
    for number in range(3):
        client = Endpoint(CAMERA.ip, 40_000 + number)
        frames += [out(seq=100, flags=SYN, client=client), out(b"abc", client=client)]
    [seen] = flows_of(*frames)
    assert (seen.count, told(seen)["out"]) == (3, "9")


def test_a_client_behind_a_router_is_not_taken_for_a_device_of_the_link() -> None:
    frames = [bytearray(raw) for raw in (out(seq=100, flags=SYN), out(b"abc"))]
    for raw in frames:
        raw[22] = 63
    assert flows_of(*map(bytes, frames)) == []


def test_what_the_resolver_answered_names_a_destination() -> None:
    name = b"\x05litex\x07example\0"
    answer = b"\0\1\x81\x80\0\1\0\1\0\0\0\0" + name + b"\0\1\0\1" + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes((203, 0, 113, 9))
    assert dns.parse(answer).is_response
    resolved = udp_frame(answer, Endpoint("10.20.0.1", 53), Endpoint(CAMERA.ip, 5300))
    query = udp_frame(b"\0\1\1\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1", Endpoint(CAMERA.ip, 5300), Endpoint("10.20.0.1", 53))
    [seen] = flows_of(query, resolved, *OPENING, out(b"\x80opaque"))
    assert told(seen)["name"] == "litex.example"
    [other] = flows_of(resolved, tcp_frame(b"x", Endpoint("10.20.0.65", 40_000), CLOUD, seq=1, src_mac=SCANNER_MAC))
    assert "name" not in told(other)


def test_datagrams_to_the_clouds_of_cameras_are_flows_and_those_to_everybody_are_not() -> None:
    relay, everybody = Endpoint("203.0.113.10", 32100), Endpoint("255.255.255.255", 32108)
    [seen] = flows_of(
        udp_frame(b"\xf1\0\0\0", Endpoint(CAMERA.ip, 9000), relay),
        udp_frame(b"\xf1\x30\0\0", Endpoint(CAMERA.ip, 9000), everybody),
    )
    assert (told(seen)["destination"], told(seen)["transport"], told(seen)["out"], told(seen)["bound"]) == (
        relay.ip, "udp", "4", "at-least"
    )  # fmt: skip
    assert told(seen)["answered"] == "no"


TALKS, ELSEWHERE = Endpoint(CAMERA.ip, 5000), Endpoint("203.0.113.9", 6000)


def datagrams(count: int, *, src: Endpoint = TALKS, dst: Endpoint = ELSEWHERE, **link: Any) -> list[bytes]:
    """Return datagrams of 1200 bytes that differ."""
    return [udp_frame(number.to_bytes(4) * 300, src, dst, **link) for number in range(count)]


@pytest.mark.parametrize("tags", [b"", b"\x81\0\0\x07"], ids=["untagged", "tagged"])
@pytest.mark.parametrize("ends", [(CAMERA.ip, "203.0.113.9"), ("2001:db8:20::64", "2001:db8:99::9")], ids=["IPv4", "IPv6"])
def test_datagrams_to_any_port_elsewhere_are_a_flow(ends: tuple[str, str], tags: bytes) -> None:
    camera, server = Endpoint(ends[0], 5000), Endpoint(ends[1], 6000)
    [seen] = flows_of(*datagrams(50, src=camera, dst=server, tags=tags))
    assert (seen.ip, told(seen)["destination"], told(seen)["port"]) == (camera.ip, server.ip, "6000")
    assert (told(seen)["out"], told(seen)["answered"], seen.count) == ("60000", "no", 50)
    [answered] = flows_of(*datagrams(5, src=camera, dst=server, tags=tags), *datagrams(3, src=server, dst=camera, tags=tags))
    assert (told(answered)["out"], told(answered)["in"], "answered" in told(answered)) == ("6000", "3600", False)


def test_datagrams_between_neighbours_and_to_groups_are_none() -> None:
    inside, group = Endpoint("10.20.0.9", 6000), Endpoint("239.255.255.250", 6000)
    assert flows_of(*datagrams(3, dst=inside), *datagrams(3, dst=group)) == []
    assert flows_of(*datagrams(3, dst_mac="ff:ff:ff:ff:ff:ff")) == []
    near = Endpoint("2001:db8:20::9", 6000)
    assert flows_of(*datagrams(3, src=Endpoint("2001:db8:20::64", 5000), dst=near)) == []


def test_a_question_to_a_resolver_elsewhere_is_a_flow_and_is_still_read() -> None:
    question = b"\0\7\1\0\0\1\0\0\0\0\0\0\x05litex\x07example\0\0\1\0\1"
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    said: list[object] = []
    for number in range(ENOUGH + 5):
        raw = udp_frame(
            question.replace(b"litex", b"lit%02d" % number), Endpoint(CAMERA.ip, 5000 + number), Endpoint("8.8.8.8", 53)
        )
        said += dissection.feed(raw, NOON)
    seen = [one for one in [*said, *dissection.flush()] if isinstance(one, Observation)]
    assert [(one.count, told(one)["port"]) for one in seen if one.protocol == "flow"] == [(ENOUGH + 5, "53")]
    assert len([one for one in seen if one.values("dns.name")]) == ENOUGH + 5


def test_a_datagram_that_a_mirror_port_shows_twice_is_counted_once() -> None:
    relay = Endpoint("203.0.113.8", 32100)
    [seen] = flows_of(*(raw for one in datagrams(10, dst=relay) for raw in (one, one)))
    assert (told(seen)["out"], seen.count) == ("12000", 10)
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    for second in range(3):
        dissection.feed(datagrams(1, dst=relay)[0], later(10 * second))
    [seen] = [one for one in dissection.flush() if isinstance(one, Observation) and one.protocol == "flow"]
    assert (told(seen)["out"], seen.count) == ("3600", 3)


def test_media_in_datagrams_to_elsewhere_is_counted_and_left_out_otherwise() -> None:
    frames = datagrams(500)
    blob, at = b"".join(frames), int(NOON.timestamp())
    batch = Batch(blob, [(at, number, number * len(frames[0]), len(frames[0])) for number in range(500)], LINK_ETHERNET)
    demux = Demux(Via.PCAP)
    passed = demux.take(batch)
    assert sum(len(one.frames) for one in passed if isinstance(one, Batch)) == ENOUGH
    assert demux.skipped == 500 - ENOUGH
    [ended] = [one for one in demux.flush() if isinstance(one, Ended)]
    assert (ended.sent, ended.times, ended.last_at) == (600_000, 500, NOON + timedelta(microseconds=499))


def test_an_exchange_that_is_pushed_out_is_told_and_goes_on_in_the_same_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camscan.codecs.datagrams.MAX_EXCHANGES", 1)
    monkeypatch.setattr("camscan.codecs.datagrams.MAX_PORTS", 1)
    other = Endpoint("203.0.113.10", 6000)
    seen = flows_of(*datagrams(2), *datagrams(3, dst=other), *datagrams(2), *datagrams(1, dst=other))
    assert {(told(one)["destination"], told(one)["out"]) for one in seen} == {(ELSEWHERE.ip, "4800"), (other.ip, "4800")}


def test_who_asks_a_camera_for_datagrams_from_elsewhere_is_told_where_it_answers() -> None:
    client, camera = Endpoint("198.51.100.77", 4000), Endpoint(CAMERA.ip, 3702)
    asked = [raw[:22] + b"\x33" + raw[23:] for raw in datagrams(2, src=client, dst=camera)]
    [seen] = flows_of(*asked, *datagrams(5, src=camera, dst=client))
    assert (seen.ip, told(seen)["source"], told(seen)["port"], told(seen)["out"], told(seen)["in"]) == (
        camera.ip, client.ip, "3702", "6000", "2400"
    )  # fmt: skip
    assert flows_of(*asked) == []


def test_a_server_on_the_link_that_takes_connections_has_an_open_port() -> None:
    server, client = Endpoint("10.20.0.64", 37777), Endpoint("10.20.0.1", 50_000)
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    frames = [
        tcp_frame(b"", client, server, seq=1, flags=SYN, src_mac=SCANNER_MAC),
        tcp_frame(b"", server, client, seq=5, flags=SYN | ACK),
    ]
    said = [one for raw in frames for one in dissection.feed(raw, NOON)] + list(dissection.flush())
    [seen] = [one for one in said if isinstance(one, Observation) and one.protocol == "tcp"]
    assert (seen.ip, seen.port, seen.link_mac, seen.fields) == (server.ip, 37777, CAMERA_MAC, (("tcp.port", "37777"),))


def test_the_longest_silent_flow_is_told_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MAX_FLOWS", 2)
    counted = Flows(via=Via.PCAP, collector="pcap", site="s")

    def add(number: int) -> list[Observation]:
        ended = Ended(
            client=CAMERA, client_mac=None, server=Endpoint("203.0.113.9", number), server_mac=None, transport="tcp",
            sent=1, received=1, exact=True, from_link=True, answered=True, serves=False, accepted=False,
            first_at=NOON, last_at=later(number),
        )  # fmt: skip
        return list(counted.add(ended))

    assert (add(1), add(2), add(1)) == ([], [], [])
    [pushed] = add(3)
    assert (told(pushed)["port"], told(pushed)["bound"]) == ("2", "at-least")
    assert sorted((told(one)["port"], one.count) for one in counted.flush()) == [("1", 2), ("3", 1)]
    assert list(counted.flush()) == []


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


# Of connections whose segments are left out

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
