"""A shared value joins no devices that say of themselves that they are different products."""

from __future__ import annotations

import itertools

import pytest

from camscan.correlate import correlate
from tests.claiming import CLAIMS, EPR, FIRST, KEY, SERIAL, keys, said

DEFAULT = "0A1B2C3D"
"""A serial that a stack gives to whatever it runs on, and that has no pattern."""


@pytest.mark.parametrize("shared", [{"upnp__serial": DEFAULT}, {"wsd__epr": EPR}, {"tls__key": KEY}])
@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"upnp__manufacturer": "HIKVISION"}, {"upnp__manufacturer": "AXIS"}),
        ({"upnp__model": "DS-2CD2132F-IS"}, {"upnp__model": "DS-2CD2032-I"}),
        ({"webcaps__vendor": "Dahua"}, {"webcaps__vendor": "Amcrest"}),
    ],
)
def test_a_default_does_not_join_routed_devices_of_other_makers_or_models(
    shared: dict[str, str], one: dict[str, str], two: dict[str, str]
) -> None:
    seen = [said("10.30.0.1", **shared), said("10.30.0.1", **one), said("10.30.0.2", **shared, **two)]
    found = correlate(seen, claims=CLAIMS)
    assert [(a.ips, a.conflicts) for a in found] == [(("10.30.0.1",), ()), (("10.30.0.2",), ())]
    assert all(correlate(order, claims=CLAIMS) == found for order in itertools.permutations(seen))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({}, {"upnp__manufacturer": "AXIS"}),
        ({"upnp__manufacturer": "AXIS"}, {"upnp__manufacturer": "Axis "}),
        ({"upnp__model": ("M1065-L", "Network Camera")}, {"upnp__model": "M1065-L"}),
        ({"upnp__model": "M1065-L"}, {"onvif__model": "AXIS M1065-L"}),
        ({"upnp__model": "M1065-L"}, {"upnp__model": "-"}),
    ],
)
def test_a_serial_joins_routed_messages_whose_products_do_not_contradict(
    one: dict[str, str | tuple[str, ...]], two: dict[str, str | tuple[str, ...]]
) -> None:
    assert len(keys(said("10.30.0.1", upnp__serial=SERIAL, **one), said("10.30.0.2", upnp__serial=SERIAL, **two))) == 1


def test_a_claimed_mac_joins_whatever_the_device_calls_itself_at_each_address() -> None:
    seen = [said(f"10.30.0.{n}", sadp__mac=FIRST, upnp__serial=SERIAL, upnp__model=f"DS-{n}") for n in (1, 2)]
    assert len(keys(*seen)) == 1


def test_a_chain_of_serials_does_not_join_other_makers_at_its_ends() -> None:
    seen = [
        said("10.30.0.1", upnp__serial=DEFAULT, upnp__manufacturer="HIKVISION"),
        said("10.30.0.2", upnp__serial=DEFAULT, onvif__serial=SERIAL),
        said("10.30.0.3", onvif__serial=SERIAL, upnp__manufacturer="AXIS"),
        said("10.30.0.3"),
    ]
    found = correlate(seen, claims=CLAIMS)
    assert [(a.ips, a.conflicts) for a in found] == [((f"10.30.0.{n}",), ()) for n in (1, 2, 3)]
    assert all(correlate(order, claims=CLAIMS) == found for order in itertools.permutations(seen))
