"""Because of what a verdict changed: the last thing that, made as it is now, changed what follows from the old evidence."""

from __future__ import annotations

from camscan.history.causes import Step, causes_of
from camscan.model import Cause, Confidence, DeviceState, Verdict
from tests.history.facts import finding, state

REVIEW, PROHIBITED = state(7, verdict=Verdict.REVIEW), state(7)
BLANK = state(7, verdict=Verdict.UNIDENTIFIED, maker=None, confidence=Confidence.TENTATIVE)


def verdict_by(first: DeviceState, *steps: tuple[Cause, DeviceState]) -> str | None:
    return causes_of({7: first}, [Step(cause, {7: now}) for cause, now in steps]).verdict.get(7)


def test_the_step_that_changes_the_verdict_is_its_cause() -> None:
    causes: tuple[Cause, ...] = ("site", "attestation", "rule", "device")
    for place, cause in enumerate(causes):
        steps = [(one, PROHIBITED if number >= place else REVIEW) for number, one in enumerate(causes)]
        assert verdict_by(REVIEW, *steps) == cause


def test_of_several_steps_the_last_that_made_a_difference_is_the_cause() -> None:
    assert verdict_by(BLANK, ("site", REVIEW), ("rule", PROHIBITED), ("device", PROHIBITED)) == "rule"


def test_newer_data_under_which_the_device_is_the_same_is_a_newer_rule() -> None:
    assert verdict_by(REVIEW, ("data", PROHIBITED), ("device", PROHIBITED)) == "rule"
    assert verdict_by(BLANK, ("data", PROHIBITED), ("device", PROHIBITED)) == "data"


def test_a_finding_that_is_added_has_a_cause_too() -> None:
    more = state(7, findings=(finding(), finding(Verdict.REVIEW, rule="us.889")))
    assert verdict_by(PROHIBITED, ("data", more), ("device", more)) == "rule"


def test_nothing_changed_has_no_cause() -> None:
    found = causes_of({7: REVIEW}, [Step("data", {7: REVIEW}), Step("device", {7: REVIEW})])
    assert (found.verdict, found.identity) == ({}, {})


def test_a_device_that_a_step_does_not_know_is_as_it_was() -> None:
    found = causes_of({7: BLANK}, [Step("data", {}), Step("device", {7: PROHIBITED, 8: PROHIBITED})])
    assert found.verdict == {7: "device"}
    assert found.identity == {7: "device"}
