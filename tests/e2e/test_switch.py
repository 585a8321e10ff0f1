"""A switch and a router that the operator named: at which port a camera stands, and who stands where nothing of ours reaches."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import RANGE, assets_by_mac, camscan, scan_of
from tests.lab.devices.infrastructure import BEHIND_IT, COMMUNITY, ELSEWHERE, SILENT
from tests.lab.segment import Segment

pytestmark = pytest.mark.netns

DEVICES: Sequence[str] = ("hikvision-dome", "axis-dome", "hanwha-dome", "server-nginx", "switch-cisco")
SWITCH = "10.20.0.160"
DOME, AXIS, HANWHA = "44:19:b6:10:00:11", "ac:cc:8e:10:00:20", "e4:30:22:10:00:21"
JUDGED = ("--policy", "uk-department", "--site", "class=sensitive", "--site", "name=lab")


@dataclass(frozen=True)
class Read:
    """What one scan with the switch's community left behind."""

    code: int
    said: str
    report: dict[str, Any]
    evidence: Path
    folder: Path
    ledger: dict[str, Any]


def credentials(folder: Path, text: str) -> Path:
    path = folder / "credentials.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def segment() -> Iterator[Segment]:
    if os.geteuid() != 0:
        pytest.skip("the segment needs root for its network namespaces")
    with Segment(devices=DEVICES) as made:
        yield made


@pytest.fixture(scope="module")
def read(segment: Segment, tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("switch")
    accounts = tmp_path_factory.mktemp("accounts")
    file = credentials(accounts, f'[snmp]\ncommunity = "{COMMUNITY}"\nswitches = ["{SWITCH}"]\nrouters = ["{SWITCH}"]\n')
    done = scan_of(
        segment, RANGE, "10.20.7.8/29", *JUDGED, "--credentials", str(file),
        *(part for name in ("r.json", "r.txt", "r.obs.jsonl") for part in ("-o", str(folder / name))),
    )  # fmt: skip
    assert done.returncode in (3, 9), done.stderr
    report = json.loads((folder / "r.json").read_text())
    return Read(done.returncode, done.stdout + done.stderr, report, folder / "r.obs.jsonl", folder, segment.ledger())


def attempts(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {attempt["collector"]: attempt for attempt in report["attempts"]}


def test_a_camera_stands_at_the_port_that_the_switch_says(read: Read) -> None:
    attached = dict(assets_by_mac(read.report)[DOME]["attached_to"])
    seen_on = attached.pop("seen_on")
    assert seen_on >= read.report["run"]["started_at"]
    assert attached == {"switch": "sw-3", "port": "Gi1/0/1", "vlan": 20, "direct": True, "behind": None, "port_macs": 1}
    assert "switch sw-3, port Gi1/0/1, VLAN 20" in (read.folder / "r.txt").read_text()


def test_what_stands_behind_an_uplink_is_not_said_to_stand_at_its_port(read: Read) -> None:
    attached = assets_by_mac(read.report)[HANWHA]["attached_to"]
    assert (attached["direct"], attached["behind"]) == (False, "core-1")
    assert "behind port Te1/1/1 (uplink, towards core-1) of switch sw-3" in (read.folder / "r.txt").read_text()


def test_a_device_that_answers_to_nobody_is_known_to_the_switch(read: Read) -> None:
    silent = assets_by_mac(read.report)[SILENT]
    assert (silent["ips"], silent["verdict"], silent["attached_to"]["port"]) == ([], "review", "Gi1/0/20")
    assert ELSEWHERE not in assets_by_mac(read.report)
    assert "1 in other VLANs" in attempts(read.report)["switches"]["detail"]


def test_what_a_camera_tells_its_switch_is_evidence(read: Read) -> None:
    axis = assets_by_mac(read.report)[AXIS]
    said = {
        name: values for seen in axis["observations"] if seen["protocol"] == "lldp" for name, values in seen["fields"].items()
    }
    assert said["lldp.system_name"] == ["axis-accc8e100020"]
    assert said["lldp.manufacturer"] == ["AXIS"]
    assert axis["ips"] == ["10.20.0.20"]


def test_hosts_behind_a_router_are_known_by_the_mac_that_it_has(read: Read) -> None:
    for ip, mac in BEHIND_IT:
        assert assets_by_mac(read.report)[mac]["ips"] == [ip]
    detail = attempts(read.report)["routers"]["detail"]
    assert "2 behind it" in detail
    assert "1 on links of ours" in detail


def test_the_switch_itself_says_what_it_is(read: Read) -> None:
    switch = next(asset for asset in read.report["assets"] if SWITCH in asset["ips"])
    assert switch["identification"]["kind"] == "other"
    assert attempts(read.report)["snmp"]["received"] >= 1


def test_a_device_without_snmp_is_asked_one_question(read: Read) -> None:
    devices = read.ledger["devices"]
    assert devices["server-nginx"]["tcp"]["established"] <= 12
    assert attempts(read.report)["snmp"]["sent"] <= len(DEVICES) + len(BEHIND_IT)


def test_the_community_stands_in_nothing_that_a_run_leaves_behind(read: Read) -> None:
    for path in read.folder.iterdir():
        assert COMMUNITY not in path.read_text(), path.name
    assert COMMUNITY not in read.said
    done = camscan("explain", DOME, "--run", str(read.evidence))
    assert COMMUNITY not in done.stdout
    assert "switch sw-3, port Gi1/0/1, VLAN 20, seen 2" in done.stdout


def test_the_ports_are_known_again_when_the_run_is_judged_again(read: Read) -> None:
    done = camscan("judge", str(read.evidence), "--policy", "uk-department", "--format", "json")
    again = json.loads(done.stdout)
    assert [a["attached_to"] for a in again["assets"]] == [a["attached_to"] for a in read.report["assets"]]


def test_a_switch_outside_the_scope_is_refused_before_anything_is_sent(segment: Segment, tmp_path: Path) -> None:
    file = credentials(tmp_path, f'[snmp]\ncommunity = "{COMMUNITY}"\nswitches = ["10.20.9.2"]\n')
    segment.forget()
    done = scan_of(segment, RANGE, *JUDGED, "--credentials", str(file))
    assert done.returncode == 6, done.stderr
    assert "--infrastructure 10.20.9.2" in done.stderr
    assert segment.addressed() == set()
    dry = scan_of(segment, RANGE, *JUDGED, "--credentials", str(file), "--infrastructure", "10.20.9.2", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "bridge and LLDP tables of 10.20.9.2" in dry.stdout
    assert COMMUNITY not in dry.stdout + dry.stderr
