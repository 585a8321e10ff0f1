"""Who talks to whom: counted by sequence numbers, told of devices on the link, in bounds."""

from __future__ import annotations

import pytest

from camscan.codecs import dns, flows, tcpstream
from camscan.codecs.dissect import Dissection
from camscan.codecs.flows import Flows
from camscan.codecs.frame import ACK, FIN, RST, SYN
from camscan.model import Endpoint, Observation, Via
from tests.factories import CAMERA_MAC, NOON, SCANNER_MAC, later, tcp_frame, udp_frame

CAMERA, CLOUD = Endpoint("10.20.0.64", 40_000), Endpoint("203.0.113.9", 443)
GATEWAY_MAC = "02:00:5e:00:53:fe"
REQUEST = b"GET /a HTTP/1.1\r\nHost: Cloud.Example.COM:443\r\n\r\n"


def out(payload: bytes = b"", seq: int = 101, flags: int = ACK, client: Endpoint = CAMERA) -> bytes:
    return tcp_frame(payload, client, CLOUD, seq=seq & 0xFFFFFFFF, flags=flags, src_mac=CAMERA_MAC, dst_mac=GATEWAY_MAC)


def back(payload: bytes = b"", seq: int = 901, flags: int = ACK, hop_limit: int = 51) -> bytes:
    raw = bytearray(
        tcp_frame(payload, CLOUD, CAMERA, seq=seq & 0xFFFFFFFF, flags=flags, src_mac=GATEWAY_MAC, dst_mac=CAMERA_MAC)
    )
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
    [seen] = flows_of(*OPENING, out(b"a"), out(seq=end, flags=ACK | FIN), back(flags=ACK | FIN))
    assert (told(seen)["out"], told(seen)["bound"]) == ("5000000", "exact")


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


def test_a_connection_that_nobody_answered_is_a_flow_of_nothing() -> None:
    [seen] = flows_of(OPENING[0])
    assert (seen.ip, seen.link_mac, told(seen)["out"], told(seen)["bound"]) == (CAMERA.ip, CAMERA_MAC, "0", "at-least")


def test_a_stream_past_four_gibibytes_is_counted_whole_though_its_segments_are_left_out() -> None:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    step, turns = 8_000_000, 600
    for raw in (*OPENING, back(b"v" * 1400), *(back(b"v" * 1400, seq=901 + 1400 * number) for number in range(1, 20))):
        dissection.feed(raw, NOON)
    for number in range(1, turns):
        dissection.feed(back(b"v" * 100, seq=901 + 20 * 1400 + number * step), later(number / 1000))
    assert dissection.skipped >= turns - 1
    end = 901 + 20 * 1400 + turns * step
    for raw in (back(seq=end, flags=ACK | FIN), out(seq=101, flags=ACK | FIN)):
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
    [seen] = flows_of(resolved, *OPENING, out(b"\x80opaque"))
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
        server = Endpoint("203.0.113.9", number)
        return list(
            counted.add(CAMERA, None, server, "tcp", sent=1, received=1, exact=True, first_at=NOON, last_at=later(number))
        )

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
