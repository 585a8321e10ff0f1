"""Nights as real scans of the segment: equal ones differ in nothing, and what came and went between them is told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import RANGE, camscan, scan_of
from tests.lab.segment import Segment

pytestmark = [pytest.mark.netns, pytest.mark.long]

JUDGED = ("--policy", "uk-department", "--site", "class=sensitive", "--site", "name=lab", "--quiet")
USUAL = ("hikvision-dome", "axis-dome", "server-nginx")
LATER = ("hikvision-dome", "hanwha-dome", "server-nginx")
AXIS, HANWHA = "mac:ac:cc:8e:10:00:20", "mac:e4:30:22:10:00:21"


def night(store: Path, devices: tuple[str, ...]) -> None:
    with Segment(devices=devices) as segment:
        done = scan_of(segment, RANGE, *JUDGED, "--store", str(store))
        assert done.returncode in (0, 3, 4), done.stderr


def differences(store: Path) -> dict[str, Any]:
    done = camscan("diff", "--store", str(store), "--format", "json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_real_nights_tell_what_came_and_went_and_nothing_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the segment needs root for its network namespaces")
    store = tmp_path / "camscan.sqlite3"
    night(store, USUAL)
    night(store, USUAL)
    same = differences(store)
    assert same["changes"] == []
    assert same["unchanged"] == len(USUAL)
    night(store, LATER)
    assert [(one["kind"], one["asset"]) for one in differences(store)["changes"]] == [("new", HANWHA), ("gone", AXIS)]
    lived = json.loads(camscan("history", AXIS, "--store", str(store), "--format", "json").stdout)
    assert [span["what"] for span in lived["devices"][0]["spans"]][-1] == "absent"
    told = json.loads(camscan("report", "last", "--store", str(store), "--format", "json").stdout)
    presence = {asset["key"]: asset["presence"] for asset in told["assets"]}
    assert presence[HANWHA]["absent_until"] is not None
    assert len(told["past"]) == 2
