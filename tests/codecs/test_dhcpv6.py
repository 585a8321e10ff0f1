"""DHCPv6: clients alone are heard, and what they say of themselves is a claim."""

from __future__ import annotations

import pytest

from camscan.codecs import dhcpv6
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories

MAC = bytes.fromhex("bcad28000001")


def option(code: int, content: bytes) -> bytes:
    return code.to_bytes(2) + len(content).to_bytes(2) + content


def message(*options: bytes, kind: int = 1) -> bytes:
    return bytes([kind, 1, 2, 3]) + b"".join(options)


def said(raw: bytes) -> dict[str, str]:
    return {name.removeprefix("dhcpv6."): value for name, value in dhcpv6.observe(dhcpv6.decode(raw))}


def test_a_client_is_heard_at_its_own_address_and_nobody_else_is() -> None:
    client, servers = Endpoint("fe80::bead:28ff:fe00:1", 546), Endpoint("ff02::1:2", 547)
    seen = dispatch_datagram(factories.datagram(message(), src=client, dst=servers), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert (seen.protocol, seen.ip, seen.values("dhcpv6.message")) == ("dhcpv6", client.ip, ("SOLICIT",))
    reply = factories.datagram(message(kind=7), src=Endpoint("fe80::1", 547), dst=client)
    assert dispatch_datagram(reply, collector="c", site="s") is None


@pytest.mark.parametrize(
    ("identifier", "mac"),
    [
        (b"\0\x01\0\x01\x2a\0\0\0" + MAC, "bc:ad:28:00:00:01"),
        (b"\0\x03\0\x01" + MAC, "bc:ad:28:00:00:01"),
        (b"\0\x03\0\x06" + MAC, None),
        (b"\0\x02\0\0\x01\x37" + MAC, None),
        (b"\0\x04" + bytes(range(16)), None),
        (b"\0\x03\0\x01" + bytes(6), None),
        (b"\0\x03\0\x01" + MAC[:5], None),
        (b"", None),
    ],
    ids=["with time", "plain", "other hardware", "enterprise", "UUID", "zeros", "short", "empty"],
)
def test_a_mac_is_read_from_identifiers_that_are_made_of_one(identifier: bytes, mac: str | None) -> None:
    assert said(message(option(1, identifier))).get("mac") == mac


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"\x03cam\x07example\x03com\0", "cam.example.com"),
        (b"\x03cam", "cam"),
        (b"\x40" + b"a" * 64, None),
        (b"\x09short", None),
        (b"", None),
    ],
    ids=["whole", "left open", "a long label", "cut off", "empty"],
)
def test_a_name_is_labels_behind_their_lengths(name: bytes, shown: str | None) -> None:
    assert said(message(option(39, b"\x01" + name))).get("hostname") == shown


def test_texts_of_a_vendor_are_told_and_bytes_are_not() -> None:
    vendor_class = (311).to_bytes(4) + b"\0\x03abc\0\x02de\0\x09cut"
    vendor_options = (9).to_bytes(4) + b"\0\x01\0\x02\x01\x02" + b"\0\x02\0\x03cam" + b"\0\x03\0\x09cut"
    assert said(message(option(16, vendor_class), option(17, vendor_options[:4]))) == {
        "message": "SOLICIT",
        "enterprise": "9",
        "vendor_class": "abc,de",
    }
    assert said(message(option(17, vendor_options)))["vendor_option"] == "2=cam"


@pytest.mark.parametrize("kind", [2, 7, 10, 12, 13])
def test_servers_and_relays_say_nothing_of_a_client(kind: int) -> None:
    assert said(message(option(39, b"\0\x03cam"), kind=kind)) == {}


@pytest.mark.parametrize("raw", [b"", b"\0\1\2\3", b"\x0e\1\2\3", b"\x01\0", message(option(1, b"x"))[:-1]])
def test_other_messages_are_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        dhcpv6.decode(raw)


def test_nothing_is_ever_sent() -> None:
    assert dhcpv6.probes(bytes(16)) == ()
