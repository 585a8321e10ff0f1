"""Nights that are refused before anything is sent: they are told and recorded like every other that comes to nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from camscan.history.heartbeat import Heartbeat
from camscan.store.opening import open_store

EXPIRED = 'ranges = ["127.0.0.0/30"]\nauthorised_by = "R. Nowak"\nnot_after = 2020-01-01T00:00:00Z\n'
SITE = ("--policy", "none", "--site", "name=hq")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a mail program, the settings that name it, and a scope that has expired."""
    program = tmp_path / "sendmail"
    program.write_text(f"#!/bin/sh\ncat >{tmp_path}/mail\n")
    program.chmod(0o755)
    (tmp_path / "camscan").mkdir()
    (tmp_path / "camscan/config.toml").write_text(f'[delivery]\nsendmail = "{program}"\n')
    (tmp_path / "expired.toml").write_text(EXPIRED)
    (tmp_path / "state").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def scanned(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "camscan", "scan", *arguments, "--mail", "soc@example.org"]
    line += ["--store", str(folder / "state/runs.sqlite3")]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=60, cwd=folder)


def subject(folder: Path) -> str:
    return str(message_from_bytes((folder / "mail").read_bytes(), policy=policy.default)["Subject"])


def recorded(folder: Path) -> Heartbeat:
    """The one record of the chain."""
    with open_store(str(folder / "state/runs.sqlite3"), create=False) as store:
        found = store.verify_chain()
    assert (found.records, found.faults) == (1, ())
    assert found.newest is not None
    return found.newest.beat


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("--scope", "expired.toml", *SITE), 6, "expired"),
        (("--scope", "missing.toml", *SITE), 2, "missing.toml"),
        (("127.0.0.0/30", *SITE, "--data", "nowhere"), 8, "nowhere"),
        (("127.0.0.0/30", *SITE, "--iface", "nowhere0"), 2, "nowhere0"),
        (("127.0.0.0/30", "--policy", "bogus", "--site", "name=hq"), 2, "bogus"),
        (SITE, 2, "no target"),
    ],
)
def test_a_night_that_is_refused_is_told_and_recorded(machine: Path, arguments: tuple[str, ...], code: int, why: str) -> None:
    done = scanned(machine, "--unattended", *arguments)
    assert done.returncode == code, done.stderr
    assert subject(machine).startswith("[camscan] hq: FAILED: ")
    assert why in subject(machine)
    beat = recorded(machine)
    assert (beat.event, beat.site, beat.command, beat.unattended, beat.began) == ("failed", "hq", "scan", True, 0)
    assert why in beat.because


def test_a_mail_that_cannot_work_is_recorded_all_the_same(machine: Path) -> None:
    (machine / "sendmail").unlink()
    assert scanned(machine, "--unattended", "127.0.0.0/30", *SITE).returncode == 2
    assert "there is no program" in recorded(machine).because


@pytest.mark.parametrize("flags", [(), ("--unattended", "--dry-run")])
def test_what_a_person_looks_at_is_no_failed_night(machine: Path, flags: tuple[str, ...]) -> None:
    assert scanned(machine, *flags, "--scope", "expired.toml", *SITE).returncode == 6
    assert not (machine / "mail").exists()
    assert list((machine / "state").iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_before_anything_is_sent_has_a_last_line(machine: Path, number: int, code: int) -> None:
    flags = ("--unattended", "--jitter", "20h", "--mail", "soc@example.org", "--store", str(machine / "state/runs.sqlite3"))
    with subprocess.Popen(
        [sys.executable, "-m", "camscan", "scan", "127.0.0.0/30", *SITE, *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=machine,
        env=os.environ,
    ) as running:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        while not children.read_text():  # the one that waits for mail
            time.sleep(0.05)
        time.sleep(0.5)
        running.send_signal(number)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (code, "")
    assert err == "camscan: ended by a signal before anything was sent\n"
    assert subject(machine) == "[camscan] hq: FAILED: ended by a signal before it had anything to report"
    assert recorded(machine).because == "ended by a signal before it had anything to report"
