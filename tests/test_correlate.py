"""Which messages belong to one device, and which claims join them."""

from __future__ import annotations

import pytest

from camscan.correlate import correlate, rekey, rekey_all
from camscan.identity import is_placeholder
from camscan.model import MAX_DISTINCT
from tests.claiming import CLAIMS, EPR, FIRST, KEY, LOCAL, SECOND, SERIAL, SITE, THIRD, fields, keys, kinds, observation, said
from tests.factories import asset, later


def test_messages_with_one_link_mac_are_one_device_whatever_their_address() -> None:
    found = correlate(
        [said("10.20.0.9", FIRST), said("10.20.0.7", FIRST), said("2001:db8::1", FIRST), said(None, FIRST)], claims=CLAIMS
    )
    assert [(a.key, a.ips, a.macs) for a in found] == [
        (f"mac:{FIRST}", ("10.20.0.7", "10.20.0.9", "2001:db8::1"), (FIRST,))
    ]  # fmt: skip


def test_without_a_mac_the_address_joins() -> None:
    assert keys(said("10.20.0.9"), said("10.20.0.9", http__server="x"), said("10.20.0.10")) == [
        f"ip:{SITE}:10.20.0.9",
        f"ip:{SITE}:10.20.0.10",
    ]


def test_a_message_without_a_mac_belongs_to_the_one_device_at_its_address() -> None:
    assert keys(said("10.20.0.9"), said("10.20.0.9", FIRST)) == [f"mac:{FIRST}"]


def test_sites_are_kept_apart() -> None:
    elsewhere = observation(ip="10.20.0.9", site="基隆")
    assert keys(said("10.20.0.9"), elsewhere) == [f"ip:{SITE}:10.20.0.9", "ip:基隆:10.20.0.9"]


def test_a_locally_administered_mac_is_listed_and_never_an_identity() -> None:
    found = correlate([said("10.20.0.9", LOCAL), said("10.20.0.10", LOCAL)], claims=CLAIMS)
    assert [(a.key, a.macs) for a in found] == [(f"ip:{SITE}:10.20.0.9", (LOCAL,)), (f"ip:{SITE}:10.20.0.10", (LOCAL,))]


def test_a_locally_administered_mac_claimed_in_two_places_joins_nothing() -> None:
    assert len(keys(said("10.20.0.9", sadp__mac=LOCAL), said("10.20.0.10", sadp__mac=LOCAL))) == 2


def test_messages_without_an_address_are_numbered_and_those_of_one_local_mac_stay_together() -> None:
    seen = [said(None, None, http__server=name) for name in ("a", "b")] + [
        said(None, LOCAL),
        said(None, LOCAL, http__server="c"),
    ]
    assert sorted(keys(*seen)) == [f"ip:{SITE}:unknown-{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("name", "value"),
    [("sadp__serial", SERIAL), ("wsd__epr", EPR), ("tls__key", KEY), ("isapi__mac", THIRD)],
)
def test_a_claim_of_each_kind_joins_what_has_no_mac(name: str, value: str) -> None:
    assert keys(said("10.20.0.9", **{name: value}), said("2001:db8::9", **{name: value})) == [f"ip:{SITE}:10.20.0.9"]
    assert keys(said("10.20.0.9", **{name: value}), said("2001:db8::9", FIRST, **{name: value})) == [f"mac:{FIRST}"]


def test_one_serial_in_two_protocols_is_one_claim() -> None:
    assert keys(said("10.20.0.9", sadp__serial=SERIAL), said("10.30.0.9", onvif__serial=SERIAL.lower())) == [
        f"ip:{SITE}:10.20.0.9"
    ]


def test_a_claimed_mac_leads_a_routed_message_to_the_device_that_has_it() -> None:
    assert keys(said("10.30.0.9", isapi__mac="BC-AD-28-00-00-01"), said("10.20.0.9", FIRST)) == [f"mac:{FIRST}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("sadp__serial", SERIAL), ("wsd__epr", EPR), ("tls__key", KEY), ("isapi__mac", THIRD)],
)
def test_two_macs_with_one_claim_stay_two_and_both_say_so(name: str, value: str) -> None:
    found = correlate([said("10.20.0.9", FIRST, **{name: value}), said("10.20.0.10", SECOND, **{name: value})], claims=CLAIMS)
    assert [a.key for a in found] == [f"mac:{FIRST}", f"mac:{SECOND}"]
    assert [kinds(a) for a in found] == [["duplicate-identity"]] * 2
    assert SECOND in found[0].conflicts[0].detail
    assert FIRST in found[1].conflicts[0].detail


def test_a_device_that_claims_the_mac_of_another_is_not_merged_with_it() -> None:
    found = correlate([said("10.20.0.9", FIRST, sadp__mac=SECOND), said("10.20.0.10", SECOND)], claims=CLAIMS)
    assert [(a.key, kinds(a)) for a in found] == [
        (f"mac:{FIRST}", ["duplicate-identity"]),
        (f"mac:{SECOND}", ["duplicate-identity"]),
    ]


def test_a_chain_of_claims_that_would_merge_two_macs_is_undone_and_marked() -> None:
    found = correlate(
        [
            said("10.20.0.9", FIRST, sadp__serial=SERIAL),
            said("10.30.0.9", onvif__serial=SERIAL, tls__key=KEY),
            said("10.20.0.10", SECOND, tls__key=KEY),
        ],
        claims=CLAIMS,
    )
    assert {a.key: kinds(a) for a in found} == {
        key: ["duplicate-identity"] for key in (f"mac:{FIRST}", f"mac:{SECOND}", f"ip:{SITE}:10.30.0.9")
    }


def test_a_disputed_claim_leaves_the_undisputed_ones_standing() -> None:
    found = correlate(
        [
            said("10.20.0.9", FIRST, sadp__serial=SERIAL, tls__key=KEY),
            said("10.20.0.10", SECOND, tls__key=KEY),
            said("10.30.0.9", onvif__serial=SERIAL),
        ],
        claims=CLAIMS,
    )
    assert [(a.key, a.ips) for a in found] == [
        (f"mac:{FIRST}", ("10.20.0.9", "10.30.0.9")),
        (f"mac:{SECOND}", ("10.20.0.10",)),
    ]


def test_a_value_on_three_macs_is_a_default_of_the_product_and_no_claim() -> None:
    macs = (FIRST, SECOND, THIRD)
    found = correlate(
        [said(f"10.20.0.{n}", mac, tls__key=KEY) for n, mac in enumerate(macs, 1)] + [said("10.30.0.9", tls__key=KEY)],
        claims=CLAIMS,
    )
    assert [(a.key, a.conflicts) for a in found] == [
        *((f"mac:{mac}", ()) for mac in macs),
        (f"ip:{SITE}:10.30.0.9", ()),
    ]


def test_a_value_at_more_addresses_than_one_device_has_does_not_hide_routed_devices() -> None:
    assert len(keys(*(said(f"10.30.0.{n}", tls__key=KEY) for n in range(1, 4)))) == 1
    assert len(keys(*(said(f"10.30.0.{n}", tls__key=KEY) for n in range(1, 5)))) == 4


def test_a_shared_key_does_not_join_devices_that_state_different_serials() -> None:
    one = said("10.30.0.1", tls__key=KEY, onvif__serial="AAWRD00000017")
    two = said("10.30.0.2", tls__key=KEY, onvif__serial="AAWRD00000018")
    assert len(keys(one, two)) == 2


OTHER_SERIAL = "DS-2CD2143G0-I20190412AAWRD00000018"


@pytest.mark.parametrize(
    ("shared", "one", "two"),
    [
        ({"sadp__serial": SERIAL}, {"sadp__mac": FIRST}, {"sadp__mac": SECOND}),
        ({"sadp__mac": FIRST}, {"sadp__serial": SERIAL}, {"sadp__serial": OTHER_SERIAL}),
        ({"onvif__serial": SERIAL}, {"isapi__mac": FIRST}, {"isapi__mac": (SECOND, THIRD)}),
    ],
)
def test_a_serial_or_mac_does_not_join_routed_devices_of_which_something_else_differs(
    shared: dict[str, str], one: dict[str, str | tuple[str, ...]], two: dict[str, str | tuple[str, ...]]
) -> None:
    found = correlate([said("10.30.0.1", **shared, **one), said("10.30.0.2", **shared, **two)], claims=CLAIMS)
    assert [(a.ips, kinds(a)) for a in found] == [
        (("10.30.0.1",), ["duplicate-identity"]),
        (("10.30.0.2",), ["duplicate-identity"]),
    ]
    assert "10.30.0.2" in found[0].conflicts[0].detail
    assert [a.key for a in rekey_all([(a, "hikvision") for a in found])] == [a.key for a in found]


def test_three_routed_devices_with_one_copied_serial_are_three() -> None:
    macs = (FIRST, SECOND, THIRD)
    found = correlate(
        [said(f"10.30.0.{n}", sadp__serial=SERIAL, sadp__mac=mac) for n, mac in enumerate(macs, 1)], claims=CLAIMS
    )
    assert [kinds(a) for a in found] == [["duplicate-identity"]] * 3


def test_a_routed_device_does_not_join_the_one_on_the_link_whose_mac_it_claims_under_another_serial() -> None:
    found = correlate(
        [said("10.20.0.9", FIRST, sadp__serial=SERIAL), said("10.30.0.9", sadp__mac=FIRST, sadp__serial=OTHER_SERIAL)],
        claims=CLAIMS,
    )
    assert {a.key: kinds(a) for a in found} == {key: ["duplicate-identity"] for key in (f"mac:{FIRST}", f"ip:{SITE}:10.30.0.9")}


def test_a_routed_device_that_states_several_macs_joins_what_states_one_of_them() -> None:
    both = said("10.30.0.1", sadp__serial=SERIAL, isapi__mac=(FIRST, SECOND))
    assert len(keys(both, said("10.30.0.2", sadp__serial=SERIAL, isapi__mac=SECOND))) == 1


def test_a_chain_of_claims_does_not_join_devices_that_differ_at_its_ends() -> None:
    found = correlate(
        [
            said("10.30.0.1", sadp__mac=FIRST, onvif__serial=SERIAL),
            said("10.30.0.2", onvif__serial=SERIAL, wsd__epr=EPR),
            said("10.30.0.3", sadp__mac=SECOND, wsd__epr=EPR),
        ],
        claims=CLAIMS,
    )
    assert [(a.ips, kinds(a)) for a in found] == [((f"10.30.0.{n}",), ["duplicate-identity"]) for n in (1, 2, 3)]


def test_a_default_key_of_devices_that_differ_puts_the_identity_of_none_in_doubt() -> None:
    found = correlate([said(f"10.30.0.{n}", tls__key=KEY, onvif__serial=f"AAWRD0000001{n}") for n in (1, 2)], claims=CLAIMS)
    assert [(len(found), a.conflicts) for a in found] == [(2, ())] * 2


def test_a_serial_of_many_addresses_of_ipv6_that_differ_is_a_default_and_disputes_nothing() -> None:
    seen = [said(f"2001:db8::{n:x}", sadp__serial=SERIAL, sadp__mac=f"bc:ad:28:00:01:{n:02x}") for n in range(1, 9)]
    assert [a.conflicts for a in correlate(seen, claims=CLAIMS)] == [()] * 8


@pytest.mark.parametrize(
    "value",
    [
        "", "  ", "0", "1234", "00000000", "FFFFFFFF", "xxxxxxxxxx", "123456", "0123456789", "1234567890ABCDEF", "abcdef",
        "987654321", "00000001", "12345678", "none", "n/a", "Not Applicable", "no serial number", "unknown", "Serial-Number", "urn:uuid:00000000-0000-0000-0000-000000000000",
        "urn:uuid:1419d68a-1dd2-11b2-a105-000000000000", "00:11:22:33:44:55", "01:02:03:04:05:06", "12:34:56:78:9a:bc",
    ],
)  # fmt: skip
def test_placeholders_never_join(value: str) -> None:
    assert is_placeholder(value)
    assert len(keys(said("10.30.0.1", sadp__serial=value), said("10.30.0.2", sadp__serial=value))) == 2


def test_a_claim_as_long_as_a_page_is_no_identity() -> None:
    value = "".join(f"{n * 7919:06}" for n in range(60))
    assert len(keys(said("10.30.0.1", sadp__serial=value), said("10.30.0.2", sadp__serial=value))) == 2


@pytest.mark.parametrize("value", [SERIAL, EPR, KEY, FIRST, "3K04A1BPAJ00012", "00408CD4E5F6", "摄像机-7781"])
def test_real_identifiers_are_no_placeholders(value: str) -> None:
    assert not is_placeholder(value)


def test_names_times_and_scope_come_from_all_messages() -> None:
    early = observation(
        ip="10.20.0.9", first_seen_at=later(-60), last_seen_at=later(5), fields=fields(mdns__host="kamera-süd.local")
    )
    late = observation(
        ip="10.20.0.9", first_seen_at=later(0), last_seen_at=later(90), outside_scope=True, fields=fields(dhcp__hostname="IPC")
    )
    (found,) = correlate([late, early], claims=CLAIMS)
    assert (found.hostnames, found.first_seen, found.last_seen) == (("IPC", "kamera-süd.local"), later(-60), later(90))
    assert not found.outside_scope
    assert correlate([late], claims=CLAIMS)[0].outside_scope


def test_a_flood_of_one_protocol_is_cut_and_counted_and_rare_fields_are_kept() -> None:
    flood = [observation(ip="10.20.0.9", port=n, first_seen_at=later(n), last_seen_at=later(n)) for n in range(200)]
    rare = observation(
        ip="10.20.0.9", port=999, first_seen_at=later(999), last_seen_at=later(999), fields=fields(http__server="App-webs/")
    )
    other = observation(ip="10.20.0.9", protocol="rtsp", port=554)
    (found,) = correlate([*flood, rare, other], claims=CLAIMS)
    http = [o for o in found.observations if o.protocol == "http"]
    assert len(http) == MAX_DISTINCT
    assert rare in http
    assert {o.port for o in http} - {999} == set(range(MAX_DISTINCT - 1))
    assert other in found.observations
    assert found.left_out == 201 - MAX_DISTINCT


def test_conflicts_of_a_hostile_device_stay_short() -> None:
    values = tuple(f"{n:04}" + "Ж" * 200 for n in range(50))
    found = correlate(
        [said("10.20.0.9", FIRST, sadp__serial=values), said("10.20.0.10", SECOND, sadp__serial=values)], claims=CLAIMS
    )
    assert all(len(conflict.detail) < 500 for a in found for conflict in a.conflicts)


def test_a_serial_with_a_maker_becomes_the_key_where_no_mac_is_known() -> None:
    routed = correlate([said("10.30.0.9", onvif__serial=SERIAL)], claims=CLAIMS)[0]
    assert rekey(routed, "hikvision").key == f"serial:hikvision:{SERIAL}"
    assert rekey(routed, None) == routed
    assert rekey(asset(said("10.20.0.9", onvif__serial=SERIAL)), "hikvision").key.startswith("mac:")


@pytest.mark.parametrize("serial", ["00000000", "a\x1b[2Jbcd73", "7" + "x9" * 60])
def test_a_serial_that_is_no_identity_never_becomes_a_key(serial: str) -> None:
    routed = correlate([said("10.30.0.9", onvif__serial=serial)], claims=CLAIMS)[0]
    assert rekey(routed, "hikvision") == routed


def test_a_serial_of_a_certificate_is_not_the_devices() -> None:
    routed = correlate([said("10.30.0.9", tls__serial="7781AB3355")], claims=CLAIMS)[0]
    assert rekey(routed, "axis") == routed


def test_a_key_that_two_assets_would_share_is_given_to_neither() -> None:
    routed = correlate([said(f"10.30.0.{n}", onvif__serial=SERIAL) for n in range(1, 5)], claims=CLAIMS)
    assert len(routed) == 4
    assert rekey_all([(a, "hikvision") for a in routed]) == routed
    assert rekey_all([(routed[0], "hikvision")])[0].key == f"serial:hikvision:{SERIAL}"
