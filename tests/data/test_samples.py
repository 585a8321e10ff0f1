"""The samples name nobody: no address of the internet, no serial with its numbers, no MAC with its own tail."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from camscan.report.said import kind_of_field

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*/*.json"))
ALLOWED = [
    ip_network(text)
    for text in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "224.0.0.0/4",
        "ff00::/8",
        "255.255.255.255/32",
    )
]
FACTORY_DEFAULTS = {"192.0.0.64"}
"""Addresses that devices have before anyone gave them one."""
MOST_DIGITS = 12
"""Digits other than nought of a serial: its model and its date may be in it, a number of its own may not."""


def faults_of(fields: list[list[str]]) -> list[str]:
    """Return what in the fields of a sample names somebody."""
    found = []
    for name, value in fields:
        kind = kind_of_field(name)
        if kind == "address" and name not in ("flow.destination", "dns.name"):
            try:
                ip = ip_address(value.partition("%")[0])
            except ValueError:
                continue
            inside = any(ip.version == net.version and ip in net for net in ALLOWED)
            if ip.is_global and not inside and str(ip) not in FACTORY_DEFAULTS:
                found.append(f"{name} {value}: an address of the internet")
        if kind == "serial" and len([letter for letter in value if letter in "123456789"]) > MOST_DIGITS:
            found.append(f"{name} {value}: a serial with its numbers")
    return found


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_holds_no_public_address_and_no_serial_with_its_numbers(path: Path) -> None:
    assert faults_of(json.loads(path.read_text(encoding="utf-8"))["fields"]) == []


def test_what_names_somebody_is_found() -> None:
    assert faults_of(
        [["sadp.ip", "8.8.8.8"], ["sadp.serial", "DS-2CD2385G1-I20230514AAWR123456789"], ["sadp.ip", "10.20.0.11"]]
    ) == [
        "sadp.ip 8.8.8.8: an address of the internet",
        "sadp.serial DS-2CD2385G1-I20230514AAWR123456789: a serial with its numbers",
    ]
