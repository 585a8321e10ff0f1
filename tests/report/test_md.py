"""The Markdown report: what stands where, and that text of devices stays text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from camscan.model import Verdict
from camscan.report.escape import visible
from camscan.report.markdown import address_of_page, inert
from camscan.report.md import MOST_REASONS, render
from tests.report import canned, making
from tests.report.parse_back import markdown

MARKUP = st.text(st.sampled_from(list("\\`*_{}[]()<>#|~&!$^+-=:@/.w1) \n\tahİhttps")), max_size=30)


@given(st.one_of(MARKUP, st.text(max_size=30)))
@example("@@")
@example("`@`")
@example("www.www.@://@")
@example("\\@")
@example("İ://www.example.org")
@example("1. one")
@example("- x")
@example("=====")
def test_text_of_a_device_comes_back_as_it_is_shown_on_a_terminal(text: str) -> None:
    tokens = markdown(f"- {inert(text)}\n")
    said = "".join(inner.content for token in tokens for inner in token.children or ())
    assert said == visible(text).strip()


@given(MARKUP)
def test_no_text_makes_a_cell_or_a_row(text: str) -> None:
    tokens = markdown(f"| a | b |\n| --- | --- |\n| {inert(text)} | x |\n")
    assert [token.type for token in tokens].count("td_open") == 2
    assert [token.content for token in tokens if token.type == "inline"][-1] == "x"


def test_the_answer_comes_first_then_steps_devices_by_verdict_and_coverage() -> None:
    text = render(canned.every_verdict())
    order = [
        "# Cameras and recorders", "- **Answer:**", "- **Not seen:**", "- **Because:**", "- **Next:**", "## Steps", "## Devices",
        "### Prohibited: 2 devices", "### Restricted: 1 device", "### Review: 2 devices", "### Not applicable: 1 device", "## Rules",
        "## Decisions on record", "## Coverage", "## Notes", "## Method",
    ]  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert text.startswith("**OFFICIAL-SENSITIVE**\n")
    assert text.endswith("\n\n**OFFICIAL-SENSITIVE**\n")


def test_an_empty_report_says_what_its_silence_rests_on() -> None:
    text = render(canned.nothing_found())
    assert "None was found. What that rests on stands under Coverage." in text
    assert "Nothing waits for a step." in text


def test_devices_of_which_the_same_is_said_stand_together_and_a_long_list_says_how_long() -> None:
    text = render(canned.every_verdict())
    assert "- 10.20.0.11, 10.20.0.12: SADP names Hikvision firmware" in text
    many = [
        making.assessed(number, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED, reason=f"reason {number}"))
        for number in range(1, MOST_REASONS + 4)
    ]
    text = render(making.report(*many))
    assert text.count(": reason ") == MOST_REASONS
    assert "- … and 3 more of these; all of them stand in the JSON report" in text


def test_where_a_device_stands_and_hangs_is_in_its_row() -> None:
    assert "| Gate 3, north; switch sw-3, port 14, VLAN 20; Poznań | planned |" in render(canned.prohibited())


def test_a_name_that_is_too_long_is_cut_and_says_so() -> None:
    long = making.known(model="x" * 5000)
    text = render(making.report(making.assessed(1, Verdict.PROHIBITED, identification=long)))
    assert f"| {'x' * 400}… (5000 characters) |" in text


@pytest.mark.parametrize(
    ("reference", "written"),
    [
        ("https://www.acquisition.gov/far/52.204-25", "<https://www.acquisition.gov/far/52.204-25>"),
        ("FAR 52.204-25", "FAR 52.204-25"),
        ("https://example.org/<b>", "https`://`example.org/\\<b\\>"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_only_the_address_of_a_page_becomes_a_link(reference: str, written: str) -> None:
    assert address_of_page(reference) == written


def test_what_persons_decided_stands_with_who_recorded_it() -> None:
    planned = replace(canned.every_verdict(), run=making.run())
    assert (
        "- **Planned** (10.20.0.12): replacement by Axis P3265, until 2027-03-01, ticket CHG-7; recorded by R. Nowak"
        in render(planned)
    )
