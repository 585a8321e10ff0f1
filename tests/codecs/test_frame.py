from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import frame
from camscan.codecs.base import DecodeError
from camscan.codecs.packet import ACK, FIN, Packet
from camscan.codecs.packet import ethernet as as_ethernet
from camscan.model import Endpoint
from tests import factories
from tests.factories import ethernet, ip_packet, tcp, udp

SRC, DST = Endpoint("10.20.0.64", 37020), Endpoint("239.255.255.250", 37020)
UDP_V4 = ip_packet(udp(b"hello", SRC.port, DST.port), 17, src=SRC.ip, dst=DST.ip)
UDP_V6 = ip_packet(udp(b"hello", 3702, 50123), 17)


def test_a_plain_frame_gives_addresses_ports_and_payload() -> None:
    packet = frame.split(ethernet(UDP_V4, 0x0800))
    assert (packet.src_mac, packet.dst_mac) == (factories.CAMERA_MAC, factories.SCANNER_MAC)
    assert (packet.src, packet.src_port, packet.dst, packet.dst_port) == (SRC.ip, SRC.port, DST.ip, DST.port)
    assert (packet.payload, packet.vlan, packet.cut) == (b"hello", None, False)


def test_ipv6_addresses_are_canonical_text() -> None:
    packet = frame.split(ethernet(UDP_V6, 0x86DD))
    assert (packet.src, packet.dst, packet.payload) == ("2001:db8::64", "2001:db8::1", b"hello")


@pytest.mark.parametrize(
    ("tags", "vlan"),
    [(b"\x81\0\x20\x28", 40), (b"\x88\xa8\0\x07\x81\0\0\x28", 40), (b"\x91\0\0\x01\x81\0\0\x02\x81\0\0\x03", 3)],
    ids=["one tag with priority", "provider and customer", "three tags"],
)
def test_tags_are_taken_off_and_the_innermost_number_is_kept(tags: bytes, vlan: int) -> None:
    packet = frame.split(ethernet(UDP_V4, 0x0800, tags=tags))
    assert (packet.vlan, packet.payload, packet.src_mac) == (vlan, b"hello", factories.CAMERA_MAC)


def test_padding_behind_a_short_packet_is_no_payload() -> None:
    assert frame.split(ethernet(UDP_V4 + bytes(18), 0x0800)).payload == b"hello"


def test_padding_behind_a_short_segment_is_no_payload() -> None:
    acknowledgement = ip_packet(tcp(b"", 80, 50123, seq=1), 6, src="10.20.0.64", dst="10.20.0.1")
    assert frame.split(ethernet(acknowledgement + bytes(6), 0x0800)).payload == b""


def test_a_datagram_longer_than_its_packet_is_marked_as_cut() -> None:
    assert frame.split(ethernet(ip_packet(udp(b"front", 1, 2, length=900), 17), 0x86DD)).cut


def test_snap_encapsulation_is_read_and_a_bare_length_field_is_no_ip() -> None:
    snap = b"\xaa\xaa\x03\0\0\0\x08\x00" + UDP_V4
    assert frame.split(ethernet(snap, len(snap))).payload == b"hello"
    bare = frame.split(ethernet(b"\x42\x42\x03bpdu" + bytes(40), 7))
    assert (bare.proto, bare.payload) == (0, b"\x42\x42\x03bpdu")


@pytest.mark.parametrize(
    ("link_type", "header", "mac"),
    [
        (101, b"", None),
        (12, b"", None),
        (0, b"\x02\0\0\0", None),
        (0, b"\0\0\0\x02", None),
        (108, b"\0\0\0\x02", None),
        (113, b"\0\0\0\x01\0\x06\xbc\xad\x28\0\0\x01\0\0\x08\0", "bc:ad:28:00:00:01"),
        (276, b"\x08\0\0\0\0\0\0\x02\0\x01\0\x06\xbc\xad\x28\0\0\x01\0\0", "bc:ad:28:00:00:01"),
        (0x1000_0000 | 101, b"", None),
    ],
    ids=["raw", "raw as captured", "null little", "null big", "loop", "cooked", "cooked 2", "raw with frame check length"],
)
def test_other_link_types_carry_the_same_packet(link_type: int, header: bytes, mac: str | None) -> None:
    packet = frame.split(header + UDP_V4, link_type)
    assert (packet.src, packet.payload, packet.src_mac) == (SRC.ip, b"hello", mac)


@pytest.mark.parametrize("family", [10, 24, 28, 30])
def test_loopback_headers_name_ipv6_by_the_number_of_their_system(family: int) -> None:
    assert frame.split(family.to_bytes(4, "little") + UDP_V6, 0).src == "2001:db8::64"


def test_an_unknown_link_type_is_an_error() -> None:
    with pytest.raises(DecodeError, match="link type 147"):
        frame.split(UDP_V4, 147)


def test_ipv4_options_are_skipped() -> None:
    packet = b"\x47" + UDP_V4[1:2] + (len(UDP_V4) + 8).to_bytes(2) + UDP_V4[4:20] + b"\x94\x04\0\0\x01\x01\x01\0" + UDP_V4[20:]
    assert frame.split(ethernet(packet, 0x0800)).payload == b"hello"


def test_a_merged_frame_with_total_length_zero_is_read_to_its_end() -> None:
    merged = ip_packet(tcp(b"x" * 70_000, 80, 50123, seq=1), 6, src="10.20.0.64", dst="10.20.0.1", total=0)
    packet = frame.split(ethernet(merged, 0x0800))
    assert (len(packet.payload), packet.cut) == (70_000, False)


def test_a_packet_longer_than_its_capture_is_marked_as_cut() -> None:
    packet = frame.split(ethernet(UDP_V4, 0x0800)[:-2])
    assert (packet.payload, packet.cut) == (b"hel", True)


def test_the_first_fragment_is_used_and_marked_and_a_later_one_has_no_ports() -> None:
    first = frame.split(
        ethernet(
            ip_packet(udp(b"front", 3702, 5000, length=4000), 17, src="10.20.0.64", dst="10.20.0.1", fragment=0x2000), 0x0800
        )
    )
    assert (first.payload, first.src_port, first.cut, first.later_fragment) == (b"front", 3702, True, False)
    later = frame.split(ethernet(ip_packet(b"back of it", 17, src="10.20.0.64", dst="10.20.0.1", fragment=0x00B9), 0x0800))
    assert (later.payload, later.src_port, later.later_fragment) == (b"", 0, True)


def test_ipv6_extension_headers_are_skipped_and_fragments_marked() -> None:
    datagram = udp(b"hello", 5353, 5353)
    options = bytes([60, 0]) + bytes(6) + bytes([43, 0]) + bytes(6) + bytes([44, 0]) + bytes(6)
    first = options + bytes([17, 0, 0, 1, 0, 0, 0, 9]) + datagram
    packet = frame.split(ethernet(ip_packet(first, 0), 0x86DD))
    assert (packet.payload, packet.src_port, packet.cut) == (b"hello", 5353, True)
    later = frame.split(ethernet(ip_packet(bytes([17, 0, 0, 8, 0, 0, 0, 9]) + b"rest", 44), 0x86DD))
    assert (later.proto, later.payload, later.later_fragment) == (17, b"", True)


def test_tcp_gives_flags_and_numbers_without_its_options() -> None:
    segment = tcp(b"GET", 50123, 80, seq=7, ack=9, flags=ACK | FIN)
    segment = segment[:12] + b"\x60" + segment[13:20] + b"\x01\x01\x01\x00" + b"GET"
    packet = frame.split(ethernet(ip_packet(segment, 6), 0x86DD))
    assert (packet.seq, packet.ack, packet.flags, packet.payload) == (7, 9, ACK | FIN, b"GET")


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        bytes(13),
        ethernet(b"", 0x0800, tags=b"\x81\0\0"),
        ethernet(UDP_V4[:19], 0x0800),
        ethernet(b"\x65" + UDP_V4[1:], 0x0800),
        ethernet(b"\x44" + UDP_V4[1:], 0x0800),
        ethernet(ip_packet(b"\0\1\0\2\0\7\0\0", 17, src="10.20.0.64", dst="10.20.0.1"), 0x0800),
        ethernet(ip_packet(tcp(b"", 1, 2, seq=0)[:12] + b"\xf0" + bytes(7), 6), 0x86DD),
        ethernet(UDP_V6[:39], 0x86DD),
        ethernet(ip_packet(bytes([0, 255]) + bytes(6), 0), 0x86DD),
    ],
)
def test_damaged_headers_are_errors(damaged: bytes) -> None:
    with pytest.raises(DecodeError):
        frame.split(damaged)


@given(
    raw=st.binary(max_size=200),
    link_type=st.sampled_from([0, 1, 12, 101, 108, 113, 276]),
    version=st.sampled_from([0x45, 0x60]),
)
def test_random_frames_raise_only_decode_errors(raw: bytes, link_type: int, version: int) -> None:
    for candidate in (raw, bytes([version]) + raw, ethernet(bytes([version]) + raw, 0x0800 if version == 0x45 else 0x86DD)):
        try:
            packet = frame.split(candidate, link_type)
        except DecodeError:
            continue
        assert len(packet.payload) <= len(candidate)


def test_a_packet_without_ip_becomes_an_untagged_ethernet_frame_again() -> None:
    tagged = ethernet(b"arp packet", 0x0806, tags=b"\x81\0\0\x05")
    assert as_ethernet(frame.split(tagged)) == ethernet(b"arp packet", 0x0806)
    cooked = frame.split(b"\0\0\0\x01\0\x06\xbc\xad\x28\0\0\x01\0\0\x08\x06" + b"arp packet", 113)
    assert as_ethernet(cooked) == ethernet(b"arp packet", 0x0806, dst_mac="ff:ff:ff:ff:ff:ff")


PLAIN = [
    ethernet(packet, kind, tags=tags)
    for tags in (b"", b"\x81\0\x20\x28", b"\x88\xa8\0\x07\x81\0\0\x28")
    for packet, kind in (
        (UDP_V4, 0x0800),
        (UDP_V6, 0x86DD),
        (ip_packet(tcp(b"GET /", 50123, 80, seq=7), 6, src="10.20.0.64", dst="10.20.0.1"), 0x0800),
        (ip_packet(tcp(b"", 80, 50123, seq=9), 6), 0x86DD),
    )
]


def outcome_of(read: Callable[[], Packet]) -> Packet | type[DecodeError]:
    try:
        return read()
    except DecodeError:
        return DecodeError


@pytest.mark.parametrize("raw", PLAIN)
def test_a_plain_packet_is_found_at_its_place(raw: bytes) -> None:
    place = frame.place_of(raw)
    assert place is not None
    assert frame.packet_at(raw, place) == frame.split(raw)


@given(
    raw=st.sampled_from(PLAIN),
    edits=st.lists(st.tuples(st.integers(12, 80), st.integers(0, 255)), max_size=4),
    padding=st.integers(0, 20),
)
def test_whatever_has_a_place_is_taken_apart_alike_in_both_ways(raw: bytes, edits: list[tuple[int, int]], padding: int) -> None:
    changed = bytearray(raw + bytes(padding))
    for place, value in edits:
        changed[place % len(changed)] = value
    other = bytes(changed)
    found = frame.place_of(other)
    if found is not None:
        assert outcome_of(lambda: frame.packet_at(other, found)) == outcome_of(lambda: frame.split(other))
