"""The filter lets through whatever some codec reads, on any link, and stops video."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pcapy  # type: ignore[import-not-found]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camscan.codecs.capturefilter import MAX_SAMPLED, expression, sampling
from camscan.codecs.demux import Program
from camscan.codecs.dissect import Dissection
from camscan.codecs.frame import LINK_COOKED, LINK_COOKED_2, LINK_ETHERNET
from camscan.codecs.outcome import Undecoded
from camscan.codecs.packet import ACK, FIN, RST, SYN
from camscan.codecs.pcapfile import records
from camscan.codecs.registry import DATAGRAM_CODECS, FRAME_CODECS
from camscan.model import Endpoint, Observation, Via
from tests.examples import examples
from tests.factories import NOON, ethernet, ip_packet, tcp_frame, udp_frame
from tests.samples_of import CAPTURE

SAMPLES = Path(__file__).parents[1] / "samples"
TAGS = [b"", b"\x81\0\0\x07", b"\x88\xa8\0\x01\x81\0\0\x07"]
ENDS = [("10.20.0.64", "10.20.0.1"), ("2001:db8::64", "2001:db8::1")]


def program(link_type: int = LINK_ETHERNET) -> Program:
    wanted = expression(link_type)
    assert wanted is not None
    return pcapy.compile({101: 12}.get(link_type, link_type), 262_144, wanted, 1, 0xFFFFFFFF)


WANTED = program()


def passes(frame: bytes) -> bool:
    return bool(WANTED.filter(frame))


@pytest.mark.parametrize("link_type", [LINK_ETHERNET, LINK_COOKED, LINK_COOKED_2, 12, 101, 228])
def test_the_filter_of_every_link_type_compiles(link_type: int) -> None:
    assert program(link_type)


@pytest.mark.parametrize("link_type", [0, 105, 108, 127])
def test_other_links_are_looked_at_whole(link_type: int) -> None:
    assert expression(link_type) is None


@pytest.mark.parametrize("tags", TAGS, ids=["untagged", "tagged", "twice tagged"])
@pytest.mark.parametrize("ends", ENDS, ids=["IPv4", "IPv6"])
def test_what_a_codec_reads_passes_on_each_of_its_ports(tags: bytes, ends: tuple[str, str]) -> None:
    for codec in DATAGRAM_CODECS:
        for port in codec.PORTS:
            for one, other in ((port, 50_000), (50_000, port)):
                assert passes(udp_frame(b"\x80opaque", Endpoint(ends[0], one), Endpoint(ends[1], other), tags=tags)), codec.NAME


@pytest.mark.parametrize("tags", TAGS, ids=["untagged", "tagged", "twice tagged"])
def test_frames_of_codecs_pass(tags: bytes) -> None:
    for codec in FRAME_CODECS:
        for kind in codec.ETHERTYPES:
            if kind not in (0x0800, 0x86DD):
                assert passes(ethernet(b"\0" * 60, kind, tags=tags)), codec.NAME


@pytest.mark.parametrize("tags", TAGS, ids=["untagged", "tagged", "twice tagged"])
@pytest.mark.parametrize("ends", ENDS, ids=["IPv4", "IPv6"])
def test_of_tcp_pass_the_segments_that_open_close_or_carry_something(tags: bytes, ends: tuple[str, str]) -> None:
    server, client = Endpoint(ends[0], 554), Endpoint(ends[1], 40_000)
    for flags in (SYN, SYN | ACK, FIN | ACK, RST):
        assert passes(tcp_frame(b"", server, client, seq=1, flags=flags, tags=tags))
    assert passes(tcp_frame(b"RTSP/1.0 200 OK\r\n", server, client, seq=1, tags=tags))
    assert len(tags) > 4 or not passes(tcp_frame(b"", server, client, seq=1, flags=ACK, tags=tags))


@pytest.mark.parametrize("ends", ENDS, ids=["IPv4", "IPv6"])
def test_video_in_datagrams_does_not_pass(ends: tuple[str, str]) -> None:
    assert not passes(udp_frame(b"\x80\x60" + bytes(1000), Endpoint(ends[0], 6970), Endpoint(ends[1], 40_000)))


@pytest.mark.parametrize("tags", TAGS[:2], ids=["untagged", "tagged"])
@pytest.mark.parametrize(
    ("near", "far"), [("10.20.0.64", "203.0.113.9"), ("172.20.0.64", "100.64.0.9"), ("2001:db8:20::64", "2001:db8:99::9")]
)
def test_datagrams_that_leave_a_network_or_come_from_elsewhere_pass(near: str, far: str, tags: bytes) -> None:
    one, other = Endpoint(near, 5000), Endpoint(far, 6000)
    assert passes(udp_frame(b"\x80\x60" + bytes(1000), one, other, tags=tags))
    assert passes(udp_frame(b"\x80\x60" + bytes(1000), other, one, tags=tags))


def test_datagrams_between_private_networks_and_to_groups_do_not_pass() -> None:
    ends = [("10.20.0.64", "172.20.0.1"), ("192.168.1.4", "10.0.0.1"), ("10.20.0.64", "239.1.2.3"), ("fe80::1", "fd00::1")]
    for near, far in [*ends, ("2001:db8:20::64", "ff15::1")]:
        assert not passes(udp_frame(b"\x80\x60" + bytes(1000), Endpoint(near, 5000), Endpoint(far, 6000))), far


def test_of_fragments_pass_those_of_datagrams_at_moderate_places() -> None:
    later = ethernet(ip_packet(bytes(64), 17, src="10.20.0.64", dst="10.20.0.1", fragment=185), 0x0800)
    far = ethernet(ip_packet(bytes(64), 17, src="10.20.0.64", dst="10.20.0.1", fragment=4000), 0x0800)
    assert passes(later)
    assert not passes(far)


# Connections of which a sample is enough

VIDEO, RECORDER = Endpoint("10.20.0.64", 554), Endpoint("10.20.0.250", 40_000)


def mark(source: Endpoint, target: Endpoint) -> bytes:
    return ip_address(source.ip).packed + ip_address(target.ip).packed + source.port.to_bytes(2) + target.port.to_bytes(2)


def sampled(*busy: bytes) -> Program:
    wanted = expression(LINK_ETHERNET)
    assert wanted is not None
    return pcapy.compile(LINK_ETHERNET, 262_144, sampling(wanted, busy), 1, 0xFFFFFFFF)


def test_of_a_busy_connection_passes_the_beginning_of_each_64_kib() -> None:
    program = sampled(mark(VIDEO, RECORDER))
    starts = range(0x12340000, 0x12360000, 1460)
    passed = [seq for seq in starts if program.filter(tcp_frame(bytes(1460), VIDEO, RECORDER, seq=seq))]
    assert {seq >> 16 for seq in passed} == {0x1234, 0x1235}
    assert len(passed) == 6
    assert all(seq & 0xFFFF < 4096 for seq in passed)


@pytest.mark.parametrize("tags", TAGS, ids=["untagged", "tagged", "twice tagged"])
def test_what_opens_or_closes_is_short_or_merged_passes_also_of_a_busy_connection(tags: bytes) -> None:
    program, inside = sampled(mark(VIDEO, RECORDER)), 0x12348000
    for flags in (SYN, FIN | ACK, RST):
        assert program.filter(tcp_frame(bytes(1460), VIDEO, RECORDER, seq=inside, flags=flags, tags=tags))
    for size in (200, 5000):
        assert program.filter(tcp_frame(bytes(size), VIDEO, RECORDER, seq=inside, tags=tags))
    assert bool(program.filter(tcp_frame(bytes(1460), VIDEO, RECORDER, seq=inside, tags=tags))) == bool(tags)


def test_other_connections_pass_beside_many_busy_ones() -> None:
    many = [(Endpoint(f"10.20.{n // 200}.{n % 200 + 1}", 554), Endpoint(RECORDER.ip, 40_000 + n)) for n in range(300)]
    program = sampled(*(mark(*ends) for ends in many))
    for source, target in many:
        assert not program.filter(tcp_frame(bytes(1460), source, target, seq=0x8000))
        assert program.filter(tcp_frame(bytes(1460), target, source, seq=0x8000))
    source, target = many[7]
    for other in (Endpoint(source.ip, 8554), Endpoint("10.20.9.9", 554)):
        assert program.filter(tcp_frame(bytes(1460), other, target, seq=0x8000))
    assert program.filter(tcp_frame(bytes(1460), source, Endpoint(RECORDER.ip, 50_000), seq=0x8000))
    assert program.filter(tcp_frame(bytes(1460), source, Endpoint("10.20.0.251", target.port), seq=0x8000))
    assert program.filter(udp_frame(b"<" * 1460, Endpoint(source.ip, 3702), Endpoint("239.255.255.250", 3702)))


def test_a_connection_passes_that_shares_each_address_and_port_with_busy_ones_and_is_none_of_them() -> None:
    many = [(Endpoint(f"10.20.{n // 200}.{n % 200 + 1}", 554), Endpoint(RECORDER.ip, 40_000 + n)) for n in range(300)]
    program = sampled(*(mark(*ends) for ends in many))
    for number in (0, 1, 150, 298):
        camera, recorder = many[number][0], many[number + 1][1]
        assert program.filter(tcp_frame(bytes(1460), camera, recorder, seq=0x8000))
    both = sampled(
        mark(VIDEO, RECORDER), mark(VIDEO, Endpoint("10.20.0.251", 50_000)), mark(Endpoint("10.20.0.65", 554), RECORDER)
    )
    assert both.filter(tcp_frame(bytes(1460), VIDEO, Endpoint("10.20.0.251", 40_000), seq=0x8000))
    assert both.filter(tcp_frame(bytes(1460), Endpoint("10.20.0.65", 554), Endpoint("10.20.0.251", 50_000), seq=0x8000))


def test_several_connections_between_two_addresses_are_all_sampled() -> None:
    ends = [(Endpoint(VIDEO.ip, 554 + n % 3), Endpoint(f"10.20.1.{n % 7}", 50_000 + n)) for n in range(200)]
    program = sampled(*(mark(*pair) for pair in ends))
    assert not any(program.filter(tcp_frame(bytes(1460), *pair, seq=0x8000)) for pair in ends)


@pytest.mark.parametrize("tags", TAGS, ids=["untagged", "tagged", "twice tagged"])
@pytest.mark.parametrize("ends", ENDS, ids=["IPv4", "IPv6"])
def test_quic_passes_both_ways_whatever_its_header(tags: bytes, ends: tuple[str, str]) -> None:
    client, server = Endpoint(ends[0], 50_000), Endpoint(ends[1], 443)
    for begin in (b"\xc3", b"\x43"):
        assert passes(udp_frame(begin + bytes(1200), client, server, tags=tags))
        assert passes(udp_frame(begin + bytes(1200), server, client, tags=tags))


def test_no_more_connections_are_sampled_than_a_filter_holds() -> None:
    ends = [(VIDEO, Endpoint(RECORDER.ip, port)) for port in range(10_000, 10_000 + MAX_SAMPLED + 1)]
    program = sampled(*(mark(*pair) for pair in ends))
    assert sum(bool(program.filter(tcp_frame(bytes(1460), *pair, seq=0x8000))) for pair in ends) == 1


def said_by(frame: bytes) -> list[Observation | Undecoded]:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    return [*dissection.feed(frame, NOON), *dissection.flush()]


raws = [path.read_bytes() for codec in DATAGRAM_CODECS for path in sorted(SAMPLES.glob(f"{codec.NAME}/*.bin"))]


@settings(max_examples=examples(150), deadline=None)
@given(
    raw=st.sampled_from(raws),
    ports=st.tuples(st.integers(1024, 65535), st.integers(1024, 65535)),
    tags=st.sampled_from(TAGS),
    ends=st.sampled_from(ENDS),
)
def test_a_message_on_any_port_that_says_something_passes(
    raw: bytes, ports: tuple[int, int], tags: bytes, ends: tuple[str, str]
) -> None:
    frame = udp_frame(raw, Endpoint(ends[0], ports[0]), Endpoint(ends[1], ports[1]), tags=tags)
    if any(isinstance(one, Observation) for one in said_by(frame)):
        assert passes(frame)


def test_nothing_of_a_whole_lab_is_lost_behind_the_filter() -> None:
    for record in records([CAPTURE.read_bytes()]):
        if any(isinstance(one, Observation) and one.protocol != "flow" for one in said_by(record.frame)):
            assert passes(record.frame)
