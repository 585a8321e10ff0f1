"""One device of a segment: what stands in it, what has been told of it so far, and what is heard of it in a night."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from camscan.model import Fields, Observation, Via

SITE = "annex"


@dataclass
class Unit:
    """One physical device."""

    name: str
    line: str
    """hikvision, dahua, axis, zenith (known to newer data alone), nadir (known to none) or phone (says nothing)."""
    mac: str | None
    """None: made up anew every night."""
    serial: str
    ip: str
    port: str
    firmware: int = 1
    label: str = "hiwatch"
    present: bool = True
    told: Told | None = None
    disposed: bool = False
    attested: bool = False
    in_place_of: Unit | None = None


@dataclass
class Told:
    """What has been told of a unit."""

    ip: str
    port: str
    """Empty: none."""
    firmware: int
    """0: none."""
    label: str
    verdict: str
    maker: str | None
    status: str
    kind: str = "camera"
    there: bool = True


def heard(unit: Unit, at: datetime, weak: bool, short: bool, chance: random.Random) -> Iterator[Observation]:
    """Yield what is heard of a unit in one night. weak: its address alone; short: its firmware without the build."""
    mac = unit.mac or "06:" + ":".join(f"{chance.randrange(256):02x}" for _ in range(5))
    when = at + timedelta(seconds=chance.randrange(240))
    yield _message("arp", (("arp.ip", unit.ip),), unit.ip, mac, when, chance)
    if unit.line == "phone" or weak:
        return
    if unit.mac is not None:
        fields = (("switch.name", "sw-3"), ("switch.port", unit.port), ("switch.vlan", "20"), ("switch.port_macs", "1"))
        yield _message("bridge", tuple(sorted(fields)), unit.ip, mac, when, chance)
    for said in _says(unit, short):
        yield _message(said[0][0].partition(".")[0], tuple(sorted(said)), unit.ip, mac, when, chance)
    noise = f"node-{chance.randrange(10**6)}.local"
    yield _message("mdns", (("mdns.host", noise),), unit.ip, mac, when, chance)
    for number in range(chance.randrange(8)):
        yield _message("http", (("http.title", f"Login {number}"),), unit.ip, mac, when, chance)


def _says(unit: Unit, short: bool) -> list[Fields]:
    if unit.line == "hikvision":
        model = "HWI-B140H" if unit.label == "hiwatch" else "DS-2CD2043G0-I"
        return [
            (
                ("sadp.model", model),
                ("sadp.serial", unit.serial),
                ("sadp.firmware", "V5.5.0" if short else f"V5.5.0 build {unit.firmware}"),
            ),
        ]
    if unit.line == "dahua":
        return [
            (
                ("dhip.vendor", "Dahua"),
                ("dhip.model", "IPC-HDW1431S"),
                ("dhip.serial", unit.serial),
                ("dhip.firmware", f"2.{unit.firmware}.0000000.9.R"),
            )
        ]
    maker, model = {"axis": ("AXIS", "P3225-LV Mk II"), "zenith": ("ZENITH", "ZX-20"), "nadir": ("NADIR", "N-1")}[unit.line]
    return [
        (
            ("onvif.manufacturer", maker),
            ("onvif.model", model),
            ("onvif.serial", unit.serial),
            ("onvif.firmware", f"{unit.firmware}.2.3"),
        )
    ]


def _message(protocol: str, fields: Fields, ip: str, mac: str, at: datetime, chance: random.Random) -> Observation:
    return Observation(
        protocol=protocol,
        collector="test",
        via=Via.ACTIVE,
        site=SITE,
        fields=fields,
        first_seen_at=at,
        last_seen_at=at,
        count=chance.randrange(1, 9),
        ip=ip,
        port=80,
        link_mac=mac,
    )
