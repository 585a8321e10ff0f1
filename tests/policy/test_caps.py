"""What keeps a verdict short of final: identification, label, ownership, text, site, date."""

from __future__ import annotations

from datetime import date

import pytest

from camscan.model import Alternative, Confidence, SiteContext, Verdict
from camscan.policy.rules import Condition, Effect, Subject
from tests.policy.books import acme, book, by_oui, case, edge, entity, identified, judged, limb, rule

RELABEL = edge("made_by", "label", "acme")
LABEL = entity("label", jurisdiction="US")


def of(identification=None, *rules, edges=(), entities=(LABEL,), **rest):
    return judged(identification or acme(), book=book(*rules, edges=edges, entities=entities), policies=("xx",), **rest)


def because(judgement):
    return {reason for finding in judgement.findings for reason in finding.because}


@pytest.mark.parametrize(
    ("confidence", "verdict"),
    [(Confidence.CERTAIN, "prohibited"), (Confidence.FIRM, "prohibited"), (Confidence.TENTATIVE, "review"), (None, "review")],
)
def test_only_a_firm_identification_carries_a_strong_verdict(confidence, verdict):
    assert of(acme(confidence=confidence)).verdict == verdict


def test_one_editable_banner_is_review_because_of_identity():
    assert because(of(acme(brand=None, confidence=Confidence.TENTATIVE))) == {"identity"}


def test_the_registrant_of_a_mac_never_gives_more_than_review_however_confident_it_claims_to_be():
    judgement = of(by_oui("acme", confidence=Confidence.CERTAIN))
    assert (judgement.verdict, because(judgement)) == (Verdict.REVIEW, {"identity"})


def test_a_relabel_that_is_only_documented_is_review():
    judgement = of(acme(brand="label", maker_basis="documented-relabel"), edges=(RELABEL,))
    assert (judgement.verdict, because(judgement)) == (Verdict.REVIEW, {"relabel"})


def test_a_relabel_that_the_wire_shows_is_final():
    assert of(acme(brand="label", maker_basis="wire-shows-maker"), edges=(RELABEL,)).verdict is Verdict.PROHIBITED


def test_a_label_without_any_edge_is_judged_by_the_wire():
    assert of(acme(brand="label", maker_basis="wire-shows-maker")).verdict is Verdict.PROHIBITED


@pytest.mark.parametrize("status", ["alleged", "disputed"])
def test_a_contested_edge_of_the_label_caps_even_what_the_wire_shows(status):
    contested = edge("made_by", "label", "acme", status=status, alleged_by="a plaintiff")
    judgement = of(acme(brand="label", maker_basis="wire-shows-maker"), edges=(contested,))
    assert (judgement.verdict, because(judgement)) == (Verdict.REVIEW, {"relabel"})


@pytest.mark.parametrize(
    ("acquired", "verdict", "reasons"),
    [
        (date(2022, 12, 31), "prohibited", set()),
        (date(2023, 1, 1), "review", {"relabel"}),
        (None, "review", {"relabel", "date"}),
    ],
)
def test_a_contested_edge_counts_only_at_the_date_of_the_unit(acquired, verdict, reasons):
    contested = edge("made_by", "label", "acme", status="alleged", alleged_by="a plaintiff", since=date(2023, 1, 1))
    judgement = of(acme(brand="label", maker_basis="wire-shows-maker"), edges=(contested,), acquired=acquired)
    assert (judgement.verdict, because(judgement)) == (verdict, reasons)


def test_the_date_that_a_device_shows_goes_before_the_one_a_person_states():
    contested = edge("made_by", "label", "acme", status="alleged", alleged_by="a plaintiff", since=date(2023, 1, 1))
    shown = acme(brand="label", maker_basis="wire-shows-maker", made_on=date(2021, 5, 1))
    assert of(shown, edges=(contested,), acquired=date(2025, 1, 1)).verdict is Verdict.PROHIBITED


def test_an_edge_that_begins_after_the_day_of_judgement_touches_nothing():
    contested = edge("made_by", "label", "acme", status="alleged", alleged_by="a plaintiff", since=date(2023, 1, 1))
    shown = acme(brand="label", maker_basis="wire-shows-maker")
    assert of(shown, edges=(contested,), as_of=date(2022, 6, 1)).verdict is Verdict.PROHIBITED


def test_a_label_of_several_makers_is_review_even_where_nobody_says_which_one():
    others = entity("other-maker", jurisdiction="KR")
    edges = (RELABEL, edge("made_by", "label", "other-maker"))
    judgement = of(acme(brand="label", maker=None, maker_basis=None), edges=edges, entities=(LABEL, others))
    assert (judgement.verdict, because(judgement)) == (Verdict.REVIEW, {"relabel"})


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "prohibited"),
        ({"status": "draft"}, "review"),
        ({"review_by": date(2026, 11, 20)}, "review"),
        ({"review_by": date(2026, 11, 21)}, "prohibited"),
        ({"limbs": (limb(reading="Does it reach cameras?"),)}, "review"),
        ({"limbs": (limb(equipment=frozenset({"telecommunications"})),)}, "review"),
    ],
)
def test_a_text_that_is_unread_overdue_or_unclear_caps_at_review(changes, verdict):
    judgement = of(acme(), rule(**changes))
    assert judgement.verdict == verdict
    assert because(judgement) == ({"rule-text"} if verdict == "review" else set())


def test_a_proposal_gives_a_note_and_no_finding():
    judgement = of(acme(), rule(status="proposal"))
    assert judgement.verdict == "no_finding"
    assert [item.verdict for item in judgement.findings] == [Verdict.NO_FINDING]
    assert "proposal" in judgement.findings[0].note


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"jurisdiction": "CN"}, "prohibited"),
        ({"jurisdiction": "TW"}, "no_finding"),
        ({"jurisdiction": "HK"}, "review"),
        ({"jurisdiction": "CN", "may_be": ("US",)}, "review"),
        ({"jurisdiction": "US", "may_be": ("CN",)}, "review"),
        ({"jurisdiction": "US", "may_be": ("SG",)}, "no_finding"),
        ({"jurisdiction": None}, "review"),
    ],
)
def test_a_rule_on_origin_reaches_only_what_is_certainly_organised_there(changes, verdict):
    origin = Subject(kind="jurisdiction", members=frozenset({"CN"}), unsettled=frozenset({"HK", "MO"}))
    maker = entity("maker", **changes)
    judgement = of(acme(brand="maker", maker="maker"), rule(limbs=(limb(subject=origin),)), entities=(maker,))
    assert judgement.verdict == verdict
    assert because(judgement) == ({"ownership"} if verdict == "review" else set())


def test_a_subsidiary_abroad_of_a_company_in_the_jurisdiction_is_review_because_of_ownership():
    origin = Subject(kind="jurisdiction", members=frozenset({"CN"}))
    maker = entity("maker", jurisdiction="GB")
    owned = edge("owned_by", "maker", "acme")
    judgement = of(acme(brand="maker", maker="maker"), rule(limbs=(limb(subject=origin),)), entities=(maker,), edges=(owned,))
    assert (judgement.verdict, because(judgement)) == (Verdict.REVIEW, {"ownership"})


def test_a_subsidiary_counts_as_its_parent_only_where_the_rule_says_affiliates():
    maker, owned = entity("maker"), edge("owned_by", "maker", "acme")
    alone = Subject(kind="entities", members=frozenset({"acme"}))
    shown = acme(brand="maker", maker="maker")
    assert of(shown, entities=(maker,), edges=(owned,)).verdict is Verdict.PROHIBITED
    assert of(shown, rule(limbs=(limb(subject=alone),)), entities=(maker,), edges=(owned,)).verdict is Verdict.NO_FINDING


def test_who_makes_units_for_a_company_does_not_make_it_an_affiliate():
    other = entity("other", jurisdiction="US")
    made = edge("made_by", "other", "acme")
    assert of(acme(brand="other", maker="other"), entities=(other,), edges=(made,)).verdict is Verdict.NO_FINDING


def test_a_component_is_review_and_never_more():
    parts = Subject(kind="component", members=frozenset({"acme"}), affiliates=True)
    maker = entity("maker", jurisdiction="KR")
    judgement = of(
        acme(brand="maker", maker="maker", components=("acme",)), rule(limbs=(limb(subject=parts),)), entities=(maker,)
    )
    assert (judgement.verdict, because(judgement)) == (Verdict.REVIEW, {"component"})


@pytest.mark.parametrize(("stated", "verdict"), [("sensitive", "prohibited"), ("other", "no_finding"), (None, "review")])
def test_an_unstated_site_is_unknown_and_never_assumed(stated, verdict):
    sensitive = (Condition(fact="class", values=frozenset({"sensitive"})),)
    judgement = of(
        acme(), rule(effects=(Effect(id="deploy", act="deploy", cases=(case(when=sensitive),)),)),
        site=SiteContext(name="x", class_=stated),
    )  # fmt: skip
    assert judgement.verdict == verdict
    assert because(judgement) == ({"site"} if verdict == "review" else set())


def test_every_open_point_is_named_not_only_the_first():
    sensitive = (Condition(fact="class", values=frozenset({"sensitive"})),)
    drafted = rule(status="draft", effects=(Effect(id="deploy", act="deploy", cases=(case(when=sensitive),)),))
    assert of(acme(confidence=Confidence.TENTATIVE), drafted).findings[0].because == ("identity", "site", "rule-text")


def test_a_maker_that_other_evidence_names_is_review_while_the_maker_is_not_certain():
    rival = Alternative(brand="acme", maker="acme", confidence=Confidence.TENTATIVE, reason="the registrant of its MAC")
    other = entity("other", jurisdiction="SE")
    shown = {"brand": "other", "maker": "other", "alternatives": (rival,)}
    judgement = of(identified(**shown, confidence=Confidence.FIRM), entities=(other,))
    assert (judgement.verdict, because(judgement)) == (Verdict.REVIEW, {"identity"})
    assert of(identified(**shown, confidence=Confidence.CERTAIN), entities=(other,)).verdict is Verdict.NO_FINDING
