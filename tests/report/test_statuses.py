"""Wherever a format prints that something is accepted, it prints who recorded that, and what it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from camscan.cli.exits import closing_line, exit_code
from camscan.model import AssessedAsset, Finding, Report, Settle, Step, Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.policy.totals import counts
from camscan.report.html.first import first
from camscan.report.letter import needing_action, text
from camscan.report.registry import FORMATS
from camscan.report.summary import next_steps
from camscan.report.view import first_steps, in_part, open_verdict, steps, totals
from tests.report import making

OWNERS = ("R. Nowak", "A. Kowalska")
NOTE = "until 2027-03-01, ticket RISK-12: watches a fire exit; recorded by {owner}; " + NO_WAIVER


def accepted(number: int, owner: str) -> AssessedAsset:
    note = NOTE.format(owner=owner)
    finding = making.finding(Verdict.PROHIBITED, status="accepted", exception=f"ex-{number}", status_note=note)
    return making.assessed(number, Verdict.PROHIBITED, finding)


def report() -> Report:
    many = [accepted(number, OWNERS[number % 2]) for number in range(1, 31)]
    lapsed = making.finding(Verdict.PROHIBITED, status="lapsed", exception="ex-9", status_note="lapsed: it ended on 2026-11-20")
    return replace(making.report(*many, making.assessed(40, Verdict.PROHIBITED, lapsed)), complete=True, incomplete_because=())


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
    reached = making.finding(Verdict.PROHIBITED, status=status, action=plan)
    asked = making.for_review(status)
    both = making.report(making.assessed(1, Verdict.PROHIBITED, reached), making.assessed(2, Verdict.REVIEW, asked))
    assert first_steps(both) == (("1 device: Verify by eye",) if waiting else ())
    assert len(steps(both)) == waiting


ACCEPTED = making.finding(Verdict.PROHIBITED, status="accepted", exception="ex-1", status_note=NOTE.format(owner=OWNERS[0]))
CONNECT = making.finding(
    Verdict.RESTRICTED,
    act="connect",
    rule="uk.connect",
    action=(Step(name="rule", text="The rule: off the core network."), Step(name="disconnect", text="Take it off. Today.")),
)
ELSEWHERE = making.finding(Verdict.PROHIBITED, policy="us-federal-agency", rule="us.s889.a1B")
ASKED = making.finding(
    Verdict.REVIEW,
    act="connect",
    because=("site",),
    settle=Settle(
        question="Is annex part of a core network?", outcomes=(("yes", Verdict.RESTRICTED), ("no", Verdict.NO_FINDING))
    ),
)


def in_parts(*findings: Finding) -> Report:
    return making.report(making.assessed(1, Verdict.PROHIBITED, *findings), complete=True, incomplete_because=())


@pytest.mark.parametrize(
    ("left", "verdict", "words", "code"),
    [
        (CONNECT, Verdict.RESTRICTED, "accepted in part; open: restricted", 3),
        (replace(CONNECT, status="lapsed"), Verdict.RESTRICTED, "accepted in part; lapsed: restricted", 3),
        (ELSEWHERE, Verdict.PROHIBITED, "accepted in part; open: prohibited", 3),
        (ASKED, Verdict.REVIEW, "accepted in part; open: review", 4),
    ],
)
def test_what_stays_open_beside_an_accepted_finding_is_said_wherever_the_device_is(
    left: Finding, verdict: Verdict, words: str, code: int
) -> None:
    found = in_parts(ACCEPTED, left)
    [device] = found.assets
    assert (open_verdict(device), in_part(device)) == (verdict, words)
    assert exit_code(found) == code
    assert closing_line(found).endswith(f"1 {verdict}")
    assert f"prohibited ({words})" in FORMATS["table"].render(found)
    assert words in FORMATS["md"].render(found)
    assert words in FORMATS["html"].render(found)
    assert needing_action(found) == (device,)
    mail = " ".join(text(found).split())
    assert words in mail
    assert f"recorded by {OWNERS[0]}; {NO_WAIVER}" in mail
    page = first(found)
    assert [(group.verdict, group.number) for group in page.groups] == [(str(verdict), 1)]
    assert page.decided == ""
    assert left.rule in FORMATS["table"].render(found, width=None)


def test_the_next_step_is_that_of_what_is_open_and_not_of_what_is_accepted() -> None:
    assert next_steps(in_parts(ACCEPTED, CONNECT)) == "1 device: Take it off"
    asked = "1 device waits for one answer: Is annex part of a core network? yes → restricted, no → no finding"
    assert next_steps(in_parts(ACCEPTED, ASKED)) == asked
    assert next_steps(in_parts(ACCEPTED, replace(ASKED, status="planned"))) == "nothing waits for an answer"
    assert next_steps(in_parts(replace(ACCEPTED, status="open"), ASKED)) == "nothing waits for an answer"


def test_a_device_of_which_all_is_decided_is_accepted_and_waits_for_nobody() -> None:
    found = in_parts(ACCEPTED, replace(CONNECT, status="accepted"))
    [device] = found.assets
    assert (open_verdict(device), in_part(device), needing_action(found)) == (None, "", ())
    assert "prohibited (accepted)" in FORMATS["table"].render(found)
    assert first(found).decided == "1 accepted"


def test_a_weaker_finding_that_is_accepted_takes_nothing_from_a_stronger_one_that_is_open() -> None:
    found = in_parts(replace(ACCEPTED, status="open"), replace(CONNECT, status="accepted"))
    assert in_part(found.assets[0]) == ""
    assert first(found).groups[0].verdict == "prohibited"
