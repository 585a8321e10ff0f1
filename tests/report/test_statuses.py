"""Wherever a format prints that something is accepted, it prints who recorded that, and what it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from camscan.cli.exits import exit_code
from camscan.model import AssessedAsset, Report, Step, Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.policy.totals import counts
from camscan.report.registry import FORMATS
from camscan.report.view import first_steps, steps, totals
from tests.report import canned

OWNERS = ("R. Nowak", "A. Kowalska")
NOTE = "until 2027-03-01, ticket RISK-12: watches a fire exit; recorded by {owner}; " + NO_WAIVER


def accepted(number: int, owner: str) -> AssessedAsset:
    note = NOTE.format(owner=owner)
    finding = canned.finding(Verdict.PROHIBITED, status="accepted", exception=f"ex-{number}", status_note=note)
    return canned.assessed(number, Verdict.PROHIBITED, finding)


def report() -> Report:
    many = [accepted(number, OWNERS[number % 2]) for number in range(1, 31)]
    lapsed = canned.finding(Verdict.PROHIBITED, status="lapsed", exception="ex-9", status_note="lapsed: it ended on 2026-11-20")
    return replace(canned.report(*many, canned.assessed(40, Verdict.PROHIBITED, lapsed)), complete=True, incomplete_because=())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("width", [None, 80])
def test_accepted_is_never_printed_without_who_recorded_it_and_what_it_is_not(form: str, width: int | None) -> None:
    text = FORMATS[form].render(report(), width=width)
    said = " ".join(text.split())
    if "accepted" in said.lower():
        assert all(f"recorded by {owner}; {NO_WAIVER}" in said for owner in OWNERS)
    for line in text.splitlines():
        if '"accepted"' in line:
            assert line.replace(": ", ":").count('"status":"accepted"') + line.count(' status="accepted"') == line.count(
                NO_WAIVER
            )


def test_the_table_names_every_device_that_is_accepted_once_with_its_owner() -> None:
    lines = [line for line in FORMATS["table"].render(report()).splitlines() if line.startswith("Accepted (")]
    assert len(lines) == len(OWNERS)
    named = sorted(place for line in lines for place in line[len("Accepted (") : line.index(")")].split(", "))
    assert named == sorted(f"10.20.0.{number}" for number in range(1, 31))


def test_the_table_says_why_an_exception_lapsed() -> None:
    assert "Lapsed (10.20.0.40): it ended on 2026-11-20" in FORMATS["table"].render(report())


def test_totals_count_verdicts_and_the_exit_code_what_is_open() -> None:
    assert totals(report()).confirmed == 31
    assert counts(report().assets)["confirmed"] == 31
    assert exit_code(report()) == 3
    settled = replace(report(), assets=report().assets[:-1])
    assert exit_code(settled) == 0
    assert totals(settled).confirmed == 30


@pytest.mark.parametrize(("status", "waiting"), [("open", 1), ("lapsed", 1), ("planned", 0), ("accepted", 0)])
def test_what_is_decided_is_no_next_step_of_anybody(status: str, waiting: int) -> None:
    plan = (Step(name="verify", text="Verify by eye. Find the unit."),)
    reached = canned.finding(Verdict.PROHIBITED, status=status, action=plan)
    asked = canned.for_review(status)
    both = canned.report(canned.assessed(1, Verdict.PROHIBITED, reached), canned.assessed(2, Verdict.REVIEW, asked))
    assert first_steps(both) == (("1 device: Verify by eye",) if waiting else ())
    assert len(steps(both)) == waiting
