from __future__ import annotations

import pytest

from camscan.codecs import dhcp
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories

CLIENT, SERVER = Endpoint("0.0.0.0", 68), Endpoint("255.255.255.255", 67)


def message(
    options: bytes, *, operation: int = 1, relay: bytes = bytes(4), hardware: int = 1, cookie: bytes = b"\x63\x82\x53\x63"
) -> bytes:
    head = bytes([operation, hardware, 6, 0]) + bytes(20) + relay + bytes.fromhex("ec71db000001") + bytes(10)
    return head + bytes(192) + cookie + options


def said(raw: bytes) -> dict[str, str]:
    return dict(dhcp.observe(dhcp.decode(raw)))


REQUEST = b"\x35\x01\x03"


def test_a_client_without_address_gives_an_observation_of_its_mac() -> None:
    seen = dispatch_datagram(factories.datagram(message(REQUEST + b"\xff"), src=CLIENT, dst=SERVER), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert (seen.ip, seen.link_mac) == (None, factories.CAMERA_MAC)
    assert seen.fields == (("dhcp.mac", "ec:71:db:00:00:01"), ("dhcp.message", "REQUEST"))


def test_parts_of_a_long_option_are_joined_and_padding_is_skipped() -> None:
    options = REQUEST + b"\0\0\x3c\x04AXIS\x0c\x02ab\x3c\x05,Cam\0\xff\xff"
    assert said(message(options)) == {
        "dhcp.mac": "ec:71:db:00:00:01",
        "dhcp.message": "REQUEST",
        "dhcp.vendor_class": "AXIS,Cam",
        "dhcp.hostname": "ab",
    }


def test_a_missing_end_mark_is_no_fault() -> None:
    assert said(message(REQUEST + b"\x0c\x01x"))["dhcp.hostname"] == "x"


@pytest.mark.parametrize(
    "raw",
    [
        message(b"\x35\x01\x02\xff", operation=2),
        message(b"\x35\x01\x05\xff"),
        message(b"\xff"),
        message(REQUEST + b"\xff", relay=bytes([10, 20, 0, 1])),
    ],
    ids=["from a server", "of a server", "without type", "relayed"],
)
def test_messages_that_do_not_come_from_the_client_itself_say_nothing(raw: bytes) -> None:
    assert said(raw) == {}


def test_the_address_of_other_hardware_is_no_mac() -> None:
    assert said(message(REQUEST, hardware=32)) == {"dhcp.message": "REQUEST"}


@pytest.mark.parametrize(
    "raw", [message(b"", cookie=bytes(4)), message(b"", operation=3), message(b"\x0c\x20short"), message(b"\x01\0" * 500)]
)
def test_other_messages_are_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        dhcp.decode(raw)


def test_nothing_is_ever_sent() -> None:
    assert dhcp.probes(bytes(16)) == ()
