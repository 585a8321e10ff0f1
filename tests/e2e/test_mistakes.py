"""What a person does wrong gets one clear line that names it and the remedy, the documented exit code, and sends nothing."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import CAMSCAN, assets_by_mac, camscan
from tests.lab.check import CAMERA_KINDS, truth
from tests.samples_of import CAPTURE

RANGE = "192.0.2.0/24"
ROOT = Path(__file__).parents[2]


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the only line on standard error."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("scan", "10.20.0.5/24", "--policy", "none"), ("10.20.0.5/24", "10.20.0.0/24")),
        (("scan", "10.20.0.0/33", "--policy", "none"), ("10.20.0.0/33",)),
        (("scan", RANGE, "--policy", "none", "--iface", "eth99"), ("--iface eth99", "no such interface")),
        (("scan", "--policy", "none"), ("no target", "camscan scan")),
        (("scan", RANGE), ("no policy", "uk-department", "us-federal-agency")),
        (("scan", RANGE, "--policy", "uk-departement"), ("uk-departement", "uk-department")),
        (("scan", RANGE, "--policy", "none", "--site", "class=secret"), ("class", "sensitive")),
        (("scan", "8.8.8.0/24", "--policy", "none"), ("public", "--allow-public")),
        (("scan", "10.0.0.0/8", "--policy", "none"), ("--allow-large",)),
        (("scan", RANGE, "--policy", "none", "-o", "/nowhere/report.json"), ("/nowhere/report.json",)),
        (("scan", RANGE, "--policy", "none", "-o", "report.unknown"), ("report.unknown", ".json")),
        (("replay", "/nowhere/capture.pcap"), ("/nowhere/capture.pcap", "No such file")),
        (("replay", str(ROOT / "README.md")), ("README.md", "pcap")),
        (("judge", str(ROOT / "README.md"), "--policy", "none"), ("README.md",)),
        (("scan", RANGE, "--policy", "none", "--format", "xlsx"), ("xlsx", "json")),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else None,
)
def test_a_mistake_gets_one_line_with_the_remedy_and_2(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    done = camscan(*arguments)
    line = one_line(done)
    assert done.returncode == 2, line
    for word in words:
        assert word in line


def test_a_pace_above_the_scope_is_refused_with_6() -> None:
    done = camscan("scan", RANGE, "--policy", "none", "--pace", "fast")
    assert done.returncode == 6
    assert "pace" in one_line(done)


@pytest.mark.parametrize(
    ("file", "spoil"),
    [
        ("vendors/hikvision.toml", lambda text: text.replace("[vendor]", "[vendor")),
        ("vendors/hikvision.toml", lambda text: text.replace('slug = "hikvision"', 'slug = "hikvision"\ncolour = "red"')),
        ("fields.toml", lambda text: text + "\nnonsense = "),
        ("policies/sets/uk-department.toml", lambda text: text.replace("uk.hcws386", "uk.hcws999")),
    ],
)
def test_an_invalid_data_file_is_named_and_ends_with_8(tmp_path: Path, file: str, spoil) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "fingerprints"
    shutil.copytree(ROOT / "fingerprints", folder)
    target = folder / file
    spoiled = spoil(target.read_text())
    assert spoiled != target.read_text()
    target.write_text(spoiled)
    done = camscan("scan", RANGE, "--policy", "uk-department", "--data", str(folder))
    assert done.returncode == 8, done.stderr
    assert Path(file).name in one_line(done)


def test_a_capture_that_ends_too_early_gives_what_it_held_and_5(tmp_path: Path) -> None:
    whole = CAPTURE.read_bytes()
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(whole[: len(whole) // 2 + 7])
    done = camscan("replay", str(cut), "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 5
    assert report["assets"]
    assert report["complete"] is False
    assert report["attempts"][0]["reason"] == "damaged"
    assert "cut.pcap" in done.stderr.splitlines()[-1]


def test_a_damaged_capture_with_something_prohibited_ends_with_9(tmp_path: Path) -> None:
    whole = CAPTURE.read_bytes()
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(whole[:-9])
    done = camscan("replay", str(cut), "--policy", "uk-department", "--site", "class=sensitive")
    assert done.returncode == 9, done.stderr


def test_credentials_that_others_may_read_are_refused(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('[default]\nuser = "viewer"\npassword = "not-to-be-seen"\n')
    accounts.chmod(0o644)
    done = camscan("scan", RANGE, "--policy", "none", "--credentials", str(accounts))
    assert done.returncode == 2
    assert "chmod 600" in one_line(done)
    assert "not-to-be-seen" not in done.stderr


def test_on_a_terminal_a_scan_without_target_shows_what_it_would_do_and_sends_nothing_unless_told(tmp_path: Path) -> None:
    main, other = pty.openpty()
    try:
        process = subprocess.Popen(
            [CAMSCAN, "scan", "127.0.0.2/32"],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        os.close(other)  # so that reading ends when the process does
        os.write(main, b"none\nn\n")
        said = b""
        with contextlib.suppress(OSError):
            while select.select([main], [], [], 60)[0] and (more := os.read(main, 4096)):
                said += more
        process.wait(60)
    finally:
        os.close(main)
    assert b"Which policy" in said


def test_version_and_help_load_no_heavy_library() -> None:
    code = (
        "import sys; from camscan.cli.app import run; run([sys.argv[1]]);"
        "print(sorted(set(sys.modules) & {'scapy', 'zeroconf', 'zeep', 'onvif', 'nmap', 'pydantic', 'lxml', 're2'}))"
    )
    for flag in ("--version", "--help"):
        done = subprocess.run([sys.executable, "-c", code, flag], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


def test_an_expired_scope_is_refused_with_6_and_an_unknown_key_in_it_with_2(tmp_path: Path) -> None:
    scope = tmp_path / "scope.toml"
    scope.write_text(f'ranges = ["{RANGE}"]\nnot_after = 2020-01-01T00:00:00Z\n')
    done = camscan("scan", "--scope", str(scope), "--policy", "none")
    assert done.returncode == 6
    assert "expired" in one_line(done)
    scope.write_text(f'ranges = ["{RANGE}"]\nexlude = []\n')
    done = camscan("scan", "--scope", str(scope), "--policy", "none")
    assert done.returncode == 2
    assert "exlude" in one_line(done)
    assert "exclude" in done.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--policy", "uk-department", "--site", "class=sensitive"), 3),
        (("--policy", "uk-department", "--site", "class=sensitive", "--exit-zero"), 0),
        (("--policy", "uk-department", "--site", "class=sensitive", "--fail-on", "none"), 0),
        (("--policy", "uk-department", "--as-of", "2010-01-01"), 4),
        (("--policy", "uk-department", "--as-of", "2010-01-01", "--fail-on", "restricted"), 0),
        (("--policy", "none"), 0),
    ],
)
def test_the_exit_code_says_what_was_found(options: tuple[str, ...], code: int) -> None:
    done = camscan("replay", str(CAPTURE), *options)
    assert done.returncode == code, done.stderr
    assert done.stderr.splitlines()[-1].startswith("COMPLETE: ")


def test_a_result_that_cannot_be_written_ends_with_10_and_names_what_was_written(tmp_path: Path) -> None:
    kept = tmp_path / "report.json"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [CAMSCAN, "replay", str(CAPTURE), "-o", str(kept)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 10
    assert "standard output" in done.stderr
    assert json.loads(kept.read_text())["assets"]


def test_the_shipped_capture_needs_no_network_and_names_every_device_rightly() -> None:
    done = camscan("demo", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = assets_by_mac(json.loads(done.stdout))
    for device in truth():
        if device["kind"] in CAMERA_KINDS:
            said = found[device["mac"]]["identification"]
            for key in {"brand", "maker", "kind"} & device.keys():
                assert said[key] == device[key], device["name"]
