"""The CycloneDX document: judged by the official schema that its public library carries, and what stands in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from camscan.model import Confidence, Report, Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.report.cyclonedx import VERSION, render
from camscan.report.escape import visible
from tests.report import canned, making

VALIDATOR = JsonStrictValidator(SchemaVersion.from_version(VERSION))


def document(report: Report) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(render(report))
    return parsed


def properties(part: dict[str, Any]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for one in part["properties"]:
        named.setdefault(one["name"].removeprefix("camscan:"), []).append(one["value"])
    return named


def camera(number: int, **changes: Any) -> Any:
    return making.assessed(
        number, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), identification=making.known(**changes)
    )


@pytest.mark.parametrize("name", canned.CANNED)
def test_every_document_is_valid_by_the_official_schema(name: str) -> None:
    assert VALIDATOR.validate_str(render(canned.CANNED[name]())) is None


@pytest.mark.parametrize(
    "old", ['"bomFormat": "CycloneDX"', '"type": "device"', '"field": "name"', "urn:uuid:", '"phase": "discovery"']
)
def test_the_judge_refuses_what_the_schema_does_not_allow(old: str) -> None:
    text = render(canned.every_verdict())
    assert old in text
    assert VALIDATOR.validate_str(text.replace(old, old.replace("e", "x").replace("u", "x"))) is not None


@settings(max_examples=40)
@given(text=st.text(max_size=60))
def test_any_text_of_a_device_stays_valid_and_comes_back_as_it_is_shown(text: str) -> None:
    said = {"model": text, "firmware": text, "serial": text, "evidence": (making.evidence(value=text),)}
    rendered = render(making.report(camera(11, **said)))
    assert rendered.isascii()
    assert VALIDATOR.validate_str(rendered) is None
    device, firmware = json.loads(rendered)["components"]
    assert device["name"] == (visible(text) or "camera 10.20.0.11")
    assert firmware["version"] == visible(text)


def test_a_device_is_a_component_with_its_maker_and_the_company_on_its_label() -> None:
    [device, *_] = document(canned.every_verdict())["components"]
    assert (device["type"], device["name"]) == ("device", "C800")
    assert device["manufacturer"] == {"name": "Hikvision"}
    assert device["supplier"] == {"name": "ANNKE"}
    said = properties(device)
    assert said["verdict"] == ["prohibited"]
    assert said["maker_basis"] == ["wire-shows-maker"]
    assert said["evidence"] == ["sadp.model=DS-2CD2042WD-I (hikvision.sadp.model)"]
    [finding] = said["finding"]
    assert finding.startswith("uk-department uk.hcws386: prohibited, deploy, instruction; open; SADP names Hikvision firmware;")


def test_camera_like_devices_are_components_and_no_others() -> None:
    told = [properties(part)["ip"] for part in document(canned.every_verdict())["components"]]
    assert told == [[f"10.20.0.{number}"] for number in (11, 12, 13, 14, 15, 16, 18)]


@pytest.mark.parametrize(
    ("confidence", "number"), [(Confidence.TENTATIVE, 0.4), (Confidence.FIRM, 0.8), (Confidence.CERTAIN, 0.95)]
)
def test_the_identity_says_how_well_it_is_known_and_from_what(confidence: Confidence, number: float) -> None:
    evidence = (
        making.evidence(),
        making.evidence(observation=1),
        making.evidence(
            fingerprint="oui:bcad28/24", field="mac", value="bc:ad:28:00:00:0b", says=(("maker", "hikvision"),), editable=True
        ),
        making.evidence(fingerprint="attest:at-1", field="model", value="C800", says=(("model", "C800"),)),
    )
    [device] = document(making.report(camera(11, confidence=confidence, evidence=evidence)))["components"]
    maker, model = device["evidence"]["identity"]
    assert (maker["field"], maker["concludedValue"], maker["confidence"]) == ("group", device["group"], number)
    assert [(one["technique"], one["confidence"]) for one in maker["methods"]] == [
        ("dynamic-analysis", 0.9),
        ("dynamic-analysis", 0.4),
    ]
    assert (model["field"], model["concludedValue"], model["confidence"]) == ("name", "C800", number)
    assert [(one["technique"], one["confidence"]) for one in model["methods"]] == [
        ("dynamic-analysis", 0.9),
        ("attestation", 0.9),
    ]


def test_equal_firmware_of_several_devices_is_one_component_on_which_each_depends() -> None:
    whole = document(making.report(camera(11, firmware="V5.5.0"), camera(12, firmware="V5.5.0"), camera(13, firmware="V5.6.0")))
    firmware = [part for part in whole["components"] if part["type"] == "firmware"]
    assert [(part["name"], part["version"]) for part in firmware] == [("C800 firmware", "V5.5.0"), ("C800 firmware", "V5.6.0")]
    first, second = (part["bom-ref"] for part in firmware)
    assert [one["dependsOn"] for one in whole["dependencies"]] == [[first], [first], [second]]
    assert {one["ref"] for one in whole["dependencies"]} == {
        part["bom-ref"] for part in whole["components"] if part["type"] == "device"
    }


def test_the_serial_number_is_that_of_the_run_and_the_time_is_its_end() -> None:
    first, again, other = (document(making.report(run=making.run(id=name))) for name in ("one", "one", "two"))
    assert first["serialNumber"] == again["serialNumber"] != other["serialNumber"]
    assert first["metadata"]["timestamp"] == "2026-11-21T18:04:30Z"


def test_the_metadata_says_what_was_covered_by_whose_authority_and_that_it_is_no_legal_advice() -> None:
    said = properties(document(canned.every_verdict())["metadata"])
    assert said["notice"] == ["Not legal advice."]
    assert said["marking"] == ["OFFICIAL-SENSITIVE"]
    assert said["coverage"][0] == "10.20.0.0/24 at link level, complete, 12 alive"
    assert (said["authorised_by"], said["authority"]) == (["R. Nowak"], ["CHG-2041"])
    assert said["excluded"] == ["10.20.0.250", "00:40:8c:00:00:01"]
    assert properties(document(canned.nothing_judged())["metadata"])["judged"] == ["nothing was judged"]


def test_one_component_stands_on_a_line() -> None:
    lines = render(canned.every_verdict()).splitlines()
    assert sum(line.startswith('{"type": "device"') for line in lines) == 7


def test_a_status_never_stands_without_its_note() -> None:
    note = f"recorded by R. Nowak; {NO_WAIVER}"
    found = making.finding(Verdict.PROHIBITED, status="accepted", status_note=note)
    [device] = document(making.report(making.assessed(11, Verdict.PROHIBITED, found)))["components"]
    assert f"; accepted: {note}; " in properties(device)["finding"][0]


def test_a_device_without_model_is_named_by_kind_and_address() -> None:
    nameless = camera(11, model=None, brand=None, maker=None, evidence=(), confidence=None)
    [device] = document(making.report(nameless))["components"]
    assert device["name"] == "camera 10.20.0.11"
    assert not {"group", "manufacturer", "supplier", "evidence"} & set(device)
