"""Devices and sights for tests of history: every argument has a default, and the defaults are not the easy case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from camscan.history.remembered import Remembered, remembered
from camscan.history.sight import Sight
from camscan.model import (
    Attachment,
    Confidence,
    Coverage,
    CoverageLevel,
    Covered,
    DeviceException,
    DeviceFacts,
    DeviceState,
    FindingFacts,
    Verdict,
)

NIGHT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
SITE = "Poznań"
RULE = "uk.hcws386"


PLAN = DeviceException(
    id="ex-1",
    status="planned",
    device="mac:bc:ad:28:00:00:07",
    bound_to=("mac=bc:ad:28:00:00:07",),
    owner="R. Nowak",
    ticket="CHG-7",
    recorded_on=date(2026, 2, 1),
    expires_on=date(2026, 6, 1),
    covers=(Covered(rule=RULE, act="deploy", verdict="prohibited"),),
    due=date(2026, 3, 1),
    replacement="Axis P3265",
)


def night(number: int) -> datetime:
    return NIGHT + timedelta(days=number)


def finding(verdict: Verdict = Verdict.PROHIBITED, **changes: Any) -> FindingFacts:
    values: dict[str, Any] = {
        "policy": "uk-department",
        "rule": RULE,
        "act": "deploy",
        "force": "instruction",
        "verdict": verdict,
        "status": "open",
    }
    return FindingFacts(**(values | changes))


def state(number: int = 7, **changes: Any) -> DeviceState:
    """A camera at a switch port, reached by a rule."""
    mac = f"bc:ad:28:00:00:{number:02x}"
    verdict = changes.get("verdict", Verdict.PROHIBITED)
    values: dict[str, Any] = {
        "key": f"mac:{mac}",
        "site": SITE,
        "ips": (f"10.20.0.{number}",),
        "macs": (mac,),
        "hostnames": ("kamera-wejście",),
        "verdict": verdict,
        "kind": "camera",
        "brand": "hilook",
        "maker": "hikvision",
        "maker_basis": "wire-shows-maker",
        "model": "IPC-B140H",
        "firmware": "V5.5.53 build 180702",
        "serial": f"IPC-B140H20190101AAWR0000000{number:02}",
        "confidence": Confidence.CERTAIN,
        "switch": "sw-3",
        "port": str(number),
        "vlan": 20,
        "findings": (finding(verdict),) if verdict in (Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW) else (),
    }
    return DeviceState(**(values | changes))


def facts(number: int, at: int = 0, seen: DeviceState | None = None, **changes: Any) -> DeviceFacts:
    made = seen if seen is not None else state(number, **changes)
    attached = None
    if made.switch is not None and made.port is not None:
        attached = Attachment(switch=made.switch, port=made.port, vlan=made.vlan, seen_on=night(at), direct=True)
    return DeviceFacts(device=number, state=made, first_seen=night(at), last_seen=night(at), attached_to=attached)


def coverage(level: CoverageLevel = CoverageLevel.LINK, complete: bool = True, network: str = "10.20.0.0/24") -> Coverage:
    return Coverage(range=network, level=level, complete=complete)


def sight(at: int, *devices: DeviceFacts, **changes: Any) -> Sight:
    values: dict[str, Any] = {
        "run": f"night-{at}",
        "started_at": night(at),
        "as_of": date(2026, 3, 1) + timedelta(days=at),
        "site": SITE,
        "policies": ("uk-department",),
        "data_version": "2026-03-01.aaaa",
        "complete": True,
        "coverage": (coverage(),),
        "facts": {one.device: one for one in devices},
    }
    return Sight(**(values | changes))


def known(number: int, *nights: Sight) -> Remembered | None:
    """What is known of a device that nights may have seen, oldest first."""
    return remembered((one, one.facts[number]) for one in nights if number in one.facts)


def together(*nights: Sight) -> Sight:
    """What is known of each device after nights that all saw it."""
    numbers = [number for number in nights[0].facts if all(number in one.facts for one in nights)]
    found = {number: one for number in numbers if (one := known(number, *nights)) is not None}
    return replace(nights[-1], facts={number: one.facts for number, one in found.items()})
