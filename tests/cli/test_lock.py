"""The lock of a site: who holds it is told, a dead process holds nothing, and no name of a site leads elsewhere."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from camscan.cli.lock import LONGEST_SLUG, Lock, site_slug
from camscan.errors import LockedError, UsageError

HOLD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from camscan.cli.lock import Lock\n"
    "with Lock(Path(sys.argv[1]), 'hq', 'scan'):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_of_a_site_is_told_who_holds_the_lock_and_how_to_wait(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        try:
            with pytest.raises(LockedError) as refused, Lock(tmp_path, "hq", "scan"):
                pass
        finally:
            process.kill()
    said = str(refused.value)
    assert f'another scan of site "hq" is running (process {process.pid}, since 20' in said
    assert said.endswith("; --lock-wait 2h waits for it")


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
    with Lock(tmp_path, "hq", "scan") as lock:
        assert json.loads(lock.path.read_text())["process"] == os.getpid()


def test_a_run_that_waits_says_so_once_and_begins_when_the_other_ends(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        told = []

        def end(line: str) -> None:
            told.append(line)
            process.kill()

        with Lock(tmp_path, "hq", "scan", wait_s=60, tell=end):
            pass
    assert len(told) == 1
    assert told[0].startswith('waiting: another scan of site "hq" is running (process ')


def test_a_run_that_waited_in_vain_says_whom_for(tmp_path: Path) -> None:
    with Lock(tmp_path, "hq", "scan"), pytest.raises(LockedError) as refused, Lock(tmp_path, "hq", "scan", wait_s=0.01):
        pass
    assert "--lock-wait" not in str(refused.value)


def test_sites_and_commands_do_not_wait_for_one_another(tmp_path: Path) -> None:
    with Lock(tmp_path, "hq", "scan"), Lock(tmp_path, "HQ", "scan"), Lock(tmp_path, "hq", "listen"):
        assert len(list(tmp_path.iterdir())) == 3


def test_a_process_that_was_forked_meanwhile_holds_nothing_afterwards(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with Lock(tmp_path, "hq", "scan"):
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
    try:
        with Lock(tmp_path, "hq", "scan"):
            pass
    finally:
        os.close(reading)
        os.close(writing)
        os.waitpid(child, 0)


def test_a_lock_is_private_and_names_its_holder(tmp_path: Path) -> None:
    os.umask(before := os.umask(0))
    os.umask(0)
    try:
        with Lock(tmp_path, "hq", "scan") as lock:
            assert stat.S_IMODE(lock.path.stat().st_mode) == 0o600
            said = json.loads(lock.path.read_text())
    finally:
        os.umask(before)
    assert (said["site"], said["command"], said["process"]) == ("hq", "scan", os.getpid())
    assert said["process_started"] > 0


@pytest.mark.parametrize("made", ["a link", "a pipe", "a folder", "a second name"])
def test_what_stands_in_place_of_the_lock_is_refused(made: str, tmp_path: Path) -> None:
    path = Lock(tmp_path, "hq", "scan").path
    other = tmp_path / "other"
    other.write_text("precious")
    match made:
        case "a link":
            path.symlink_to(other)
        case "a pipe":
            os.mkfifo(path)
        case "a folder":
            path.mkdir()
        case _:
            path.hardlink_to(other)
    with (
        pytest.raises(UsageError, match=r"lock-scan-hq-[0-9a-f]{8}: .*(symbolic link|regular file|opened|second name)"),
        Lock(tmp_path, "hq", "scan"),
    ):
        pass
    assert other.read_text() == "precious"


@pytest.mark.parametrize("said", ["", "{", "[]", '{"process": "many"}', "\0" * 5000, '{"process": 1, "since": {"a": 1}}'])
def test_whatever_a_holder_wrote_the_next_one_is_refused_in_words(said: str, tmp_path: Path) -> None:
    with Lock(tmp_path, "hq", "scan") as lock:
        lock.path.write_text(said)
        with pytest.raises(LockedError, match="another scan of site"), Lock(tmp_path, "hq", "scan"):
            pass


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", ".", "Poznań", "x" * 1000, "hq\0", "hq\n", "-rf", "a\udc80"])
def test_no_name_of_a_site_leads_out_of_the_folder_or_meets_another(name: str, tmp_path: Path) -> None:
    slug = site_slug(name)
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(slug) <= LONGEST_SLUG + 9
    assert slug != site_slug(f"{name} ")
    with Lock(tmp_path, name, "scan") as lock:
        assert lock.path.parent == tmp_path
        assert list(tmp_path.iterdir()) == [lock.path]
