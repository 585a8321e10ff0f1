"""The laws of the three-valued logic that every verdict rests on."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from camscan.policy.logic import Open, Statement, Truth, all_of, any_of, reasons

truths = st.sampled_from(Truth)
points = st.builds(
    Open,
    key=st.tuples(st.sampled_from("abc")),
    because=st.sampled_from(("identity", "site", "rule-text")),
    question=st.just("?"),
    answers=st.just(()),
)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    truth = draw(truths)
    return (
        Statement(truth, tuple(draw(st.lists(points, min_size=1, max_size=3)))) if truth is Truth.UNKNOWN else Statement(truth)
    )


def completions(truth: Truth) -> set[bool]:
    return {Truth.TRUE: {True}, Truth.FALSE: {False}, Truth.UNKNOWN: {True, False}}[truth]


@given(truths, truths)
def test_a_conjunction_is_known_only_where_every_completion_of_its_independent_parts_agrees(one: Truth, other: Truth):
    possible = {a and b for a in completions(one) for b in completions(other)}
    assert completions(all_of((Statement(one), Statement(other))).truth) == possible


@given(truths, truths)
def test_a_disjunction_is_known_only_where_every_completion_of_its_independent_parts_agrees(one: Truth, other: Truth):
    possible = {a or b for a in completions(one) for b in completions(other)}
    assert completions(any_of((Statement(one), Statement(other))).truth) == possible


@given(st.lists(statements(), max_size=4))
def test_order_changes_neither_the_value_nor_the_open_points(parts: list[Statement]):
    for fold in (all_of, any_of):
        seen = {(fold(order).truth, frozenset(fold(order).open)) for order in permutations(parts)}
        assert len(seen) == 1


@given(st.lists(statements(), max_size=4))
def test_open_points_stand_exactly_where_the_value_is_unknown(parts: list[Statement]):
    for fold in (all_of, any_of):
        folded = fold(parts)
        assert bool(folded.open) is (folded.truth is Truth.UNKNOWN)


def test_the_empty_conjunction_holds_and_the_empty_disjunction_fails():
    assert (all_of(()).truth, any_of(()).truth) == (Truth.TRUE, Truth.FALSE)


def test_reasons_are_printed_once_and_in_their_fixed_order():
    found = [
        Open(key=(str(n),), because=because, question="", answers=()) for n, because in enumerate(("site", "identity", "site"))
    ]
    assert reasons(found) == ("identity", "site")
