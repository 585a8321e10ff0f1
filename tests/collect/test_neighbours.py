"""The neighbour table is read from rtnetlink dumps; the bytes here are laid out by hand from linux/rtnetlink.h."""

import struct

import pytest

from camscan.collect.neighbours import neighbours, parse

REACHABLE, FAILED = 0x02, 0x20


def attribute(kind: int, value: bytes) -> bytes:
    return (struct.pack("=HH", 4 + len(value), kind) + value).ljust((4 + len(value) + 3) & ~3, b"\0")


def entry(ip: bytes, mac: bytes | None, *, index: int = 2, state: int = REACHABLE, family: int = 2) -> bytes:
    body = struct.pack("=BBHiHBB", family, 0, 0, index, state, 0, 1) + attribute(1, ip)
    if mac is not None:
        body += attribute(2, mac)
    return struct.pack("=IHHII", 16 + len(body), 28, 2, 1, 0) + body


DONE = struct.pack("=IHHIIi", 20, 3, 2, 1, 0, 0)
MAC = bytes.fromhex("00bc99000001")


def test_an_entry_gives_interface_address_and_mac() -> None:
    assert parse(entry(b"\xc0\0\x02\x07", MAC) + DONE) == (True, {(2, "192.0.2.7"): "00:bc:99:00:00:01"})


def test_an_ipv6_entry_is_read_too() -> None:
    address = bytes.fromhex("20010db8000000000000000000000007")
    assert parse(entry(address, MAC, family=10))[1] == {(2, "2001:db8::7"): "00:bc:99:00:00:01"}


@pytest.mark.parametrize(
    "message",
    [
        entry(b"\xc0\0\x02\x07", None),
        entry(b"\xc0\0\x02\x07", MAC, state=FAILED),
        entry(b"\xc0\0\x02\x07", bytes(6)),
    ],
    ids=["no MAC", "failed", "all zero"],
)
def test_an_address_whose_mac_the_kernel_does_not_know_is_left_out(message: bytes) -> None:
    assert parse(message) == (False, {})


def test_a_truncated_dump_ends_without_an_error() -> None:
    whole = entry(b"\xc0\0\x02\x07", MAC)
    for length in range(12):
        assert parse(whole[:length]) == (False, {})


def test_the_kernel_answers_a_dump() -> None:
    assert isinstance(neighbours(), dict)
