"""The formats for spreadsheets, the laydown and NetBox: what their rows hold, and what no program can make of them."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.model import AssessedAsset, Coverage, CoverageLevel, Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.report import csv, laydown, netbox
from camscan.report.cells import MAX_CELL, cell
from camscan.report.netbox import LONGEST_NUMBER
from camscan.report.rows import stated
from camscan.report.statement import NOT_LEGAL_ADVICE
from tests.report import canned, making
from tests.report.parse_back import FORMULA, spreadsheet

DOCS = Path(__file__).parents[2] / "docs"
IMPORT_FORM = frozenset({
    "name", "role", "tenant", "manufacturer", "device_type", "platform", "serial", "asset_tag", "status", "site", "location", "rack",
    "position", "face", "latitude", "longitude", "parent", "device_bay", "airflow", "virtual_chassis", "vc_position", "vc_priority",
    "cluster", "description", "config_template", "comments", "tags",
})  # fmt: skip
"""Columns that NetBox's form for devices knows; any other is refused."""
MANDATORY = {"role", "manufacturer", "device_type", "status", "site"}
STATUSES = {"offline", "active", "planned", "staged", "failed", "inventory", "decommissioning"}


@given(st.text(max_size=40))
def test_a_cell_is_one_line_and_no_formula_wherever_it_is_split(text: str) -> None:
    shown = cell(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not any(part.lstrip().startswith(FORMULA) for part in shown.split(";"))


@pytest.mark.parametrize("text", canned.FORMULAS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe_before_it(text: str) -> None:
    assert "'" in cell(text)
    assert cell(text) == "a;'=1" if text == "a;=1" else cell(text).startswith("'")


@pytest.mark.parametrize("text", ["10.20.0.11", "DS-2CD2042WD-I", "Überwachung", "a; b", "yes → prohibited; no → review", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_a_cell_is_never_longer_than_a_spreadsheet_takes() -> None:
    assert len(cell("\x1b" * canned.LENGTH)) < MAX_CELL + 40
    assert cell("x" * canned.LENGTH).endswith(f"… ({canned.LENGTH} characters)")


def rows(report, form=csv) -> list[dict[str, str]]:
    return spreadsheet(form.render(report), form.COLUMNS)


def devices(report, form=csv) -> list[dict[str, str]]:
    return [row for row in rows(report, form) if row["record"] in ("device", "finding")]


def test_each_finding_is_a_row_and_a_device_without_any_has_one_with_its_reason() -> None:
    both = making.assessed(
        11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), making.finding(Verdict.RESTRICTED, act="connect")
    )
    found = devices(making.report(both, *canned.every_verdict().assets[6:7]))
    assert [(row["record"], row["verdict"], row["finding"], row["act"]) for row in found] == [
        ("finding", "prohibited", "prohibited", "deploy"),
        ("finding", "prohibited", "restricted", "connect"),
        ("device", "not_assessed", "", ""),
    ]
    assert found[2]["reason"] == "alive, but answered no question"


def test_the_columns_keep_their_names_and_order() -> None:
    assert csv.COLUMNS[:6] == ("record", "text", "verdict", "site", "address", "mac")
    assert len(set(csv.COLUMNS)) == len(csv.COLUMNS)
    assert len(set(laydown.COLUMNS)) == len(laydown.COLUMNS)
    page = (DOCS / "formats.md").read_text(encoding="utf-8")
    for name in {*csv.COLUMNS, *laydown.COLUMNS, *netbox.COLUMNS}:
        assert f"`{name}`" in page, name


def test_rows_about_the_run_say_what_they_are_and_stand_last() -> None:
    found = rows(canned.partial())
    kinds = [row["record"] for row in found]
    assert kinds[0] == "finding"
    assert set(kinds[1:]) == {"run", "incomplete", "answer", "not_seen", "because", "next", "coverage", "notice"}
    assert [row["text"] for row in found if row["record"] == "notice"] == [NOT_LEGAL_ADVICE]
    assert [row["text"] for row in found if row["record"] == "incomplete"] == [
        "1 of 3 ranges not covered (vlan 40: interface down)"
    ]
    assert all(not row["mac"] for row in found if row["text"])


def test_the_laydown_holds_the_covered_devices_and_those_with_a_decision_and_says_how_many_it_leaves_out() -> None:
    accepted = replace(
        making.assessed(
            20, Verdict.REVIEW, replace(making.for_review(), status="accepted", status_note=f"recorded by X; {NO_WAIVER}")
        ),
    )
    report = replace(canned.every_verdict(), assets=(*canned.every_verdict().assets, accepted))
    assert [row["address"] for row in devices(report, laydown)] == ["10.20.0.11", "10.20.0.12", "10.20.0.13", "10.20.0.20"]
    [said] = [row["text"] for row in rows(report, laydown) if row["record"] == "list"]
    assert "4 devices that a rule reaches for certain" in said
    assert "of 10 devices seen, 3 more wait for review or for a name" in said


def test_the_laydown_tells_where_whose_and_until_when() -> None:
    [row] = devices(canned.prohibited(), laydown)
    assert (row["location"], row["switch_port"], row["range"], row["site"]) == (
        "Gate 3, north", "switch sw-3, port 14, VLAN 20", "10.20.0.0/24", "Poznań",
    )  # fmt: skip
    assert (row["owner"], row["due"], row["tickets"], row["exceptions"]) == (
        "R. Nowak",
        "2027-03-01",
        "CHG-7",
        canned.PLANNED.id,
    )
    assert row["phase_out_plan"] == "replacement by Axis P3265 until 2027-03-01, ticket CHG-7, R. Nowak"
    assert row["action_steps"].startswith("1. Verify by eye: find the unit. Take a photograph. 2. Plan its removal")
    assert row["first_seen"] == "2024-02-01T06:00:00Z"


def test_what_nobody_recorded_is_left_to_the_operator() -> None:
    [row] = devices(making.report(making.assessed(11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED))), laydown)
    assert {row[name] for name in ("location", "owner", "due", "replacement")} == {laydown.OPEN}
    assert row["phase_out_plan"] == f"none recorded: {laydown.OPEN}"


PLAN = "replacement by Axis P3265 until 2027-03-01, ticket CHG-7, R. Nowak"


@pytest.mark.parametrize("verdict", [Verdict.PROHIBITED, Verdict.REVIEW])
@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("it ended on 2026-11-20", f"LAPSED on 2026-11-20: {PLAN}"),
        ("the device is another one: MAC was x", f"LAPSED (the device is another one: MAC was x): {PLAN}"),
    ],
)
def test_a_plan_that_lapsed_stays_listed_and_is_called_so(verdict: Verdict, why: str, said: str) -> None:
    note = f"lapsed: {why}; recorded by R. Nowak, ticket CHG-7"
    lapsed = making.finding(verdict, status="lapsed", exception=canned.PLANNED.id, status_note=note)
    device = replace(making.assessed(11, verdict, lapsed), exceptions=(canned.PLANNED,))
    [row] = devices(making.report(device), laydown)
    assert (row["status"], row["status_notes"]) == ("lapsed", note)
    assert (row["owner"], row["tickets"], row["due"], row["replacement"]) == ("R. Nowak", "CHG-7", "2027-03-01", "Axis P3265")
    assert row["phase_out_plan"] == said


def test_a_plan_that_holds_for_another_finding_is_not_called_lapsed() -> None:
    both = tuple(
        making.finding(Verdict.PROHIBITED, status=status, exception=canned.PLANNED.id, status_note="lapsed: x")
        for status in ("lapsed", "planned")
    )
    device = replace(making.assessed(11, Verdict.PROHIBITED, *both), exceptions=(canned.PLANNED,))
    assert devices(making.report(device), laydown)[0]["phase_out_plan"] == PLAN


def test_an_acceptance_is_no_plan_and_says_what_it_is_not() -> None:
    kept = replace(canned.PLANNED, status="accepted", reason="watches a fire exit", due=None, replacement="")
    found = making.finding(
        Verdict.PROHIBITED, status="accepted", exception=kept.id, status_note=f"recorded by R. Nowak; {NO_WAIVER}"
    )
    [row] = devices(making.report(replace(making.assessed(11, Verdict.PROHIBITED, found), exceptions=(kept,))), laydown)
    assert row["phase_out_plan"] == f"none: kept until 2027-03-01 for watches a fire exit; recorded by R. Nowak; {NO_WAIVER}"


def test_the_narrowest_range_of_a_device_is_named() -> None:
    ranges = tuple(
        Coverage(range=text, level=CoverageLevel.LINK, complete=True)
        for text in ("10.20.0.0/16", "10.20.0.0/24", "10.0.0.0/8", "fd00:20::/64")
    )
    six = making.assessed(12, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), ips=("fd00:20::12",))
    nowhere = making.assessed(13, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), ips=("192.168.1.64",))
    four = making.assessed(11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED))
    found = devices(making.report(four, six, nowhere, coverage=ranges), laydown)
    assert [row["range"] for row in found] == ["10.20.0.0/24", "fd00:20::/64", ""]


def test_a_laydown_of_nothing_judged_says_that_it_means_nothing() -> None:
    assert "nothing was judged, so nothing is listed" in laydown.render(canned.nothing_judged())


def imported(report) -> list[dict[str, str]]:
    """What NetBox's form takes: known columns, all that are mandatory, every row with as many cells, none that is too long."""
    found = rows(report, netbox)
    assert set(netbox.COLUMNS) <= IMPORT_FORM
    assert set(netbox.COLUMNS) >= MANDATORY
    for row in found:
        assert all(row[name] for name in MANDATORY)
        assert row["status"] in STATUSES
        assert all(value == value.strip() for value in row.values())
        assert (len(row["name"]) <= 64, len(row["serial"]) <= 50, len(row["asset_tag"]) <= 50) == (True, True, True)
        assert max(len(row[name]) for name in ("manufacturer", "device_type", "site")) <= 100
        assert len(row["description"]) <= 200
    names = [(row["name"].lower(), row["site"]) for row in found]
    tags = [row["asset_tag"] for row in found if row["asset_tag"]]
    assert len(set(names)) == len(names)
    assert len(set(tags)) == len(tags)
    return found


@pytest.mark.parametrize("name", canned.CANNED)
def test_netbox_takes_every_row(name: str) -> None:
    imported(canned.CANNED[name]())


def test_cameras_and_what_a_rule_may_reach_go_to_netbox_with_what_it_needs() -> None:
    found = imported(canned.every_verdict())
    assert [row["manufacturer"] for row in found] == [*["Hikvision"] * 5, "Unknown", "Axis"]
    assert found[1]["role"] == "Network video recorder"
    assert found[0]["tags"] == "camscan,camscan-prohibited"
    assert "Label: ANNKE" in found[0]["comments"]
    assert "2 devices of other kinds left out" in found[0]["comments"]
    assert all(
        row["comments"].startswith("OFFICIAL-SENSITIVE · ") and row["comments"].endswith(" · OFFICIAL-SENSITIVE")
        for row in found
    )


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("mac:bc:ad:28:00:00:0b", "camscan-bcad2800000b"),
        ("serial:hikvision:DS-1", "camscan-serial-"),
        ("ip:Poznań:10.20.0.11", "camscan-ip-"),
        ("mac:\x1b[2J", "camscan-key-"),
    ],
)
def test_a_device_has_the_same_name_in_netbox_in_every_run(key: str, name: str) -> None:
    assert netbox.name(key).startswith(name)
    assert netbox.name(key) == netbox.name(key)
    assert netbox.name(key) != netbox.name(key + "x")


def tagged(number: int, tag: str) -> AssessedAsset:
    [device] = canned.prohibited().assets
    [standing] = device.attestations
    stated_here = (replace(standing, attestation=replace(standing.attestation, asset_tag=tag)),)
    return replace(device, asset=making.asset(number), attestations=stated_here)


def test_an_asset_tag_that_two_devices_bear_and_a_serial_that_is_too_long_stand_in_no_column() -> None:
    found = imported(making.report(tagged(1, "CAM-1"), tagged(2, "CAM-1"), tagged(3, "CAM-3")))
    assert [row["asset_tag"] for row in found] == ["", "", "CAM-3"]
    long = making.assessed(1, Verdict.PROHIBITED, identification=making.known(serial="S" * (LONGEST_NUMBER + 1)))
    [row] = imported(making.report(long))
    assert row["serial"] == ""
    assert "S" * 51 in row["comments"]


def test_the_latest_statement_that_holds_is_the_one_that_counts() -> None:
    [device] = canned.prohibited().assets
    [standing] = device.attestations
    later = replace(
        standing, attestation=replace(standing.attestation, id="at-2", recorded_on=making.END.date(), location="Gate 4")
    )
    assert stated(replace(device, attestations=(later, standing)), "location") == "Gate 4"
    assert (
        stated(replace(device, attestations=(replace(later, lapsed="another serial"), standing)), "location") == "Gate 3, north"
    )
    silent = replace(later, attestation=replace(later.attestation, location=""))
    assert stated(replace(device, attestations=(silent, standing)), "location") == "Gate 3, north"
