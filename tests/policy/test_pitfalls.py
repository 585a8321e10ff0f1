"""Mistakes that tools of this field are known to make about bans: each test fails where we make it too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from camscan.datafiles.open import open_knowledge
from camscan.identify.engine import identify_fields
from camscan.model import Confidence, Evidence, SiteContext, Verdict
from camscan.policy.engine import judge
from tests.policy.books import TODAY, by_oui, device, identified, judged, shipped

SENSITIVE = SiteContext(name="annex", class_="sensitive")
EVERY_POLICY = tuple(shipped().sets)
BEFORE_THE_LISTS = date(2018, 1, 1)
NOBODY = SimpleNamespace(registrant="")


def reasons(judgement) -> set[str]:
    return {because for finding in judgement.findings for because in finding.because}


@pytest.mark.parametrize("slug", ["hikvision", "dahua", "huawei", "hisilicon", "tuya", "uniview"])
@pytest.mark.parametrize("policy", EVERY_POLICY)
def test_a_mac_prefix_never_gives_more_than_review(slug, policy):
    for kind in ("unknown", "camera", "nvr"):
        verdict = judged(by_oui(slug, kind=kind), policies=(policy,), site=SENSITIVE).verdict
        assert verdict in (Verdict.REVIEW, Verdict.UNIDENTIFIED, Verdict.NOT_ASSESSED, Verdict.NO_FINDING)


def test_a_label_of_many_makers_is_judged_by_the_wire_and_not_by_the_label():
    own = identified(brand="honeywell", maker="honeywell")
    relabelled = identified(brand="honeywell", maker="hikvision", maker_basis="wire-shows-maker")
    assert judged(own, policies=("us-federal-agency",)).verdict == "no_finding"
    assert judged(relabelled, policies=("us-federal-agency",)).verdict == "prohibited"
    assert "relabel" in reasons(
        judged(identified(brand="honeywell", maker=None, maker_basis=None), policies=("us-federal-agency",))
    )


def test_a_company_that_was_sold_is_not_counted_to_its_former_owner_for_units_made_later():
    lorex = identified(brand="lorex", maker="lorex")
    assert judged(lorex, policies=("us-federal-agency",), acquired=date(2020, 1, 1)).verdict == "prohibited"
    assert judged(lorex, policies=("us-federal-agency",), acquired=date(2025, 1, 1)).verdict != "prohibited"


@pytest.mark.parametrize("slug", ["vivotek", "axis", "hanwha", "acti"])
def test_made_in_china_or_organised_in_taiwan_is_not_a_company_of_the_people_s_republic(slug):
    assert judged(identified(brand=slug, maker=slug), site=SENSITIVE).verdict == "no_finding"


@pytest.mark.parametrize("slug", ["reolink", "milesight", "tp-link", "prama"])
def test_hong_kong_joint_ventures_and_split_companies_stay_open(slug):
    judgement = judged(identified(brand=slug, maker=slug), site=SENSITIVE)
    assert (judgement.verdict, "ownership" in reasons(judgement)) == ("review", True)


@pytest.mark.parametrize("missing", ["class_", "zone", "purpose"])
def test_a_condition_of_the_rule_that_nobody_stated_is_never_taken_as_met_or_as_absent(missing):
    stated = {"class_": "other", "zone": "separate", "purpose": "facility-security"}
    site = SiteContext(name="annex", **{key: value for key, value in stated.items() if key != missing})
    policy = "us-grantee" if missing == "purpose" else "uk-department"
    judgement = judged(policies=(policy,), site=site)
    assert judgement.verdict == "review"
    assert reasons(judgement) & {"site", "purpose"}


@pytest.mark.parametrize("policy", ["us-private", "in-supply"])
def test_rules_on_sale_and_import_ask_nobody_to_remove_anything(policy):
    judgement = judged(policies=(policy,))
    assert judgement.verdict == "no_finding"
    assert {(finding.act, finding.installed) for finding in judgement.findings} == {("sell", "may stay")}


def test_a_text_that_was_not_read_again_in_time_no_longer_gives_a_strong_verdict():
    rule = shipped().rules["us.s889.a1A"]
    after = replace(rule, review_by=date(2026, 11, 20))
    book = replace(shipped(), rules={**shipped().rules, rule.id: after})
    judgement = judged(book=book, policies=("us-federal-agency",))
    assert (judgement.verdict, reasons(judgement)) == ("review", {"rule-text"})


def test_a_proposal_is_no_law():
    judgement = judged(policies=("rule:eu.csa2",))
    assert judgement.verdict == "no_finding"
    assert all("proposal" in finding.note for finding in judgement.findings)


def test_a_title_that_anybody_can_set_is_one_witness_and_never_enough():
    evidence = (
        Evidence(
            fingerprint="x", field="http.title", value="x", observation=1, says=(("maker", "hikvision"),), editable=True,
            witness="page",
        ),
    )  # fmt: skip
    spoofed = identified(confidence=Confidence.TENTATIVE, evidence=evidence, maker_basis="wire-shows-maker", brand=None)
    for policy in EVERY_POLICY:
        assert judged(spoofed, policies=(policy,), site=SENSITIVE).verdict in (Verdict.REVIEW, Verdict.NO_FINDING)


def test_section_889_reaches_neither_every_chinese_company_nor_companies_that_only_rumours_add():
    for slug in ("uniview", "tiandy", "tvt", "reolink", "raysharp", "xiongmai"):
        assert judged(identified(brand=slug, maker=slug), policies=("us-federal-agency",)).verdict == "no_finding"


def test_section_889_forbids_agencies_to_buy_and_says_nothing_of_what_they_have():
    finding = judged(policies=("us-federal-agency",)).findings[0]
    assert (finding.act, finding.installed) == ("buy", "silent")


@pytest.mark.parametrize(
    ("mac", "registrant"),
    [("40:2c:76:10:00:01", "Shanghai Dahua Scale Factory"), ("f8:4d:fc:00:00:01", "Hangzhou Hikvision Digital Technology")],
)
def test_a_company_whose_name_begins_alike_is_somebody_else(mac, registrant):
    knowledge = open_knowledge()
    assert registrant.lower() in (knowledge.oui.lookup(mac) or NOBODY).registrant.lower()
    assert identify_fields((), knowledge, mac=mac).brand != "dahua"


@pytest.mark.parametrize("maker", ["hikvision", "dahua", "uniview", "tiandy", "huawei"])
def test_export_and_military_lists_are_context_and_move_no_verdict(maker):
    seen = identified(brand=maker, maker=maker)
    for policy in EVERY_POLICY:
        with_lists = judged(seen, policies=(policy,), site=SENSITIVE)
        without = judged(seen, policies=(policy,), site=SENSITIVE, book=replace(shipped(), badges=()))
        assert with_lists.context
        assert replace(with_lists, context=()) == without


def test_a_list_names_nobody_before_its_day():
    assert judged(as_of=BEFORE_THE_LISTS, policies=("us-federal-agency",)).context == ()


@pytest.mark.parametrize("kind", ["nvr", "dvr", "encoder", "intercom", "doorbell", "camera"])
def test_recorders_intercoms_and_encoders_count_as_cameras_do(kind):
    assert judged(identified(kind=kind), policies=("us-federal-agency",)).verdict == "prohibited"


def test_a_recorder_is_judged_as_itself_whatever_stands_behind_it():
    recorder = identified(kind="nvr", brand="dahua", maker="dahua")
    assert judged(recorder, policies=("us-federal-agency",)).verdict == "prohibited"


@pytest.mark.parametrize("kind", ["other", "software"])
def test_routers_and_other_things_of_makers_of_many_things_stay_out_of_the_verdicts_on_cameras(kind):
    router = identified(kind=kind, brand="tp-link", maker="tp-link", kind_confidence=Confidence.FIRM)
    judgement = judge(device(), router, book=shipped(), policies=("uk-department", "us-tx-agency"), site=SENSITIVE, as_of=TODAY)
    assert judgement.verdict == "not_applicable"
