"""Whoever floods a network with MACs, names or connections cannot fill the memory of who listens; what was refused is counted."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from camscan.codecs import quota
from camscan.codecs.dissect import Dissection
from camscan.codecs.packet import ACK, SYN
from camscan.model import Endpoint, Observation, Via
from tests.factories import NOON, ethernet, tcp_frame, udp_frame

MEBIBYTE = 1 << 20
MDNS = Endpoint("224.0.0.251", 5353)


def arp(number: int) -> bytes:
    """Return a gratuitous ARP of a device that nobody has."""
    mac, ip = b"\xbc\xad\x28" + (number & 0xFFFFFF).to_bytes(3), (0x0A000000 + number).to_bytes(4)
    body = b"\0\x01\x08\0\x06\x04\0\x01" + mac + ip + bytes(6) + ip
    return ethernet(body, 0x0806, src_mac=mac.hex(":"))


def name(number: int) -> bytes:
    """Return an announcement of one device under one more name."""
    label = f"camera-{number:08}".encode()
    owner = bytes([len(label)]) + label + b"\x05local\0"
    record = owner + b"\0\x01\x80\x01\0\0\0\x78\0\x04" + bytes((10, 20, 0, 64))
    return udp_frame(b"\0\0\x84\0\0\0\0\x01\0\0\0\0" + record, Endpoint("10.20.0.64", 5353), MDNS)


def opening(number: int) -> bytes:
    """Return the first segment of one more connection."""
    client = Endpoint(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 1024 + number % 60_000)
    return tcp_frame(b"", client, Endpoint("10.20.0.64", 80), seq=number, flags=SYN)


def head(number: int) -> bytes:
    """Return the middle of one more connection that never ends."""
    client = Endpoint(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 1024 + number % 60_000)
    return tcp_frame(b"x" * 1400, Endpoint("10.20.0.64", 80), client, seq=number, flags=ACK)


def fragment(number: int) -> bytes:
    """Return the first fragment of one more packet that never becomes whole."""
    whole = udp_frame(b"<" * 1400, Endpoint("10.20.0.64", 3702), Endpoint("239.255.255.250", 3702))
    return (
        whole[:18]
        + (number & 0xFFFF).to_bytes(2)
        + b"\x20\0"
        + whole[22:26]
        + (0x0A140000 + (number >> 16)).to_bytes(4)
        + whole[30:]
    )


def call(number: int) -> bytes:
    """Return a datagram to one more address on the internet."""
    return udp_frame(
        b"\xf1\0\0\0",
        Endpoint("10.20.0.64", 1024 + number % 60_000),
        Endpoint(f"203.{number >> 8 & 255}.{number & 255}.9", 6000),
    )


FLOODS = {"MACs": arp, "names": name, "openings": opening, "heads": head, "fragments": fragment, "calls": call}


def flooded(kind: str, count: int) -> tuple[Dissection, int, int]:
    """Return the dissection after a flood, how many observations came out, and the most memory that it held in bytes."""
    build = FLOODS[kind]
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s", at_once=False)
    given = 0
    tracemalloc.start()
    try:
        for number in range(count):
            given += sum(isinstance(one, Observation) for one in dissection.feed(build(number), NOON))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    given += sum(1 for _ in dissection.flush())
    return dissection, given, most


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_held_in_bounds(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "MAX_SENDERS", 256)
    monkeypatch.setattr("camscan.codecs.repeats.MAX_MESSAGES", 256)
    monkeypatch.setattr("camscan.codecs.repeats.MAX_BYTES", MEBIBYTE)
    monkeypatch.setattr("camscan.codecs.tcpstream.MAX_CONNECTIONS", 64)
    monkeypatch.setattr("camscan.codecs.tcpstream.MAX_ROLES", 64)
    monkeypatch.setattr("camscan.codecs.datagrams.MAX_EXCHANGES", 64)
    monkeypatch.setattr("camscan.codecs.datagrams.MAX_PORTS", 128)
    monkeypatch.setattr("camscan.codecs.flows.MAX_FLOWS", 128)
    monkeypatch.setattr("camscan.codecs.fragments.MAX_PACKETS", 64)
    small, _, least = flooded(kind, 600)
    large, given, most = flooded(kind, 1_800)
    assert most < 1.3 * least + MEBIBYTE / 4
    assert given <= 256 * 4
    assert large.dropped
    assert sum(large.dropped.values()) > sum(small.dropped.values())


@pytest.mark.long
@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_a_million_is_held_in_bounds(kind: str) -> None:
    build = FLOODS[kind]
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s", at_once=False)
    before, given = resident(), 0
    for number in range(1_000_000):
        given += sum(isinstance(one, Observation) for one in dissection.feed(build(number), NOON))
    assert resident() - before < 192 * MEBIBYTE
    given += sum(1 for _ in dissection.flush())
    assert given <= 2 * quota.MAX_SENDERS
    assert dissection.dropped


def resident() -> int:
    """Return the memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_device_among_a_flood_of_names_of_another_is_seen() -> None:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    for number in range(1000):
        dissection.feed(name(number), NOON)
    [seen] = dissection.feed(arp(7), NOON)
    assert isinstance(seen, Observation)
    assert dissection.dropped == {"messages": 1000 - quota.MAX_OF_ONE}
