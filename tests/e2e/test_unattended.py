"""Nights that nobody watches, for real: the installed program on a segment that changes, and a machine on which things fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.e2e.conftest import CAMSCAN, FEW, camscan, needs_root
from tests.lab.segment import Segment
from tests.store.conftest import server  # noqa: F401  (a fixture)
from tests.store.postgres import Server

pytestmark = pytest.mark.netns

CAMERA, SERVER = FEW
SCOPE = 'ranges = ["10.20.0.0/24", "10.40.0.0/28"]\nhighest_pace = "fast"\nauthorised_by = "R. Nowak"\n'
MOUNTED = "unshare", "--mount", "sh", "-c"


@dataclass(frozen=True)
class Machine:
    """A machine that scans each night: its settings, its store, its mail."""

    segment: Segment
    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "state" / "camscan.sqlite3"

    def arguments(self, *more: str, targets: Sequence[str] = ("10.20.0.0/26",)) -> list[str]:
        return [
            *(CAMSCAN, "scan", *targets, "--unattended", "--scope", str(self.folder / "scope.toml"), "--pace", "fast"),
            *("--policy", "uk-department", "--site", "class=sensitive", "--site", "name=hq", "--mail", "audit"),
            *("--fail-on", "new", *more),
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "XDG_CONFIG_HOME": str(self.folder / "config"), "CAMSCAN_STORE": str(self.store)}

    def night(self, *more: str, targets: Sequence[str] = ("10.20.0.0/26",), within: Sequence[str] = ()) -> Night:
        """One run; within: the command in which it is wrapped."""
        before = len(self.mails())
        done = self.segment.run_in_scanner(
            [*within, *self.arguments(*more, targets=targets)],
            capture_output=True,
            text=True,
            timeout=120,
            env=self.environment,
        )
        mails = self.mails()[before:]
        return Night(done.returncode, done.stdout, done.stderr, tuple(mails))

    def mails(self) -> list[str]:
        """Subject and text of each mail, oldest first."""
        found = []
        for file in sorted((self.folder / "mail").iterdir(), key=lambda file: file.stat().st_mtime_ns):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            body = mail.get_body(("plain",))  # type: ignore[attr-defined]
            found.append(f"{mail['Subject']}\n{body.get_content()}")
        return found


@dataclass(frozen=True)
class Night:
    """What one run left behind."""

    code: int
    stdout: str
    stderr: str
    mails: tuple[str, ...]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    needs_root()
    folder = tmp_path_factory.mktemp("machine")
    for name in ("state", "mail", "config", "config/camscan"):
        (folder / name).mkdir(mode=0o700)
    program = folder / "sendmail"
    program.write_text(f"#!/bin/sh\ncat >$(mktemp {folder}/mail/XXXXXX)\n")
    program.chmod(0o755)
    (folder / "config/camscan/config.toml").write_text(f'[delivery]\nsendmail = "{program}"\n')
    (folder / "scope.toml").write_text(SCOPE)
    with Segment(devices=FEW) as segment:
        segment.unplug(CAMERA)
        yield Machine(segment, folder)


@pytest.fixture(scope="module")
def nights(machine: Machine) -> dict[str, Night]:
    """Nights of one site, one after the other."""
    found = {"first": machine.night()}
    machine.segment.plug(CAMERA)
    found["a camera came"] = machine.night()
    # Another one begins while this one is under way.
    (lock,) = machine.store.parent.glob("lock-scan-hq-*")
    before = lock.read_text()
    running = machine.segment.popen_in_scanner(
        machine.arguments(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=machine.environment
    )
    while running.poll() is None and lock.read_text() in ("", before):  # it empties the file before it writes
        time.sleep(0.02)
    running.send_signal(signal.SIGSTOP)  # before it has sent anything; however slow this machine is, it is still running then
    found["two at once"] = machine.night()
    running.send_signal(signal.SIGCONT)
    out, err = running.communicate(timeout=120)
    found["nothing changed"] = Night(running.returncode, out, err, ())
    found["too slow"] = machine.night("--max-time", "0.3s")
    for words in ("link add vlan40 type veth peer name far40", "address add 10.40.0.1/28 dev vlan40", "link set vlan40 up"):
        machine.segment.run_in_scanner(["ip", *words.split()], check=True)  # without a carrier: the far end stays down
    found["a range without a way"] = machine.night(targets=("10.20.0.0/26", "10.40.0.0/28"))
    return found


def test_the_first_night_is_the_baseline(nights: dict[str, Night]) -> None:
    first = nights["first"]
    assert first.code == 0, first.stderr
    assert first.stdout.startswith("First run of this site")
    assert [mail.splitlines()[0] for mail in first.mails] == ["[camscan] hq: baseline, 0 prohibited, 0 review, coverage 1/1"]


def test_a_camera_that_came_is_told_and_fails_the_run(nights: dict[str, Night]) -> None:
    night = nights["a camera came"]
    assert night.code == 3, night.stderr
    (mail,) = night.mails
    assert mail.splitlines()[:2] == ["[camscan] hq: 1 new, 0 lapsed, coverage 1/1", "New device"]
    for told in ("What: Hikvision", "Where: 10.20.0.11", "Rule: ", "Present: since between ", "First: ", "not legal advice"):
        assert told.lower() in mail.lower()
    assert night.stdout.splitlines()[0] == "New device"
    assert night.stderr.splitlines() == ["COMPLETE: 1 prohibited; new or worse: 1 prohibited"]


def test_a_night_on_which_nothing_changed_says_nothing_at_all(nights: dict[str, Night]) -> None:
    assert nights["nothing changed"] == Night(0, "", "", ())


def test_the_second_of_two_runs_ends_with_7_and_everybody_knows(nights: dict[str, Night]) -> None:
    night = nights["two at once"]
    assert night.code == 7
    assert 'camscan: another scan of site "hq" is running (process ' in night.stderr.splitlines()[-1]
    assert night.stdout == ""
    (mail,) = night.mails
    assert mail.startswith('[camscan] hq: FAILED: another scan of site "hq" is running')


def test_a_deadline_leaves_a_report_that_says_what_is_missing(nights: dict[str, Night]) -> None:
    night = nights["too slow"]
    assert night.code == 5, night.stderr
    assert night.stderr.splitlines()[-1].startswith("INCOMPLETE: deadline: --max-time 0.3s; ")
    assert night.stdout.startswith("Trouble: deadline: --max-time 0.3s; ")
    assert "gone" not in night.stdout
    (mail,) = night.mails
    assert "INCOMPLETE" in mail.splitlines()[0]
    assert mail.splitlines()[1].startswith("Trouble: deadline")


def test_a_range_whose_interface_is_down_is_named_and_the_other_is_covered(nights: dict[str, Night]) -> None:
    night = nights["a range without a way"]
    assert night.code == 5, night.stderr
    assert "coverage 1/2" in night.mails[0].splitlines()[0]
    assert night.stdout.startswith("Trouble: 1 of 2 ranges not covered (10.40.0.0/28: vlan40: interface down)\n")
    assert night.stderr.startswith("INCOMPLETE: 1 of 2 ranges not covered (10.40.0.0/28: vlan40: interface down); ")
    assert "Coverage: 10.20.0.0/26 at link level, complete" in night.stdout


def test_every_night_is_kept_as_it_ended(nights: dict[str, Night], machine: Machine) -> None:
    listed = json.loads(camscan("history", "--format", "json", "--store", str(machine.store)).stdout)
    assert [run["complete"] for run in listed["runs"]] == [False, False, True, True, True]


def test_a_full_disk_loses_the_record_and_not_the_result(nights: dict[str, Night], machine: Machine, tmp_path: Path) -> None:
    state = machine.store.parent
    full = f"mount -t tmpfs -o mode=700,size=1m tmpfs {state} && cp {tmp_path}/kept/* {state} && fallocate -l $(($(stat -f -c %a*%S {state}) - 81920)) {state}/filler"
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / machine.store.name).write_bytes(machine.store.read_bytes())
    report = tmp_path / "report.json"
    night = machine.night("-o", str(report), within=[*MOUNTED, f'{full} && exec "$@"', "sh"])
    assert night.code == 10, night.stderr
    assert "the run was not kept: " in night.stderr
    assert "full" in night.stderr
    assert json.loads(report.read_text())["counts"]["verdicts"]["prohibited"] == 1
    assert "Trouble: not all was kept and written:" in night.mails[0]
    assert "the run was not kept: database or disk is full" in " ".join(night.mails[0].split())


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("mount --bind {state} {state} && mount -o remount,bind,ro {state}", "cannot be written to"),
        ("mount -t tmpfs -o mode=700 tmpfs {state} && head -c 9000 /dev/urandom >{state}/camscan.sqlite3", "not a database"),
        (
            "mount -t tmpfs -o mode=700 tmpfs {state} && ln -s /etc/passwd {state}/{lock}",
            "is a symbolic link, where camscan keeps its lock",
        ),
    ],
)
def test_a_state_folder_that_cannot_be_used_ends_the_run_before_anything_is_sent(
    spoilt: str, said: str, nights: dict[str, Night], machine: Machine
) -> None:
    state = machine.store.parent
    (lock,) = state.glob("lock-scan-hq-*")
    before = machine.store.read_bytes()
    machine.segment.forget()
    night = machine.night(within=[*MOUNTED, f'{spoilt.format(state=state, lock=lock.name)} && exec "$@"', "sh"])
    assert night.code == 2, night.stderr
    assert said in night.stderr.splitlines()[-1]
    assert night.stdout == ""
    assert said in " ".join(night.mails[0].split())
    assert machine.segment.addressed() == set()
    assert machine.store.read_bytes() == before


def test_a_database_server_that_goes_away_during_a_run_keeps_the_report_from_nobody(
    machine: Machine,
    nights: dict[str, Night],
    server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    report = tmp_path / "report.json"
    environment = {**machine.environment, "CAMSCAN_STORE": server.database(), "STATE_DIRECTORY": str(tmp_path / "state")}
    # Attended, so that it says when it has begun.
    running = machine.segment.popen_in_scanner(
        machine.arguments("--attended", "-o", str(report)),
        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, "env": environment},
    )
    assert running.stderr is not None
    while "presence" not in running.stderr.readline():
        assert running.poll() is None
    server.stop()
    try:
        _, stderr = running.communicate(timeout=120)
    finally:
        server.start()
    assert running.returncode == 10, stderr
    assert "the run was not kept: " in stderr
    assert json.loads(report.read_text())["counts"]["verdicts"]["prohibited"] == 1
