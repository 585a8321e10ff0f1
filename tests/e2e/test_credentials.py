"""The operator's account against a whole segment: who is shown it, how often, and that it stands in nothing that a run leaves behind."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Scanned, assets_by_mac, camscan, scan_of
from tests.lab.devices.logins import BEHIND, DEVICES, PASSWORD, USER
from tests.lab.segment import Segment

pytestmark = pytest.mark.netns

RANGE = "10.20.0.144/28"
WRONG = "Falsches-Paßwort-9931"
ACCOUNTS = f'''
[default]
user = "{USER}"
password = "{PASSWORD}"

["10.20.0.153"]
user = "{USER}"
password = "{WRONG}"
'''
MACS = {device.name: device.mac for device in DEVICES}


@dataclass(frozen=True)
class Visited:
    """What one scan with accounts left behind."""

    folder: Path
    report: dict[str, Any]
    devices: dict[str, Any]
    wire: bytes

    def asset(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = assets_by_mac(self.report)[MACS[name]]
        return found


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Visited:
    if os.geteuid() != 0:
        pytest.skip("the segment needs root for its network namespaces")
    folder = tmp_path_factory.mktemp("visited")
    accounts = tmp_path_factory.mktemp("accounts") / "accounts.toml"
    accounts.write_text(ACCOUNTS, encoding="utf-8")
    accounts.chmod(0o600)
    capture = folder.parent / "credentials.pcap"
    with Segment(devices=tuple(MACS), pcap=capture) as segment:
        done = scan_of(
            segment,
            RANGE,
            *("--policy", "uk-department", "--site", "class=sensitive", "--credentials", str(accounts)),
            *("-o", str(folder / "report.json"), "-o", str(folder / "run.obs.jsonl"), "-o", str(folder / "report.txt")),
        )
        ledger = segment.ledger()
    (folder / "stdout").write_text(done.stdout, encoding="utf-8")
    (folder / "stderr").write_text(done.stderr, encoding="utf-8")
    assert done.returncode == 3, done.stderr
    return Visited(folder, json.loads((folder / "report.json").read_text()), ledger["devices"], capture.read_bytes())


@pytest.mark.parametrize("name", ["recorder-eight", "onvif-token", "onvif-digest"])
def test_a_device_that_has_the_account_lets_it_in_each_time(visited: Visited, name: str) -> None:
    logins = visited.devices[name]["logins"]
    assert set(logins) == {"accepted"}
    assert logins["accepted"] >= 5


def test_a_refused_account_is_shown_once_and_the_device_is_left_alone(visited: Visited) -> None:
    assert visited.devices["onvif-locks"]["logins"] == {"refused": 1}


def test_basic_is_never_answered(visited: Visited) -> None:
    assert visited.devices["onvif-basic"]["logins"] == {}
    assert b"Authorization: Basic" not in visited.wire
    (attempt,) = (one for one in visited.report["attempts"] if one["collector"] == "credentials")
    assert "10.20.0.154: ONVIF: the device offers only Basic: the password would travel in clear; not sent" in attempt["detail"]


def test_the_account_tells_what_nothing_else_did(visited: Visited) -> None:
    found = {name: visited.asset(name)["identification"] for name in ("onvif-token", "onvif-digest", "onvif-locks")}
    assert {name: (one["maker"], one["model"]) for name, one in found.items()} == {
        "onvif-token": ("vivotek", "FD9189-H"),
        "onvif-digest": ("dahua", "DH-IPC-HFW2431S-S"),
        "onvif-locks": (None, None),
    }


def test_the_recorder_tells_its_channels_and_they_are_no_devices(visited: Visited) -> None:
    recorder = visited.asset("recorder-eight")
    told = recorder["channels"]
    assert [(one["number"], one["model"], one["address"], one["online"]) for one in told] == [
        (number, one.model or None, one.address, one.online) for number, one in enumerate(BEHIND, 1)
    ]
    assert [one["maker"] for one in told] == ["hikvision", "hikvision", "dahua", "axis", None, None, "bosch", None]
    assert recorder["channels_inferred"] is None
    counts = visited.report["counts"]
    assert (counts["devices"], counts["channels_behind_recorders"]) == (len(DEVICES), len(BEHIND))
    addresses = {ip for asset in visited.report["assets"] for ip in asset["ips"]}
    assert not addresses & {one.address for one in BEHIND}


def test_judging_the_kept_run_again_keeps_the_channels(visited: Visited) -> None:
    done = camscan("judge", str(visited.folder / "run.obs.jsonl"), "--policy", "uk-department", "--format", "json")
    again = assets_by_mac(json.loads(done.stdout))[MACS["recorder-eight"]]
    assert again["channels"] == visited.asset("recorder-eight")["channels"]


def test_no_file_and_no_line_that_a_run_leaves_holds_a_password_or_what_was_derived_from_it(visited: Visited) -> None:
    done = camscan("explain", "10.20.0.150", "--run", str(visited.folder / "run.obs.jsonl"))
    left = {path.name: path.read_bytes() for path in visited.folder.iterdir()} | {"explain": done.stdout.encode()}
    raw = [
        base64.b64decode(json.loads(line).get("raw_base64") or "") for line in left["run.obs.jsonl"].decode().splitlines()[1:]
    ]
    left["messages"] = b"\n".join(raw)
    secrets = [text.encode() for text in (PASSWORD, WRONG, *proofs(visited.wire))]
    assert len(secrets) > 10
    for name, content in left.items():
        assert not [secret for secret in secrets if secret in content], name
    assert b"operator-of-" not in left["messages"]  # the accounts by which the recorder enters its cameras


def test_no_password_travels(visited: Visited) -> None:
    for secret in (PASSWORD, WRONG):
        assert secret.encode() not in visited.wire
        assert base64.b64encode(f"{USER}:{secret}".encode()) not in visited.wire


def proofs(wire: bytes) -> list[str]:
    """Return what was derived from the passwords, as it travelled."""
    text = wire.decode("latin-1")
    digests = [part.partition('"')[0] for part in text.split('response="')[1:]]
    tokens = [part.partition("<")[0] for part in text.split('#PasswordDigest">')[1:]]
    return [*digests, *tokens]


def test_without_accounts_the_recorder_shows_a_range_and_no_count(scanned: Scanned) -> None:
    assert scanned.ledger["devices"]["recorder-eight"]["logins"] == {}
    asset = assets_by_mac(scanned.report)[MACS["recorder-eight"]]
    assert asset["channels"] == []
    assert (asset["channels_inferred"]["at_least"], asset["channels_inferred"]["at_most"]) == (0, 8)
    assert scanned.report["counts"]["channels_behind_recorders"] is None
    assert "not inspectable from here" in scanned.stdout
