"""What `camscan schedule` prints is what cron and systemd read, and runs what was asked for."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from camscan.cli import app
from tests.cli.invoked import camscan

SCAN = ("10.20.0.0/24", "--policy", "uk-department", "--site", "name=hq")
EXPOSURE_AT_MOST = 30
"""Of systemd-analyze, in tenths: what is left is the network, which a scan needs, and root, whose files the state is."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def cron_command(line: str) -> str:
    """Return the command of a line of /etc/cron.d as crontab(5) reads it: up to the first bare %, \\% standing for %."""
    command = line.split(None, 6)[6]
    head = re.split(r"(?<!\\)%", command)[0]
    return head.replace("\\%", "%")


def units(folder: Path, *arguments: str) -> list[str]:
    done = camscan("schedule", "systemd", "--write", str(folder), *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_cron_runs_the_scan_unattended_at_its_hour() -> None:
    done = camscan("schedule", "cron", "--at", "03:07", "--program", "/usr/bin/camscan", "--", *SCAN)
    *_, line = done.stdout.splitlines()
    assert line.split()[:6] == ["7", "3", "*", "*", "*", "root"]
    assert shlex.split(cron_command(line)) == ["/usr/bin/camscan", "scan", "--unattended", *SCAN]


def test_a_percent_sign_and_blanks_reach_the_program_through_cron() -> None:
    done = camscan("schedule", "cron", "--program", "/usr/bin/camscan", "--", *SCAN, "--marking", "OFFICIAL 100% x")
    assert shlex.split(cron_command(done.stdout.splitlines()[-1]))[-2:] == ["--marking", "OFFICIAL 100% x"]


def test_the_lines_of_a_user_name_no_user() -> None:
    done = camscan("schedule", "cron", "--own", "--program", "/usr/bin/camscan", "--", *SCAN)
    assert done.stdout.splitlines()[-1].split()[5] == "/usr/bin/camscan"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--at", "25:00"), '--at: "25:00" is no time of day'),
        (("--", "10.20.0.0/24", "--polcy", "x"), "No such option: --polcy"),
        (("--", "10.20.0.0/24", "-o", "report.json"), "-o report.json: a scheduled run starts in another folder"),
        (("--", *SCAN, "--marking", "a\nb"), "holds a line break"),
        (("--name", "../x", "--", "10.20.0.0/24"), "use letters, digits and hyphens"),
        ((), "no policy chosen"),
        (("--", "--policy", "none"), "no target: name a range"),
        (("--", "10.20.0.0/33", "--policy", "none"), "10.20.0.0/33"),
        (("--", *SCAN, "--scope", "/nonexistent.toml"), "/nonexistent.toml"),
        (("--", *SCAN, "--scope", "rel.toml"), "--scope rel.toml: a scheduled run starts in another folder"),
        (("--", *SCAN, "--store", "rel.db"), "--store rel.db: a scheduled run starts in another folder"),
        (("--", *SCAN, "-orel.json"), "-o rel.json: a scheduled run starts in another folder"),
        (("--", *SCAN, "-o", "/var/reports/a.xyz"), "the suffix names no format"),
        (("--", "10.20.0.0/24", "--policy", "bogus"), "bogus"),
        (("--", *SCAN, "--max-time", "soon"), '--max-time: "soon" is no duration'),
        (("--", *SCAN, "--listen", "soon"), '--listen: "soon" is no duration'),
        (("--", *SCAN, "--webhook", "https://soc.example.org/"), "there is no key"),
        (("--", *SCAN, "--resume"), "--resume: a scheduled run begins anew"),
        (("--", *SCAN, "--dry-run"), "--dry-run: sends nothing"),
        (("--", *SCAN, "--attended"), "--attended: nobody watches a scheduled run"),
    ],
)
@pytest.mark.parametrize("kind", ["cron", "systemd"])
def test_what_would_fail_in_the_night_is_refused_today(kind: str, arguments: tuple[str, ...], said: str) -> None:
    done = camscan("schedule", kind, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "at", "code"),
    [
        ("not_after = 2020-01-01", "02:30", 6),
        ('hours = "02:00-04:00"', "02:30", 0),
        ('hours = "02:00-04:00"', "05:00", 6),
        ("not_before = 2999-01-01", "02:30", 0),
    ],
)
def test_what_the_scope_does_not_allow_at_that_hour_is_refused_today(tmp_path: Path, words: str, at: str, code: int) -> None:
    scope = tmp_path / "scope.toml"
    scope.write_text(f'ranges = ["10.20.0.0/24"]\n{words}\n')
    assert camscan("schedule", "cron", "--at", at, "--", "--scope", str(scope), "--policy", "none").returncode == code


def test_the_usual_age_of_data_needs_no_number_here_either() -> None:
    done = camscan("schedule", "cron", "--program", "/usr/bin/camscan", "--", *SCAN, "--require-fresh")
    assert done.returncode in (0, 8), done.stderr  # by the age of the data


@pytest.mark.parametrize(
    ("arguments", "writes"),
    [
        (("--store", "/srv/camscan/runs.sqlite"), "/srv/camscan"),
        (("-o/var/log/camscan/hq.json",), "/var/log/camscan"),
        (("-o", "json:/var/log/hq", "--store=/srv/runs.sqlite", "-o", "/var/log/hq.html"), "/var/log /srv"),
        (("--store", "/srv/runs.sqlite", "--no-keep"), None),
        (("--store", "/var/lib/camscan/hq.sqlite3"), None),
        (("--store", "postgresql://db/runs"), None),
    ],
)
def test_the_service_may_write_where_the_run_does(arguments: tuple[str, ...], writes: str | None) -> None:
    done = camscan("schedule", "systemd", "--program", "/usr/bin/camscan", "--", *SCAN, *arguments)
    assert done.returncode == 0, done.stderr
    found = re.findall("^ReadWritePaths=(.*)$", done.stdout, re.MULTILINE)
    assert found == ([] if writes is None else [writes])


def test_a_store_of_the_settings_may_be_written_to_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "camscan").mkdir()
    (tmp_path / "camscan/config.toml").write_text('store = "/srv/camscan/runs.sqlite"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "ReadWritePaths=/srv/camscan\n" in camscan("schedule", "systemd", "--", *SCAN).stdout


@needs_systemd
@pytest.mark.parametrize("marking", ["plain", 'a "quoted" 100% $HOME; x\\y'])
def test_systemd_reads_the_units_and_the_command_in_them(tmp_path: Path, marking: str) -> None:
    program = shutil.which("true") or "/bin/true"
    written = units(
        tmp_path, "--name", "hq", "--program", program, "--", *SCAN, "--marking", marking, "-o", "/var/reports/a.html"
    )
    assert [Path(one).name for one in written] == ["camscan-hq.service", "camscan-hq.timer"]
    for one in written:
        checked = subprocess.run(["systemd-analyze", "verify", "--man=no", one], capture_output=True, text=True, check=False)
        own = [line for line in checked.stderr.splitlines() if "camscan-hq" in line]
        assert (checked.returncode, own) == (0, []), checked.stderr
    service = Path(written[0]).read_text(encoding="utf-8")
    assert "ReadWritePaths=/var/reports\n" in service
    assert ("100%% $$HOME" in service) == ("%" in marking)


@needs_systemd
def test_systemd_finds_the_service_well_shut_in(tmp_path: Path) -> None:
    service, _ = units(tmp_path, "--program", "/bin/true", "--", *SCAN)
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_AT_MOST}", "--no-pager", service],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout[-2000:] + rated.stderr


def test_the_timer_catches_up_and_spreads_the_sites(tmp_path: Path) -> None:
    _, timer = units(tmp_path, "--at", "04:05", "--program", "/bin/true", "--", *SCAN)
    text = Path(timer).read_text(encoding="utf-8")
    assert {"OnCalendar=*-*-* 04:05:00", "Persistent=true", "RandomizedDelaySec=900"} <= set(text.splitlines())


def test_schedules_stand_in_the_list_of_commands() -> None:
    assert {"schedule cron", "schedule systemd"} <= set(app.COMMANDS)
