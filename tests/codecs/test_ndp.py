"""Neighbour Discovery, reports of group membership, and the MAC in an address."""

from __future__ import annotations

from ipaddress import IPv6Address
from pathlib import Path

import pytest

from camscan.codecs import eui64, icmpv6, mld, ndp
from camscan.codecs.base import DecodeError
from camscan.codecs.dissect import Dissection
from camscan.codecs.registry import dispatch_datagram, dispatch_frame
from camscan.model import Endpoint, Observation, Via
from tests import factories
from tests.factories import CAMERA_MAC, NOON, ethernet, ip_packet, mac_bytes

SAMPLES = Path(__file__).parents[1] / "samples"
LINK_LOCAL = "fe80::bead:28ff:fe00:1"
SCANNER = "fe80::5eff:fe00:5301"
ROUTER_MAC = "00:00:5e:00:53:02"


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.bin").read_bytes()


def frame(packet: bytes, **link: str) -> bytes:
    return ethernet(packet, 0x86DD, **link)


def advertisement(*, target: str = LINK_LOCAL, flags: int = 0x60, options: bytes = b"", hops: int = 255) -> bytes:
    body = bytes([flags, 0, 0, 0]) + IPv6Address(target).packed + options
    packet = icmpv6.packet(LINK_LOCAL, SCANNER, ndp.ADVERTISEMENT, body)
    return frame(packet[:7] + bytes([hops]) + packet[8:])


def observed(raw: bytes) -> Observation:
    seen = dispatch_frame(factories.frame(raw), collector="capture", site="s")
    assert isinstance(seen, Observation)
    return seen


def test_an_advertisement_speaks_of_the_address_in_it_and_a_router_says_so() -> None:
    seen = observed(advertisement(target="2001:db8::64", flags=0xE0))
    assert (seen.ip, seen.link_mac) == ("2001:db8::64", CAMERA_MAC)
    assert seen.fields == (("ndp.ip", "2001:db8::64"), ("ndp.router", "yes"))


def test_the_mac_of_the_frame_is_no_claim_and_the_stated_one_is() -> None:
    seen = observed(advertisement(options=bytes([2, 1]) + mac_bytes(ROUTER_MAC)))
    assert (seen.link_mac, seen.values("ndp.mac")) == (CAMERA_MAC, (ROUTER_MAC,))


def test_a_solicitation_speaks_of_who_asks_and_not_of_whom_it_asks_for() -> None:
    seen = observed(frame(ndp.solicitation(LINK_LOCAL, "2001:db8::7", mac_bytes(CAMERA_MAC))))
    assert seen.fields == (("ndp.ip", LINK_LOCAL), ("ndp.mac", CAMERA_MAC))


def test_who_asks_whether_an_address_is_free_is_about_to_take_it() -> None:
    seen = observed(sample("ndp/camera_address_probe"))
    assert (seen.ip, seen.link_mac, seen.fields) == (LINK_LOCAL, CAMERA_MAC, (("ndp.ip", LINK_LOCAL),))


def test_a_message_that_passed_a_router_is_not_of_this_link() -> None:
    with pytest.raises(DecodeError, match="not from this link"):
        ndp.decode(advertisement(hops=254))


@pytest.mark.parametrize(
    "damaged",
    [
        advertisement(options=bytes([2, 0]) + bytes(6)),
        advertisement(target="ff02::1"),
        advertisement()[:60],
        frame(icmpv6.packet("ff02::1", SCANNER, ndp.ECHO_REPLY, bytes(4))),
        frame(icmpv6.packet(LINK_LOCAL, SCANNER, 200, bytes(4))),
        frame(ip_packet(bytes(8), 17)),
    ],
)
def test_other_messages_are_errors(damaged: bytes) -> None:
    with pytest.raises(DecodeError):
        ndp.decode(damaged)


def test_our_questions_have_the_checksum_and_the_group_of_the_standard() -> None:
    packet = ndp.echo_request(SCANNER, "ff02::1", b"\x12\x34\0\1")
    covered = packet[8:40] + (len(packet) - 40).to_bytes(4) + bytes([0, 0, 0, 58]) + packet[40:]
    assert icmpv6.checksum(covered) == 0
    assert packet[7] == 255
    assert ndp.solicited_group("2001:db8::1234:5678") == "ff02::1:ff34:5678"
    assert ndp.group_mac("ff02::1:ff34:5678") == bytes.fromhex("3333ff345678")


def test_a_checksum_of_the_standard_is_recomputed_from_its_own_example() -> None:
    assert icmpv6.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2 ^ 0xFFFF


def test_a_report_names_groups_and_leaves_out_those_that_only_follow_from_addresses() -> None:
    raw = sample("mld/camera_report_v2")
    assert mld.observe(mld.decode(raw)) == (("mld.group", "ff02::c"), ("mld.group", "ff02::fb"), ("mld.ip", LINK_LOCAL))


def test_a_host_that_leaves_a_group_is_there_and_does_not_listen() -> None:
    left = bytes([0, 0, 0, 1, 3, 0, 0, 0]) + IPv6Address("ff02::c").packed
    packet = icmpv6.packet(LINK_LOCAL, "ff02::16", mld.REPORT_2, left)
    assert mld.observe(mld.decode(frame(packet))) == (("mld.ip", LINK_LOCAL),)


def test_a_report_on_something_that_is_no_group_is_an_error() -> None:
    with pytest.raises(DecodeError, match="no group"):
        mld.decode(frame(icmpv6.packet(LINK_LOCAL, "ff02::c", mld.REPORT, bytes(4) + IPv6Address("2001:db8::1").packed)))


@pytest.mark.parametrize("tags", [b"", b"\x81\0\0\x14"])
def test_a_capture_says_the_same_with_and_without_a_vlan_tag(tags: bytes) -> None:
    raw = sample("mld/camera_report_v2")
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    (seen,) = (o for o in dissection.feed(raw[:12] + tags + raw[12:], NOON) if isinstance(o, Observation))
    assert (seen.protocol, seen.ip, seen.link_mac) == ("mld", LINK_LOCAL, CAMERA_MAC)


def test_neighbour_discovery_without_a_link_layer_says_nothing() -> None:
    packet = advertisement()[14:]
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    assert list(dissection.feed(packet, NOON, 101)) == []


@pytest.mark.parametrize(
    ("ip", "mac"),
    [
        (LINK_LOCAL, CAMERA_MAC),
        ("2001:db8::bead:28ff:fe00:1", CAMERA_MAC),
        ("2001:db8::64", None),
        ("10.20.0.64", None),
        ("fe80::5eff:fe00:5301", None),  # of a locally administered MAC
        ("2001:db8::200:ff:fe00:1", None),
    ],
)
def test_an_address_holds_the_mac_that_it_was_made_from(ip: str, mac: str | None) -> None:
    assert eui64.claimed_mac(ip) == mac


def test_the_mac_in_an_address_is_told_where_the_link_did_not_show_it() -> None:
    def seen(link_mac: str | None) -> tuple[str, ...]:
        carrier = factories.datagram(
            sample("ssdp/axis_m1014"), src=Endpoint("2001:db8::bead:28ff:fe00:1", 1900), src_mac=link_mac
        )
        found = dispatch_datagram(carrier, collector="multicast", site="s")
        assert isinstance(found, Observation)
        assert found.link_mac == link_mac
        return found.values("eui64.mac")

    assert seen(None) == (CAMERA_MAC,)
    assert seen(ROUTER_MAC) == (CAMERA_MAC,)
    assert seen(CAMERA_MAC) == ()
