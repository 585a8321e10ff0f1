"""Devices of which it is open who made them: the verdict, and what the reason says of it."""

from __future__ import annotations

import pytest

from camscan.model import HONEYPOT, Alternative, Confidence, Conflict, Evidence, Identification, SiteContext, Verdict
from tests.policy.books import book, by_oui, edge, entity, identified, judged

AGENCY = ("us-federal-agency",)
SENSITIVE = SiteContext(name="annex", class_="sensitive")
TRAP = Conflict(kind=HONEYPOT, detail="one http.body bears the marks of D-Link, FLIR, Uniview: no real device does")
POISONED = Evidence(fingerprint="flir.page", field="http.body", value="x", observation=1, witness="page")


def labelled(brand: str) -> Identification:
    """A camera whose label is certain and whose maker is open."""
    return identified(brand=brand, maker=None, maker_basis=None)


@pytest.mark.parametrize("brand", ["night-owl", "digital-watchdog", "zosi"])
def test_a_label_whose_named_makers_make_a_part_of_it_alone_is_unidentified_where_no_rule_reaches_them(brand: str):
    judgement = judged(labelled(brand), policies=AGENCY)
    assert (judgement.verdict, judgement.findings) == (Verdict.UNIDENTIFIED, ())
    assert "part" in judgement.reason


def test_the_reason_names_the_label_and_who_makes_a_part_of_it():
    reason = judged(labelled("adt"), site=SENSITIVE).reason
    assert reason.startswith("Its label reads ADT, of which IDIS is named as the maker in part or not for certain;")


def test_a_label_of_which_a_part_comes_from_a_reached_maker_stays_at_review():
    scoped = book(
        entities=(entity("label", role="brand"),), edges=(edge("made_by", "label", "acme", scope="part of the range"),)
    )
    assert judged(labelled("label"), book=scoped, policies=("xx",)).verdict is Verdict.REVIEW


def test_a_label_that_several_makers_make_in_full_leaves_nobody_else_open():
    others = (entity("label", role="brand"), entity("one"), entity("two"))
    whole = book(entities=others, edges=(edge("made_by", "label", "one"), edge("made_by", "label", "two")))
    assert judged(labelled("label"), book=whole, policies=("xx",)).verdict is Verdict.NO_FINDING


def torn(**changes: object) -> Identification:
    """A camera with marks of the firmware of two makers, none of them stronger."""
    rivals = tuple(
        Alternative(brand=None, maker=slug, confidence=Confidence.TENTATIVE, reason="a mark of firmware is shown")
        for slug in ("dahua", "axis")
    )
    values: dict[str, object] = {"brand": None, "maker": None, "maker_basis": None, "confidence": None, "alternatives": rivals}
    return identified(**(values | changes))


def test_where_two_makers_are_shown_the_reason_names_them_and_the_rules_that_speak_of_them():
    judgement = judged(torn(), policies=AGENCY)
    assert (judgement.verdict, judgement.findings) == (Verdict.UNIDENTIFIED, ())
    assert "nothing it sent establishes who made it" not in judgement.reason
    assert "Axis and Dahua" in judgement.reason
    assert "us.s889.a1A" in judgement.reason
    assert judgement.reason.partition("us.s889.a1A")[2].count("Dahua") >= 1
    assert "Which of them made it?" in judgement.reason


def test_where_no_rule_speaks_of_the_makers_shown_none_is_named():
    rivals = tuple(
        Alternative(brand=None, maker=slug, confidence=Confidence.TENTATIVE, reason="a mark") for slug in ("bosch", "axis")
    )
    reason = judged(torn(alternatives=rivals), policies=AGENCY).reason
    assert "Axis and Bosch" in reason
    assert "us.s889" not in reason


def test_a_device_of_unknown_kind_that_names_two_makers_is_not_said_to_name_none():
    reason = judged(torn(kind="unknown"), policies=AGENCY).reason
    assert "nothing it sent names a maker" not in reason
    assert "Axis and Dahua" in reason


@pytest.mark.parametrize(
    "found",
    [
        identified(kind="unknown", brand=None, maker=None, confidence=None, evidence=(POISONED,), conflicts=(TRAP,)),
        identified(brand=None, maker=None, confidence=None, evidence=(POISONED,), conflicts=(TRAP,)),
        identified(kind="other", brand=None, maker=None, confidence=Confidence.TENTATIVE, conflicts=(TRAP,)),
        identified(brand="axis", maker="axis", confidence=Confidence.TENTATIVE, conflicts=(TRAP,)),
        by_oui("axis", conflicts=(TRAP,)),
    ],
    ids=["nothing else", "a camera", "weakly something else", "a maker that no rule reaches", "its registrant"],
)
def test_what_bears_a_honeypot_s_marks_is_unidentified_where_nothing_reaches_it(found: Identification):
    judgement = judged(found, policies=AGENCY)
    assert (judgement.verdict, judgement.findings) == (Verdict.UNIDENTIFIED, ())
    assert "honeypot" in judgement.reason
    assert TRAP.detail in judgement.reason


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (by_oui("hikvision", conflicts=(TRAP,)), Verdict.REVIEW),
        (identified(confidence=Confidence.TENTATIVE, conflicts=(TRAP,)), Verdict.REVIEW),
        (identified(conflicts=(TRAP,)), Verdict.PROHIBITED),
    ],
    ids=["its registrant", "weak marks", "its own protocol"],
)
def test_what_is_left_beside_a_honeypot_s_marks_is_judged_and_the_reason_names_them(found: Identification, verdict: Verdict):
    judgement = judged(found, policies=AGENCY)
    assert judgement.verdict is verdict
    assert all("honeypot" in finding.reason and TRAP.detail in finding.reason for finding in judgement.findings)


def test_what_a_person_read_off_the_unit_counts_whatever_marks_it_bears():
    attested = identified(brand="axis", maker="axis", maker_basis="attested", maker_attested=True, conflicts=(TRAP,))
    assert judged(attested, policies=AGENCY).verdict is Verdict.NO_FINDING
