"""When a cause may lie in rules, data or statements rather than in a device."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from camscan.assessment import Judging
from camscan.datafiles.open import open_knowledge
from camscan.model import Attestation, DeviceException, SiteContext
from camscan.report.observations import ObservationFile
from camscan.why import Side, judged_otherwise
from tests.history.facts import PLAN, sight
from tests.policy.books import book, rule
from tests.report import making

DAY = date(2026, 3, 10)
STATED = Attestation(id="at-1", device="d", bound_to=("mac=x",), by="R. Nowak", basis="label", recorded_on=DAY)


@pytest.fixture(scope="module")
def judging() -> Judging:
    quiet = rule(since=date(2020, 1, 1), review_by=date(2030, 1, 1))
    return Judging(
        knowledge=open_knowledge(None),
        book=book(quiet),
        policies=("xx",),
        site=SiteContext(name="annex"),
        as_of=DAY,
        command="scan",
    )


def side(at: int, *entries: DeviceException, attestations: tuple[Attestation, ...] = (), **changes: Any) -> Side:
    run = making.run(**({"as_of": DAY + timedelta(days=at)} | changes))
    return Side(sight(at, exceptions={one.id: one for one in entries}), run, no_evidence, attestations)


def no_evidence() -> ObservationFile:
    raise AssertionError("no cause is looked for in evidence")


def test_two_nights_on_which_nothing_was_stated_and_no_day_mattered_are_alike(judging: Judging) -> None:
    assert not judged_otherwise(side(0, PLAN), side(1, PLAN), judging)


@pytest.mark.parametrize(
    "after",
    [
        side(1, data_version="2"),
        side(1, version="9.9.9"),
        side(1, site=SiteContext(name="other")),
        side(1, attestations=(STATED,)),
        side(1, PLAN),
    ],
)
def test_what_is_stated_or_known_otherwise_may_be_the_cause(judging: Judging, after: Side) -> None:
    assert judged_otherwise(side(0), after, judging)


@pytest.mark.parametrize("entry", [replace(PLAN, expires_on=DAY), replace(PLAN, due=DAY)])
def test_a_day_on_which_an_exception_ends_may_be_the_cause(judging: Judging, entry: DeviceException) -> None:
    assert judged_otherwise(side(0, entry), side(1, entry), judging)
    assert not judged_otherwise(side(0, entry), side(0, entry), judging)
    assert not judged_otherwise(side(2, entry), side(3, entry), judging)


def test_a_day_on_which_a_rule_begins_may_be_the_cause(judging: Judging) -> None:
    begins = replace(judging, book=book(rule(since=DAY + timedelta(days=1), review_by=date(2030, 1, 1))))
    assert judged_otherwise(side(0), side(1), begins)
    assert not judged_otherwise(side(3), side(4), begins)
