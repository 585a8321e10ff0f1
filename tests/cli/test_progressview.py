"""What is seen of long work: a line now and then for logs, at most four a second on a terminal, nothing with --quiet."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.cli.progressview import Told, progress, with_bar
from camscan.progress import NOBODY


class Hands:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def told(clock: Hands, shown: list[str], *, first_s: float = 1.0, every_s: float = 0.25) -> Told:
    return Told("scan", shown.append, first_s=first_s, every_s=every_s, clock=clock)


def share_of(line: str) -> int:
    return int(line.partition(" %")[0].rpartition(" ")[2])


def test_a_line_names_share_time_what_is_left_the_part_and_what_was_found() -> None:
    clock, shown = Hands(), list[str]()
    steps = told(clock, shown)
    steps.expect({"presence": 10.0, "banners": 90.0})
    steps.enter("presence")
    steps.found(34, 12)
    clock.at += 50
    steps.enter("banners")
    clock.at += 70
    steps.tick()
    assert shown[-1].endswith(" % after 2:00, about 20 s left; banners; 34 hosts, 12 look like cameras")
    assert 50 < share_of(shown[-1]) < 100


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 100)), max_size=80))
def test_no_more_than_four_lines_a_second_and_none_falls_or_says_a_hundred(happenings: list[tuple[float, int]]) -> None:
    clock, shown, times = Hands(), list[str](), list[float]()

    def show(line: str) -> None:
        shown.append(line)
        times.append(clock.at)

    steps = Told("scan", show, first_s=1.0, every_s=0.25, clock=clock)
    steps.expect({"visits": 20.0, "judging": 3.0})
    steps.enter("visits")
    for number, (passed, done) in enumerate(happenings):
        clock.at += passed
        steps.done(done, 100)
        if number == 40:
            steps.enter("judging")
    shares = [share_of(line) for line in shown]
    assert shares == sorted(shares)
    assert all(share < 100 for share in shares)
    assert all(later - earlier >= 0.25 for earlier, later in itertools.pairwise(times))
    assert all(at >= 1001 for at in times)


def test_without_a_terminal_a_line_comes_every_half_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Hands()
    with progress("replay", clock=clock) as steps:
        steps.expect({"reading": 100.0})
        steps.enter("reading")
        for _ in range(60):
            clock.at += 1
            steps.tick()
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.partition(",")[0] for line in err.splitlines()] == ["replay: 30 % after 0:30", "replay: 60 % after 1:00"]


def test_quiet_work_tells_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("replay", quiet=True) as steps:
        assert steps is NOBODY
    assert capsys.readouterr() == ("", "")


def test_short_work_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("judge") as steps:
        steps.enter("judging")
        steps.done(5, 5)
    assert capsys.readouterr() == ("", "")


def test_the_bar_says_the_same_as_the_number() -> None:
    assert with_bar("scan:  0 % after 0:01").startswith("[" + "." * 24 + "]")
    assert with_bar("scan: 50 % after 0:01").startswith("[" + "#" * 12 + "." * 12 + "]")
    assert with_bar("scan: 99 % after 0:01").startswith("[" + "#" * 23 + ".]")
