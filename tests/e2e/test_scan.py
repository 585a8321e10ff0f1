"""The whole path, for real: devices that speak real bytes, the installed program, the truth."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from camscan.collect.registry import collectors
from tests.e2e.conftest import CAMSCAN, FEW, RANGE, SILENT, Scanned, assets_by_mac, camscan, scan_of
from tests.lab.check import disagreements, truth
from tests.lab.segment import Segment
from tests.unprivileged import WITHOUT_CAPABILITIES

pytestmark = pytest.mark.netns

IDENTITY = ("brand", "maker", "kind", "form", "model", "firmware", "serial")


def test_the_report_of_a_scan_agrees_with_the_truth(scanned: Scanned) -> None:
    assert list(disagreements(scanned.report, "uk-department")) == []


def test_the_same_evidence_judged_for_the_united_states_agrees_with_the_truth(scanned: Scanned) -> None:
    done = camscan("judge", str(scanned.evidence), "--policy", "us-federal-agency", "--format", "json")
    assert done.returncode == 3, done.stderr
    assert list(disagreements(json.loads(done.stdout), "us-federal-agency")) == []


def test_a_scan_that_found_prohibited_devices_ends_with_3_and_says_so_last(scanned: Scanned) -> None:
    assert scanned.code == 3
    assert scanned.stderr.splitlines()[-1].startswith("COMPLETE: ")
    assert "prohibited" in scanned.stderr.splitlines()[-1]


def test_judging_a_run_again_by_its_own_policy_gives_the_same_assets(scanned: Scanned) -> None:
    done = camscan("judge", str(scanned.evidence), "--policy", "uk-department", "--format", "json")
    again = json.loads(done.stdout)
    of_history = {"presence": None, "first_seen": None}  # the store of the scan says it, the file alone does not know
    assert [one | of_history for one in again["assets"]] == [one | of_history for one in scanned.report["assets"]]
    assert again["coverage"] == scanned.report["coverage"]
    assert again["attempts"] == scanned.report["attempts"]


def test_the_recorded_traffic_says_the_same_as_the_scan(scanned: Scanned) -> None:
    done = camscan(
        "replay", str(scanned.capture), "--policy", "uk-department",
        "--site", "class=sensitive", "--site", "name=lab", "--format", "json",
    )  # fmt: skip
    replayed = assets_by_mac(json.loads(done.stdout))
    live = assets_by_mac(scanned.report)
    different = []
    for device in truth():
        ours, theirs = live[device["mac"]], replayed[device["mac"]]
        different += [
            (device["name"], key, ours["identification"][key], theirs["identification"][key])
            for key in IDENTITY
            if ours["identification"][key] != theirs["identification"][key]
        ]
        if ours["verdict"] != theirs["verdict"]:
            different.append((device["name"], "verdict", ours["verdict"], theirs["verdict"]))
    assert different == []


def test_no_device_is_asked_more_than_its_budget_allows(scanned: Scanned) -> None:
    devices = scanned.ledger["devices"]
    assert len(devices) == len(truth())
    for name, seen in devices.items():
        assert seen["tcp"]["established"] <= 12, name
        assert seen["tcp"]["at_once"] <= 1, name


def test_the_ledger_in_the_report_counts_what_the_devices_counted(scanned: Scanned) -> None:
    by_mac = assets_by_mac(scanned.report)
    for device in truth():
        counted = scanned.ledger["devices"][device["name"]]["tcp"]["established"]
        assert by_mac[device["mac"]]["ledger"]["connections"] == counted, device["name"]


def test_every_collector_of_a_scan_left_an_attempt(scanned: Scanned) -> None:
    left = [attempt["collector"] for attempt in scanned.report["attempts"]]
    assert sorted(left) == sorted(collector.NAME for collector in collectors(deep=False, credentials={}))
    asked = {a["collector"] for a in scanned.report["attempts"] if a["status"] == "completed"}
    assert {"arp", "multicast", "sadp_l2", "mdns", "unicast", "tcp", "liveness", "reads"} <= asked


def test_the_files_of_a_scan_are_for_their_owner_alone(scanned: Scanned) -> None:
    assert scanned.evidence.stat().st_mode & 0o777 == 0o600


def test_without_privilege_the_scan_still_names_cameras_and_says_what_it_lost(few_and_silent: Segment) -> None:
    done = few_and_silent.run_in_scanner(
        [
            *WITHOUT_CAPABILITIES,
            CAMSCAN,
            "scan",
            RANGE,
            "--policy",
            "uk-department",
            "--site",
            "class=sensitive",
            "--format",
            "json",
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    found = assets_by_mac(report)
    devices = {device["name"]: device for device in truth()}
    assert set(found) == {devices[name]["mac"] for name in (*FEW, SILENT)}
    assert found[devices["hikvision-dome"]["mac"]]["identification"]["maker"] == "hikvision"
    sweep = next(a for a in report["attempts"] if a["collector"] == "arp")
    assert (sweep["status"], sweep["reason"]) == ("skipped", "no_privilege")
    assert "CAP_NET_RAW" in sweep["detail"]
    assert f"sudo {CAMSCAN}" in sweep["detail"]
    assert [(c["level"], c["complete"]) for c in report["coverage"]] == [("link", True)]


def test_no_thread_holds_a_capability_once_bytes_are_read(few: Segment) -> None:
    scan = few.popen_in_scanner(
        [CAMSCAN, "scan", RANGE, "--policy", "none"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert scan.stderr is not None
        while "probes" not in scan.stderr.readline():
            assert scan.poll() is None
        statuses = [status.read_text() for status in Path(f"/proc/{scan.pid}/task").glob("*/status")]
    finally:
        scan.stderr.close()
        scan.send_signal(signal.SIGKILL)
        scan.wait()
    held = {
        line.split()[1] for text in statuses for line in text.splitlines() if line.startswith(("CapEff", "CapPrm", "CapBnd"))
    }
    assert statuses
    assert held == {"0" * 16}


def test_an_interrupted_scan_ends_with_130_and_keeps_what_it_found(few: Segment, tmp_path: Path) -> None:
    report_file = tmp_path / "report.json"
    scan = few.popen_in_scanner(
        [CAMSCAN, "scan", RANGE, "--policy", "uk-department", "--site", "class=sensitive", "-o", str(report_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert scan.stderr is not None
    while "probes" not in scan.stderr.readline():
        assert scan.poll() is None
    scan.send_signal(signal.SIGINT)
    _, stderr = scan.communicate(timeout=30)
    assert scan.returncode == 130, stderr
    assert stderr.splitlines()[-1].startswith("INTERRUPTED: ")
    report = json.loads(report_file.read_text())
    assert {a["verdict"] for a in report["assets"]} >= {"prohibited"}
    assert report["complete"] is False
    assert {a["reason"] for a in report["attempts"] if a["status"] == "partial"} == {"interrupted"}
    never_ran = {a["collector"] for a in report["attempts"] if (a["status"], a["reason"]) == ("skipped", "interrupted")}
    assert {"tcp", "liveness"} <= never_ran


def test_a_terminated_scan_ends_with_143(few: Segment) -> None:
    scan = few.popen_in_scanner(
        [CAMSCAN, "scan", RANGE, "--policy", "none"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert scan.stderr is not None
    while "presence" not in scan.stderr.readline():
        assert scan.poll() is None
    scan.send_signal(signal.SIGTERM)
    _, stderr = scan.communicate(timeout=30)
    assert scan.returncode == 143, stderr


def test_an_excluded_device_is_sent_nothing_by_unicast_and_is_named_in_the_scope(few: Segment) -> None:
    device = next(d for d in truth() if d["name"] == "hikvision-dome")
    few.forget()
    done = scan_of(few, RANGE, "--policy", "none", "--exclude", device["ip"], "--format", "json")
    assert done.returncode in (0, 5), done.stderr
    assert json.loads(done.stdout)["scope"]["exclude"] == [f"{device['ip']}/32"] or device["ip"] in done.stdout
    assert few.ledger()["devices"][device["name"]]["tcp"]["established"] == 0


def test_a_dry_run_sends_nothing(few: Segment) -> None:
    few.forget()
    done = scan_of(few, RANGE, "--policy", "none", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "nothing has been sent" in done.stdout
    assert "10.20.0.1" in done.stdout
    assert few.addressed() == set()
    assert not [group for group in few.ledger()["groups"] if group == "arp" or group.startswith(("239.", "255."))]


def test_a_machine_without_nmap_names_the_attempt_that_was_skipped(few: Segment) -> None:
    hidden = 'for nmap in $(which -a nmap); do mount --bind /dev/null "$nmap"; done; exec "$@"'
    scan = [CAMSCAN, "scan", RANGE, "--policy", "none", "--deep", "--format", "json"]
    argv = ["unshare", "--mount", "sh", "-c", hidden, "sh", *scan]
    done = few.run_in_scanner(argv, capture_output=True, text=True, timeout=180)
    nmap = next(a for a in json.loads(done.stdout)["attempts"] if a["collector"] == "nmap")
    assert (nmap["status"], nmap["reason"]) == ("skipped", "missing_tool")
    assert "apt-get install nmap" in nmap["detail"]


def test_with_deep_nmap_is_asked_about_hosts_that_stayed_unidentified(few: Segment) -> None:
    done = scan_of(few, RANGE, "--policy", "none", "--deep", "--format", "json")
    report = json.loads(done.stdout)
    nmap = next(a for a in report["attempts"] if a["collector"] == "nmap")
    assert nmap["status"] == "completed", nmap
    server = next(d for d in truth() if d["name"] == "server-nginx")
    assert assets_by_mac(report)[server["mac"]]["ledger"]["metered"] is False
