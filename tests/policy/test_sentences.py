"""Findings as sentences: the golden ones word for word, and the order of the parts in every one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from camscan.model import Finding, Identification, SiteContext, Verdict
from camscan.policy.golden import run
from camscan.policy.rules import Presumption
from camscan.policy.sentence import INSTALLED_WORDS, MUST, with_sentence
from camscan.policy.situation import Situation, essence
from tests.factories import observation
from tests.policy.books import acme, book, by_oui, device, identified, judged, rule, shipped

SENTENCES = Path(__file__).parent / "sentences"
SENSITIVE = SiteContext(name="the annex", class_="sensitive", zone="separate")
OTHER = SiteContext(name="the annex", class_="other", zone="core")
DECIDED = SiteContext(
    name="the annex",
    class_="other",
    zone="separate",
    decision="extend",
    decision_on=date(2025, 3, 3),
    decision_reference="SEC-12",
)
UNSTATED = SiteContext(name="the annex")
RELABEL = identified(brand="annke", maker_basis="wire-shows-maker")
LABEL = identified(brand="lts", maker_basis="documented-relabel")
PART = identified(brand="pelco", maker="pelco", components=("hisilicon",))
LOREX = identified(brand="lorex", maker="dahua", maker_basis="wire-shows-maker")

CASES: dict[str, tuple[Identification, str, SiteContext]] = {
    "uk-sensitive-own-label": (identified(), "uk-department", SENSITIVE),
    "uk-sensitive-relabel-made-later": (replace(RELABEL, made_on=date(2023, 5, 14)), "uk-department", SENSITIVE),
    "uk-sensitive-relabel-by-label-alone": (LABEL, "uk-department", SENSITIVE),
    "uk-core-made-before": (identified(made_on=date(2021, 3, 4)), "uk-department", OTHER),
    "uk-extended-by-decision": (identified(), "uk-department", DECIDED),
    "uk-unstated": (identified(), "uk-department", UNSTATED),
    "uk-sensitive-mac-alone": (by_oui("hikvision"), "uk-department", SENSITIVE),
    "us-889-agency-own-label": (identified(), "us-federal-agency", UNSTATED),
    "us-889-agency-component": (PART, "us-federal-agency", UNSTATED),
    "us-889-agency-relabel-of-unknown-date": (LOREX, "us-federal-agency", UNSTATED),
    "us-889-contractor-own-label": (identified(made_on=date(2019, 1, 2)), "us-contractor", UNSTATED),
    "us-889-agency-not-reached": (identified(brand="axis", maker="axis"), "us-federal-agency", UNSTATED),
}


@pytest.mark.parametrize("name", CASES)
def test_a_finding_reads_word_for_word_as_it_was_reviewed(name: str, update_golden: bool):
    identification, policy, site = CASES[name]
    judgement = judged(identification, policies=(policy,), site=site)
    text = "\n\n".join(f"{item.verdict} to {item.act}\n{item.reason}" for item in judgement.findings) + "\n"
    file = SENTENCES / f"{name}.txt"
    if update_golden:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_every_file_of_golden_sentences_belongs_to_a_case():
    assert {path.stem for path in SENTENCES.iterdir()} == set(CASES)


def told(finding: Finding) -> bool:
    return finding.verdict is not Verdict.NO_FINDING


def parts(finding: Finding) -> list[int]:
    """Where each part of a sentence begins, in the order in which they must stand; a part that is not there is left out."""
    text, named = finding.reason, shipped().rules[finding.rule]
    installed = INSTALLED_WORDS[finding.installed]
    marks = [
        ("firmware are of", "the label reads", "no label is seen", "points to"),
        (f"{named.id}: {named.title}",),
        (f"({named.version},",),
        (f"; {finding.force}",),
        ("on this the rule",),
        tuple(installed.format(must=must) for must in (*MUST.values(), "is to")),
        ("camscan first saw it", "the serial number shows", "a named person states that it was acquired"),
        ("open:",),
        ("assumed:",),
        ("; see ",),
        ("Not expected:",),
    ]
    places = [[text.find(word) for word in words if word in text] for words in marks]
    return [min(found) for found in places if found]


def test_the_parts_stand_in_one_order_in_every_finding_of_every_golden_case():
    seen = 0
    for case in shipped().golden:
        for finding in filter(told, run(case, shipped()).findings):
            places = parts(finding)
            assert places == sorted(places), (case.name, finding.reason)
            assert len(places) >= 8
            seen += 1
    assert seen > 100


def test_at_a_sensitive_site_every_uk_finding_ends_with_what_to_do_first():
    ending = "Confirm by eye, then tell your departmental security adviser before this goes further."
    for identification in (identified(), by_oui("hikvision"), LABEL):
        for finding in judged(identification, site=SENSITIVE).findings:
            assert finding.reason.endswith(f"Not expected: Parliament was told removal is complete. {ending}")


@pytest.mark.parametrize(
    ("site", "as_of"), [(OTHER, date(2026, 11, 21)), (UNSTATED, date(2026, 11, 21)), (SENSITIVE, date(2025, 11, 17))]
)
def test_elsewhere_and_before_parliament_was_told_it_does_not(site: SiteContext, as_of: date):
    assert all("Not expected" not in finding.reason for finding in judged(site=site, as_of=as_of).findings)


def test_a_class_that_the_policy_only_presumes_does_not_end_a_finding_so():
    department = shipped().sets["uk-department"]
    presumed = Presumption(fact="class", value="sensitive", assumption="the site is taken as a sensitive one")
    presuming = replace(shipped(), sets=dict(shipped().sets) | {"xx": replace(department, name="xx", presumptions=(presumed,))})
    findings = judged(book=presuming, policies=("xx",), site=UNSTATED).findings
    assert Verdict.PROHIBITED in {finding.verdict for finding in findings}
    assert all("Not expected" not in finding.reason for finding in findings)
    stated = judged(book=presuming, policies=("xx",), site=SENSITIVE).findings
    assert all("Not expected: Parliament was told" in finding.reason for finding in stated)


def test_a_decision_of_the_department_is_cited_and_holds_from_its_day_on():
    [finding] = [item for item in judged(site=DECIDED).findings if item.verdict is Verdict.PROHIBITED]
    assert "(decision of 3 March 2025, reference SEC-12)" in finding.reason
    assert Verdict.PROHIBITED not in {item.verdict for item in judged(site=DECIDED, as_of=date(2025, 3, 2)).findings}


def test_a_certificate_is_told_as_a_weak_sign_and_never_as_a_date_of_manufacture():
    said = replace(device(), observations=(observation((("tls.not_before", "2023-05-14T00:00:00Z"),), port=443),))
    unset = replace(device(), observations=(observation((("tls.not_before", "1970-01-01T00:00:00Z"),), port=443),))
    reasons = [judged(asset=one, site=SENSITIVE).findings[0].reason for one in (said, unset)]
    assert "its certificate begins on 14 May 2023, a weak sign of its age; date of manufacture and deployment" in reasons[0]
    assert "certificate" not in reasons[1]


def test_a_unit_seen_before_the_rule_s_date_is_said_to_have_been_seen_before():
    early = rule(since=date(2026, 6, 1))
    [finding] = judged(acme(), book=book(early), policies=("xx",)).findings
    assert "camscan first saw it on 1 March 2026, before the rule's date of 1 June 2026" in finding.reason


def test_a_sentence_that_is_added_later_stands_before_the_ending():
    here = Situation(
        book=shipped(),
        identification=essence(identified()),
        oui_only=False,
        site="annex",
        decided="",
        facts=(("class", "sensitive"),),
        as_of=date(2026, 11, 21),
        unit_date=None,
    )
    reason = judged(site=SENSITIVE).findings[0].reason
    hcws386 = shipped().rules["uk.hcws386"]
    added = with_sentence(reason, "It calls out.", hcws386, here)
    assert "hcws386>. It calls out. Not expected:" in added
    assert added.endswith("before this goes further.")
    assert with_sentence("It is.", "It calls out.", hcws386, here) == "It is. It calls out."
