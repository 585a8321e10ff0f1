"""The masks of one report: counted, equal to no original, and found in sentences however a value is written."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address, ip_network

import pytest

from camscan.report.masks import Masks


def test_masks_are_counted_and_not_computed_from_what_they_hide() -> None:
    one, two = Masks(), Masks()
    assert one.of("serial", "A-11111111") == two.of("serial", "B-22222222") == "SERIAL-0001"
    assert one.of("host", "gate") == two.of("host", "door") == "host-1"


def test_no_mask_equals_an_original() -> None:
    masks = Masks()
    for kind, value in (
        ("address", "192.0.2.1"),
        ("mac", "bc:ad:28:00:00:01"),
        ("mac", "ec:71:db:00:00:02"),
        ("host", "host-1"),
    ):
        masks.note(kind, value)  # type: ignore[arg-type]
    assert masks.of("address", "10.20.0.1") == "192.0.2.2"
    assert masks.of("mac", "bc:ad:28:00:00:01") == "bc:ad:28:00:00:03"
    assert masks.of("host", "gate") == "host-2"


def test_after_the_documentation_addresses_of_ipv4_follow_those_of_ipv6_and_none_is_given_twice() -> None:
    masks = Masks()
    given = [masks.of("address", f"10.{number >> 8}.{number & 255}.1") for number in range(2000)]
    given += [masks.of("address", f"fd00:20::{number:x}") for number in range(1, 2000)]
    assert max(Counter(given).values()) == 1
    assert given[761] == "203.0.113.254"
    assert all(ip_address(one) in ip_network("2001:db8::/32") for one in given[762:])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.20.0.1, 10.20.0.11 and 10.20.0.111", "192.0.2.1, 192.0.2.2 and 192.0.2.3"),
        ("http://10.20.0.1:80/x", "http://192.0.2.1:80/x"),
        ("ip-10-20-0-1", "ip-192.0.2.1"),
        ("x10.20.0.1y", "x192.0.2.1y"),
        ("unknown to us: 172.16.3.4", "unknown to us: 192.0.2.3"),
        ("10.20.0.0/24", "2001:db8:1::/48"),
        ("[FD00:20::1]:80 and fd00:20:0:0:0:0:0:1", "[2001:db8::1]:80 and 2001:db8::1"),
        ("AXIS-BCAD28112233.local", "AXIS-BCAD28000001.local"),
        ("BC-AD-28-11-22-33 bcad.2811.2233", "BC-AD-28-00-00-01 bcad.2800.0001"),
        ("strange 02:11:22:33:44:55", "strange 02:00:00:00:00:02"),
        ("serial ABC-123456X and abc123456x", "serial SERIAL-0001 and SERIAL-0001"),
        ("gatehouse and gate", "gatehouse and host-1"),
        ("2026-11-21T18:04:30Z 18:04:30 V5.7.3", "2026-11-21T18:04:30Z 18:04:30 V5.7.3"),
        ("sha 0123456789abcdef", "sha 0123456789abcdef"),
    ],
)
def test_what_is_noted_is_found_in_sentences_however_it_is_written(text: str, expected: str) -> None:
    masks = Masks()
    noted = (
        ("address", "10.20.0.1"), ("address", "10.20.0.11"), ("address", "fd00:20::1"), ("mac", "bc:ad:28:11:22:33"),
        ("serial", "ABC-123456X"), ("host", "gate"), ("range", "10.20.0.0/24"),
    )  # fmt: skip
    for kind, value in noted:
        masks.note(kind, value)  # type: ignore[arg-type]
        masks.of(kind, value)  # type: ignore[arg-type]
    assert masks.in_text(text) == expected
