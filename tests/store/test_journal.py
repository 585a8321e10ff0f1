"""The journal: whatever was written whole is read back, wherever the writing ends; what is not written never costs a device its budget."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.collect.base import Host
from camscan.collect.journal import Beginning, Interrupted, joined
from camscan.collect.pace import Spent
from camscan.errors import LockedError, StoreError
from camscan.model import AttemptReason, AttemptStatus, CollectorAttempt, Observation, Scope, Via
from camscan.store import journal as journals
from camscan.store.journal import JournalFile, open_journal
from camscan.store.leftover import Facts, Leftover, left_in
from tests.factories import CAMERA_MAC, NOON, later, observation
from tests.report import canned

FACTS = Facts(keeps=True, deep=True, listen_s="30")
IP, OTHER, V6 = "10.20.0.11", "10.20.0.12", "2001:db8::11"
BEGINNING = Beginning(
    run=replace(canned.every_verdict().run, started_at=NOON, ended_at=NOON, interrupted=True),
    scope=Scope(ranges=("10.20.0.0/24",), exclude=("10.20.0.9",), not_after=later(3600)),
    networks=("10.20.0.0/24",),
    collectors=("arp", "tcp"),
)
ATTEMPT = CollectorAttempt(
    collector="arp", target="10.20.0.0/24", status=AttemptStatus.COMPLETED, started_at=NOON, ended_at=later(2), sent=254
)
SEEN = observation(ip=IP, last_seen_at=later(3))
OF_V6 = observation((("http.server", "x"),), ip=V6, port=80)
HOST = Host(ip=IP, mac=CAMERA_MAC, observations=(SEEN, OF_V6))
SPENT = Spent(packets=40, syns=5, unanswered=1, connections=3, requests=4, bytes_sent=900)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal-lab.jsonl"


def opened(path: Path, facts: Facts = FACTS, after: Leftover | None = None) -> JournalFile:
    made = open_journal(path, lambda: later(5))
    assert made is not None
    made.prepare(facts, after)
    return made


def a_run(journal: JournalFile) -> None:
    """What a run writes that visits one device."""

    async def run() -> None:
        journal.observed(SEEN)
        journal.attempted(ATTEMPT)
        await journal.spending(IP, replace(SPENT, connections=1))
        journal.asked("tcp", HOST, "80")
        journal.spent(IP, SPENT)
        journal.observed(OF_V6)
        journal.finished("tcp", HOST)
        journal.spent(OTHER, Spent(syns=2))
        await journal.catch_up()

    journal.begin(BEGINNING)
    asyncio.run(run())


def written(path: Path) -> bytes:
    journal = opened(path)
    a_run(journal)
    journal.close()
    return path.read_bytes()


def read(content: bytes) -> Leftover | None:
    return left_in(io.BytesIO(content))


def left(path: Path) -> Leftover:
    again = open_journal(path, lambda: NOON, create=False)
    assert again is not None
    found = again.left()
    again.close()
    assert found is not None
    return found


def test_what_a_run_wrote_is_read_back(path: Path) -> None:
    written(path)
    found = left(path)
    assert found == Leftover(
        interrupted=Interrupted(
            beginning=BEGINNING,
            at=later(5),
            observations=(SEEN, OF_V6),
            attempts=(ATTEMPT,),
            finished={"tcp": frozenset({IP, V6})},
            asked={"tcp": {IP: frozenset({"80"}), V6: frozenset({"80"})}},
            spent={IP: SPENT, OTHER: Spent(syns=2)},
            macs={IP: CAMERA_MAC, V6: CAMERA_MAC},
        ),
        facts=FACTS,
        whole=True,
        kept_as=None,
        length=path.stat().st_size,
    )


def test_the_file_is_for_its_owner_alone_whatever_it_was_before(path: Path) -> None:
    path.touch(0o644)
    path.chmod(0o644)
    opened(path).close()
    written(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_cut_anywhere_it_holds_all_lines_that_were_whole(path: Path) -> None:
    content = written(path)
    lines = content.splitlines(keepends=True)
    ends = [sum(map(len, lines[: number + 1])) for number in range(len(lines))]
    beside_ends = {end + by for end in ends for by in (-2, -1, 0, 1)}
    for cut in sorted(beside_ends | set(range(0, len(content), 7))):
        found = read(content[:cut])
        if cut < ends[0]:
            assert found is None
            continue
        assert found is not None
        assert found.length == max(end for end in ends if end <= cut)
        whole = read(content[: found.length])
        assert found == whole


@given(st.data())
def test_noise_behind_what_was_synced_takes_nothing_of_it_away(data: st.DataObject) -> None:
    content = LINES
    keep = data.draw(st.integers(len(content.splitlines(keepends=True)[0]), len(content)))
    noise = data.draw(st.binary(max_size=200))
    synced = read(content[:keep])
    found = read(content[:keep] + noise)
    assert synced is not None
    assert found is not None
    assert found.length >= synced.length
    assert set(synced.interrupted.observations) <= set(found.interrupted.observations)
    for collector, ips in synced.interrupted.finished.items():
        assert ips <= found.interrupted.finished[collector]
    assert synced.interrupted.spent.keys() <= found.interrupted.spent.keys()


def test_behind_a_damaged_line_nothing_counts_as_finished_and_everything_as_spent(path: Path) -> None:
    lines = written(path).splitlines(keepends=True)
    asked = next(number for number, line in enumerate(lines) if b'"asked"' in line)
    lines[asked] = lines[asked][:20] + b"\0" * 8 + lines[asked][28:]
    found = read(b"".join(lines))
    assert found is not None
    assert found.interrupted.finished == {}
    assert found.interrupted.spent == {IP: SPENT, OTHER: Spent(syns=2)}
    assert found.length == sum(map(len, lines[:asked]))


def test_records_of_kinds_that_a_newer_camscan_writes_are_passed_over(path: Path) -> None:
    content = written(path)
    first, *rest = content.splitlines(keepends=True)
    found = read(b"".join([first, b'{"weather":"fine","finished_too":1}\n', *rest]))
    expected = read(content)
    assert found is not None
    assert expected is not None
    assert found.interrupted == expected.interrupted


@pytest.mark.parametrize("first", [b"{}\n", b"[]\n", b"\n", b'{"schema":"camscan-journal/9"}\n', b"GIF89a\n"])
def test_what_is_no_journal_is_refused_by_name_and_left_as_it_is(path: Path, first: bytes) -> None:
    path.write_bytes(first)
    journal = open_journal(path, lambda: NOON)
    assert journal is not None
    with pytest.raises(StoreError, match="camscan-journal/1"):
        journal.left()
    journal.close()
    assert path.read_bytes() == first


def test_a_first_line_that_was_never_finished_is_no_run(path: Path) -> None:
    path.write_bytes(written(path)[:50])
    journal = open_journal(path, lambda: NOON)
    assert journal is not None
    assert journal.left() is None
    journal.close()


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


def left_now(journal: JournalFile) -> Leftover:
    found = journal.left()
    assert found is not None
    return found


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


def test_a_host_is_through_at_any_of_its_addresses(path: Path) -> None:
    written(path)
    before = left(path).interrupted
    assert before.is_through("tcp", Host(ip=IP))
    assert before.is_through("tcp", Host(ip="10.20.0.77", observations=(OF_V6,)))
    assert not before.is_through("reads", Host(ip=IP))
    assert not before.is_through("tcp", Host(ip=OTHER))
    assert before.asked_of("tcp", Host(ip=IP)) == {"80"}
    assert before.asked_of("reads", Host(ip=IP)) == frozenset()


def test_an_address_that_another_device_has_by_now_was_asked_nothing(path: Path) -> None:
    written(path)
    before = left(path).interrupted
    assert before.moved_away({IP: CAMERA_MAC, OTHER: "02:00:00:00:00:01"}) == frozenset()
    assert before.moved_away({IP: ""}) == frozenset()
    moved = before.moved_away({IP: "02:00:00:00:00:01"})
    assert moved == {IP}
    after = before.without(moved)
    assert not after.is_through("tcp", Host(ip=IP))
    assert after.asked_of("tcp", Host(ip=IP)) == frozenset()
    assert after.spent == {OTHER: Spent(syns=2)}
    assert after.observations == before.observations


def test_the_attempts_of_two_parts_end_as_the_last_and_count_as_both() -> None:
    cut = replace(ATTEMPT, collector="tcp", status=AttemptStatus.PARTIAL, reason=AttemptReason.INTERRUPTED, sent=10, dropped=1)
    again = replace(ATTEMPT, collector="tcp", started_at=later(60), ended_at=later(70), sent=5, received=3, sample=b"x")
    swept = replace(ATTEMPT, started_at=later(50))
    assert joined((ATTEMPT, cut), (swept, again)) == (
        replace(ATTEMPT, sent=508),
        replace(again, started_at=NOON, sent=15, dropped=1),
    )
    assert joined((), (again,)) == (again,)


def lines() -> Iterator[bytes]:
    """The journal of `a_run`, written by hand: the format is told in public."""

    def line(record: dict[str, Any]) -> bytes:
        return json.dumps(record).encode() + b"\n"

    run = {
        "id": "20260301T120000Z-lab", "command": "scan", "started_at": "2026-03-01T12:00:00Z", "ended_at": "2026-03-01T12:00:00Z",
        "site": {"name": "lab"}, "policies": [], "version": "0", "data_version": "0", "as_of": "2026-03-01",
    }  # fmt: skip
    beginning = {"run": run, "scope": {"ranges": ["10.20.0.0/24"]}, "networks": ["10.20.0.0/24"], "collectors": ["arp", "tcp"]}
    yield line({"whole": True, "schema": "camscan-journal/1", "beginning": beginning, "facts": {}})
    for number in range(3):
        at = f"2026-03-01T12:00:0{number}Z"
        seen = {
            "protocol": "arp", "collector": "arp", "via": "active", "site": "lab", "fields": {"arp.ip": [f"10.20.0.{number}"]},
            "first_seen_at": at, "last_seen_at": at,
        }  # fmt: skip
        yield line({"observation": seen})
        yield line({"spent": {"connections": number}, "ip": f"10.20.0.{number}"})
        yield line({"asked": "tcp", "what": "80", "ips": [f"10.20.0.{number}"], "mac": None, "at": at})
        yield line({"finished": "tcp", "ips": [f"10.20.0.{number}"], "mac": None, "at": at})


LINES = b"".join(lines())


def test_the_format_is_the_one_that_is_told() -> None:
    found = read(LINES)
    assert found is not None
    assert found.interrupted.finished == {"tcp": frozenset({"10.20.0.0", "10.20.0.1", "10.20.0.2"})}
    assert found.interrupted.at == NOON + timedelta(seconds=2)
    assert [type(one) for one in found.interrupted.observations] == [Observation] * 3
