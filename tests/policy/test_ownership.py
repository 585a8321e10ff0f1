"""Companies change hands: the same unit judged before and after, and units from before and after judged today."""

from __future__ import annotations

from datetime import date

import pytest

from camscan.model import Confidence, SiteContext
from tests.policy.books import TODAY, by_oui, identified, judged

SENSITIVE = SiteContext(name="annex", class_="sensitive")
NEVER_STATED = None


def verdict(brand, maker, basis, policy, *, acquired=None, as_of=TODAY, confidence=Confidence.CERTAIN):
    device = identified(brand=brand, maker=maker, maker_basis=basis, confidence=confidence)
    return judged(device, policies=(policy,), site=SENSITIVE, acquired=acquired, as_of=as_of)


@pytest.mark.parametrize(
    ("brand", "maker", "basis", "acquired", "uk", "us"),
    [
        # Lorex: of Dahua from February 2018 to February 2023, of Skywatch since; who makes its later units is alleged and contested.
        ("lorex", "dahua", "wire-shows-maker", date(2019, 6, 1), "prohibited", "prohibited"),
        ("lorex", "dahua", "wire-shows-maker", date(2022, 6, 1), "prohibited", "prohibited"),
        ("lorex", "dahua", "wire-shows-maker", date(2025, 6, 1), "review", "review"),
        ("lorex", "dahua", "wire-shows-maker", NEVER_STATED, "review", "review"),
        # Luminys: Dahua's own company in the United States until January 2024.
        ("luminys", "luminys", "own-label", date(2023, 6, 1), "review", "prohibited"),
        ("luminys", "luminys", "own-label", date(2025, 6, 1), "no_finding", "no_finding"),
        ("luminys", "dahua", "wire-shows-maker", date(2023, 6, 1), "prohibited", "prohibited"),
        ("luminys", "dahua", "wire-shows-maker", date(2025, 6, 1), "review", "review"),
        # March Networks: a Canadian company, of Infinova until 2021, of Delta since.
        ("march-networks", "march-networks", "own-label", date(2019, 6, 1), "review", "no_finding"),
        ("march-networks", "march-networks", "own-label", date(2023, 6, 1), "no_finding", "no_finding"),
        # IndigoVision stopped relabelling Dahua in April 2021, Honeywell in April 2022: what the wire shows stands whatever the date.
        ("indigovision", "dahua", "wire-shows-maker", date(2020, 6, 1), "prohibited", "prohibited"),
        ("indigovision", "indigovision", "own-label", date(2022, 6, 1), "no_finding", "no_finding"),
        ("honeywell", "hikvision", "wire-shows-maker", date(2021, 6, 1), "prohibited", "prohibited"),
        ("honeywell", "honeywell", "own-label", date(2023, 6, 1), "no_finding", "no_finding"),
    ],
)
def test_a_unit_is_judged_by_who_stood_behind_it_when_it_was_acquired(brand, maker, basis, acquired, uk, us):
    assert verdict(brand, maker, basis, "uk-department", acquired=acquired).verdict == uk
    assert verdict(brand, maker, basis, "us-federal-agency", acquired=acquired).verdict == us


@pytest.mark.parametrize(
    ("brand", "maker", "basis", "before", "then", "after", "now"),
    [
        ("lorex", "lorex", "own-label", date(2017, 6, 1), "no_finding", date(2020, 6, 1), "review"),
        ("lorex", "dahua", "wire-shows-maker", date(2022, 6, 1), "prohibited", date(2024, 6, 1), "review"),
        ("luminys", "luminys", "own-label", date(2023, 6, 1), "prohibited", date(2024, 6, 1), "review"),
        ("march-networks", "march-networks", "own-label", date(2020, 6, 1), "no_finding", date(2024, 6, 1), "no_finding"),
        ("indigovision", "indigovision", "own-label", date(2020, 6, 1), "no_finding", date(2022, 6, 1), "no_finding"),
        ("honeywell", "honeywell", "own-label", date(2021, 6, 1), "no_finding", date(2023, 6, 1), "no_finding"),
    ],
)
def test_the_day_of_judgement_decides_which_relations_are_known(brand, maker, basis, before, then, after, now):
    assert verdict(brand, maker, basis, "us-federal-agency", as_of=before).verdict == then
    assert verdict(brand, maker, basis, "us-federal-agency", as_of=after).verdict == now


def test_the_end_of_a_relabel_leaves_old_units_open_where_nothing_but_the_label_speaks():
    old = verdict("honeywell", "dahua", "documented-relabel", "us-federal-agency", acquired=date(2021, 1, 1))
    assert old.verdict == "review"
    assert "relabel" in {because for finding in old.findings for because in finding.because}


def test_a_registrant_that_changed_hands_is_still_no_more_than_a_registrant():
    judgement = judged(by_oui("lorex"), policies=("us-federal-agency",), acquired=date(2020, 6, 1))
    assert judgement.verdict in ("review", "unidentified", "not_assessed")
