"""Gateways and shared addresses: who answers for many is nobody's identity, and who shares an address stays apart."""

from __future__ import annotations

from camscan.correlate import correlate
from tests.claiming import CLAIMS, FACTORY, FIRST, GATEWAY, SECOND, SITE, keys, kinds, said


def test_a_mac_that_answers_for_many_addresses_lends_its_identity_to_nobody() -> None:
    found = correlate([said(f"10.30.0.{n}", GATEWAY) for n in range(1, 5)], claims=CLAIMS)
    assert [(a.key, a.macs, a.relays) for a in found] == [(f"ip:{SITE}:10.30.0.{n}", (), True) for n in range(1, 5)]


def test_addresses_of_ipv6_and_of_no_lease_do_not_make_a_gateway() -> None:
    seen = [said(f"10.20.0.{n}", FIRST) for n in range(1, 4)]
    seen += [said(f"2001:db8::{n}", FIRST) for n in range(1, 9)] + [said(f"169.254.0.{n}", FIRST) for n in range(1, 9)]
    assert keys(*seen) == [f"mac:{FIRST}"]


def test_a_mac_that_answers_for_many_networks_of_ipv6_is_a_gateway() -> None:
    found = correlate([said(f"2001:db8:{n}::64", GATEWAY) for n in range(1, 5)], claims=CLAIMS)
    assert [(a.key, a.macs, a.relays) for a in found] == [(f"ip:{SITE}:2001:db8:{n}::64", (), True) for n in range(1, 5)]


def test_hosts_whose_addresses_were_made_from_other_interfaces_than_the_one_that_sent_are_behind_a_gateway() -> None:
    behind = [said(f"2001:db8::bead:28ff:fe00:{n}", GATEWAY, eui64__mac=f"bc:ad:28:00:00:0{n}") for n in range(1, 5)]
    found = correlate([*behind, said(None, FIRST)], claims=CLAIMS)
    assert [a.key for a in found if a.relays] == [f"ip:{SITE}:2001:db8::bead:28ff:fe00:{n}" for n in range(2, 5)]
    assert [a.ips for a in found if a.key == f"mac:{FIRST}"] == [("2001:db8::bead:28ff:fe00:1",)]


def test_one_device_with_addresses_of_both_families_is_one_asset() -> None:
    seen = [said("10.20.0.5", FIRST), said("fe80::bead:28ff:fe00:1", FIRST), said("2001:db8::77", FIRST)]
    (found,) = correlate(seen, claims=CLAIMS)
    assert found.ips == ("10.20.0.5", "2001:db8::77", "fe80::bead:28ff:fe00:1")


def test_the_mac_in_an_address_leads_a_message_from_afar_to_its_device() -> None:
    (found,) = correlate([said("10.20.0.5", FIRST), said("2001:db8::bead:28ff:fe00:1", eui64__mac=FIRST)], claims=CLAIMS)
    assert (found.key, found.conflicts) == (f"mac:{FIRST}", ())


def test_one_link_local_address_on_two_links_is_no_conflict() -> None:
    found = correlate([said("fe80::1", FIRST), said("fe80::1", SECOND)], claims=CLAIMS)
    assert [(a.key, a.conflicts) for a in found] == [(f"mac:{FIRST}", ()), (f"mac:{SECOND}", ())]


def test_a_claim_of_the_gateways_own_mac_joins_nothing() -> None:
    seen = [said(f"10.30.0.{n}", GATEWAY) for n in range(1, 5)]
    seen += [said(f"10.30.0.{n}", sadp__mac=GATEWAY) for n in range(1, 3)]
    assert len(keys(*seen)) == 4


def test_what_a_gateway_relays_for_the_address_of_a_neighbour_joins_it_and_is_shown() -> None:
    found = correlate([said("10.20.0.1", FIRST), *(said(f"10.20.0.{n}", GATEWAY) for n in range(1, 5))], claims=CLAIMS)
    assert (found[0].key, found[0].relays, kinds(found[0])) == (f"mac:{FIRST}", False, ["address-shared"])
    assert len(found) == 4


def test_two_devices_at_one_factory_address_stay_two_and_what_has_no_mac_belongs_to_neither() -> None:
    found = correlate([said(FACTORY, FIRST), said(FACTORY, SECOND), said(FACTORY)], claims=CLAIMS)
    assert {a.key: kinds(a) for a in found} == {
        key: ["address-shared"] for key in (f"mac:{FIRST}", f"mac:{SECOND}", f"ip:{SITE}:{FACTORY}")
    }


def test_at_a_shared_address_a_claimed_mac_still_leads_to_its_device() -> None:
    found = correlate([said(FACTORY, FIRST), said(FACTORY, SECOND), said(FACTORY, sadp__mac=SECOND)], claims=CLAIMS)
    assert [(a.key, len(a.observations)) for a in found] == [(f"mac:{FIRST}", 1), (f"mac:{SECOND}", 2)]


def test_two_claimed_macs_at_one_address_are_two_devices_even_without_link_macs() -> None:
    found = correlate([said(FACTORY, sadp__mac=FIRST), said(FACTORY, sadp__mac=SECOND), said(FACTORY)], claims=CLAIMS)
    assert [a.key for a in found] == [
        f"ip:{SITE}:{FACTORY}",
        f"ip:{SITE}:{FACTORY}+{FIRST}",
        f"ip:{SITE}:{FACTORY}+{SECOND}",
    ]
    assert all(kinds(a) == ["address-shared"] for a in found)
