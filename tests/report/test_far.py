"""The worksheet of a contractor: what is known is filled in, what only the operator knows is marked, no clock starts by itself."""

from __future__ import annotations

from datetime import date

import pytest

from camscan.model import Step, Verdict
from camscan.report.far import LEAD, OPEN, Worksheet
from tests.policy.books import shipped
from tests.report import canned, making
from tests.report.test_formats import FORBIDDEN

[FEDERAL] = shipped().holidays
CLAUSES = {clause.id: clause for clause in shipped().clauses}
FIRST = "within 1 business day after the contractor identifies, or is notified of, covered equipment used during contract performance: due"
SECOND = "within 10 business days after the first report was submitted: due"


def report(**changes: object):
    lead = making.finding(
        Verdict.PROHIBITED,
        policy="us-contractor",
        rule="us.s889.a1B",
        act="contract",
        action=(Step(name="rule", text="us.s889.a1B (statute) forbids"), Step(name="verify", text="Verify by eye.")),
    )
    other = making.finding(Verdict.PROHIBITED, policy="uk-department")
    return making.report(
        making.assessed(11, Verdict.PROHIBITED, lead),
        making.assessed(12, Verdict.PROHIBITED, other),
        run=making.run(policies=("us-contractor",), marking="CUI"),
        **changes,
    )


def worksheet(clause: str | None = "52.204-25", **stated: date) -> str:
    return Worksheet(clause=CLAUSES[clause] if clause else None, holidays=FEDERAL, **stated).render(report())


def test_the_lead_line_stands_first_under_the_marking() -> None:
    assert worksheet().splitlines()[:2] == ["CUI", LEAD]
    assert worksheet().splitlines()[-1] == "CUI"


def test_deadlines_count_business_days_from_what_the_contractor_states() -> None:
    text = worksheet(identified_on=date(2026, 11, 25), submitted_on=date(2026, 11, 27))
    assert f"{FIRST} 27 November 2026" in text
    assert f"{SECOND} 11 December 2026" in text


def test_the_second_report_waits_for_the_first_one() -> None:
    text = worksheet(identified_on=date(2026, 11, 25))
    assert f"{FIRST} 27 November 2026" in text
    assert f"{SECOND} {OPEN}" in text


def test_the_time_of_the_scan_is_never_taken_for_the_identification() -> None:
    text = worksheet()
    assert f"{FIRST} {OPEN}" in text
    assert f"by the contractor on: {OPEN} (never taken from the time of a scan)" in text
    assert "21 November 2026" not in text
    assert "23 November 2026" not in text


def test_a_clause_that_has_not_been_read_gives_no_deadline() -> None:
    text = worksheet("52.240-91", identified_on=date(2026, 11, 25), submitted_on=date(2026, 11, 27))
    assert f"What this clause asks is unverified until it is read in the contract: {OPEN}" in text
    assert "within 72 hours after" in text
    assert f"read the clause of the contract): {OPEN}" in text
    assert "due" not in text.partition("Contract number")[0].replace("due date", "")


def test_without_a_clause_the_operator_is_asked_for_it() -> None:
    assert f"Clause that the contract carries: {OPEN}" in worksheet(None, identified_on=date(2026, 11, 25))


def test_a_deadline_beyond_the_known_holidays_is_left_open() -> None:
    text = worksheet(identified_on=date(2029, 1, 2))
    assert f"due {OPEN} (holidays are known from 2024 to 2028)" in text


@pytest.mark.parametrize(
    "field",
    ["Contract number", "Order number or numbers", "Supplier name", "Supplier unique entity identifier, if known",
     "Supplier CAGE code, if known", "Mitigation undertaken", "Where it stands and what it is used for"],
)  # fmt: skip
def test_what_no_scan_can_know_is_marked(field: str) -> None:
    assert f"{field}: {OPEN}" in worksheet()


def test_what_is_known_of_a_lead_is_filled_in_and_equipment_of_other_policies_is_none() -> None:
    text = worksheet()
    assert "Brand: ANNKE → Hikvision (confidence certain; confirm by eye)" in text
    assert "Model number (maker's, part or wholesaler's): C800" in text
    assert "addresses 10.20.0.11, bc:ad:28:00:00:0b" in text
    assert "Mitigation recommended: Verify by eye." in text
    assert "10.20.0.12" not in text


def test_a_model_that_the_device_did_not_show_is_asked_for() -> None:
    lead = making.finding(Verdict.REVIEW, policy="us-contractor")
    unknown = making.assessed(11, Verdict.REVIEW, lead, identification=making.known(model=None))
    assert f"not shown by the device: {OPEN}" in Worksheet().render(making.report(unknown))


def test_text_of_a_device_stays_on_its_line_and_no_word_is_ours_that_is_never_printed() -> None:
    lead = making.finding(Verdict.PROHIBITED, policy="us-contractor")
    liar = making.assessed(11, Verdict.PROHIBITED, lead, identification=making.known(model=canned.HOSTILE))
    text = Worksheet().render(making.report(liar))
    assert "\x1b" not in text
    assert "\u202e" not in text
    said = {word.strip(".,;:()\"'") for word in worksheet().lower().replace("/", " ").split()}
    assert not said & FORBIDDEN


def test_a_report_without_leads_says_so() -> None:
    assert "No device of this report is a lead under this policy." in Worksheet().render(canned.nothing_found())
