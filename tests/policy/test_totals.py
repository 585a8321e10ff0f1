"""Totals: what comes first, how many there are, and what one answer would settle."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from camscan.model import AssessedAsset, Confidence, Judgement, SiteContext, Verdict
from camscan.policy.totals import URGENCY, counts, group_by_settle, urgency
from tests.policy.books import by_oui, device, identified, judged

OTHER = SiteContext(name="annex", class_="other")


def assessed(identification=None, *, ip="192.0.2.1", judgement=None, **rest):
    shown = identification or identified()
    asset = replace(device(), key=f"ip:annex:{ip}", ips=(ip,))
    return AssessedAsset(asset=asset, identification=shown, judgement=judgement or judged(shown, **rest))


def given_as(verdict):
    return assessed(judgement=Judgement(verdict=verdict))


@given(st.lists(st.sampled_from(Verdict), max_size=12))
def test_the_verdicts_add_up_to_the_assets(verdicts):
    counted = counts([given_as(verdict) for verdict in verdicts])
    assert sum((counted["verdicts"] or {}).values()) == counted["assets"] == len(verdicts)
    if verdicts:
        assert counted["at_least"] == verdicts.count(Verdict.PROHIBITED) + verdicts.count(Verdict.RESTRICTED)
        assert counted["at_least"] <= counted["at_most"] <= counted["assets"]


def test_where_nothing_was_judged_no_total_of_verdicts_is_given():
    counted = counts([assessed(policies=()), assessed(by_oui("huawei"), policies=())])
    assert (counted["verdicts"], counted["confirmed"], counted["possible"]) == (None, None, None)
    assert (counted["assets"], counted["cameras"], counted["at_least"], counted["at_most"]) == (2, 1, 1, 2)


def test_recorders_and_answers_from_outside_the_scope_are_counted_beside():
    outside = replace(assessed(identified(kind="nvr")), asset=replace(device(), outside_scope=True))
    counted = counts([outside, assessed()])
    assert (counted["recorders"], counted["cameras"], counted["outside_scope"]) == (1, 2, 1)


def test_the_most_urgent_comes_first_and_addresses_count_as_numbers():
    listed = [
        assessed(ip="192.0.2.10", judgement=Judgement(verdict=Verdict.NO_FINDING)),
        assessed(ip="192.0.2.9", judgement=Judgement(verdict=Verdict.NO_FINDING)),
        assessed(ip="2001:db8::1", judgement=Judgement(verdict=Verdict.PROHIBITED)),
        assessed(ip="192.0.2.200", judgement=Judgement(verdict=Verdict.PROHIBITED)),
    ]
    assert [item.asset.ips[0] for item in sorted(listed, key=urgency)] == [
        "192.0.2.200",
        "2001:db8::1",
        "192.0.2.9",
        "192.0.2.10",
    ]


def test_every_verdict_has_its_place_in_the_order_of_urgency():
    assert set(URGENCY) == set(Verdict)


def test_devices_that_wait_for_one_answer_are_one_step_with_their_number():
    waiting = [assessed(ip=f"192.0.2.{n}", site=SiteContext(name="annex")) for n in range(3)]
    waiting.append(assessed(identified(brand="dahua", maker="dahua"), site=SiteContext(name="annex")))
    question, outcomes, count = group_by_settle(waiting)[0]
    assert (question, count) == ("Is annex a sensitive site?", 4)
    assert dict(outcomes) == {"yes": Verdict.PROHIBITED, "no": Verdict.REVIEW}


def test_an_answer_leaves_standing_what_other_findings_say():
    steps = {question: dict(outcomes) for question, outcomes, _ in group_by_settle([assessed(site=SiteContext(name="annex"))])}
    assert steps["Is annex part of a departmental core network?"] == {"yes": Verdict.RESTRICTED, "no": Verdict.REVIEW}


def test_a_device_whose_verdict_no_answer_could_change_waits_for_none():
    settled = assessed(site=SiteContext(name="annex", class_="sensitive"))
    assert any(finding.settle for finding in settled.judgement.findings)
    assert group_by_settle([settled]) == []


def test_a_device_that_waits_for_two_answers_counts_for_both():
    steps = group_by_settle([assessed(site=SiteContext(name="annex"))])
    assert [count for _, _, count in steps] == [1, 1]


def test_a_question_that_several_findings_wait_for_goes_before_a_cheaper_one():
    [(question, outcomes, _)] = group_by_settle([assessed(identified(confidence=Confidence.TENTATIVE), site=OTHER)])
    assert question.startswith("Did Hikvision make these devices?")
    assert dict(outcomes) == {"yes": Verdict.REVIEW, "no": Verdict.UNIDENTIFIED}
