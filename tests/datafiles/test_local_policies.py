"""An operator's own policies beside the shipped ones, and rules that are asked for by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from camscan.datafiles.policies import load_policies, open_policies
from camscan.errors import DataFileError
from tests.policy.books import FINGERPRINTS, identified, judged

OWN_SET = """
name  = "custom"
title = "Our own house rules"

[[rule]]
id = "us.dod.s805"

[[rule]]
id = "xx.house"
"""
OWN_RULE = """
id           = "xx.house"
title        = "House rule"
clause       = "paragraph 1"
jurisdiction = "XX"
status       = "in_force"
version      = "first edition"
since        = 2026-01-01
review_by    = 2027-06-30

[[limb]]
id        = "all"
clause    = "paragraph 1"
subject   = { entities = ["reolink"], affiliates = true }
equipment = ["video"]

[[effect]]
id  = "deploy"
act = "deploy"

[[effect.case]]
verdict   = "prohibited"
force     = "instruction"
installed = "remove"
says      = "tells us not to use such cameras"

[[reference]]
cite     = "House rules"
url      = "https://rules.example/"
official = true
read_on  = 2026-11-01
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name, text in {"sets/custom.toml": OWN_SET, "rules/xx.house.toml": OWN_RULE}.items():
        path = tmp_path / "policies" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_set_of_the_operator_s_own_judges_by_shipped_rules_and_by_its_own(own: Path):
    book = open_policies(own)
    reolink = judged(identified(brand="reolink", maker="reolink"), book=book, policies=("custom",))
    hikvision = judged(book=book, policies=("custom",))
    assert (reolink.verdict, hikvision.verdict) == ("prohibited", "review")
    assert {finding.rule for finding in hikvision.findings} == {"us.dod.s805", "xx.house"}


def test_the_shipped_policies_stand_beside_the_operator_s_own(own: Path):
    assert set(load_policies(FINGERPRINTS).sets) < set(open_policies(own).sets)


def test_the_version_says_that_local_policies_were_used(own: Path):
    assert open_policies(own).version != load_policies(FINGERPRINTS).version


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("sets/uk-department.toml", OWN_SET.replace("custom", "uk-department"), "policy uk-department exists already"),
        ("rules/xx.house.toml", OWN_RULE.replace("xx.house", "uk.hcws386"), "rule uk.hcws386 exists already"),
        ("rules/xx.house.toml", OWN_RULE.replace('["reolink"]', '["reolynk"]'), "there is no entity reolynk"),
        ("sets/custom.toml", OWN_SET.replace("us.dod.s805", "us.dod.s806"), "there is no rule us.dod.s806"),
    ],
)
def test_a_local_file_that_does_not_fit_is_refused_by_its_name(own: Path, name: str, text: str, expected: str):
    (own / "policies" / name).write_text(text)
    with pytest.raises(DataFileError, match=expected):
        open_policies(own)


def test_a_rule_without_a_set_can_be_asked_for_by_itself():
    judgement = judged(policies=("rule:lt.untrusted",))
    assert judgement.verdict == "review"
    assert {finding.policy for finding in judgement.findings} == {"rule:lt.untrusted"}


def test_two_rules_on_one_device_give_two_findings_and_the_device_the_stronger_verdict():
    judgement = judged(policies=("us-federal-agency", "us-tx-agency"))
    assert {(finding.rule, str(finding.verdict)) for finding in judgement.findings} == {
        ("us.s889.a1A", "prohibited"),
        ("us.tx.prohibited-tech", "review"),
    }
    assert judgement.verdict == "prohibited"
