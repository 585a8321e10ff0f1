"""One overall verdict for each asset, and the steps that would settle what is open."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from camscan.errors import UsageError
from camscan.model import Alternative, Confidence, SiteContext, Verdict
from camscan.policy.effects import ruling
from camscan.policy.rules import Application, PolicySet
from tests.policy.books import SITE, acme, book, by_oui, case, entity, identified, judged, rule, shipped

SENSITIVE = SiteContext(name="Łódź annex", class_="sensitive")
BOTH = ("uk-department", "us-federal-agency")


@pytest.mark.parametrize("policies", [(), ("none",)])
def test_nothing_is_judged_where_no_policy_is_chosen(policies):
    judgement = judged(policies=policies)
    assert (judgement.verdict, judgement.findings) == (None, ())
    assert "nothing was judged" in judgement.reason


def test_an_unknown_policy_is_refused_with_the_list_of_those_that_exist():
    with pytest.raises(UsageError, match=r"there is no policy uk; choose from .*uk-department, .*rule:ID or none"):
        judged(policies=("uk",))


@pytest.mark.parametrize(
    ("identification", "verdict"),
    [
        (identified(kind="camera", brand=None, maker=None, confidence=None, evidence=()), "unidentified"),
        (identified(kind="unknown", brand=None, maker=None, confidence=None, evidence=()), "not_assessed"),
        (identified(kind="other", brand="canon", maker="canon"), "not_applicable"),
        (identified(kind="software", brand="go2rtc", maker=None), "not_applicable"),
        (identified(kind="camera", brand=None, maker="hipcam"), "unidentified"),
        (identified(kind="unknown", brand="huawei", maker="huawei"), "not_assessed"),
        (identified(kind="unknown"), "prohibited"),
        (by_oui("huawei"), "not_assessed"),
        (by_oui("huawei", kind="camera"), "review"),
        (by_oui("hikvision"), "review"),
        (by_oui("axis"), "unidentified"),
        (by_oui("axis", kind="camera"), "unidentified"),
    ],
)
def test_each_state_of_knowledge_has_its_verdict(identification, verdict):
    judgement = judged(identification, site=SENSITIVE)
    assert judgement.verdict == verdict
    assert judgement.findings or judgement.reason


def test_equipment_of_a_surveillance_maker_that_shows_itself_as_something_else_is_review():
    judgement = judged(identified(kind="other"), site=SENSITIVE)
    assert judgement.verdict is Verdict.REVIEW
    outcomes = dict(judgement.findings[0].settle.outcomes)
    assert outcomes == {"yes": Verdict.PROHIBITED, "no": Verdict.NOT_APPLICABLE}


def test_what_is_known_as_something_else_and_no_rule_reaches_is_not_applicable():
    assert judged(identified(kind="other", brand="axis", maker="axis"), site=SENSITIVE).verdict is Verdict.NOT_APPLICABLE


def test_not_assessed_and_not_applicable_stand_only_where_there_is_no_finding():
    for identification in (
        by_oui("huawei"),
        identified(kind="software"),
        identified(kind="other", maker="canon", brand="canon"),
    ):
        assert judged(identification, policies=BOTH).findings == ()


def test_a_mac_alone_leads_to_no_finding_by_a_rule_that_does_not_bind():
    advice = rule(effects=(replace(rule().effects[0], cases=(case(force="advice"),)),))
    assert judged(by_oui("acme"), book=book(advice), policies=("xx",)).verdict is Verdict.UNIDENTIFIED
    assert judged(acme(), book=book(advice), policies=("xx",)).verdict is Verdict.PROHIBITED


def test_a_rule_told_as_a_note_yields_a_finding_of_no_finding_with_the_note_and_its_force():
    noted = PolicySet(
        name="xx", title="x", applies=(Application(rule="xx.rule", mode="note", note="It binds others."),), asks={}
    )
    judgement = judged(acme(), book=book(sets={"xx": noted}), policies=("xx",))
    assert [(f.verdict, f.note, f.force) for f in judgement.findings] == [(Verdict.NO_FINDING, "It binds others.", "advice")]
    assert judgement.verdict is Verdict.NO_FINDING


def test_an_effect_that_binds_only_sellers_is_no_finding_with_its_note():
    sell = case(verdict=Verdict.NO_FINDING, force="regulation", installed="may stay", note="No like-for-like replacement.")
    listed = rule(effects=(replace(rule().effects[0], act="sell", cases=(sell,)),))
    [finding] = judged(acme(), book=book(listed), policies=("xx",)).findings
    assert (finding.verdict, finding.act, finding.installed, finding.note) == (
        Verdict.NO_FINDING, "sell", "may stay", "No like-for-like replacement.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "verdict"),
    [(date(2019, 12, 31), "no_finding"), (date(2020, 1, 1), "prohibited"), (date(2022, 1, 1), "no_finding")],
)
def test_a_rule_speaks_from_its_first_day_to_its_last(as_of, verdict):
    limited = rule(until=date(2021, 12, 31))
    judgement = judged(acme(), book=book(limited), policies=("xx",), as_of=as_of)
    assert judgement.verdict == verdict
    assert bool(judgement.findings[0].note) is (verdict == "no_finding")


def test_all_effects_that_apply_are_findings_and_the_strongest_decides():
    judgement = judged(site=SiteContext(name="x", class_="sensitive", zone="core"))
    assert [(f.act, f.verdict) for f in judgement.findings] == [
        ("deploy", Verdict.PROHIBITED), ("keep", Verdict.RESTRICTED), ("connect", Verdict.RESTRICTED),
    ]  # fmt: skip
    assert judgement.verdict is Verdict.PROHIBITED


def test_every_finding_names_policy_rule_references_and_the_evidence_that_names_the_maker():
    for finding in judged(policies=BOTH).findings:
        assert finding.policy in BOTH
        assert finding.rule in shipped().rules
        assert any("https://" in reference for reference in finding.references)
        assert finding.evidence == (0, 1)


def test_everything_short_of_final_says_why_and_what_would_settle_it():
    for identification in (identified(), identified(confidence=Confidence.TENTATIVE), by_oui("amcrest", maker="dahua")):
        for finding in judged(identification, policies=BOTH).findings:
            assert bool(finding.because) is (finding.settle is not None) is (finding.verdict is Verdict.REVIEW)


def test_the_question_about_a_site_names_the_site_and_not_the_device():
    one = judged(identified())
    other = judged(identified(brand="dahua", maker="dahua"))
    assert one.findings[0].settle == other.findings[0].settle
    assert one.findings[0].settle.question == "Is Łódź annex a sensitive site?"
    assert dict(one.findings[0].settle.outcomes) == {"yes": Verdict.PROHIBITED, "no": Verdict.REVIEW}


@pytest.mark.parametrize("class_", ["sensitive", "other"])
def test_an_answer_leads_where_judging_again_with_it_leads(class_):
    settle = judged(site=SITE).findings[0].settle
    again = judged(site=replace(SITE, class_=class_))
    promised = dict(settle.outcomes)["yes" if class_ == "sensitive" else "no"]
    assert promised is again.verdict


def test_the_decision_to_extend_is_asked_only_once_and_its_answer_reaches_the_deployment():
    judgement = judged(site=SiteContext(name="Łódź annex", class_="other", zone="separate"))
    [finding] = judgement.findings
    assert finding.act == "keep"
    assert finding.settle.question == "Has the department decided to extend the instruction to Łódź annex?"
    assert finding.settle.outcomes[0][1] is Verdict.PROHIBITED
    assert finding.settle.outcomes[1][1] is Verdict.NO_FINDING


def test_what_another_maker_would_come_to_is_not_promised():
    judgement = judged(identified(confidence=Confidence.TENTATIVE), policies=("us-federal-agency",))
    assert dict(judgement.findings[0].settle.outcomes) == {"yes": Verdict.PROHIBITED, "no": Verdict.UNIDENTIFIED}


def test_a_presumption_is_printed_and_a_statement_takes_its_place():
    [presumed] = judged(policies=("us-federal-agency",)).findings
    assert any("purpose" in text for text in presumed.assumptions)
    stated = SiteContext(name="x", purpose="critical-infrastructure")
    [finding] = judged(policies=("us-federal-agency",), site=stated).findings
    assert (finding.verdict, finding.assumptions) == (Verdict.PROHIBITED, ())


def test_neither_the_order_of_policies_nor_of_the_files_changes_a_judgement():
    whole = shipped()
    for backwards in (False, True):
        edges = tuple(reversed(whole.edges)) if backwards else whole.edges
        turned = replace(
            whole,
            edges=edges,
            entities=dict(reversed(whole.entities.items())) if backwards else whole.entities,
            rules=dict(reversed(whole.rules.items())) if backwards else whole.rules,
        )
        for identification in (
            identified(),
            identified(brand="lorex", maker="dahua"),
            identified(brand="honeywell", maker=None),
        ):
            seen = {judged(identification, book=turned, policies=order) for order in permutations(BOTH)}
            seen.add(judged(identification, policies=BOTH))
            assert len(seen) == 1


def test_a_policy_named_twice_is_judged_once():
    assert judged(policies=("uk-department", "uk-department")) == judged()


def test_the_order_of_alternatives_changes_nothing():
    rivals = [
        Alternative(brand=slug, maker=slug, confidence=Confidence.TENTATIVE, reason="x")
        for slug in ("dahua", "hikvision", "axis")
    ]
    shown = {"brand": "axis", "maker": "axis", "confidence": Confidence.FIRM}
    assert len({judged(identified(**shown, alternatives=order)) for order in permutations(rivals)}) == 1


def test_a_maker_of_which_no_file_speaks_is_unknown_to_a_rule_on_origin_and_outside_a_list():
    stranger = identified(brand="stranger", maker="stranger")
    assert judged(stranger, site=SENSITIVE).findings[0].because == ("ownership",)
    assert judged(stranger, policies=("us-federal-agency",)).verdict is Verdict.NO_FINDING


def test_a_label_of_a_named_group_on_firmware_of_another_maker_is_review_because_of_ownership():
    maker = entity("maker", jurisdiction="KR")
    judgement = judged(acme(maker="maker", maker_basis="wire-shows-maker"), book=book(entities=(maker,)), policies=("xx",))
    assert (judgement.verdict, judgement.findings[0].because) == (Verdict.REVIEW, ("ownership",))


def test_devices_of_which_rules_ask_the_same_share_one_ruling():
    ruling.cache_clear()
    for number in range(50):
        judged(identified(serial=f"DS-{number:09}", model=f"DS-{number}", made_on=date(2021, 1, 1)), policies=BOTH)
    assert ruling.cache_info().misses == 2


def test_a_registrant_without_known_maker_is_judged_as_the_maker_where_the_device_is_a_camera():
    huawei = by_oui("huawei", maker=None, maker_basis=None, kind="camera")
    for policy in BOTH:
        judgement = judged(huawei, policies=(policy,))
        assert (judgement.verdict, "identity" in judgement.findings[0].because) == (Verdict.REVIEW, True)
    assert judged(replace(huawei, evidence=()), policies=BOTH).verdict is Verdict.UNIDENTIFIED


def test_who_no_longer_made_units_of_a_label_at_the_date_of_the_unit_is_no_candidate():
    label = identified(brand="honeywell", maker=None, maker_basis=None)
    assert judged(label, policies=("us-federal-agency",)).verdict is Verdict.REVIEW
    assert judged(label, policies=("us-federal-agency",), acquired=date(2023, 1, 1)).verdict is Verdict.UNIDENTIFIED


def test_judging_imports_no_validation_no_sockets_and_no_clock():
    code = "import sys, camscan.policy.engine, camscan.policy.totals; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "socket", "asyncio", "typer", "rich", "camscan.datafiles"} & set(loaded)


def test_one_editable_value_does_not_prove_that_it_is_something_else() -> None:
    judgement = judged(identified(kind="other", brand=None, maker=None, confidence=Confidence.TENTATIVE), site=SENSITIVE)
    assert judgement.verdict is Verdict.NOT_ASSESSED
    assert "owner can set" in judgement.reason
