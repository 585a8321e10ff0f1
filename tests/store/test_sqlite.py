"""A store in a file: what is refused before anything is sent, and what holds when a process is killed or a disk is full."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from camscan.errors import DeliveryError, StoreError
from camscan.store import sqlite
from camscan.store.opening import open_store
from tests.report import canned, making
from tests.store.runs import add, moved, observations_of

ROOT = Path(__file__).parents[2]
OTHER_USER = 65534


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "camscan.sqlite3"


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def test_every_file_is_private_whatever_the_umask(file: Path) -> None:
    before = os.umask(0)
    try:
        with open_store(str(file)) as store:
            add(store, canned.every_verdict())
            assert {path.name for path in file.parent.iterdir()} == {file.name, f"{file.name}-wal", f"{file.name}-shm"}
            assert modes(file.parent) == {0o600}
    finally:
        os.umask(before)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_file_that_others_can_read_becomes_private(file: Path) -> None:
    open_store(str(file)).close()
    file.chmod(0o644)
    open_store(str(file)).close()
    assert modes(file.parent) == {0o600}


def make_text(file: Path) -> None:
    file.write_text("no database at all, and longer than its header", encoding="utf-8")


def make_other(file: Path) -> None:
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE passwords (word TEXT)")
    other.close()


def make_newer(file: Path) -> None:
    open_store(str(file)).close()
    raw = sqlite3.connect(file)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.commit()
    raw.close()


def make_link(file: Path) -> None:
    open_store(str(file.with_name("real.sqlite3"))).close()
    file.symlink_to("real.sqlite3")


def make_link_of_the_log(file: Path) -> None:
    open_store(str(file)).close()
    file.with_name("elsewhere").touch()
    file.with_name(f"{file.name}-wal").symlink_to("elsewhere")


def make_damaged(file: Path) -> None:
    with open_store(str(file)) as store:
        add(store, canned.every_verdict())
    content = bytearray(file.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8192] = os.urandom(8192)
    file.write_bytes(content)


def make_cut(file: Path) -> None:
    with open_store(str(file)) as store:
        add(store, canned.every_verdict())
    file.write_bytes(file.read_bytes()[:-4096])


REFUSED = {
    make_text: "not a database: name the store with --store",
    make_other: "a database of another program",
    make_newer: "has schema 9999, which is newer than 0001: use the camscan that wrote it",
    make_link: "is a symbolic link: name the file itself: .*real.sqlite3",
    make_link_of_the_log: "-wal: is a symbolic link",
    make_damaged: "(damaged|malformed).*put a copy back",
    make_cut: "(damaged|malformed).*put a copy back",
    Path.mkdir: "is not a regular file",
}


@pytest.mark.parametrize(("make", "reason"), REFUSED.items(), ids=[make.__name__ for make in REFUSED])
def test_what_is_no_store_of_ours_is_refused_with_file_reason_and_remedy(
    file: Path, make: Callable[[Path], None], reason: str
) -> None:
    make(file)
    with pytest.raises(StoreError, match=f"{file}.*{reason}"):
        open_store(str(file)).close()


def test_a_refused_file_stays_as_it_is(file: Path) -> None:
    make_text(file)
    before = file.read_bytes()
    with pytest.raises(StoreError):
        open_store(str(file))
    assert (file.read_bytes(), list(file.parent.iterdir())) == (before, [file])


def test_a_folder_that_is_missing_or_open_to_all_is_refused(file: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no folder .*: mkdir -p -m 700"):
        open_store(str(file.parent / "missing" / "camscan.sqlite3"))
    file.parent.chmod(0o777)
    with pytest.raises(StoreError, match="anybody may write to"):
        open_store(str(file))
    assert list(file.parent.iterdir()) == []


def test_nothing_is_made_where_a_store_is_only_read(file: Path) -> None:
    with pytest.raises(StoreError, match="no run was kept here yet"):
        open_store(str(file), create=False)
    assert not file.exists()


def test_a_folder_that_cannot_be_written_to_is_refused(file: Path) -> None:
    file.parent.chmod(0o500)
    code = "import sys; from camscan.store.opening import open_store; open_store(sys.argv[1])"
    if os.geteuid() != 0:
        with pytest.raises(StoreError, match="cannot be written to"):
            open_store(str(file))
        return
    from tests.unprivileged import WITHOUT_CAPABILITIES

    done = subprocess.run(
        [*WITHOUT_CAPABILITIES, sys.executable, "-c", code, str(file)],
        capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert "cannot be written to: a store needs a folder that you may write to" in done.stderr
    assert list(file.parent.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a child without capabilities")
@pytest.mark.parametrize("open_elsewhere", [False, True])
def test_a_store_that_may_only_be_read_is_read(file: Path, open_elsewhere: bool) -> None:
    from tests.unprivileged import WITHOUT_CAPABILITIES

    writer = open_store(str(file))
    name = add(writer, canned.every_verdict())
    if not open_elsewhere:
        writer.close()

    def beside() -> dict[str, int]:
        # Whoever reads a log too notes in its index how far.
        return {one.name: 0 if one.name.endswith("-shm") else one.stat().st_mtime_ns for one in file.parent.iterdir()}

    before = beside()
    assert ("camscan.sqlite3-wal" in before) == open_elsewhere
    file.chmod(0o400)
    file.parent.chmod(0o500)

    def called(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [*WITHOUT_CAPABILITIES, sys.executable, "-m", "camscan", *arguments, "--store", str(file)]
        return subprocess.run(line, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)

    for command in (("status",), ("history",), ("report", name), ("history", "export", name, "-"), ("history", "verify")):
        done = called(*command)
        assert "camscan: " not in done.stderr, done.stderr
        assert name[:16] in done.stdout or command == ("status",)
    assert "was not changed: attempt to write a readonly database" in called("history", "prune", "--keep", "1s").stderr
    assert beside() == before
    writer.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a folder of another user")
def test_root_keeps_nothing_in_the_folder_of_another_user_but_of_the_one_who_called_sudo(file: Path) -> None:
    os.chown(file.parent, OTHER_USER, OTHER_USER)
    with pytest.raises(StoreError, match=r"belongs to another user.*/var/lib/camscan"):
        open_store(str(file))
    os.environ["SUDO_UID"] = str(OTHER_USER)
    try:
        open_store(str(file)).close()
    finally:
        del os.environ["SUDO_UID"]


AFTER_THE_DROP = """
import sys
from camscan.collect.privileges import drop_capabilities
from camscan.store.opening import open_store
from tests.report import canned, making
from tests.store.runs import add
with open_store(sys.argv[1]) as store:
    drop_capabilities()
    for number in range(3):
        print(add(store, making.report(making.assessed(number, None), run=making.run(id=f"run{number}"))))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a folder of another user")
def test_a_run_is_kept_in_the_callers_folder_after_the_capabilities_are_gone(file: Path) -> None:
    file.parent.chmod(0o755)
    os.chown(file.parent, OTHER_USER, OTHER_USER)
    for _ in range(2):
        done = python(AFTER_THE_DROP, str(file), SUDO_UID=str(OTHER_USER))
        assert (done.stdout.split(), done.stderr) == (["run0", "run1", "run2"], "")
    os.environ["SUDO_UID"] = str(OTHER_USER)
    try:
        with open_store(str(file)) as store:
            assert len(store.runs()) == 3
    finally:
        del os.environ["SUDO_UID"]


KILLED = """
import os, signal, sys
from camscan.store import devices
from camscan.store.opening import open_store
from tests.report import canned, making
from tests.store.runs import observations_of
report = making.report(making.assessed(12, None), run=making.run(id="killed"))
def match(known, report, marks):
    os.kill(os.getpid(), signal.SIGKILL)
open_store(sys.argv[1]).add(report, observations_of(report), match=match)
"""


def test_a_process_that_is_killed_in_the_middle_leaves_the_store_as_it_was(file: Path) -> None:
    with open_store(str(file)) as store:
        kept = add(store, canned.every_verdict())
    assert python(KILLED, str(file)).returncode == -signal.SIGKILL
    with open_store(str(file)) as store:
        assert [one.id for one in store.runs()] == [kept]
        assert len(store.devices()) == 9
        add(store, moved(canned.every_verdict(), timedelta(days=1)))
        assert len(store.runs()) == 2


def test_a_full_disk_keeps_nothing_of_a_run_and_everything_of_those_before(file: Path) -> None:
    store = open_store(str(file))
    kept = add(store, making.report(making.assessed(1, None)))
    store._database.engine.connect().exec_driver_sql("PRAGMA max_page_count = 64")
    large = making.report(*(making.assessed(number, None, hostnames=(os.urandom(2048).hex(),)) for number in range(250)))
    with pytest.raises(DeliveryError, match=f"{file}: the run was not kept: database or disk is full"):
        store.add(moved(large, timedelta(days=1)), observations_of(large))
    assert [one.id for one in store.runs()] == [kept]
    store.close()


def test_a_number_that_no_run_has_keeps_nothing(file: Path) -> None:
    report = making.report(making.assessed(1, None, observations=(making.observation(count=2**80),)))
    with open_store(str(file)) as store, pytest.raises(DeliveryError, match="a number that no run has"):
        add(store, report)


def test_the_file_becomes_smaller_and_forgets_what_retention_took(file: Path) -> None:
    with open_store(str(file)) as store:
        known = tuple(making.assessed(number, None, hostnames=(f"planted{os.urandom(400).hex()}",)) for number in range(200))
        add(store, making.report(*known))
        add(store, moved(making.report(making.assessed(1, None)), timedelta(days=500)))
    before = file.stat().st_size
    assert b"planted" in file.read_bytes()
    with open_store(str(file)) as store:
        store.prune(timedelta(days=400), making.START + timedelta(days=500))
    assert file.stat().st_size < before / 2
    assert b"planted" not in file.read_bytes()


def test_a_message_that_was_changed_in_its_pack_is_noticed(file: Path) -> None:
    from camscan.store.messages import pack, unpack

    with open_store(str(file)) as store:
        name = add(store, canned.every_verdict())
    raw = sqlite3.connect(file)
    (content,) = raw.execute("SELECT content FROM packs").fetchone()
    altered = pack(unpack(content, "").replace(b"webserver", b"vebserver"))
    raw.execute("UPDATE packs SET content = ?", (altered,))
    raw.commit()
    raw.close()
    with open_store(str(file)) as store, pytest.raises(StoreError, match=f"run {name}: pack 1, line 0: damaged"):
        store.evidence(name)


def test_a_large_file_is_looked_through_in_part_rather_than_for_long(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(str(file)) as store:
        add(store, canned.every_verdict())
    monkeypatch.setattr(sqlite, "CHECK_SECONDS", -1.0)
    monkeypatch.setattr(sqlite, "CHECK_EVERY", 1)
    with open_store(str(file)) as store:
        assert len(store.runs()) == 1


def test_a_folder_of_state_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    sqlite.make_private_folder(tmp_path / "state" / "camscan")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state", tmp_path / "state" / "camscan")] == [0o700] * 2
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        sqlite.make_private_folder(tmp_path / "file" / "camscan")
