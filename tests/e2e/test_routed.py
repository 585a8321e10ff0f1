"""A scan across a router: what unicast finds, what it says of the evidence, and what nmap is asked about."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import CAMSCAN
from tests.lab import routed
from tests.lab.routed import RoutedSegment

pytestmark = pytest.mark.netns

MACS = {device.ip: device.mac for device in routed.DEVICES}
TARGETS = ("10.20.0.8/29", routed.ECHO_ONLY)


@dataclass(frozen=True)
class Outcome:
    """What one scan left behind."""

    report: dict[str, Any]
    stderr: str
    asked: dict[str, Any]
    notice: str

    @property
    def by_ip(self) -> dict[str, dict[str, Any]]:
        return {ip: asset for asset in self.report["assets"] for ip in asset["ips"]}

    @property
    def attempts(self) -> dict[str, dict[str, Any]]:
        return {attempt["collector"]: attempt for attempt in self.report["attempts"]}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    if os.geteuid() != 0:
        pytest.skip("the segment needs root for its network namespaces")
    file = tmp_path_factory.mktemp("routed") / "report.json"
    command = [CAMSCAN, "scan", *TARGETS, "--deep", "--policy", "uk-department", "--site", "class=sensitive", "-o", str(file)]
    with RoutedSegment() as segment:
        done = segment.run_in_scanner(command, capture_output=True, text=True, timeout=180)
        asked = segment.ledger()["devices"]
        notice = segment.run_in_scanner([*command, "--dry-run"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    return Outcome(json.loads(file.read_text()), done.stderr, asked, notice.stdout)


@pytest.mark.parametrize(("ip", "maker", "field"), [(routed.SADP, "hikvision", "sadp.mac"), (routed.DHIP, "dahua", "dhip.mac")])
def test_unicast_probes_find_cameras_behind_a_router(found: Outcome, ip: str, maker: str, field: str) -> None:
    asset = found.by_ip[ip]
    assert (asset["identification"]["maker"], asset["identification"]["confidence"]) == (maker, "certain")
    assert asset["verdict"] == "prohibited"
    protocols = {seen["protocol"] for seen in asset["observations"]}
    assert protocols == {"icmp", "tcp", "wsd", field.partition(".")[0]}


@pytest.mark.parametrize(("ip", "field"), [(routed.SADP, "sadp.mac"), (routed.DHIP, "dhip.mac"), (routed.SADP, "wsd.mac")])
def test_the_mac_that_a_device_states_is_evidence_and_no_mac_of_a_link(found: Outcome, ip: str, field: str) -> None:
    asset = found.by_ip[ip]
    assert asset["macs"] == []
    assert asset["key"].startswith("serial:")
    assert {value for seen in asset["observations"] for value in seen["fields"].get(field, ())} == {MACS[ip]}
    assert {seen["link_mac"] for seen in asset["observations"]} == {None}
    assert any(evidence["fingerprint"].startswith("oui:") for evidence in asset["identification"]["evidence"])


def test_a_host_that_drops_tcp_is_found_by_its_echo(found: Outcome) -> None:
    asset = found.by_ip[routed.ECHO_ONLY]
    assert [(seen["protocol"], seen["collector"]) for seen in asset["observations"]] == [("icmp", "ping")]
    assert asset["verdict"] == "not_assessed"
    assert found.attempts["ping"]["received"] == 4
    assert found.attempts["knock"]["received"] == 3


def test_each_range_says_that_no_link_layer_evidence_was_possible(found: Outcome) -> None:
    rows = found.report["coverage"]
    assert [(row["range"], row["level"], row["complete"]) for row in rows] == [
        ("10.20.0.8/29", "routed", True),
        ("10.20.0.20/32", "routed", True),
    ]
    assert all("no link-layer evidence" in row["detail"] for row in rows)
    assert not any("echo" in row["detail"] for row in rows)


def test_greetings_are_read_and_the_servers_are_told_nothing(found: Outcome) -> None:
    asset = found.by_ip[routed.SERVER]
    said = {
        name: values for seen in asset["observations"] if seen["collector"] == "tcp" for name, values in seen["fields"].items()
    }
    assert said["ftp.banner"] == ["220 (vsFTPd 3.0.3)"]
    assert said["telnet.banner"] == ["login: "]
    assert asset["ledger"]["requests"] == 0
    assert found.asked["routed-server"]["requests"] == 0


def test_the_check_after_the_visit_covers_devices_behind_a_router(found: Outcome) -> None:
    check = found.attempts["liveness_routed"]
    assert (check["status"], check["received"], check["detail"]) == ("completed", 1, "")
    assert found.attempts["liveness"]["status"] == "skipped"


@pytest.mark.skipif(shutil.which("nmap") is None, reason="nmap is not installed")
def test_nmap_is_asked_about_the_one_unidentified_host_with_an_open_port(found: Outcome) -> None:
    seen_by_nmap = {
        ip for ip, asset in found.by_ip.items() if any(seen["protocol"] == "nmap" for seen in asset["observations"])
    }
    assert seen_by_nmap == {routed.SERVER}
    assert {ip for ip, asset in found.by_ip.items() if not asset["ledger"]["metered"]} == {routed.SERVER}
    attempt = found.attempts["nmap"]
    assert (attempt["status"], attempt["detail"]) == ("completed", "1 hosts have no open port that nmap may be asked about")
    assert "deep: nmap on 2 hosts that stayed unidentified, outside pace and budget (not metered)" in found.stderr


def test_a_dry_run_announces_what_a_scan_across_a_router_sends(found: Outcome) -> None:
    for said in (
        "echo requests to every address",
        "21, 23, 22 (FTP, Telnet, SSH)",
        "/favicon.ico",
        "not metered; arguments -sV",
    ):
        assert said in found.notice
