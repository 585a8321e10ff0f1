"""The chain of records: whatever is done to it afterwards shows, as long as somebody holds its head."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.history.chain import MOST_FAULTS, NOTHING, Link, Walk, head_of, linked


def chain(length: int) -> list[Link]:
    made: list[Link] = []
    for number in range(length):
        made.append(linked(made[-1] if made else None, {"event": "began", "site": f"site {number}"}, f"{number:032x}"))
    return made


def faults(links: Iterable[Link]) -> list[str]:
    walk = Walk()
    for link in links:
        walk.step(link)
    return walk.faults


def test_a_head_is_the_sha256_of_a_record_that_holds_the_head_before() -> None:
    first, second = chain(2)
    assert first.head == hashlib.sha256(first.text.encode("ascii")).hexdigest()
    assert json.loads(first.text)["previous"] == NOTHING
    assert json.loads(second.text)["previous"] == first.head


def test_a_record_has_one_form_whatever_the_order_of_its_keys() -> None:
    one = linked(None, {"site": "Poznań", "event": "began"}, "00")
    other = linked(None, {"event": "began", "site": "Poznań"}, "00")
    assert one == other
    assert one.text.isascii()
    assert " " not in one.text


def test_what_a_record_says_cannot_stand_for_its_place_in_the_chain() -> None:
    (first,) = chain(1)
    said = json.loads(linked(first, {"number": 1, "previous": NOTHING, "schema": "x", "salt": "y"}, "00").text)
    assert (said["number"], said["previous"], said["salt"]) == (2, first.head, "00")


def test_the_salt_changes_the_head() -> None:
    assert linked(None, {"event": "began"}, "00").head != linked(None, {"event": "began"}, "01").head


def test_an_untouched_chain_holds() -> None:
    walk = Walk()
    records = [walk.step(link) for link in chain(5)]
    assert walk.faults == []
    assert walk.last == chain(5)[-1]
    assert [record and record["number"] for record in records] == [1, 2, 3, 4, 5]


@given(place=st.integers(0, 4), at=st.integers(0, 10_000), letter=st.characters(codec="ascii"))
def test_any_letter_that_is_changed_in_any_record_shows(place: int, at: int, letter: str) -> None:
    links = chain(5)
    one = links[place]
    at %= len(one.text)
    text = one.text[:at] + letter + one.text[at + 1 :]
    links[place] = Link(one.number, text, one.head)
    assert bool(faults(links)) == (text != one.text)


@given(place=st.integers(0, 3))
def test_a_record_that_was_changed_with_its_hash_breaks_the_chain_at_the_next(place: int) -> None:
    links = chain(5)
    text = links[place].text.replace(f"site {place}", "site x")
    links[place] = Link(place + 1, text, head_of(text))
    assert faults(links) == [f"record {place + 2} does not continue record {place + 1} as it is now"]


def test_only_a_head_that_is_held_elsewhere_tells_of_a_change_in_the_newest_record() -> None:
    links = chain(3)
    held = links[-1].head
    text = links[-1].text.replace("site 2", "site x")
    links[-1] = Link(3, text, head_of(text))
    assert faults(links) == []
    assert held not in {link.head for link in links}


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ((0, 1, 3, 4), ["record 3 is missing"]),
        ((0, 4), ["records 2 to 4 are missing"]),
        ((2, 3), ["records 1 to 2 are missing"]),
        ((0, 2, 1), ["record 2 is missing", "record 2 stands after record 3"]),
        ((0, 0), ["record 1 stands after record 1"]),
    ],
)
def test_it_is_said_where_records_are_missing_or_in_another_order(kept: tuple[int, ...], said: list[str]) -> None:
    links = chain(5)
    assert faults(links[number] for number in kept) == said


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "[" * 100_000, '{"number":1,"number":9}', '{"number":NaN}'])
def test_a_record_that_is_none_is_a_fault_and_no_crash(text: str) -> None:
    assert faults([Link(1, text, head_of(text))])


def test_of_a_chain_that_is_all_wrong_so_many_faults_are_told() -> None:
    walk = Walk()
    for link in chain(MOST_FAULTS + 7):
        walk.step(Link(link.number, link.text, "0" * 64))
    assert len(walk.faults) == MOST_FAULTS
    assert walk.untold > 0
