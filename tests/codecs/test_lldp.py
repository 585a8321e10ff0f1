"""LLDP: elements in any order behind the first three, identifiers of every kind, and the inventory of LLDP-MED."""

from __future__ import annotations

from pathlib import Path

import pytest

from camscan.codecs import lldp
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_frame
from camscan.model import Observation
from tests import factories

ENTRANCE = (Path(__file__).parents[1] / "samples" / "lldp" / "camera_with_inventory.bin").read_bytes()
MAC = bytes.fromhex("accc8e000001")


def element(kind: int, content: bytes) -> bytes:
    return (kind << 9 | len(content)).to_bytes(2) + content


def frame(*further: bytes, chassis: bytes = b"\x04" + MAC, port: bytes = b"\x05eth0") -> bytes:
    first = element(1, chassis) + element(2, port) + element(3, b"\0\x78")
    return factories.ethernet(first + b"".join(further), 0x88CC)


def said(raw: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in lldp.observe(lldp.decode(raw)):
        found.setdefault(name.removeprefix("lldp."), []).append(value)
    return found


def test_an_announcement_is_of_the_sender_of_its_frame_and_of_no_address() -> None:
    seen = dispatch_frame(factories.frame(ENTRANCE), collector="listen", site="s")
    assert isinstance(seen, Observation)
    assert (seen.protocol, seen.link_mac, seen.ip) == ("lldp", "ac:cc:8e:00:00:01", None)


@pytest.mark.parametrize(
    ("chassis", "shown"),
    [
        (b"\x04" + MAC, "ac:cc:8e:00:00:01"),
        (b"\x05\x01\x0a\x14\0\x40", "10.20.0.64"),
        (b"\x05\x02" + bytes.fromhex("fd00002000000000") + bytes(7) + b"\x64", "fd00:20::64"),
        (b"\x05\x06\x01\x02", "060102"),
        (b"\x07camera-1\0", "camera-1"),
        (b"\x04odd", "odd"),
    ],
    ids=["MAC", "IPv4", "IPv6", "another family", "text", "a MAC of three bytes"],
)
def test_an_identifier_is_shown_as_what_it_is(chassis: bytes, shown: str) -> None:
    assert said(frame(chassis=chassis))["chassis"] == [shown]


def test_what_comes_behind_the_end_and_twice_is_not_read() -> None:
    texts = said(frame(element(5, b"one"), element(5, b"two"), element(0, b""), element(6, b"padding")))
    assert texts["system_name"] == ["one"]
    assert "system_description" not in texts


def test_capabilities_in_use_are_told_or_else_those_that_could_be() -> None:
    assert said(frame(element(7, b"\0\x94\0\x80")))["capabilities"] == ["station"]
    assert said(frame(element(7, b"\0\x14\0\0")))["capabilities"] == ["bridge,router"]
    assert "capabilities" not in said(frame(element(7, b"\0\0")))


def test_addresses_of_nobody_are_no_management() -> None:
    anything = element(8, b"\x05\x01\0\0\0\0\x02\0\0\0\x01\0") + element(8, b"\x07\x06\0\x01\x02\x03\x04\x05\x02\0\0\0\x01\0")
    group = element(8, b"\x05\x01\xe0\0\0\xfb\x02\0\0\0\x01\0")
    assert "management" not in said(frame(anything, group))


def test_the_asset_number_that_an_owner_gives_is_not_read() -> None:
    inventory = b"".join(element(127, b"\0\x12\xbb" + bytes([kind]) + b"x%d" % kind) for kind in range(5, 12))
    told = said(frame(inventory, element(127, b"\0\x12\x0f\x09other")))
    assert {name: told[name] for name in ("hardware", "serial", "manufacturer", "model")} == {
        "hardware": ["x5"],
        "serial": ["x8"],
        "manufacturer": ["x9"],
        "model": ["x10"],
    }
    assert not [value for values in told.values() for value in values if value in ("x11", "other")]


@pytest.mark.parametrize(
    "raw",
    [
        factories.ethernet(b"", 0x88CC),
        factories.ethernet(element(2, b"\x05eth0") + element(1, b"\x04" + MAC) + element(3, b"\0\1"), 0x88CC),
        frame(chassis=b"\x04"),
        frame(element(5, b"cut off"))[:-1],
        frame(element(8, b"\0\x01")),
    ],
    ids=["empty", "another order", "an empty identifier", "cut off", "an address without length"],
)
def test_other_frames_are_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        lldp.decode(raw)
