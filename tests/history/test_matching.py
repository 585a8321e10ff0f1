"""Who is known again, and who is another device, whatever it says of itself."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from camscan.history.matching import Matching, as_known
from camscan.identity import identities
from camscan.model import AssessedAsset, Fields, Identification, KnownDevice, Report
from camscan.store.devices import state_of
from tests.report import making

CLAIMS = {"sadp.serial": "serial", "onvif.serial": "serial", "sadp.mac": "mac", "wsd.epr": "endpoint", "tls.key": "key"}
MAC, OTHER, MADE_UP = "bc:ad:28:00:00:07", "bc:ad:28:00:00:99", "02:3e:5a:10:00:43"
SERIAL, ANOTHER = "IPC-B140H20190101AAWR13579", "IPC-B140H20200202AAWR24680"


def device(mac: str | None = MAC, ip: str = "10.20.0.7", *said: tuple[str, str], **changes: object) -> AssessedAsset:
    fields: Fields = tuple(sorted(said)) or (("arp.ip", ip),)
    seen = making.observation(ip, link_mac=mac, fields=fields)
    key = f"mac:{mac}" if mac is not None and mac != MADE_UP else f"ip:Poznań:{ip}"
    asset = making.asset(7, key=key, ips=(ip,), macs=(mac,) if mac else (), observations=(seen,))
    found = Identification(kind="camera", maker="hikvision", model="IPC-B140H")
    return replace(making.assessed(7, None), asset=asset, identification=replace(found, **changes))  # type: ignore[arg-type]


def report_of(*devices: AssessedAsset) -> Report:
    return making.report(*devices)


def known_of(*devices: AssessedAsset) -> tuple[KnownDevice, ...]:
    """The devices as if each had been seen in a night of its own, numbered from 1 in that order."""
    found = []
    for number, one in enumerate(devices, 1):
        report = report_of(one)
        marks = identities([one.asset], CLAIMS)
        (made,) = as_known(report, marks, [state_of(one)])
        later = making.START.replace(day=number)
        seen = tuple(replace(mark, last_seen=later) for mark in made.marks)
        found.append(replace(made, number=number, last_seen=later, marks=seen))
    return tuple(found)


def matched(known: tuple[KnownDevice, ...], *devices: AssessedAsset) -> dict[int, int]:
    report = report_of(*devices)
    places = {id(one): place for place, one in enumerate(report.assets)}
    found = Matching(CLAIMS)(known, report, identities([one.asset for one in report.assets], CLAIMS))
    return {given: found[places[id(one)]] for given, one in enumerate(devices) if places[id(one)] in found}


def test_a_device_that_moved_is_known_by_its_mac() -> None:
    assert matched(known_of(device()), device(MAC, "10.20.0.99")) == {0: 1}


def test_another_mac_at_the_same_address_is_another_device() -> None:
    assert matched(known_of(device()), device(OTHER)) == {}


def test_a_mac_that_moved_to_another_serial_is_another_device() -> None:
    known = known_of(device(MAC, "10.20.0.7", ("sadp.serial", SERIAL)))
    assert matched(known, device(MAC, "10.20.0.7", ("sadp.serial", ANOTHER))) == {}
    assert matched(known, device(MAC, "10.20.0.7", ("onvif.serial", ANOTHER))) == {0: 1}, "protocols spell a serial differently"


def test_a_made_up_mac_is_known_by_serial_endpoint_or_key() -> None:
    for mark in (
        ("sadp.serial", SERIAL),
        ("wsd.epr", "urn:uuid:4419b4b4-2a3f-4c1d-9a55-bcad28000007"),
        ("tls.key", "ab12" * 16),
    ):
        known = known_of(device(MADE_UP, "10.20.0.7", mark))
        assert matched(known, device("06:11:22:33:44:55", "10.20.0.80", mark)) == {0: 1}


def test_without_any_identity_kind_and_maker_must_agree_at_the_address() -> None:
    known = known_of(device(MADE_UP))
    assert matched(known, device("06:11:22:33:44:55")) == {0: 1}
    assert matched(known, device("06:11:22:33:44:55", kind="unknown", maker=None, model=None)) == {0: 1}
    assert matched(known, device("06:11:22:33:44:55", maker="dahua", model="X")) == {}
    assert matched(known, device("06:11:22:33:44:55", kind="other", maker=None, model=None)) == {}
    assert matched(known, device("06:11:22:33:44:55", "10.20.0.80")) == {}


def test_a_device_known_by_address_keeps_its_number_when_its_mac_is_seen() -> None:
    assert matched(known_of(device(None)), device(MAC)) == {0: 1}
    assert matched(known_of(device(MAC)), device(None)) == {0: 1}


def test_what_firmware_images_copy_makes_no_device_of_two_with_other_macs() -> None:
    for mark in (("wsd.epr", "urn:uuid:4419b4b4-2a3f-4c1d-9a55-bcad28000007"), ("tls.key", "ab12" * 16)):
        known = known_of(device(MAC, "10.20.0.7", mark))
        assert matched(known, device(OTHER, "10.20.0.8", mark)) == {}


def test_a_serial_that_several_known_devices_carry_counts_for_nothing() -> None:
    one, two = (device(mac, f"10.20.0.{n}", ("sadp.serial", SERIAL)) for n, mac in ((7, MAC), (8, OTHER)))
    assert matched(known_of(one), device(None, "10.20.0.50", ("sadp.serial", SERIAL))) == {0: 1}
    assert matched(known_of(one, two), device(None, "10.20.0.50", ("sadp.serial", SERIAL))) == {}


def test_a_serial_moves_with_its_device_to_another_interface_of_the_same_product() -> None:
    known = known_of(device(MAC, "10.20.0.7", ("sadp.serial", SERIAL)))
    assert matched(known, device(OTHER, "10.20.0.8", ("sadp.serial", SERIAL))) == {0: 1}
    assert matched(known, device(OTHER, "10.20.0.8", ("sadp.serial", SERIAL), maker="dahua", model="X")) == {}


def test_a_mac_that_two_known_devices_had_belongs_to_the_newer() -> None:
    one = device(MAC, "10.20.0.7", ("sadp.serial", SERIAL))
    two = device(MAC, "10.20.0.7", ("sadp.serial", ANOTHER))
    assert matched(known_of(one, two), device(MAC, "10.20.0.60")) == {0: 2}
    assert matched(known_of(one, two), device(MAC, "10.20.0.60", ("sadp.serial", SERIAL))) == {0: 1}


def test_a_certificate_made_anew_leaves_the_same_product_at_its_address_the_same_device() -> None:
    known = known_of(device(None, "10.20.0.7", ("tls.key", "ab12" * 16)))
    assert matched(known, device(None, "10.20.0.7", ("tls.key", "cd34" * 16))) == {0: 1}
    assert matched(known, device(None, "10.20.0.7", ("tls.key", "cd34" * 16), maker="dahua")) == {}


def test_a_claimed_mac_is_known_again_on_the_link() -> None:
    routed = known_of(device(None, "10.20.0.7", ("sadp.mac", MAC)))
    assert matched(routed, device(MAC, "10.20.0.90")) == {0: 1}


def test_devices_of_another_site_are_not_known() -> None:
    elsewhere = tuple(replace(one, site="Gdańsk") for one in known_of(device()))
    assert matched(elsewhere, device()) == {}


SEVERAL = (
    device(MAC, "10.20.0.7", ("sadp.serial", SERIAL)),
    device(OTHER, "10.20.0.8"),
    device(MADE_UP, "10.20.0.9"),
    device(None, "10.20.0.10", ("wsd.epr", "urn:uuid:4419b4b4-2a3f-4c1d-9a55-bcad28000010")),
)
LATER = (
    device(MAC, "10.20.0.8", ("sadp.serial", SERIAL)),
    device(OTHER, "10.20.0.7"),
    device("06:11:22:33:44:55", "10.20.0.9"),
    device(None, "10.20.0.11", ("wsd.epr", "urn:uuid:4419b4b4-2a3f-4c1d-9a55-bcad28000010")),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::3])
def test_order_changes_nothing_of_who_is_known(order: tuple[int, ...]) -> None:
    known = known_of(*SEVERAL)
    found = matched(tuple(known[place] for place in order), *(LATER[place] for place in order))
    assert {order[place]: number for place, number in found.items()} == {0: 1, 1: 2, 2: 3, 3: 4}


def test_no_device_is_given_twice() -> None:
    known = known_of(device(None, "10.20.0.7"))
    assert matched(known, device(MAC, "10.20.0.7"), device(OTHER, "10.20.0.7")) in ({0: 1}, {1: 1})
