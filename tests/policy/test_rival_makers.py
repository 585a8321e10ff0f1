"""A maker beside the one that a device was found to have: what is asked, what is said of it, and what speaks against it."""

from __future__ import annotations

from typing import Any

import pytest

from camscan.model import Alternative, Confidence, Conflict, Evidence, Identification, SiteContext, Verdict
from tests.policy.books import identified, judged

AGENCY = ("us-federal-agency",)
DOUBTED = Conflict(kind="software-differs", detail="marked as software, but it bears marks of a firmware")
SENSITIVE = SiteContext(name="annex", class_="sensitive")


def mark(maker: str | None, *, brand: str | None = None, field: str = "http.auth.realm", **changes: Any) -> Evidence:
    says = tuple((key, slug) for key, slug in (("brand", brand), ("maker", maker)) if slug is not None)
    values: dict[str, Any] = {"fingerprint": f"{maker or brand}.{field}", "value": "x", "observation": 1, "witness": field}
    return Evidence(**(values | {"field": field, "says": says} | changes))


LABEL = mark("bosch", brand="bosch", field="onvif.manufacturer", observation=0)
REALM, SERVER = mark("dahua"), mark("dahua", field="rtsp.server")


def bosch(confidence: Confidence = Confidence.FIRM, **changes: Any) -> Identification:
    """A certain Bosch by its label, with marks of Dahua firmware. confidence: of those marks."""
    rival = Alternative(brand=None, maker="dahua", confidence=confidence, reason="a mark of Dahua firmware is shown")
    values = {"brand": "bosch", "maker": "bosch", "alternatives": (rival,), "evidence": (LABEL, REALM, SERVER)}
    return identified(**(values | changes))


def test_firm_marks_of_a_reached_maker_keep_a_certain_one_at_review():
    finding = judged(bosch(), policies=AGENCY).findings[0]
    assert (finding.verdict, finding.because) == (Verdict.REVIEW, ("identity",))
    assert finding.settle is not None
    assert finding.settle.question.startswith("Did Dahua make the Bosch units?")
    assert finding.settle.outcomes == (("yes", Verdict.PROHIBITED), ("no", Verdict.NO_FINDING))


def test_the_reason_names_both_makers():
    reason = judged(bosch(), policies=AGENCY).findings[0].reason
    assert (
        "the label reads Bosch; Bosch is named as its maker, yet a mark of Dahua firmware is shown: who made it is open"
        in reason
    )
    assert "the firmware is of Dahua" not in reason


def test_a_device_that_names_its_maker_beside_the_label_of_another_is_asked_about_by_both_names():
    torn = bosch(brand=None)
    finding = judged(torn, policies=AGENCY).findings[0]
    assert finding.settle is not None
    assert finding.settle.question.startswith("Did Dahua make these devices, which name Bosch as well?")


@pytest.mark.parametrize(
    "rivals",
    [
        (Alternative(brand=None, maker="dahua", confidence=Confidence.TENTATIVE, reason="a mark"),),
        (Alternative(brand="dahua", maker="dahua", confidence=Confidence.FIRM, reason="a label"),),
        (Alternative(brand=None, maker="uniview", confidence=Confidence.FIRM, reason="a mark"),),
    ],
    ids=["weak", "label", "not reached"],
)
def test_beside_a_certain_maker_weak_marks_labels_and_makers_of_no_rule_change_nothing(rivals):
    assert judged(bosch(alternatives=rivals), policies=AGENCY).verdict is Verdict.NO_FINDING


def test_a_reason_counts_what_speaks_for_its_conclusion_and_names_what_speaks_against_it():
    reason = judged(bosch(), policies=AGENCY).findings[0].reason
    assert reason.startswith(
        "Seen in http.auth.realm, rtsp.server (2 independent witnesses, answers to our own questions), "
        "against it onvif.manufacturer (Bosch);"
    )


def test_where_no_rule_reaches_the_rival_it_speaks_against_the_maker():
    marks = (LABEL, mark("uniview"), mark("uniview", field="rtsp.server"))
    finding = judged(bosch(alternatives=(), evidence=marks), policies=AGENCY).findings[0]
    assert finding.reason.startswith(
        "Seen in onvif.manufacturer (one witness, answers to our own questions), against it http.auth.realm, rtsp.server (Uniview);"
    )
    assert finding.evidence == (0,)


def test_labels_of_a_maker_and_what_belongs_to_it_speak_for_it():
    labels = (mark(None, brand="lorex", field="http.title"), mark(None, brand="dahua", field="mac"), REALM)
    reason = judged(identified(brand="lorex", maker="dahua", evidence=labels), policies=AGENCY).findings[0].reason
    assert "against it" not in reason.partition(";")[0]


def test_a_model_of_another_label_is_no_witness():
    models = (REALM, mark(None, field="onvif.model", says=(("model", "M3045-V"),)), mark("dahua", field="dhip.model"))
    reason = (
        judged(identified(brand="dahua", maker="dahua", model="IPC-1", evidence=models), policies=AGENCY).findings[0].reason
    )
    assert reason.startswith("Seen in dhip.model, http.auth.realm (2 independent")


def test_software_whose_address_bears_a_maker_s_firmware_is_asked_about():
    doubted = identified(kind="software", brand="home-assistant", maker_basis="wire-shows-maker", conflicts=(DOUBTED,))
    judgement = judged(doubted, site=SENSITIVE)
    assert judgement.verdict is Verdict.REVIEW
    assert judgement.findings[0].because == ("identity",)
    assert judgement.findings[0].settle is not None
    assert ("no", Verdict.NOT_APPLICABLE) in judgement.findings[0].settle.outcomes


def test_software_of_which_nothing_else_is_shown_is_set_aside():
    assert judged(identified(kind="software"), site=SENSITIVE).verdict is Verdict.NOT_APPLICABLE
    harmless = identified(kind="software", brand="home-assistant", maker="axis", conflicts=(DOUBTED,))
    assert judged(harmless, site=SENSITIVE).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("rival", ["reolink", "tp-link", "march-networks"])
def test_a_rival_whom_a_rule_may_reach_is_asked_about(rival: str):
    other = Alternative(brand=None, maker=rival, confidence=Confidence.FIRM, reason="a mark")
    found = identified(brand="axis", maker="axis", confidence=Confidence.FIRM, alternatives=(other,))
    assert judged(found, site=SENSITIVE).verdict is Verdict.REVIEW


def test_a_label_as_rival_whose_date_decides_is_asked_about():
    other = Alternative(brand="lorex", maker="lorex", confidence=Confidence.FIRM, reason="a label")
    found = identified(brand="axis", maker="axis", confidence=Confidence.FIRM, alternatives=(other,))
    assert judged(found, policies=AGENCY).verdict is Verdict.REVIEW


def test_a_rival_whom_a_rule_surely_reaches_goes_before_one_whom_it_may_reach():
    rivals = tuple(
        Alternative(brand=None, maker=slug, confidence=Confidence.FIRM, reason="a mark") for slug in ("reolink", "uniview")
    )
    found = identified(brand="axis", maker="axis", confidence=Confidence.FIRM, alternatives=rivals)
    settle = judged(found, site=SENSITIVE).findings[0].settle
    assert settle is not None
    assert "Uniview" in settle.question
