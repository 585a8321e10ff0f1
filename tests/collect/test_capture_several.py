"""Several captures are read as one, in the order of time."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from camscan.collect import capturefile
from camscan.collect.capturefile import Piped, Sieve, in_order_of_time
from camscan.errors import UsageError
from tests.collect.captures import PCAP, as_pcapng, each_kind, frames, piped, read, saved
from tests.factories import NOON, later, pcap


def turns(*sources: Path | Piped) -> list[tuple[int, int]]:
    """Return which captures have their turn with how many frames, 0 where one ends."""
    return [(turn.source, len(turn.piece.batch.frames) if turn.piece else 0) for turn in in_order_of_time(sources, Sieve())]


def test_a_connection_goes_on_from_one_file_to_the_next_in_the_order_of_time(tmp_path: Path) -> None:
    whole = frames(0)
    first = saved(tmp_path, pcap(whole[:2]), "later-name.pcap")
    second = saved(tmp_path, pcap(whole[2:]), "earlier-name.pcap")
    assert turns(second, first) == [(1, 2), (1, 0), (0, 1), (0, 0)]  # an acknowledgement alone stays in the filter
    seen, _ = read(second, first)
    assert [one.values("http.server") for one in seen if one.protocol == "http"] == [("App-webs/",)]


@each_kind
def test_what_captures_of_two_taps_say_is_what_one_of_both_would(tmp_path: Path, content: bytes) -> None:
    whole = frames()
    plain, _ = read(saved(tmp_path, content, "both"))
    one, other = saved(tmp_path, pcap(whole[::2]), "one"), saved(tmp_path, as_pcapng(whole[1::2]), "other")
    packed = saved(tmp_path, gzip.compress(other.read_bytes()), "packed")
    for sources in ((one, other), (other, one), (one, packed), (piped(other.read_bytes()), one)):
        seen, tallies = read(*sources)
        assert seen == plain
        assert sum(tally.received for tally in tallies) == sum(one.count for one in plain)
    assert turns(one, other)[:4] == [(0, 1), (1, 1), (0, 1), (1, 1)]


def test_of_captures_that_overlap_a_damaged_one_loses_nothing_of_the_others(tmp_path: Path) -> None:
    whole = frames()
    broken = saved(tmp_path, pcap(whole[::2])[:-9], "broken")
    sound = saved(tmp_path, pcap(whole[1::2]), "sound")
    seen, tallies = read(broken, sound)
    assert ["inside a record" in " ".join(tally.unfinished) for tally in tallies] == [True, False]
    assert {value for one in seen for value in one.values("sadp.serial")} == {f"S{number}" for number in range(6)}


def test_more_captures_that_overlap_than_are_read_side_by_side_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capturefile, "MAX_OPEN", 2)
    whole = frames()
    paths = [saved(tmp_path, pcap([*whole[number::3], *whole[number : number + 1]]), f"{number}") for number in range(3)]
    seen, _ = read(*paths)
    assert sum(one.count for one in seen if one.protocol == "sadp") == 9


def test_frames_out_of_order_within_a_capture_are_all_given(tmp_path: Path) -> None:
    whole = frames()
    mixed, other = saved(tmp_path, pcap(whole[::-1]), "mixed"), saved(tmp_path, pcap(whole[3:5]), "other")
    taken = turns(mixed, other)
    assert sum(count for _, count in taken) == sum(count for path in (mixed, other) for _, count in turns(path))
    assert sorted(source for source, count in taken if not count) == [0, 1]


def test_what_holds_no_frame_comes_last_and_what_can_be_read_but_once_is_opened_first(tmp_path: Path) -> None:
    empty, full = saved(tmp_path, pcap([]), "empty"), saved(tmp_path, PCAP, "full")
    assert turns(empty, full)[-1] == (0, 0)
    packed = saved(tmp_path, gzip.compress(pcap([(NOON.replace(year=2020), b"x" * 60)])), "packed")
    raw = frames()
    count = len(raw)
    assert turns(full, packed) == [(1, 1), (1, 0), (0, count), (0, 0)]
    assert turns(full, piped(pcap([(later(-9), raw[0][1])])))[0] == (1, 1)


def test_a_capture_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "gone.pcap")
