"""What the scope means for IPv6: large ranges that nobody sweeps, link-local addresses, one visit a device, what is covered."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import pytest

from camscan.cli.notice import notice
from camscan.codecs.registry import DATAGRAM_CODECS
from camscan.collect import echo, ndp
from camscan.collect.base import Host, NotAsked, NotNeeded
from camscan.collect.coverage import NEVER_SWEPT, OUT_OF_REACH, coverage_of
from camscan.collect.interfaces import Interface, choose_interfaces
from camscan.collect.mdns import Mdns
from camscan.collect.net import Net
from camscan.collect.pace import PACES, Meter
from camscan.collect.presence import routed_addresses
from camscan.collect.scope import Guard, build_scope
from camscan.collect.stages import ScanPlan, live, one_address_each
from camscan.collect.tcp import Way, authority, ports_of
from camscan.errors import UsageError
from camscan.model import AttemptReason, AttemptStatus, CollectorAttempt, Coverage, CoverageLevel, Scope
from tests.collect.grounds import answering, device, ground
from tests.factories import CAMERA_MAC, NOON, ethernet, later, observation, udp_frame
from tests.lab import netns

LINK_LOCAL = "fe80::bead:28ff:fe00:1"
ROUTER = "fe80::1"


def link(name: str = "eth0", index: int = 2, *, v4: str | None = "10.20.0.0/24", v6: str | None = "fd00:20::/64") -> Interface:
    """An interface with our addresses at the start of each network."""
    networks_v6 = tuple(IPv6Network(text) for text in (v6, "fe80::/64") if text)
    return Interface(
        name=name,
        index=index,
        mac="02:00:5e:00:53:01",
        addresses=(str(IPv4Network(v4)[1]),) if v4 else (),
        networks=(IPv4Network(v4),) if v4 else (),
        up=True,
        loopback=False,
        addresses_v6=tuple(str(network[1]) for network in networks_v6),
        networks_v6=networks_v6,
    )


def guard(*ranges: str, exclude: tuple[str, ...] = (), links: tuple[Interface, ...] = (link(),)) -> Guard:
    return Guard(Scope(ranges=ranges, exclude=exclude), [n for one in links for n in one.on_link], groups=ndp.GROUPS)


# --- large ranges


def test_a_range_of_ipv6_says_who_belongs_to_the_scope_and_is_never_enumerated() -> None:
    assert build_scope(["2001:db8::/64"]).ranges == ("2001:db8::/64",)
    stands = guard("2001:db8::/64", "2001:db8:1::/127")
    assert stands.allows_unicast("2001:db8::dead:beef")
    assert list(stands.addresses()) == ["2001:db8:1::", "2001:db8:1::1"]
    assert stands.count() == 2


def test_a_public_range_of_ipv6_needs_its_flag_as_one_of_ipv4_does() -> None:
    assert build_scope(["2a00:20::/64"], allow_public=True).ranges == ("2a00:20::/64",)
    with pytest.raises(Exception, match="--allow-public"):
        build_scope(["2a00:20::/64"])


def test_an_interface_is_chosen_by_its_networks_of_either_family() -> None:
    known = (link("eth0", 2), link("eth0.20", 3, v4=None, v6="2001:db8:1::/64"), link("eth1", 4, v4="192.168.1.0/24", v6=None))
    assert [i.name for i in choose_interfaces(known, (), ("2001:db8:1::/64",))] == ["eth0.20"]
    assert [i.name for i in choose_interfaces(known, (), ("10.20.0.0/16", "192.168.1.64/32"))] == ["eth0", "eth1"]


def test_of_several_interfaces_that_were_named_those_that_are_down_are_left_out() -> None:
    known = (link(), replace(link(), name="eth1", up=False))
    assert [i.name for i in choose_interfaces(known, ("eth0", "eth1"), ())] == ["eth0"]
    with pytest.raises(UsageError, match="--iface eth1: the interface is down; bring it up with `ip link set eth1 up`"):
        choose_interfaces(known, ("eth1",), ())


# --- link-local addresses


def test_a_link_local_address_is_inside_where_it_was_met_on_a_link_with_a_range() -> None:
    stands = guard("10.20.0.0/24")
    assert not stands.is_inside(LINK_LOCAL)
    stands.meet(LINK_LOCAL, link())
    stands.meet(ROUTER, link("eth1", 4, v4="192.168.1.0/24", v6=None))
    assert stands.is_inside(LINK_LOCAL)
    assert not stands.is_inside(ROUTER)


def test_a_link_local_address_is_visited_only_where_a_range_of_ipv6_is_on_its_link() -> None:
    for ranges, visited in ((("10.20.0.0/24",), False), (("10.20.0.0/24", "fd00:20::/64"), True), (("fe80::/64",), True)):
        stands = guard(*ranges)
        assert not stands.allows_unicast(LINK_LOCAL)
        stands.meet(LINK_LOCAL, link())
        assert stands.allows_unicast(LINK_LOCAL) == visited


def test_an_address_that_stands_on_two_links_is_visited_on_neither() -> None:
    other = link("eth0.20", 3, v4=None, v6="2001:db8:1::/64")
    stands = guard("fd00:20::/64", "2001:db8:1::/64", links=(link(), other))
    stands.meet(ROUTER, link())
    assert (stands.zone(ROUTER), stands.allows_unicast(ROUTER)) == (2, True)
    stands.meet(ROUTER, other)
    assert (stands.zone(ROUTER), stands.allows_unicast(ROUTER)) == (None, False)
    assert stands.is_inside(ROUTER)


def test_an_exclusion_wins_over_where_an_address_was_met() -> None:
    stands = guard("fd00:20::/64", exclude=(LINK_LOCAL,))
    stands.meet(LINK_LOCAL, link())
    assert not stands.is_inside(LINK_LOCAL)
    assert not stands.allows_unicast(LINK_LOCAL)


def test_who_is_excluded_by_an_address_is_left_alone_at_its_others_of_ipv6() -> None:
    stands = guard("10.20.0.0/24", "fd00:20::/64", exclude=("10.20.0.5",))
    seen = [observation(ip=ip) for ip in ("10.20.0.5", "fd00:20::5", LINK_LOCAL)]
    seen.append(observation(ip="fd00:20::6", link_mac="bc:ad:28:00:00:02"))
    stands.meet(LINK_LOCAL, link())
    assert live(seen, stands) == {"fd00:20::6"}


def test_a_connection_to_a_link_local_address_goes_out_on_its_link() -> None:
    async def story() -> str:
        stands = guard("fd00:20::/64")
        stands.meet(LINK_LOCAL, link())
        return Net(stands, Meter(PACES["polite"], asyncio.get_running_loop().time()))._zoned(LINK_LOCAL)

    assert asyncio.run(story()) == f"{LINK_LOCAL}%2"


# --- one visit a device


def test_a_device_is_visited_at_one_address_and_over_ipv4_where_it_has_it() -> None:
    macs = dict.fromkeys(("10.20.0.5", "fd00:20::5", LINK_LOCAL), CAMERA_MAC) | {"fd00:20::6": "bc:ad:28:00:00:02"}
    macs |= {"fe80::6": "bc:ad:28:00:00:02"}
    chosen = one_address_each({*macs, "fd00:20::7"}, macs)
    assert chosen == {"10.20.0.5": ["fd00:20::5", LINK_LOCAL], "fd00:20::6": ["fe80::6"], "fd00:20::7": []}


def test_the_addresses_of_a_gateway_are_each_visited_over_ipv4() -> None:
    macs = {f"10.20.0.{n}": CAMERA_MAC for n in range(1, 5)}
    assert list(one_address_each(macs, macs)) == list(macs)


def test_a_url_of_a_device_is_its_own_however_it_writes_the_address() -> None:
    said = (("wsd.xaddrs", "http://[FD00:0020::64]:8099/onvif/device_service http://[fd00:20::65]:8098/"),)
    host = Host(ip="fd00:20::64", observations=(observation(said, ip="fd00:20::64"),))
    assert 8099 in ports_of(host)
    assert 8098 not in ports_of(host)
    assert authority("fd00:20::64", 8099, Way.HTTP) == "[fd00:20::64]:8099"


def test_a_server_is_reached_over_ipv6() -> None:
    async def story() -> bytes:
        here, _ = ground()
        here = replace(here, guard=Guard(Scope(ranges=("::1/128",))))
        here.net.guard = here.guard
        async with device("::1", 8077, answering(b"HTTP/1.1 204 No Content\r\n\r\n")):
            connection = await here.net.connect("::1", 8077)
            await connection.send(b"GET / HTTP/1.1\r\nHost: [::1]:8077\r\n\r\n")
            answer = await connection.receive(lambda buffer: buffer.endswith(b"\r\n\r\n"))
            await connection.close()
        return answer

    assert asyncio.run(story()).startswith(b"HTTP/1.1 204")


# --- who asks


def test_without_ipv6_on_a_link_nobody_asks_over_it() -> None:
    async def story() -> None:
        here, _ = ground()
        without = replace(link(v6=None), addresses_v6=(), networks_v6=())
        with pytest.raises(NotNeeded, match="no link of the scope has IPv6"):
            ndp.Ndp().open(replace(here, interfaces=(without,), guard=guard("10.20.0.0/24")))

    asyncio.run(story())


def test_an_excluded_group_of_all_nodes_is_not_asked() -> None:
    async def story() -> None:
        here, _ = ground()
        barred = replace(here, interfaces=(link(),), guard=guard("fd00:20::/64", exclude=("ff02::1",)))
        with pytest.raises(NotAsked, match="does not allow an echo request"):
            echo.Echo(instead_of=ndp.Ndp()).open(barred)
        with pytest.raises(NotAsked, match="does not allow mDNS"):
            Mdns().open(barred)

    asyncio.run(story())


def test_all_nodes_are_asked_from_an_address_of_each_network_and_single_addresses_by_name() -> None:
    async def story() -> None:
        here, _ = ground()
        here = replace(here, interfaces=(link(),), guard=guard("fd00:20::/64", "fd00:20::40/127", "10.20.0.0/24"))
        assert ndp.sources(link()) == ["fe80::1", "fd00:20::1"]
        assert list(ndp.addresses_on(here, link())) == []
        here = replace(here, guard=guard("fd00:20::40/127"))
        assert list(ndp.addresses_on(here, link())) == ["fd00:20::40", "fd00:20::41"]
        assert list(routed_addresses(here)) == []

    asyncio.run(story())


def test_a_dry_run_names_what_goes_out_over_ipv6() -> None:
    probes = [probe for codec in DATAGRAM_CODECS for probe in codec.probes(bytes(16))]
    scope = Scope(ranges=("fd00:20::/64",))
    plan = ScanPlan(
        site="lab",
        scope=scope,
        guard=Guard(scope, link().on_link, groups=[(p.group, p.port) for p in probes if p.group]),
        interfaces=(link(),),
        collectors=(),
        now=lambda: NOON,
    )
    from camscan.model import SiteContext

    told = notice(plan, SiteContext(name="lab"))
    assert "echo request to ff02::1" in told
    assert "ff02::c port 3702 (wsd)" in told
    assert "fd00:20::1" in told


# --- what is covered


def covered(*ranges: str, attempts: tuple[CollectorAttempt, ...], alive: tuple[str, ...] = ()) -> tuple[Coverage, ...]:
    return coverage_of(Scope(ranges=ranges), link().on_link, attempts, alive)


def attempt(collector: str, **changes: Any) -> CollectorAttempt:
    values: dict[str, Any] = {"status": AttemptStatus.COMPLETED, "started_at": NOON, "ended_at": later(5), "sent": 4}
    return CollectorAttempt(collector=collector, target="10.20.0.0/24, fd00:20::/64, 2001:db8::/64", **(values | changes))


@pytest.mark.parametrize("asked", [ndp.Ndp.NAME, echo.Echo.NAME])
def test_a_network_of_our_link_is_covered_when_all_nodes_were_asked_and_says_what_that_means(asked: str) -> None:
    (row,) = covered("fd00:20::/64", attempts=(attempt(asked), attempt("tcp")), alive=("fd00:20::5",))
    assert (row.level, row.complete, row.hosts_alive, row.detail) == (CoverageLevel.LINK, True, 1, NEVER_SWEPT)


def test_arp_covers_no_range_of_ipv6_and_neighbour_discovery_none_of_ipv4() -> None:
    rows = covered("10.20.0.0/24", "fd00:20::/64", attempts=(attempt("arp"), attempt("tcp")))
    assert [(row.range, row.complete) for row in rows] == [("10.20.0.0/24", True), ("fd00:20::/64", False)]
    rows = covered("10.20.0.0/24", "fd00:20::/64", attempts=(attempt("ndp"), attempt("tcp")))
    assert [(row.range, row.complete) for row in rows] == [("10.20.0.0/24", False), ("fd00:20::/64", True)]


def test_all_nodes_that_could_not_be_asked_leave_the_range_unfinished_with_the_remedy() -> None:
    lacking = attempt(
        "echo", status=AttemptStatus.PARTIAL, reason=AttemptReason.UNREACHABLE, detail=f"not asked: {echo.ALLOW_ECHO}"
    )
    (row,) = covered("fd00:20::/64", attempts=(lacking, attempt("tcp")))
    assert (row.level, row.complete) == (CoverageLevel.LINK, False)
    assert "net.ipv4.ping_group_range" in row.detail


def test_a_large_range_behind_a_router_is_never_covered() -> None:
    (row,) = covered("2001:db8::/64", attempts=(attempt("knock"), attempt("ndp"), attempt("tcp")))
    assert (row.level, row.complete, row.detail) == (CoverageLevel.NONE, False, OUT_OF_REACH)


# --- the frames of VLANs


@pytest.fixture
def wire() -> Iterator[tuple[int, str]]:
    """A namespace with two ends of a wire: its descriptor and the name of the far end; `near` is the other."""
    if os.geteuid() != 0:
        pytest.skip("needs root for network namespaces")
    space = netns.create()
    try:
        with netns.inside(space):
            netns.ip_batch(["link add near type veth peer name far", "link set near up", "link set far up"])
            netns.await_carrier([(None, "near"), (None, "far")])
        yield space, "far"
    finally:
        os.close(space)


@pytest.mark.netns
def test_a_frame_of_a_vlan_is_not_taken_for_one_of_the_interface_below(wire: tuple[int, str]) -> None:
    space, far = wire

    async def story() -> list[bytes]:
        here, _ = ground()
        near = replace(link("near"), index=socket.if_nametoindex("near"))
        listening = here.net.packet_socket(near, ndp.FILTER)
        listening.hear_all_groups()
        listening.close()
        one, all_of_them = (here.net.packet_socket(near, "udp", vlans=vlans) for vlans in (False, True))
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind((far, 0))
            plain = udp_frame(b"plain")
            sender.send(plain)
            sender.send(plain[:12] + struct.pack("!HH", 0x8100, 20) + udp_frame(b"of VLAN 20")[12:])
            sender.send(plain[:12] + struct.pack("!HH", 0x8100, 0xE000) + udp_frame(b"priority")[12:])
            await asyncio.sleep(0.05)
        heard = [b"".join(frame[62:] for frame in sock.waiting()) for sock in (one, all_of_them)]
        one.close()
        all_of_them.close()
        return heard

    with netns.inside(space):
        own, everything = asyncio.run(story())
    assert own == b"plainpriority"
    assert everything == b"plainof VLAN 20priority"


def test_frames_to_a_group_are_padded_and_answers_are_read_at_their_place() -> None:
    asked = ndp.asking_for(link(), "fd00:20::5")
    assert len(asked) >= 60
    assert asked[:6] == bytes.fromhex("3333ff000005")
    answer = ethernet(b"\x60\0\0\0\0\x20\x3a\xff" + bytes(32) + b"\x88\0\0\0" + bytes(4) + bytes(range(16)), 0x86DD)
    assert ndp.speaks_for(answer) == bytes(range(16))
    assert ndp.speaks_for(asked) == b""
