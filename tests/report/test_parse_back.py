"""Every format over every canned report, the large and the hostile among them, read back: nothing is lost, and nothing takes effect."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from camscan.model import Verdict
from camscan.report.registry import FORMATS
from tests.report import canned, making
from tests.report.parse_back import OWN_CONTROLS, PARSE_BACK, markdown, read_md, spreadsheet

REPORTS = {**canned.CANNED, **canned.LARGE}
CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_every_format_has_a_reader_and_every_reader_a_format() -> None:
    assert set(PARSE_BACK) == set(FORMATS)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("form", FORMATS)
def test_each_device_is_found_again_and_a_hostile_reply_is_flagged(form: str, name: str) -> None:
    report = REPORTS[name]()
    text = FORMATS[form].render(report)
    found, expected = PARSE_BACK[form].read(text), PARSE_BACK[form].expected(report)
    assert found.devices == expected.devices
    assert found.hostile == expected.hostile


@pytest.mark.parametrize("form", FORMATS)
def test_a_name_of_64_kib_has_no_effect_and_swells_no_other_row(form: str) -> None:
    [liar] = canned.hostile_at_length().assets
    others = [making.assessed(number, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED)) for number in range(12, 212)]
    alone = len(FORMATS[form].render(making.report(liar)))
    plain = len(FORMATS[form].render(making.report(*others)))
    both = FORMATS[form].render(making.report(liar, *others))
    assert len(both) < 3 * (alone + plain)
    assert not {unicodedata.category(character) for character in set(both) - {"\n"} - OWN_CONTROLS.get(form, set())} & CONTROLS


def test_the_reports_hold_what_the_formats_are_to_withstand() -> None:
    assert (
        max(len(value) for one in canned.hostile_at_length().assets[0].asset.observations for _, value in one.fields)
        == canned.LENGTH
    )
    assert len(canned.ten_thousand().assets) == 10_000
    verdicts = [judged.judgement.verdict for judged in canned.ten_thousand().assets]
    assert min(verdicts.count(verdict) for verdict in set(verdicts)) == 2_000


@pytest.mark.parametrize("cell", ["=1", " =1", "a;=1", "＝1", "@x"])
def test_the_reader_of_spreadsheets_refuses_a_formula(cell: str) -> None:
    with pytest.raises(AssertionError):
        spreadsheet(f"a,b\r\nx,{cell}\r\n", ("a", "b"))


@pytest.mark.parametrize(
    "text",
    ["[a](http://192.0.2.1)", "![a](b)", "<b>", "see www.example.org", "a@example.org", "`code`", "> quoted", "1. one", "*a*"],
)
def test_the_reader_of_markdown_refuses_what_is_not_ours(text: str) -> None:
    with pytest.raises(AssertionError):
        markdown(text)


def test_the_reader_of_markdown_refuses_a_cell_too_many() -> None:
    text = FORMATS["md"].render(canned.prohibited())
    with pytest.raises(AssertionError):
        read_md(text.replace("| C800 |", "| C800 | C900 |"))


def test_every_kind_of_expected_text_is_of_its_own_report() -> None:
    assert len({FORMATS["json"].render(replace(build(), warnings=())) for build in canned.CANNED.values()}) == len(
        canned.CANNED
    )
