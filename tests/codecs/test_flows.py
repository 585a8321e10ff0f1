"""Who talks to whom over connections: counted by sequence numbers, told of devices on the link, in bounds."""

from __future__ import annotations

import pytest

from camscan.codecs import dns, flows
from camscan.codecs.dissect import Dissection
from camscan.codecs.flows import Ended, Flows
from camscan.codecs.packet import ACK, FIN, RST, SYN
from camscan.model import Endpoint, Observation, Via
from tests.codecs.talks import CAMERA, CLOUD, GATEWAY_MAC, OPENING, REQUEST, back, flows_of, out, told
from tests.factories import CAMERA_MAC, NOON, SCANNER_MAC, later, tcp_frame, udp_frame


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
