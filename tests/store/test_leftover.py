"""What a run left in its journal: all that was written whole, wherever the writing ended, and what resuming makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.collect.base import Host
from camscan.collect.journal import Interrupted, joined
from camscan.collect.pace import Spent
from camscan.errors import StoreError
from camscan.model import AttemptReason, AttemptStatus, Observation
from camscan.store.journal import open_journal
from camscan.store.leftover import Leftover
from tests.factories import CAMERA_MAC, NOON, later
from tests.store.journals import ATTEMPT, BEGINNING, FACTS, IP, OF_V6, OTHER, SEEN, SPENT, V6, left, read, written


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
