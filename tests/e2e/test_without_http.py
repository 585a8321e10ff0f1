"""ONVIF, HTTP and RTSP switched off: a maker's own discovery alone still tells whose device it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import RANGE, assets_by_mac, needs_root, scan_of
from tests.lab.check import truth
from tests.lab.device import Device
from tests.lab.roster import ROSTER, protocol_of
from tests.lab.segment import Segment

pytestmark = pytest.mark.netns

SWITCHED_OFF = ("onvif", "http", "rtsp")
OF_NO_MAKER = {"wsd", "http", "rtsp", "ssdp", "mdns", "dhcp", "raw_banner", "arp_only"}
"""What devices of any maker speak; every other simulator is some maker's own discovery."""


def maker_speaks_in(device: Device) -> set[str]:
    """Return the makers' own protocols that a device speaks."""
    return {protocol_of(service) for service in device.services} - OF_NO_MAKER


LOSING = [
    device
    for device in ROSTER
    if maker_speaks_in(device) and {"wsd", "http", "rtsp"} & {protocol_of(service) for service in device.services}
]
"""Devices that lose something and keep their maker's protocol; those that never had anything else are part of every scan."""


def test_every_device_whose_maker_has_its_own_protocol_is_found_by_it_alone(tmp_path: Path) -> None:
    needs_root()
    report_file = tmp_path / "report.json"
    with Segment(devices=[device.name for device in LOSING], without=SWITCHED_OFF) as segment:
        done = scan_of(segment, RANGE, "--policy", "none", "--quiet", "-o", str(report_file))
        lines = [line for seen in segment.ledger()["devices"].values() for line in seen["request_lines"]]
    assert done.returncode == 0, done.stderr
    assert not [line for line in lines if line.startswith(("http", "rtsp"))]
    found = assets_by_mac(json.loads(report_file.read_text()))
    makers = {device["name"]: device.get("maker") for device in truth()}
    expected = {device.name: makers[device.name] for device in LOSING}
    assert len(expected) >= 12
    assert set(expected.values()) >= {"hikvision", "dahua", "tp-link"}
    assert {
        device.name: found[device.mac]["identification"]["maker"] if device.mac in found else "not found" for device in LOSING
    } == expected


def test_every_maker_s_own_protocol_of_the_lab_is_spoken_by_some_device() -> None:
    spoken = {protocol for device in ROSTER for protocol in maker_speaks_in(device)}
    assert len(spoken) >= 20, spoken
