"""Doctor: each problem with the command that mends it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from camscan.cli.doctor import Check, checks, install_command, lines_of, registry_date
from tests.unprivileged import WITHOUT_CAPABILITIES

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "camscan", "doctor", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
        timeout=120,
    )


def test_invalid_data_files_are_a_problem_that_ends_with_8(tmp_path: Path) -> None:
    (tmp_path / "vendors").mkdir()
    (tmp_path / "fields.toml").write_text("not toml", encoding="utf-8")
    ran = doctor("--data", str(tmp_path))
    assert ran.returncode == 8
    assert "problem  data files: " in ran.stdout
    assert ran.stderr.splitlines()[-1].startswith("doctor: ")


def test_a_wrong_setting_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "camscan").mkdir()
    (tmp_path / "camscan" / "config.toml").write_text("polcy = 'x'", encoding="utf-8")
    ran = doctor(XDG_CONFIG_HOME=str(tmp_path))
    assert "problem  configuration: " in ran.stdout
    assert "did you mean policy?" in ran.stdout
    assert ran.returncode in (2, 8)


def test_missing_nmap_is_a_warning_with_the_command_that_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    apt = tmp_path / "apt-get"
    apt.write_text("")
    apt.chmod(0o755)
    nmap = next(check for check in checks(None, NOON) if check.name == "nmap")
    assert nmap.state == "warning"
    assert nmap.remedy is not None
    assert nmap.remedy.endswith("apt-get install nmap")


def test_the_install_command_is_that_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    dnf = tmp_path / "dnf"
    dnf.write_text("")
    dnf.chmod(0o755)
    assert install_command("libpcap").endswith("dnf install libpcap")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: privileges are given up in a child process")
def test_without_privileges_the_remedy_is_the_exact_command_for_this_installation() -> None:
    ran = subprocess.run(
        [
            *WITHOUT_CAPABILITIES,
            sys.executable,
            "-c",
            "import sys; sys.argv=['x']\nfrom camscan.cli.doctor import _privileges\nprint(_privileges())",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        timeout=60,
    )
    assert "CAP_NET_RAW is missing" in ran.stdout
    assert f"sudo {Path(sys.executable).with_name('camscan')} scan" in ran.stdout


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"# read on 2026-11-21\n# generated 2026-01-02.\n000000/24\tX\n", date(2026, 11, 21)),
        (b"000000/24\t2026-11-21\n", None),
        (b"# no date\n", None),
        (b"", None),
    ],
)
def test_the_age_of_the_registry_stands_in_its_head(head: bytes, expected: date | None) -> None:
    assert registry_date(head) == expected


def test_a_registry_older_than_half_a_year_is_a_warning() -> None:
    later = datetime(2030, 1, 1, tzinfo=UTC)
    registry = next(check for check in checks(None, later) if check.name == "OUI registry")
    assert registry.state == "warning"
    assert "days old" in registry.said


def test_a_clock_before_this_version_is_a_warning() -> None:
    clock = next(check for check in checks(None, datetime(1970, 1, 1, tzinfo=UTC)) if check.name == "clock")
    assert clock.state == "warning"


def test_a_command_to_copy_stands_alone_on_its_line() -> None:
    check = Check(name="nmap", state="warning", said="not installed " * 20, remedy="sudo apt-get install nmap")
    lines = lines_of(check, 60)
    assert lines[-1].strip() == "$ sudo apt-get install nmap"
    assert all(len(line) <= 60 for line in lines[:-1])
