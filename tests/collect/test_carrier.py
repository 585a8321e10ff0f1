"""How often a link was lost, as the kernel tells it of one interface."""

from __future__ import annotations

import struct

import pytest

from camscan.collect.carrier import IFLA_CARRIER_DOWN_COUNT, RTM_NEWLINK, parse, times_lost


def answer(*attributes: tuple[int, bytes], kind: int = RTM_NEWLINK) -> bytes:
    """Return a netlink message of an interface with attributes."""
    body = struct.pack("=BxHiII", 0, 1, 7, 0, 0)
    for number, value in attributes:
        body += struct.pack("=HH", 4 + len(value), number) + value + bytes(-len(value) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


def test_the_count_is_found_behind_other_attributes() -> None:
    count = (IFLA_CARRIER_DOWN_COUNT, (3).to_bytes(4, "little"))
    assert parse(answer((3, b"eth0\0"), count)) == 3


@pytest.mark.parametrize("reply", [b"", bytes(40), answer(), answer((3, b"eth0\0")), answer((48, b"x")), answer(kind=2)])
def test_a_kernel_that_does_not_say_it_says_nothing(reply: bytes) -> None:
    assert parse(reply) is None


def test_the_kernel_is_asked_and_an_interface_that_is_gone_has_no_count() -> None:
    assert times_lost(1) is not None  # lo
    assert times_lost(2**31 - 1) is None
