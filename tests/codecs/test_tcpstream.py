from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import frame
from camscan.codecs.frame import split
from camscan.codecs.packet import ACK, FIN, RST, SYN
from camscan.codecs.segments import MAX_HEAD
from camscan.codecs.tcpstream import IDLE, MAX_CONNECTIONS, Streams
from camscan.model import Endpoint, StreamHead, Via
from tests.factories import CAMERA_MAC, NOON, SCANNER_MAC, handshake, later, tcp_frame

CLIENT, SERVER = Endpoint("10.20.0.1", 50123), Endpoint("10.20.0.64", 8000)
REQUEST, ANSWER = b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\n\r\n"


def said(payload: bytes, offset: int = 0, flags: int = ACK, seq: int = 901) -> bytes:
    return tcp_frame(payload, SERVER, CLIENT, seq=(seq + offset) & 0xFFFFFFFF, flags=flags)


def asked(payload: bytes, offset: int = 0, flags: int = ACK) -> bytes:
    return tcp_frame(payload, CLIENT, SERVER, seq=101 + offset, flags=flags, src_mac=SCANNER_MAC, dst_mac=CAMERA_MAC)


def heads(*frames: bytes, streams: Streams | None = None) -> list[StreamHead]:
    streams = streams or Streams(Via.PCAP)
    given = [head for raw in frames for head in streams.feed(split(raw), NOON)]
    return given + list(streams.flush())


def test_a_whole_connection_gives_one_head_with_both_sides() -> None:
    [head] = heads(*handshake(CLIENT, SERVER), asked(REQUEST), said(ANSWER))
    assert (head.client, head.server) == (CLIENT, SERVER)
    assert (head.sent, head.received) == (REQUEST, ANSWER)
    assert (head.client_mac, head.server_mac, head.via, head.received_at) == (SCANNER_MAC, CAMERA_MAC, Via.PCAP, NOON)


def test_a_head_is_given_when_both_sides_have_closed() -> None:
    streams = Streams(Via.PASSIVE)
    frames = [*handshake(CLIENT, SERVER), asked(REQUEST), said(ANSWER, flags=ACK | FIN), asked(b"", len(REQUEST), ACK | FIN)]
    given = [len(streams.feed(split(raw), NOON)) for raw in frames]
    assert given == [0, 0, 0, 0, 1]
    assert streams.flush() == ()


def test_a_reset_gives_the_head_at_once() -> None:
    streams = Streams(Via.PASSIVE)
    for raw in (*handshake(CLIENT, SERVER), said(ANSWER)):
        assert streams.feed(split(raw), NOON) == ()
    [head] = streams.feed(split(said(b"", len(ANSWER), RST)), NOON)
    assert head.received == ANSWER


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_segments_in_any_order_give_the_same_bytes(order: tuple[int, ...]) -> None:
    parts = [said(ANSWER[:20]), said(ANSWER[20:30], 20), said(ANSWER[30:], 30)]
    [head] = heads(*handshake(CLIENT, SERVER), *(parts[number] for number in order))
    assert head.received == ANSWER


@given(seed=st.integers(0, 10_000), base=st.sampled_from([1, 2**32 - 10, 2**31 - 5]))
def test_losses_repeats_and_overlaps_never_change_a_byte(seed: int, base: int) -> None:
    random = Random(seed)
    content = bytes(random.randrange(256) for _ in range(400))
    parts = []
    for _ in range(25):
        start = random.randrange(len(content))
        parts.append(said(content[start : start + random.randrange(1, 60)], start, seq=base))
    shake = handshake(CLIENT, SERVER, server_seq=(base - 1) & 0xFFFFFFFF)
    for head in heads(*shake, *parts):
        assert content.startswith(head.received)


def test_a_repeated_segment_with_other_content_does_not_overwrite_the_first() -> None:
    [head] = heads(*handshake(CLIENT, SERVER), said(b"HTTP/1.1 200"), said(b"XXXX/9.9 999 and more"))
    assert head.received == b"HTTP/1.1 200 and more"


def test_bytes_behind_a_gap_are_left_out() -> None:
    [head] = heads(*handshake(CLIENT, SERVER), said(b"front"), said(b"back", 100))
    assert head.received == b"front"


def test_a_capture_that_began_late_takes_the_lower_port_for_the_server() -> None:
    [head] = heads(asked(REQUEST, 5000), said(ANSWER, 7000))
    assert (head.server, head.sent, head.received) == (SERVER, REQUEST, ANSWER)


def test_a_capture_that_began_late_mends_the_order_of_its_first_segments() -> None:
    [head] = heads(said(ANSWER[20:], 20), said(ANSWER[:20]))
    assert head.received == ANSWER


def test_the_answer_to_a_handshake_says_who_the_server_is_even_on_a_higher_port() -> None:
    high = Endpoint("10.20.0.64", 60000)
    low = Endpoint("10.20.0.1", 1024)
    answer = tcp_frame(b"", high, low, seq=900, flags=SYN | ACK)
    [head] = heads(answer, tcp_frame(b"hi", high, low, seq=901))
    assert (head.server, head.received) == (high, b"hi")


def test_a_handshake_seen_late_corrects_a_wrong_guess_of_the_server() -> None:
    high, low = Endpoint("10.20.0.64", 60000), Endpoint("10.20.0.1", 1024)
    overtaking = tcp_frame(b"ask", low, high, seq=101)
    [head] = heads(overtaking, tcp_frame(b"", high, low, seq=900, flags=SYN | ACK), tcp_frame(b"hi", high, low, seq=901))
    assert (head.server, head.sent, head.received) == (high, b"ask", b"hi")


def test_sequence_numbers_wrap_around() -> None:
    base = 2**32 - 10
    [head] = heads(
        *handshake(CLIENT, SERVER, server_seq=base - 1), said(ANSWER[20:], 20, seq=base), said(ANSWER[:20], seq=base)
    )
    assert head.received == ANSWER


def test_no_more_than_the_cap_is_kept_and_the_rest_of_a_long_stream_is_not_a_new_one() -> None:
    streams = Streams(Via.PASSIVE)
    given: list[StreamHead] = []
    for raw in handshake(CLIENT, SERVER):
        given += streams.feed(split(raw), NOON)
    for number in range(100):
        given += streams.feed(split(said(b"v" * 1000, number * 1000)), NOON)
    given += streams.flush()
    assert [len(head.received) for head in given] == [MAX_HEAD]


def test_waiting_segments_are_bounded() -> None:
    streams = Streams(Via.PASSIVE)
    for raw in (*handshake(CLIENT, SERVER), *(said(b"x" * 2000, 2 + number) for number in range(5000))):
        streams.feed(split(raw), NOON)
    [connection] = streams._connections.values()
    assert sum(len(chunk) for side in connection.sides for chunk in side.waiting.values()) <= 32 * 2000


def test_a_silent_connection_is_given_when_time_has_passed() -> None:
    streams = Streams(Via.PASSIVE)
    for raw in (*handshake(CLIENT, SERVER), said(ANSWER)):
        streams.feed(split(raw), NOON)
    other = tcp_frame(b"", Endpoint("10.20.0.2", 40000), SERVER, seq=1, flags=SYN)
    assert streams.feed(split(other), later(IDLE.total_seconds())) == ()
    [head] = streams.feed(split(other), later(IDLE.total_seconds() + 1))
    assert head.received == ANSWER


def test_the_longest_silent_connection_gives_way_and_is_not_lost() -> None:
    streams = Streams(Via.PASSIVE)
    for raw in (*handshake(CLIENT, SERVER), said(ANSWER)):
        streams.feed(split(raw), NOON)
    given: list[StreamHead] = []
    for number in range(MAX_CONNECTIONS):
        client = Endpoint(f"10.21.{number // 250}.{number % 250}", 40000)
        given += streams.feed(split(tcp_frame(b"", client, SERVER, seq=1, flags=SYN)), NOON)
    assert [head.received for head in given] == [ANSWER]


def test_a_new_connection_between_the_same_ports_is_kept_apart() -> None:
    first, second = heads(
        *handshake(CLIENT, SERVER),
        said(b"one"),
        *handshake(CLIENT, SERVER, client_seq=5000, server_seq=8000),
        said(b"two", seq=8001),
    )
    assert (first.received, second.received) == (b"one", b"two")


def test_a_new_connection_is_kept_apart_where_only_the_server_is_heard() -> None:
    first, second = heads(said(b"", -1, SYN | ACK), said(b"one"), said(b"", seq=8000, flags=SYN | ACK), said(b"two", seq=8001))
    assert (first.received, second.received) == (b"one", b"two")


def test_a_repeated_syn_does_not_start_the_connection_anew() -> None:
    [head] = heads(*handshake(CLIENT, SERVER), asked(REQUEST), *handshake(CLIENT, SERVER), said(ANSWER))
    assert (head.sent, head.received) == (REQUEST, ANSWER)


def test_a_connection_without_content_gives_nothing() -> None:
    assert heads(*handshake(CLIENT, SERVER), said(b"", 0, RST)) == []


@given(
    steps=st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 2**32 - 1),
            st.sampled_from([0, ACK, SYN, SYN | ACK, FIN | ACK, RST, 0xFF]),
            st.binary(max_size=20),
        ),
        max_size=30,
    )
)
def test_nonsense_neither_fails_nor_grows(steps: list[tuple[bool, int, int, bytes]]) -> None:
    streams = Streams(Via.PCAP)
    total = sum(len(payload) for *_, payload in steps)
    given = 0
    for from_server, seq, flags, payload in steps:
        src, dst = (SERVER, CLIENT) if from_server else (CLIENT, SERVER)
        packet = frame.split(tcp_frame(payload, src, dst, seq=seq, flags=flags))
        given += sum(len(head.sent) + len(head.received) for head in streams.feed(packet, NOON))
    given += sum(len(head.sent) + len(head.received) for head in streams.flush())
    assert given <= total
