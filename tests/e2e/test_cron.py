"""Debian's cron runs camscan: it sends mail when something changed, and none when nothing did."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import CAMSCAN, FEW, needs_root
from tests.lab.segment import Segment

pytestmark = pytest.mark.netns

ROOT = Path(__file__).parents[2]
CRON = "/usr/sbin/cron"
CAMERA, _ = FEW
SCOPE = 'ranges = ["10.20.0.0/26"]\nhighest_pace = "fast"\nauthorised_by = "R. Nowak"\n'
OWN_MACHINE = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1/layers" && mkdir "$1/layers/upper" "$1/layers/work"
mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$1/layers/upper,workdir=$1/layers/work" /usr/sbin
rm -f /usr/sbin/sendmail && cp "$1/sendmail" /usr/sbin/sendmail
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /etc/cron.d
mount --bind /dev/null /etc/crontab
mount -t tmpfs -o mode=755 tmpfs /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs && chgrp crontab /var/spool/cron/crontabs
cp "$1/crontab" /var/spool/cron/crontabs/root && chmod 600 /var/spool/cron/crontabs/root
exec cron -f -L 15
"""
"""In a mount namespace of its own: this crontab and no other, and a mail program that keeps what it is given in files."""
RUN_S, MINUTES_S = 120, 200


@dataclass(frozen=True)
class Machine:
    """A machine with a daemon of cron."""

    segment: Segment
    folder: Path

    def line(self, when: str) -> str:
        """A crontab of one job, as an administrator would write it; what its runs ended with is written down beside it."""
        scan = (
            f"{CAMSCAN} scan 10.20.0.0/26 --unattended --fail-on new --scope {self.folder}/scope.toml --pace fast"
            f" --policy uk-department --site class=sensitive --site name=hq --store {self.folder}/state/camscan.sqlite3"
        )
        return f"MAILTO=audit\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n{when} {scan}; echo $? >>{self.folder}/codes\n"

    def codes(self) -> list[int]:
        """With what each run ended, oldest first."""
        file = self.folder / "codes"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def mails(self) -> list[str]:
        found = (self.folder / "mail").iterdir()
        return [file.read_text() for file in sorted(found, key=lambda file: file.stat().st_mtime_ns)]

    def runs(self, when: str, until: Callable[[], bool], patience_s: float) -> None:
        """Let the daemon run this line until something holds."""
        (self.folder / "crontab").write_text(self.line(when))
        daemon = self.segment.popen_in_scanner(
            [
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-c",
                OWN_MACHINE,
                "sh",
                str(self.folder),
            ],
            **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL},
        )
        try:
            end = time.monotonic() + patience_s
            while not until() or working(daemon.pid):
                assert daemon.poll() is None, "cron has ended"
                assert time.monotonic() < end, f"nothing came of it: {self.codes()}, {self.mails()}"
                time.sleep(0.1)
        finally:
            daemon.kill()
            daemon.wait()

    def night(self) -> tuple[int, list[str]]:
        """One start of the daemon, which runs the job at once; its code, and the mails that came of it."""
        mails, codes = len(self.mails()), len(self.codes())
        self.runs("@reboot", lambda: len(self.codes()) > codes, RUN_S)
        return self.codes()[-1], self.mails()[mails:]


def working(process: int) -> bool:
    """Whether a daemon of cron below a process still has a job, or the mail of one, to see to: it forks for each."""
    parents, names = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            head, _, rest = stat.read_text().rpartition(")")
            number = int(stat.parent.name)
            parents[number], names[number] = int(rest.split()[1]), head.partition("(")[2]

    def is_below(number: int) -> bool:
        while number in parents and number != process:
            number = parents[number]
        return number == process

    return sum(name.lower() == "cron" and is_below(number) for number, name in names.items()) > 1


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    needs_root()
    if not shutil.which("cron", path="/usr/sbin"):
        if (ROOT / ".venv/.ready-tests").exists():
            pytest.fail("cron is missing: .ci/setup-tests")
        pytest.skip("cron is missing: .ci/setup-tests")
    folder = tmp_path_factory.mktemp("cron")
    for name in ("state", "mail", "layers"):
        (folder / name).mkdir(mode=0o700)
    program = folder / "sendmail"
    program.write_text(f"#!/bin/sh\ncat >$(mktemp {folder}/new.XXXXXX) && mv {folder}/new.* {folder}/mail/\n")
    program.chmod(0o755)
    (folder / "scope.toml").write_text(SCOPE)
    with Segment(devices=FEW) as segment:
        segment.unplug(CAMERA)
        yield Machine(segment, folder)


def test_cron_sends_what_changed_and_nothing_where_nothing_did(machine: Machine) -> None:
    code, (mail,) = machine.night()
    assert code == 0, mail
    assert "To: audit\n" in mail
    assert "First run of this site by these policies" in mail
    machine.segment.plug(CAMERA)
    code, (mail,) = machine.night()
    assert code == 3, mail
    assert "\n\nNew device\nWhat: Hikvision" in mail
    assert mail.rstrip().splitlines()[-1] == "COMPLETE: 1 prohibited; new or worse: 1 prohibited"
    assert machine.night() == (0, [])


@pytest.mark.long
def test_cron_runs_it_every_minute_and_is_silent_after_the_first(machine: Machine) -> None:
    shutil.rmtree(machine.folder / "state")
    (machine.folder / "state").mkdir(mode=0o700)
    codes, mails = len(machine.codes()), len(machine.mails())
    machine.runs("* * * * *", lambda: len(machine.codes()) >= codes + 2, MINUTES_S)
    assert machine.codes()[codes + 1] == 0
    assert ["First run" in mail for mail in machine.mails()[mails:]] == [True]
    assert os.listdir(machine.folder / "state")
