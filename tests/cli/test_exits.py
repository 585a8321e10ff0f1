"""Every exit code, row by row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from camscan.cli.exits import ExitCode, FailOn, closing_line, exit_code, exit_code_of
from camscan.errors import (
    CamscanError,
    DataFileError,
    DeliveryError,
    LockedError,
    PrivilegeError,
    RefusedError,
    UsageError,
)
from camscan.model import AssessedAsset, Change, ChangeKind, Diff, Identification, Report, Verdict
from tests.report import canned, making

PROHIBITED = making.assessed(1, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED))
RESTRICTED = making.assessed(2, Verdict.RESTRICTED, making.finding(Verdict.RESTRICTED))
REVIEW = making.assessed(3, Verdict.REVIEW, making.for_review())
UNIDENTIFIED = making.assessed(4, Verdict.UNIDENTIFIED, identification=Identification())
NO_FINDING = making.assessed(5, Verdict.NO_FINDING, making.finding(Verdict.NO_FINDING))
NOT_ASSESSED = making.assessed(6, Verdict.NOT_ASSESSED, identification=Identification())
NOT_APPLICABLE = making.assessed(7, Verdict.NOT_APPLICABLE, identification=Identification(kind="other"))


def complete(*assets: AssessedAsset) -> Report:
    return making.report(*assets)


def incomplete(*assets: AssessedAsset) -> Report:
    return making.report(*assets, complete=False, incomplete_because=("1 of 12 ranges not covered (vlan 40: interface down)",))


def interrupted(*assets: AssessedAsset) -> Report:
    return replace(incomplete(*assets), run=making.run(interrupted=True))


@pytest.mark.parametrize(
    ("report", "options", "code"),
    [
        pytest.param(complete(), {}, 0, id="complete and nothing there"),
        pytest.param(complete(NO_FINDING, NOT_ASSESSED, NOT_APPLICABLE), {}, 0, id="complete and nothing at or above review"),
        pytest.param(canned.nothing_judged(), {}, 0, id="complete and nothing judged"),
        pytest.param(complete(PROHIBITED, REVIEW), {}, 3, id="prohibited"),
        pytest.param(complete(RESTRICTED), {}, 3, id="restricted"),
        pytest.param(complete(REVIEW), {}, 4, id="review alone"),
        pytest.param(complete(UNIDENTIFIED), {}, 4, id="unidentified alone"),
        pytest.param(incomplete(), {}, 5, id="incomplete and nothing there"),
        pytest.param(incomplete(NO_FINDING), {}, 5, id="incomplete and nothing found"),
        pytest.param(replace(canned.nothing_judged(), complete=False), {}, 5, id="incomplete and nothing judged"),
        pytest.param(incomplete(PROHIBITED), {}, 9, id="prohibited and incomplete"),
        pytest.param(incomplete(REVIEW), {}, 9, id="review and incomplete"),
        pytest.param(complete(PROHIBITED), {"delivered": False}, 10, id="not delivered comes before found"),
        pytest.param(incomplete(PROHIBITED), {"delivered": False}, 10, id="not delivered comes before incomplete"),
        pytest.param(incomplete(PROHIBITED), {"by_signal": 130}, 130, id="interrupted"),
        pytest.param(incomplete(PROHIBITED), {"by_signal": 143}, 143, id="terminated"),
        pytest.param(interrupted(PROHIBITED), {}, 130, id="interrupted, as the run itself says"),
        pytest.param(
            interrupted(PROHIBITED), {"by_signal": 143, "delivered": False}, 143, id="a signal comes before everything"
        ),
        pytest.param(complete(PROHIBITED), {"exit_zero": True}, 0, id="exit-zero turns 3 into 0"),
        pytest.param(complete(REVIEW), {"exit_zero": True}, 0, id="exit-zero turns 4 into 0"),
        pytest.param(incomplete(), {"exit_zero": True}, 5, id="exit-zero leaves 5"),
        pytest.param(incomplete(PROHIBITED), {"exit_zero": True}, 9, id="exit-zero leaves 9"),
        pytest.param(complete(), {"exit_zero": True, "delivered": False}, 10, id="exit-zero leaves 10"),
        pytest.param(interrupted(), {"exit_zero": True}, 130, id="exit-zero leaves 130"),
        pytest.param(complete(RESTRICTED), {"fail_on": "prohibited"}, 0, id="restricted is below prohibited"),
        pytest.param(complete(UNIDENTIFIED), {"fail_on": "restricted"}, 0, id="unidentified is below restricted"),
        pytest.param(complete(REVIEW), {"fail_on": "unidentified"}, 0, id="review is below unidentified"),
        pytest.param(complete(UNIDENTIFIED), {"fail_on": "unidentified"}, 4, id="unidentified stands at unidentified"),
        pytest.param(complete(PROHIBITED), {"fail_on": "none"}, 0, id="none never fails"),
        pytest.param(incomplete(PROHIBITED), {"fail_on": "none"}, 5, id="none does not hide incompleteness"),
        pytest.param(incomplete(REVIEW), {"fail_on": "prohibited"}, 5, id="found below the threshold and incomplete"),
    ],
)
def test_exit_code(report: Report, options: dict[str, Any], code: int) -> None:
    assert exit_code(report, **options) == code


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (("open",), 3),
        (("lapsed",), 3),
        (("accepted",), 0),
        (("planned",), 0),
        (("accepted", "open"), 3),
    ],
)
def test_a_recorded_acceptance_or_plan_takes_a_finding_out_of_the_exit_code(statuses: tuple[str, ...], code: int) -> None:
    findings = [making.finding(Verdict.PROHIBITED, status=status) for status in statuses]
    assert exit_code(complete(making.assessed(1, Verdict.PROHIBITED, *findings))) == code


def test_behind_an_accepted_prohibition_an_open_review_still_counts() -> None:
    judged = making.assessed(1, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED, status="accepted"), making.for_review())
    assert exit_code(complete(judged)) == 4


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (UsageError, 2),
        (PrivilegeError, 2),
        (RefusedError, 6),
        (LockedError, 7),
        (DataFileError, 8),
        (DeliveryError, 10),
        (CamscanError, 1),
        (type("NarrowerError", (DataFileError,), {}), 8),
    ],
)
def test_exit_code_of_an_error(fault: type[CamscanError], code: int) -> None:
    assert exit_code_of(fault("x")) == code


def test_every_error_of_camscan_has_an_exit_code_of_its_own_or_of_its_base() -> None:
    assert all(
        exit_code_of(kind("x")) is not ExitCode.INTERNAL
        for kind in CamscanError.__subclasses__()
        if kind.__module__ == "camscan.errors"
    )


@pytest.mark.parametrize(
    ("report", "fail_on", "line"),
    [
        (
            incomplete(PROHIBITED, replace(PROHIBITED, asset=making.asset(8)), REVIEW),
            "review",
            "INCOMPLETE: 1 of 12 ranges not covered (vlan 40: interface down); 2 prohibited, 1 review",
        ),
        (complete(), "review", "COMPLETE: nothing open at or above review"),
        (complete(REVIEW, UNIDENTIFIED), "review", "COMPLETE: 1 unidentified, 1 review"),
        (complete(REVIEW), "prohibited", "COMPLETE: 1 review (all below --fail-on prohibited)"),
        (complete(REVIEW), "none", "COMPLETE: 1 review (--fail-on none)"),
        (canned.nothing_judged(), "review", "COMPLETE: nothing was judged; 2 devices seen"),
        (
            interrupted(),
            "review",
            "INTERRUPTED: 1 of 12 ranges not covered (vlan 40: interface down); nothing open at or above review",
        ),
    ],
)
def test_the_last_line_says_the_exit_code_in_words(report: Report, fail_on: FailOn, line: str) -> None:
    assert closing_line(report, fail_on) == line


def since(*changes: tuple[int, Verdict, bool]) -> Diff:
    made = (
        Change(kind=ChangeKind.VERDICT, device=n, key=f"mac:{n}", cause="device", what="verdict", verdict=verdict, worse=worse)
        for n, verdict, worse in changes
    )
    return Diff(before="one", after="two", changes=tuple(made), unchanged=0)


BETTER = (1, Verdict.PROHIBITED, False)
WORSE = (2, Verdict.RESTRICTED, True)
DOUBTFUL = (3, Verdict.REVIEW, True)


@pytest.mark.parametrize(
    ("report", "found", "code"),
    [
        (complete(PROHIBITED, REVIEW), since(), 0),
        (complete(PROHIBITED, REVIEW), since(BETTER), 0),
        (complete(PROHIBITED, REVIEW), since(BETTER, WORSE), 3),
        (complete(PROHIBITED, REVIEW), since(DOUBTFUL), 4),
        (incomplete(PROHIBITED), since(), 5),
        (incomplete(PROHIBITED), since(WORSE), 9),
        (complete(PROHIBITED), None, 3),
        (complete(REVIEW), None, 4),
        (complete(NO_FINDING), None, 0),
    ],
)
def test_only_what_became_worse_fails_a_run_that_asks_what_is_new_and_all_is_new_in_the_first(
    report: Report, found: Diff | None, code: int
) -> None:
    assert exit_code(report, "new", since=found) == code
    assert exit_code(report, "new", exit_zero=True, since=found) == (0 if code in (3, 4) else code)


def test_the_last_line_says_what_became_worse() -> None:
    assert closing_line(complete(PROHIBITED), "new", since(WORSE, DOUBTFUL, WORSE)) == (
        "COMPLETE: 1 prohibited; new or worse: 1 restricted, 1 review"
    )
    assert closing_line(complete(), "new", since(BETTER)) == "COMPLETE: nothing open at or above review; nothing new or worse"


@pytest.mark.parametrize("fail_on", get_args(FailOn))
def test_never_zero_when_incomplete(fail_on: FailOn) -> None:
    for report in (
        incomplete(),
        incomplete(PROHIBITED),
        incomplete(REVIEW),
        interrupted(),
        replace(canned.nothing_judged(), complete=False),
    ):
        for exit_zero in (False, True):
            assert exit_code(report, fail_on, exit_zero) != 0


def test_every_exit_code_is_documented() -> None:
    table = (Path(__file__).parents[2] / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    documented = [
        int(line.split("|")[1]) for line in table.splitlines() if line.startswith("| ") and line.split("|")[1].strip().isdigit()
    ]
    assert documented == [int(code) for code in ExitCode]
