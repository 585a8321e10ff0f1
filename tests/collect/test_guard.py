"""What every packet passes: the guard allows the ranges, never an exclusion, and groups and broadcast as declared."""

from __future__ import annotations

import itertools
from ipaddress import IPv4Address, ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from camscan.collect.scope import Guard
from camscan.model import Scope

MAC = "bc:ad:28:00:00:01"
WSD = ("239.255.255.250", 3702)


def guard(*ranges: str, exclude: tuple[str, ...] = (), networks: tuple[str, ...] = ()) -> Guard:
    return Guard(Scope(ranges=ranges, exclude=exclude), networks, groups=[WSD, ("FF02::C", 3702)], broadcast_ports=[37020])


def test_unicast_goes_to_the_ranges_only_and_never_to_an_exclusion() -> None:
    stands = guard("10.20.0.0/24", "2001:db8::/120", exclude=("10.20.0.5", "10.20.0.9-10.20.0.12", "2001:db8::7"))
    assert all(stands.allows_unicast(ip) for ip in ("10.20.0.4", "10.20.0.13", "2001:db8::8"))
    refused = (
        "10.20.0.5",
        "10.20.0.10",
        "10.20.1.4",
        "2001:db8::7",
        "2001:db8::1:0",
        "::ffff:10.20.0.5",
        "::ffff:10.20.0.4",
        "camera",
        "",
    )
    assert not any(stands.allows_unicast(ip) for ip in refused)


def test_the_broadcast_addresses_of_our_links_are_no_hosts() -> None:
    stands = guard("10.20.0.0/16", networks=("10.20.3.0/24",))
    assert [ip for ip in ("10.20.3.0", "10.20.3.255", "10.20.4.255") if stands.allows_unicast(ip)] == ["10.20.4.255"]


def test_network_and_broadcast_addresses_are_not_asked_and_small_networks_have_none() -> None:
    assert list(guard("10.20.0.0/30").addresses()) == ["10.20.0.1", "10.20.0.2"]
    assert list(guard("10.20.0.0/31").addresses()) == ["10.20.0.0", "10.20.0.1"]
    assert list(guard("10.20.0.7/32", "2001:db8::/127").addresses()) == ["10.20.0.7", "2001:db8::", "2001:db8::1"]


def test_inside_a_network_of_ours_the_edges_of_a_smaller_range_are_hosts() -> None:
    assert list(guard("10.20.0.4/30", networks=("10.20.0.0/24",)).addresses()) == [f"10.20.0.{n}" for n in (4, 5, 6, 7)]
    assert list(guard("10.20.0.252/30", networks=("10.20.0.0/24",)).addresses()) == [f"10.20.0.{n}" for n in (252, 253, 254)]


def test_addresses_are_made_one_at_a_time_and_may_be_limited_to_one_network() -> None:
    stands = guard("10.0.0.0/8", exclude=("10.0.0.2",), networks=("10.20.0.0/30",))
    assert list(itertools.islice(stands.addresses(), 2)) == ["10.0.0.1", "10.0.0.3"]
    assert list(stands.addresses(within="10.20.0.0/30")) == ["10.20.0.1", "10.20.0.2"]
    assert stands.count() == 2**24 - 5


def test_a_mac_is_excluded_however_it_is_written() -> None:
    stands = guard("10.20.0.0/24", exclude=(MAC,))
    assert not stands.allows_mac("BC-AD-28-00-00-01")
    assert stands.allows_mac("bc:ad:28:00:00:02")
    assert stands.allows_mac(None)


def test_groups_need_a_codec_that_declares_them() -> None:
    stands = guard("10.20.0.0/24")
    assert stands.allows_group(*WSD)
    assert stands.allows_group("ff02::c", 3702)
    assert not stands.allows_group("239.255.255.250", 1900)
    assert not stands.allows_group("239.255.255.251", 3702)
    assert not Guard(Scope(), groups=[("10.20.0.5", 80)]).allows_group("10.20.0.5", 80)
    assert not guard("10.20.0.0/24", exclude=("239.0.0.0/8",)).allows_group(*WSD)


def test_broadcast_goes_to_our_links_and_to_declared_ports() -> None:
    stands = guard("10.20.0.0/24", networks=("10.20.0.1/24", "10.20.9.0/31"))
    assert stands.allows_broadcast("255.255.255.255", 37020)
    assert stands.allows_broadcast("10.20.0.255", 37020)
    assert not stands.allows_broadcast("10.20.0.255", 37021)
    assert not stands.allows_broadcast("10.20.1.255", 37020)
    assert not stands.allows_broadcast("10.20.9.1", 37020)
    assert not guard("10.20.0.0/24", exclude=("255.255.255.255",)).allows_broadcast("255.255.255.255", 37020)


def test_what_is_excluded_is_outside_the_scope_like_a_foreign_address() -> None:
    stands = guard("10.20.0.0/24", exclude=("10.20.0.5",), networks=("10.20.0.0/24",))
    assert [ip for ip in ("10.20.0.4", "10.20.0.5", "10.20.0.255", "192.168.1.64") if stands.is_inside(ip)] == [
        "10.20.0.4",
        "10.20.0.255",
    ]


small = st.tuples(st.integers(0, 255), st.integers(24, 32)).map(
    lambda p: str(ip_network((f"10.20.0.{p[0]}", p[1]), strict=False))
)


spans = st.tuples(st.integers(0, 255), st.integers(0, 255)).map(lambda p: f"10.20.0.{min(p)}-10.20.0.{max(p)}")


nearby = [str(IPv4Address("10.19.255.240") + n) for n in range(288)]


@given(st.lists(small, max_size=5), st.lists(small | spans, max_size=5), st.lists(small, max_size=3))
def test_nothing_outside_and_nothing_excluded_is_ever_allowed(
    ranges: list[str], exclude: list[str], networks: list[str]
) -> None:
    stands = guard(*ranges, exclude=tuple(exclude), networks=tuple(networks))
    asked = list(stands.addresses())
    assert asked == sorted(set(asked), key=ip_address)
    assert stands.count() == len(asked)
    barred = {str(a) for n in map(ip_network, networks) if n.prefixlen <= 30 for a in (n.network_address, n.broadcast_address)}
    for ip in nearby:
        inside = any(ip_address(ip) in ip_network(r) for r in ranges)
        excluded = any(_holds(text, ip) for text in exclude)
        assert stands.is_inside(ip) == (inside and not excluded)
        assert stands.allows_unicast(ip) == (inside and not excluded and ip not in barred)
        assert ip not in asked or stands.allows_unicast(ip)


def _holds(text: str, ip: str) -> bool:
    first, dash, last = text.partition("-")
    if dash:
        return ip_address(first) <= ip_address(ip) <= ip_address(last)  # type: ignore[operator]
    return ip_address(ip) in ip_network(text)


def test_infrastructure_may_be_asked_for_its_tables_and_nothing_else() -> None:
    stands = Guard(
        Scope(
            ranges=("10.20.0.0/24",),
            exclude=("10.20.0.7", "10.20.9.9"),
            infrastructure=("10.20.9.2", "10.20.9.9", "10.20.5.255"),
        ),
        ["10.20.5.0/24"],
    )
    assert [
        ip
        for ip in ("10.20.9.2", "10.20.0.8", "10.20.0.7", "10.20.9.9", "10.20.9.3", "10.20.5.255")
        if stands.allows_infrastructure(ip)
    ] == [
        "10.20.9.2",
        "10.20.0.8",
    ]
    assert not stands.allows_unicast("10.20.9.2")
    assert not stands.is_inside("10.20.9.2")
    assert "10.20.9.2" not in set(stands.addresses())
