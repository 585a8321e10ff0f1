"""The journal of a run: on the disk before it matters, for its owner alone, and never the reason that a run ends."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from camscan.collect.pace import Spent
from camscan.errors import LockedError, StoreError
from camscan.model import Via
from camscan.store import journal as journals
from camscan.store.journal import open_journal
from tests.factories import NOON
from tests.store.journals import (
    BEGINNING,
    FACTS,
    HOST,
    IP,
    OF_V6,
    OTHER,
    SEEN,
    SPENT,
    V6,
    a_run,
    left,
    left_now,
    opened,
    read,
    written,
)


def test_the_file_is_for_its_owner_alone_whatever_it_was_before(path: Path) -> None:
    path.touch(0o644)
    path.chmod(0o644)
    opened(path).close()
    written(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_resumed_run_writes_on_behind_the_last_whole_line(path: Path) -> None:
    content = written(path)
    path.write_bytes(content[:-4])
    before = left(path)
    journal = opened(path, after=before)
    journal.begin(BEGINNING)
    journal.close()
    found = left(path)
    assert found.interrupted.parts == 2
    assert found.interrupted.finished == before.interrupted.finished
    assert found.length == path.stat().st_size


def test_a_journal_that_is_begun_anew_holds_nothing_of_the_one_before(path: Path) -> None:
    written(path)
    journal = opened(path)
    journal.begin(BEGINNING)
    journal.close()
    assert left(path).interrupted.observations == ()


def test_equal_messages_are_written_once_and_overheard_ones_a_little_later(path: Path) -> None:
    journal = opened(path)
    journal.begin(BEGINNING)
    heard = replace(SEEN, via=Via.PASSIVE, ip=OTHER)
    for _ in range(3):
        journal.observed(SEEN)
        journal.observed(heard)
    assert left_now(journal).interrupted.observations == (SEEN,)
    journal.tick()
    assert left_now(journal).interrupted.observations == (SEEN, heard)
    journal.close()


def test_a_host_is_finished_only_behind_everything_that_was_heard_of_it(path: Path) -> None:
    journal = opened(path)
    journal.begin(BEGINNING)

    async def run() -> None:
        journal.observed(replace(SEEN, via=Via.PASSIVE))
        journal.finished("tcp", HOST)
        # Before any sync has ended: what a kill leaves.
        found = left_now(journal).interrupted
        assert (len(found.observations), found.finished) == (1, {"tcp": frozenset({IP, V6})})

    asyncio.run(run())
    journal.close()


def test_a_connection_is_on_the_disk_before_it_is_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []

    def sync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)

    journal = opened(path)
    journal.begin(BEGINNING)
    monkeypatch.setattr(os, "fdatasync", sync)

    async def run() -> None:
        for number in range(1, 4):
            await journal.spending(IP, Spent(connections=number))
            content = path.read_bytes()[: synced[-1]]
            found = read(content)
            assert found is not None
            assert found.interrupted.spent[IP].connections == number

    asyncio.run(run())
    journal.close()


def test_those_who_wait_at_the_same_time_share_a_sync(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[int] = []
    journal = opened(path)
    journal.begin(BEGINNING)
    monkeypatch.setattr(os, "fdatasync", syncs.append)

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(100):
                tasks.create_task(journal.spending(f"10.20.0.{number}", Spent(connections=1)))

    asyncio.run(run())
    journal.close()
    assert 1 <= len(syncs) <= 3


def full_after(room: int) -> Callable[[int, bytes, int], int]:
    """Return a pwrite onto a disk that has room for so many bytes more, and then for a part of a line."""
    genuine = os.pwrite
    left_over = [room]

    def pwrite(descriptor: int, content: bytes, at: int) -> int:
        if at == 0 and len(content) == len(journals.NOT_WHOLE):  # in place: needs no room
            return genuine(descriptor, content, at)
        if left_over[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = genuine(descriptor, content[: left_over[0]], at)
        left_over[0] -= done
        return done

    return pwrite


def test_on_a_full_disk_the_run_goes_on_and_the_journal_says_that_it_is_not_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = written(path)
    path.unlink()
    for room in range(content.index(b"\n") + 1, len(content), 37):
        journal = opened(path)
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full_after(room))
            a_run(journal)
        assert journal.lost == os.strerror(errno.ENOSPC)
        journal.close()
        found = left(path)
        assert not found.whole
        assert found.length == path.stat().st_size <= room
        path.unlink()


def test_a_run_that_cannot_be_written_down_is_not_begun(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(path)
    monkeypatch.setattr(os, "pwrite", full_after(100))
    with pytest.raises(StoreError, match="No space left"):
        journal.begin(BEGINNING)
    journal.close()
    assert not path.exists()


def test_a_sync_that_fails_is_a_lost_journal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    journal = opened(path)
    journal.begin(BEGINNING)
    monkeypatch.setattr(os, "fdatasync", broken)
    asyncio.run(asyncio.wait_for(journal.spending(IP, SPENT), 10))
    assert journal.lost == os.strerror(errno.EIO)
    journal.close()
    assert not left(path).whole


def test_a_second_run_of_the_site_ends_with_7(path: Path) -> None:
    journal = opened(path)
    with pytest.raises(LockedError, match="another run of this site"):
        open_journal(path, lambda: NOON)
    journal.close()


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_regular_file_is_refused_by_name(path: Path, kind: str) -> None:
    if kind == "link":
        path.symlink_to(path.with_name("elsewhere"))
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(StoreError, match=path.name):
        open_journal(path, lambda: NOON)
    assert not path.with_name("elsewhere").exists()


def test_a_missing_folder_is_no_journal_to_resume_and_named_to_one_that_would_write(tmp_path: Path) -> None:
    path = tmp_path / "none" / "journal.jsonl"
    assert open_journal(path, lambda: NOON, create=False) is None
    with pytest.raises(StoreError, match="mkdir"):
        open_journal(path, lambda: NOON)


def test_after_an_orderly_end_it_holds_what_resuming_needs_and_no_more_messages_than_may_be_kept(path: Path) -> None:
    journal = opened(path)
    a_run(journal)
    before = left_now(journal)
    minimised = replace(SEEN, raw=b"")
    journal.settle("20260301T120000Z-lab", [minimised])
    after = left_now(journal)
    assert after.interrupted == replace(before.interrupted, observations=(minimised,))
    assert (after.kept_as, after.facts, after.whole) == ("20260301T120000Z-lab", FACTS, True)
    with pytest.raises(LockedError):
        open_journal(path, lambda: NOON)
    journal.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_where_it_cannot_be_replaced_it_says_at_least_where_that_part_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    journal = opened(path)
    a_run(journal)
    monkeypatch.setattr(os, "rename", refused)
    journal.settle("20260301T120000Z-lab", [])
    journal.close()
    assert left(path).kept_as == "20260301T120000Z-lab"
    assert left(path).interrupted.observations == (SEEN, OF_V6)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_part_that_goes_on_is_kept_nowhere_else_any_more(path: Path) -> None:
    journal = opened(path)
    a_run(journal)
    journal.settle("20260301T120000Z-lab", [SEEN])
    journal.close()
    journal = opened(path, after=left(path))
    journal.begin(BEGINNING)
    journal.close()
    assert left(path).kept_as is None


def test_removed_it_is_gone_and_where_the_folder_does_not_let_us_it_is_empty(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = opened(path)
    a_run(journal)
    journal.remove()
    journal.close()
    assert not path.exists()

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    journal = opened(path)
    a_run(journal)
    monkeypatch.setattr(os, "unlink", refused)
    journal.remove()
    journal.close()
    assert path.read_bytes() == b""


def test_removing_leaves_a_file_alone_that_another_put_in_its_place(path: Path) -> None:
    journal = opened(path)
    a_run(journal)
    path.rename(path.with_name("moved"))
    path.write_text("another")
    journal.remove()
    journal.close()
    assert path.read_text() == "another"


def test_the_lock_of_a_process_that_was_killed_is_free(path: Path) -> None:
    holder = os.fork()
    if holder == 0:  # pragma: no cover - ends by a kill
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.kill(os.getpid(), 9)
    os.waitpid(holder, 0)
    opened(path).close()
