"""The OCSF events: judged by the official schema, and what they say of findings, devices and the run."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.model import Report, Step, Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.report.escape import visible
from camscan.report.ocsf import VERSION, render
from tests.report import canned, making
from tests.report.ocsf_schema import faults

VERSIONS = (VERSION, "1.6.0", "1.7.0")
PLAN = (
    Step(name="rule", text="The written statement instructs departments."),
    Step(name="verify", text="Verify by eye."),
    Step(name="core", text="Take it off the core network."),
)


def events(report: Report) -> list[dict[str, Any]]:
    parsed = json.loads(render(report))
    assert isinstance(parsed, list)
    return parsed


def of_class(report: Report, number: int) -> list[dict[str, Any]]:
    return [event for event in events(report) if event["class_uid"] == number]


def one_finding(**changes: Any) -> dict[str, Any]:
    verdict = changes.pop("verdict", Verdict.PROHIBITED)
    [event] = of_class(making.report(making.assessed(11, verdict, making.finding(verdict, **changes))), 2003)
    return event


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", canned.CANNED)
def test_every_event_is_valid_by_the_official_schema(name: str, version: str) -> None:
    for event in events(canned.CANNED[name]()):
        assert faults(event, version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_report_with_all_that_can_be_known_of_a_device_is_valid_too(version: str) -> None:
    known = making.known(firmware="V5.5.0", serial="AB123", made_on=making.START.date())
    one = making.assessed(
        11,
        Verdict.RESTRICTED,
        making.finding(Verdict.RESTRICTED, action=PLAN),
        identification=known,
        ips=("10.20.0.11", "fd00:20::11"),
        macs=("bc:ad:28:00:00:11", "bc:ad:28:00:00:12"),
        hostnames=("gate-3",),
    )
    found = events(making.report(replace(one, attached_to=making.ATTACHED)))
    assert [fault for event in found for fault in faults(event, version)] == []
    device = found[1]["device"]
    assert device["os"]["version"] == "V5.5.0"
    assert device["hw_info"] == {"serial_number": "AB123"}
    assert device["vlan_uid"] == "20"
    assert [one["uid"] for one in device["network_interfaces"]] == ["fd00:20::11", "bc:ad:28:00:00:12"]


@given(text=st.text(max_size=60))
def test_any_text_of_a_device_stays_valid_and_comes_back_as_it_is_shown(text: str) -> None:
    known = making.known(model=text, firmware=text, serial=text, evidence=(making.evidence(value=text),))
    report = making.report(
        making.assessed(11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), identification=known, hostnames=(text,))
    )
    assert render(report).isascii()
    found = events(report)
    assert [fault for event in found for fault in faults(event, VERSION)] == []
    assert found[1]["device"]["model"] == visible(text)
    assert found[2]["evidences"][0]["data"]["value"] == visible(text)


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda event: event.pop(key)


@pytest.mark.parametrize(
    "spoil",
    [
        *(without(key) for key in ("metadata", "time", "severity_id", "finding_info", "compliance", "type_uid", "activity_id")),
        lambda event: event["metadata"].pop("product"),
        lambda event: event["device"].pop("type_id"),
        lambda event: event.update(verdict="prohibited"),
        lambda event: event.update(severity_id=7),
        lambda event: event.update(severity="Fatal"),
        lambda event: event.update(time="2026-11-21T18:00:00Z"),
        lambda event: event.update(status_id=True),
        lambda event: event.update(type_uid=200302),
        lambda event: event.update(class_uid=2099),
        lambda event: event["device"].update(ip="10.20.0"),
        lambda event: event["device"].update(mac="bc-ad"),
        lambda event: event["compliance"].update(standards="uk-department"),
        lambda event: event["observables"][0].update(type_id=77),
        lambda event: event["resources"][0].update(region="eu"),
    ],
)
def test_the_judge_refuses_what_the_schema_does_not_allow(spoil: Callable[[dict[str, Any]], object]) -> None:
    event = copy.deepcopy(one_finding())
    assert faults(event, VERSION) == []
    spoil(event)
    assert faults(event, VERSION)


def test_one_event_stands_on_a_line_and_the_run_opens_and_closes_the_file() -> None:
    lines = render(canned.every_verdict()).splitlines()
    assert lines[0] == "["
    assert lines[-1] == "]"
    parsed = [json.loads(line.removesuffix(",")) for line in lines[1:-1]]
    assert [parsed[0]["type_name"], parsed[-1]["type_name"]] == ["Scan Activity: Started", "Scan Activity: Completed"]
    assert all(event["metadata"]["labels"] == ["OFFICIAL-SENSITIVE"] for event in parsed)


def test_an_interrupted_run_is_told_as_cancelled_and_an_incomplete_one_as_incomplete() -> None:
    stopped = making.report(run=making.run(interrupted=True), complete=False, incomplete_because=("stopped by a signal",))
    last = events(stopped)[-1]
    assert last["type_name"] == "Scan Activity: Cancelled"
    assert last["status"] == "Incomplete"
    assert last["status_detail"] == "INCOMPLETE: stopped by a signal"
    assert events(canned.nothing_found())[-1]["status"] == "Success"


def test_each_camera_like_device_is_told_once_and_no_other() -> None:
    told = [event["device"]["ip"] for event in of_class(canned.every_verdict(), 5001)]
    assert told == [f"10.20.0.{number}" for number in (11, 12, 13, 14, 15, 16, 18)]


def test_findings_are_told_from_review_on_and_no_device_without_one_has_an_outcome() -> None:
    told = [(event["device"]["ip"], event["compliance"]["status"]) for event in of_class(canned.every_verdict(), 2003)]
    assert told == [
        ("10.20.0.11", "Fail"),
        ("10.20.0.12", "Fail"),
        ("10.20.0.13", "Fail"),
        ("10.20.0.14", "Warning"),
        ("10.20.0.15", "Warning"),
    ]
    assert '"Pass"' not in render(canned.every_verdict())


@pytest.mark.parametrize(
    ("status", "number", "word"),
    [("open", 1, "New"), ("lapsed", 1, "New"), ("planned", 2, "In Progress"), ("accepted", 3, "Suppressed")],
)
def test_a_status_is_told_in_the_words_of_the_schema_and_in_ours_and_never_changes_the_severity(
    status: str, number: int, word: str
) -> None:
    event = one_finding(status=status, exception="ex-1", status_note=f"recorded by R. Nowak; {NO_WAIVER}")
    assert (event["status_id"], event["status"], event["unmapped"]["camscan"]["status"]) == (number, word, status)
    assert event["status_detail"] == f"recorded by R. Nowak; {NO_WAIVER}"
    assert event["severity"] == "High"
    assert event["compliance"]["status"] == "Fail"


def test_a_finding_names_rule_policy_references_evidence_and_what_to_do() -> None:
    event = one_finding(action=PLAN)
    assert event["compliance"]["standards"] == ["uk-department"]
    assert event["compliance"]["control"] == event["finding_info"]["analytic"]["uid"] == "uk.hcws386"
    assert event["compliance"]["requirements"] == ["The written statement instructs departments."]
    assert event["remediation"]["desc"] == "1. Verify by eye. 2. Take it off the core network."
    assert event["unmapped"]["camscan"]["references"] == [event["finding_info"]["src_url"]]
    assert event["message"] == event["finding_info"]["title"] == "prohibited under uk.hcws386: deploy"
    assert event["finding_info"]["desc"].startswith("SADP names Hikvision firmware;")
    titled = one_finding(references=("House of Lords written answer", "HCWS386 <https://example.org/hcws386>"))
    assert titled["finding_info"]["src_url"] == "https://example.org/hcws386"
    assert "src_url" not in one_finding(references=("House of Lords written answer",))["finding_info"]
    assert event["evidences"][0]["name"] == "hikvision.sadp.model"
    assert [one["value"] for one in event["observables"]] == [event["device"][key] for key in ("uid", "ip", "mac")]
    assert "remediation" not in one_finding()


def test_a_finding_keeps_its_id_from_run_to_run_and_an_event_does_not() -> None:
    device = making.assessed(11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED))
    first, second = (of_class(making.report(device, run=making.run(id=name)), 2003)[0] for name in ("one", "two"))
    assert first["finding_info"]["uid"] == second["finding_info"]["uid"]
    assert first["metadata"]["uid"] != second["metadata"]["uid"]


def test_two_effects_of_one_rule_are_two_findings_even_where_they_are_alike() -> None:
    twice = making.finding(Verdict.PROHIBITED)
    found = of_class(making.report(making.assessed(11, Verdict.PROHIBITED, twice, twice)), 2003)
    assert len({event["finding_info"]["uid"] for event in found}) == 2
    assert len({event["metadata"]["uid"] for event in found}) == 2


def test_what_no_class_has_a_place_for_stands_in_the_last_event() -> None:
    said = events(canned.every_verdict())[-1]["unmapped"]["camscan"]
    assert said["counts"]["verdicts"]["prohibited"] == 2
    assert said["scope"]["authorised_by"] == "R. Nowak"
    assert said["assumptions"] == ["the site is presumed to hold a facility to be secured"]
    assert said["coverage_statement"][0] == "10.20.0.0/24 at link level, complete, 12 alive"


def test_evidence_that_was_only_said_again_is_told_once() -> None:
    again = making.known(evidence=(making.evidence(), making.evidence(observation=1), making.evidence(value="other")))
    found = making.finding(Verdict.PROHIBITED, evidence=(0, 1, 2, 9))
    _, device, finding, _ = events(making.report(making.assessed(11, Verdict.PROHIBITED, found, identification=again)))
    for told in ([one["data"] for one in finding["evidences"]], device["unmapped"]["camscan"]["evidence"]):
        assert [one["value"] for one in told] == ["DS-2CD2042WD-I", "other"]
