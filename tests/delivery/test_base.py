"""How often a delivery is tried, and how its failure is told."""

from __future__ import annotations

import pytest

from camscan.delivery.base import MOST_SAID, Patience, TransportError, persistently, said


def failing(*faults: TransportError | None):
    """Return work that fails with these in turn, and what it did."""
    left, done = list(faults), []

    def once() -> None:
        done.append(len(done) + 1)
        fault = left.pop(0)
        if fault is not None:
            raise fault

    return once, done


def test_what_may_pass_is_tried_again_with_growing_waits_in_between() -> None:
    waits: list[float] = []
    once, done = failing(*(TransportError("busy", passing=True) for _ in range(3)), None)
    persistently(once, Patience(tries=5, waits_s=(2.0, 8.0)), waits.append)
    assert (done, waits) == ([1, 2, 3, 4], [2.0, 8.0, 8.0])


def test_what_does_not_pass_is_tried_once() -> None:
    waits: list[float] = []
    once, done = failing(TransportError("no such user", passing=False))
    with pytest.raises(TransportError, match=r"^no such user$"):
        persistently(once, Patience(), waits.append)
    assert (done, waits) == ([1], [])


def test_the_last_failure_says_how_often_it_was_tried() -> None:
    once, done = failing(*(TransportError(f"busy {n}", passing=True) for n in range(3)))
    with pytest.raises(TransportError, match=r"^busy 2 \(tried 3 times\)$"):
        persistently(once, Patience(tries=3, waits_s=()), lambda seconds: None)
    assert done == [1, 2, 3]


def test_the_words_of_a_server_are_one_line_and_not_long() -> None:
    assert said(b"5.1.1  no\r\n such \xff user\n") == r"5.1.1 no such \xff user"
    assert said("x" * 1000) == "x" * MOST_SAID + "…"
