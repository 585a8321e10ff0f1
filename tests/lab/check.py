"""Holds a JSON report of a scan of the segment against the truth."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.lab.crowd import crowd
from tests.lab.roster import ROSTER

TRUTH = Path(__file__).with_name("truth.toml")
CAMERA_KINDS = {"camera", "nvr", "dvr", "encoder", "intercom", "doorbell"}
EXACT = ("kind", "form", "brand", "maker", "maker_basis", "model", "firmware", "serial")
Json = Mapping[str, Any]


def truth(size: int = 0) -> list[dict[str, Any]]:
    """Return what each device of the segment is; of the larger one with `size` devices, where that is given."""
    entries = list(tomllib.loads(TRUTH.read_text(encoding="utf-8"))["device"])
    return crowd(ROSTER, entries, size)[1] if size else entries


def disagreements(report: Json, policy: str, size: int = 0) -> Iterator[str]:
    """Yield one line for each statement of a report that is not the truth; nothing where they agree."""
    devices = truth(size)
    by_mac: dict[str, list[Json]] = {}
    for asset in report["assets"]:
        for mac in asset["macs"]:
            by_mac.setdefault(mac, []).append(asset)
    for device in devices:
        found = by_mac.get(device["mac"], [])
        if len(found) != 1:
            yield f"{device['name']}: {len(found)} assets carry its MAC {device['mac']}, not one"
            continue
        yield from (f"{device['name']}: {line}" for line in _of_device(device, found[0], policy))
    known = {device["mac"] for device in devices}
    yield from (f"asset {asset['key']}: no such device" for asset in report["assets"] if not known & set(asset["macs"]))
    by_verdict = report["counts"]["verdicts"]
    if sum(by_verdict.values()) != len(report["assets"]):
        yield f"the verdicts add up to {sum(by_verdict.values())}, the assets to {len(report['assets'])}"


def _of_device(device: Json, asset: Json, policy: str) -> Iterator[str]:
    """Yield what a report says wrongly of one device."""
    said = asset["identification"]
    if device["kind"] not in CAMERA_KINDS:
        if said["kind"] in CAMERA_KINDS:
            yield f"called a {said['kind']}; it is none"
    else:
        for key in EXACT:
            if key in device and said[key] != device[key]:
                yield f"{key} is {device[key]!r}, reported as {said[key]!r}"
    expected = device["expect"][policy]
    if asset["verdict"] not in expected["verdicts"]:
        yield f"{policy}: verdict {asset['verdict']}, expected {' or '.join(expected['verdicts'])}"
    if asset["verdict"] == "review" and "because" in expected:
        reasons = {word for finding in asset["findings"] for word in finding["because"]}
        if expected["because"] not in reasons:
            yield f"{policy}: review because {sorted(reasons)}, expected {expected['because']}"
    if bool(device.get("outside_scope")) != bool(asset["outside_scope"]):
        yield f"outside_scope is {asset['outside_scope']}"


def check(reports: Iterable[tuple[str, Path]], size: int = 0) -> int:
    """Print every disagreement of the reports with the truth. Return 0 where there is none, else 1."""
    wrong = 0
    for policy, path in reports:
        report = json.loads(path.read_text(encoding="utf-8"))
        lines = list(disagreements(report, policy, size))
        wrong += len(lines)
        for line in lines:
            sys.stdout.write(f"WRONG  {line}\n")
        sys.stdout.write(
            f"{path}: {len(truth(size))} devices of the segment, {len(lines)} disagreements with the truth ({policy})\n"
        )
    return 1 if wrong else 0
