"""Progress: it never turns back, never claims the end before the end, and never stands still."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.progress import Course, found_in_words, left_in_words

PARTS = ("first", "second", "third")
HAPPENING = st.tuples(
    st.sampled_from(["expect", "enter", "measure", "tick"]),
    st.sampled_from(PARTS),
    st.floats(0, 10_000, allow_nan=False),
)


@given(st.lists(HAPPENING, max_size=60))
def test_whatever_happens_the_share_grows_with_time_and_stays_below_the_whole(happenings: list[tuple[str, str, float]]) -> None:
    course, now, before = Course(100.0), 100.0, 0.0
    for what, part, number in happenings:
        if what == "expect":
            course.expect({part: number})
        elif what == "enter":
            course.enter(part, now)
        elif what == "measure":
            course.measure(number / 10_000)
        else:
            now += number
            standing = course.at(now)
            assert standing.share > before or number < 1e-3 or standing.share >= 1 - 1e-8
            before = standing.share
        standing = course.at(now)
        assert before <= standing.share < 1
        assert standing.left_s is None or 0 <= standing.left_s < 1e12
        before = standing.share


@given(st.lists(st.floats(20, 500), min_size=1, max_size=5), st.integers(10, 200))
def test_work_that_takes_as_long_as_expected_goes_evenly(lengths: list[float], updates: int) -> None:
    course, whole = Course(0.0), sum(lengths)
    course.expect({str(number): length for number, length in enumerate(lengths)})
    now = 0.0
    for number, length in enumerate(lengths):
        course.enter(str(number), now)
        for step in range(1, updates + 1):
            share = course.at(now + length * step / updates).share
            true = (now + length * step / updates) / whole
            # Near the end of the last part the reserve for overruns holds the share back.
            assert share <= true + 0.02
            if true < 0.75:
                assert share == pytest.approx(true, abs=0.08)
        now += length


def test_a_part_that_is_measured_is_told_by_its_own_speed() -> None:
    course = Course(0.0)
    course.expect({"visits": 10.0})
    course.enter("visits", 0.0)
    course.measure(0.25)
    assert course.at(100.0).left_s == pytest.approx(300.0)


def test_a_part_that_takes_too_long_says_so_and_goes_on() -> None:
    course = Course(0.0)
    course.expect({"presence": 10.0})
    course.enter("presence", 0.0)
    shares = [course.at(float(second)).share for second in range(1, 61)]
    assert all(later > earlier for earlier, later in itertools.pairwise(shares))
    assert course.at(61.0).left_s is None
    assert course.at(5.0).share < 1


def test_more_hosts_than_expected_slow_it_down_and_never_turn_it_back() -> None:
    course = Course(0.0)
    course.expect({"presence": 10.0, "banners": 10.0})
    course.enter("presence", 0.0)
    half = course.at(9.0).share
    course.expect({"banners": 1000.0})
    course.enter("banners", 10.0)
    later = course.at(20.0)
    assert half < later.share < half + 0.02 * 10
    assert later.left_s == pytest.approx(990.0)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "longer than expected"),
        (3, "a few seconds left"),
        (41, "about 50 s left"),
        (100, "about 2 min left"),
        (3600, "about 60 min left"),
        (9000, "about 2.5 h left"),
    ],
)
def test_what_is_left_is_said_roughly(seconds: float | None, said: str) -> None:
    assert left_in_words(seconds) == said


def test_what_was_found_is_counted_without_a_verdict() -> None:
    assert found_in_words(1, 0) == "1 host"
    assert found_in_words(1200, 1) == "1,200 hosts, 1 looks like a camera"
    assert found_in_words(34, 12) == "34 hosts, 12 look like cameras"
