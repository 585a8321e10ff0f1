"""The roster, the truth and the code of the lab agree with each other. Needs no privilege."""

from __future__ import annotations

import ast
import base64
import os
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import mmh3
import pytest

from tests.lab.roster import ROSTER, select_devices
from tests.lab.segment import ROOT
from tests.lab.simulators.favicon import icon_with_hash
from tests.unprivileged import WITHOUT_CAPABILITIES

LAB = Path(__file__).parent
LAB_NETWORKS = (ip_network("10.20.0.0/24"), ip_network("192.168.1.0/24"), ip_network("fd00:20::/64"))
CAMERA_KINDS = {"camera", "nvr", "dvr", "encoder", "intercom", "doorbell"}
VERDICTS = {"prohibited", "restricted", "review", "unidentified", "no_finding", "not_applicable", "not_assessed"}


def test_every_device_has_exactly_one_entry_in_the_truth_with_its_mac_and_address(truth: dict[str, dict[str, Any]]) -> None:
    assert set(truth) == {device.name for device in ROSTER}
    for device in ROSTER:
        assert truth[device.name]["mac"] == device.mac
        assert device.ip in (None, truth[device.name]["ip"])


def test_names_macs_and_addresses_are_unique(truth: dict[str, dict[str, Any]]) -> None:
    for key in ("mac", "ip"):
        assert len({entry[key] for entry in truth.values()}) == len(ROSTER)


def test_the_segment_holds_at_least_24_cameras_and_recorders_and_six_other_things(truth: dict[str, dict[str, Any]]) -> None:
    kinds = [entry["kind"] for entry in truth.values()]
    assert sum(kind in CAMERA_KINDS for kind in kinds) >= 24
    assert sum(kind in ("other", "software") for kind in kinds) >= 6


def test_addresses_are_lab_addresses_and_the_foreign_one_says_so(truth: dict[str, dict[str, Any]]) -> None:
    for entry in truth.values():
        address = ip_address(entry["ip"])
        assert any(address in network for network in LAB_NETWORKS)
        # What speaks IPv6 alone is heard at its link-local address, on the link of the range.
        assert entry.get("outside_scope", False) == (address.version == 4 and address not in LAB_NETWORKS[0])


def test_the_truth_expects_known_verdicts_and_a_reason_where_it_is_review(truth: dict[str, dict[str, Any]]) -> None:
    for entry in truth.values():
        assert set(entry["expect"]) == {"uk-department", "us-federal-agency"}
        for expected in entry["expect"].values():
            assert expected["verdicts"]
            assert set(expected["verdicts"]) <= VERDICTS
            assert ("because" in expected) == (expected["verdicts"] == ["review"])


@pytest.mark.parametrize("path", sorted(LAB.rglob("*.py")), ids=lambda path: str(path.relative_to(LAB)))
def test_no_module_of_the_lab_imports_camscan(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert not [name for name in imported if name.split(".")[0] == "camscan"]


@pytest.mark.parametrize("wanted", [999357577, -374235895, 0, -1, 2**31 - 1, -(2**31)])
def test_an_icon_is_made_to_a_wanted_favicon_hash(wanted: int) -> None:
    icon = icon_with_hash(wanted)
    assert mmh3.hash(base64.encodebytes(icon)) == wanted
    assert icon.startswith(b"\0\0\1\0\1\0")


def test_an_unknown_device_is_named_in_the_error() -> None:
    with pytest.raises(KeyError, match="no device is called toaster"):
        select_devices(["toaster"])


def test_the_lab_without_privileges_ends_with_3_and_one_line() -> None:
    done = _without_privileges("exec", "--", "true")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("lab: ")


def test_serving_without_privileges_ends_with_3_and_one_line() -> None:
    done = _without_privileges("up")
    assert done.returncode == 3
    assert done.stderr == "lab: unshare: Operation not permitted\n"


def _without_privileges(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*(WITHOUT_CAPABILITIES if os.geteuid() == 0 else ()), sys.executable, "-m", "tests.lab", *arguments]
    try:
        return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no segment: setpriv is missing (apt-get install util-linux)")
