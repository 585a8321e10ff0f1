"""Action plans: the rule's own words first, then the steps, and none where nothing is to be done."""

from __future__ import annotations

import pytest

from camscan.model import SiteContext, Verdict
from camscan.policy.golden import run
from tests.policy.books import identified, judged, shipped
from tests.policy.test_reason import FORBIDDEN, words

ORDER = ("rule", "verify", "core", "cloud", "stabilise", "plan", "dispose", "prevent")
SENSITIVE = SiteContext(name="annex", class_="sensitive", zone="core")


def findings():
    return [(case, finding) for case in shipped().golden for finding in run(case, shipped()).findings]


def test_what_is_prohibited_or_restricted_has_every_step_once_and_in_order():
    strong = [finding for _, finding in findings() if finding.verdict in (Verdict.PROHIBITED, Verdict.RESTRICTED)]
    assert {finding.act for finding in strong} >= {"deploy", "keep", "connect", "buy", "contract"}
    for finding in strong:
        assert tuple(step.name for step in finding.action) == ORDER, (finding.rule, finding.act)


def test_what_waits_for_review_is_verified_first_and_nothing_more():
    open_ones = [finding for _, finding in findings() if finding.verdict is Verdict.REVIEW]
    assert {tuple(step.name for step in finding.action) for finding in open_ones} == {("rule", "verify")}


def test_without_a_finding_there_is_no_plan():
    assert all(finding.action == () for _, finding in findings() if finding.verdict is Verdict.NO_FINDING)


@pytest.mark.parametrize(
    ("act", "force", "planned"),
    [
        ("deploy", "instruction", "Decide on its removal"),
        ("keep", "commitment", "Plan its removal"),
        ("connect", "advice", "Plan where it will stand"),
    ],
)
def test_a_plan_says_what_the_rule_says_of_equipment_that_is_there_with_its_force(act: str, force: str, planned: str):
    [finding] = [item for item in judged(identified(), site=SENSITIVE).findings if item.act == act]
    assert finding.action[0].text.startswith(f"uk.hcws386 ({force}) ")
    assert next(step.text for step in finding.action if step.name == "plan").startswith(planned)


def test_a_rule_that_is_silent_on_equipment_already_there_asks_for_no_removal():
    for policy in ("us-federal-agency", "us-contractor"):
        [finding] = judged(policies=(policy,)).findings
        plan = next(step.text for step in finding.action if step.name == "plan")
        assert "counsel" in plan
        assert not plan.startswith("Plan its removal")


def test_no_step_holds_a_word_that_is_never_printed_and_isolating_asks_who_watches_meanwhile():
    texts = {step.text for _, finding in findings() for step in finding.action}
    assert not FORBIDDEN & words(" ".join(texts))
    assert all("life or safety" in item.step.text for item in shipped().advice if item.step.name == "core")
