"""A fuller segment is the roster and other units of the same makes; services can be switched off on all of it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from tests.lab.check import truth as entries
from tests.lab.crowd import GENERATIONS, copy_of, crowd
from tests.lab.device import Device
from tests.lab.roster import ROSTER, protocol_of, without
from tests.lab.simulators.http import Http
from tests.lab.simulators.onvif import OnvifDevice

SIZE = 254


@pytest.fixture(scope="module")
def full() -> tuple[tuple[Device, ...], list[dict[str, Any]]]:
    return crowd(ROSTER, entries(), SIZE)


def test_a_full_network_has_254_devices_and_tells_what_each_is(full: tuple[tuple[Device, ...], list[dict[str, Any]]]) -> None:
    devices, told = full
    assert len(devices) == len(told) == SIZE
    assert devices[: len(ROSTER)] == ROSTER
    for device, entry in zip(devices, told, strict=True):
        assert (device.name, device.mac, device.ip or entry["ip"]) == (entry["name"], entry["mac"], entry["ip"])


def test_no_two_units_share_a_name_a_mac_an_address_or_a_serial(full: tuple[tuple[Device, ...], list[dict[str, Any]]]) -> None:
    devices, told = full
    for key in ("name", "mac", "ip"):
        assert len({entry[key] for entry in told}) == SIZE, key
    serials = [entry["serial"] for entry in told if "serial" in entry]
    assert len(serials) == len(set(serials))
    addresses = [ip for device in devices for ip in (device.ip, *device.more_ips) if ip]
    assert len(addresses) == len(set(addresses))


def test_a_copy_says_nothing_of_the_unit_that_it_was_copied_from() -> None:
    original = next(device for device in ROSTER if device.name == "axis-dome")
    entry = next(one for one in entries() if one["name"] == "axis-dome")
    device, told = copy_of(original, entry, 3, "10.20.0.99")
    text = repr(device) + json.dumps(told)
    assert device.mac == "ac:cc:8e:10:0b:20"
    assert "ACCC8E100B20" in text
    assert "ACCC8E100020" not in text
    assert "10.20.0.20/" not in text
    web = next(service for service in device.services if isinstance(service, Http) and service.posts)
    answer = web.posts["/axis-cgi/basicdeviceinfo.cgi"]("", b'"getAllUnrestrictedProperties"')
    assert b"ACCC8E100B20" in answer.body
    assert {field.name: getattr(device, field.name) for field in dataclasses.fields(device)}["prefix"] == original.prefix


def test_copies_keep_the_prefix_of_their_maker() -> None:
    for device in ROSTER:
        if device.ip:
            entry = next(one for one in entries() if one["name"] == device.name)
            macs = {copy_of(device, entry, generation, "10.20.0.99")[0].mac for generation in range(1, GENERATIONS + 1)}
            assert len(macs) == GENERATIONS
            assert {mac[:12] for mac in macs} == {device.mac[:12]}


def test_more_devices_than_the_network_has_addresses_are_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.20\.0\.0/24 holds \d+ devices, not 400"):
        crowd(ROSTER, entries(), 400)


def test_switched_off_services_are_gone_and_the_others_stay() -> None:
    left = without(ROSTER, ["onvif", "rtsp"])
    spoken = {protocol_of(service) for device in left for service in device.services}
    assert spoken >= {"http", "sadp", "dhip"}
    assert not spoken & {"wsd", "rtsp"}
    web = [service for device in left for service in device.services if isinstance(service, Http)]
    assert any(service.posts for service in web)
    assert not [answer for service in web for answer in service.posts.values() if isinstance(answer, OnvifDevice)]
    assert [device.mac for device in left] == [device.mac for device in ROSTER]


def test_a_service_that_nobody_has_cannot_be_switched_off() -> None:
    with pytest.raises(KeyError, match="no device speaks gopher"):
        without(ROSTER, ["gopher"])
