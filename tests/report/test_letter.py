"""The mail of a report: a subject that says it all, and a body that no device can speak through."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from camscan.model import Verdict
from camscan.report import letter
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement
from tests.report import canned, making
from tests.report.test_formats import FORBIDDEN

each_report = pytest.mark.parametrize("name", [name for name in canned.CANNED if "large" not in name])


@pytest.mark.parametrize(
    ("report", "subject"),
    [
        (
            making.report(*(making.assessed(n, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED)) for n in (1, 2, 3))),
            "[camscan] Poznań: 3 prohibited, 0 review, coverage 1/1",
        ),
        (
            canned.every_verdict(),
            "OFFICIAL-SENSITIVE [camscan] Poznań: 2 prohibited, 1 restricted, 2 review, 1 unidentified, coverage 1/1",
        ),
        (canned.partial(), "[camscan] Poznań: INCOMPLETE, 1 prohibited, 0 review, coverage 2/3"),
        (canned.nothing_found(), "[camscan] Poznań: 0 prohibited, 0 review, coverage 1/1"),
        (canned.nothing_judged(), "[camscan] Poznań: nothing judged, 2 devices seen, coverage 1/1"),
        (making.report(coverage=()), "[camscan] Poznań: 0 prohibited, 0 review, read from files"),
        (
            replace(canned.partial(), run=making.run(interrupted=True, marking="A\r\nBcc: x@example.org")),
            r"A\x0d\x0aBcc: x@example.org [camscan] Poznań: INTERRUPTED, 1 prohibited, 0 review, coverage 2/3",
        ),
    ],
)
def test_the_subject_says_where_how_many_and_how_completely_after_the_marking(report, subject: str) -> None:
    assert letter.subject(report) == subject


@each_report
def test_no_line_is_longer_than_78_characters_and_none_moves_a_cursor(name: str) -> None:
    text = letter.text(canned.CANNED[name](), ("Attached: report.json",))
    assert max(map(len, text.splitlines())) <= 78
    assert not {unicodedata.category(letter) for letter in text.replace("\n", "")} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@each_report
def test_no_text_of_a_device_becomes_a_link(name: str) -> None:
    text = letter.text(canned.CANNED[name]())
    assert "://" not in text
    assert "www." not in text


@each_report
def test_the_body_answers_first_and_holds_coverage_and_notice(name: str) -> None:
    report = canned.CANNED[name]()
    text = letter.text(report)
    flat = " ".join(text.split())
    lines = [line for line in text.splitlines() if line]
    assert lines[1 if report.run.marking else 0].startswith("Answer: ")
    assert [word for word in ("Not seen: ", "Because: ", "Next: ") if f"\n{word}" not in text] == []
    assert text.count(NOT_LEGAL_ADVICE) == 1
    for sentence in coverage_statement(report):
        if "://" not in sentence and "\x1b" not in sentence and sentence.isascii():
            assert " ".join(sentence.split()[:6]) in flat
    assert not {word.strip(".,;:()\"'") for word in text.lower().replace("/", " ").split()} & FORBIDDEN


def test_the_marking_stands_at_head_and_foot_and_is_never_invented() -> None:
    lines = letter.text(canned.every_verdict()).splitlines()
    assert (lines[0], lines[-1]) == ("OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE")
    assert "OFFICIAL" not in letter.text(canned.partial())


def test_devices_for_which_a_plan_is_recorded_need_no_action_and_lapsed_ones_do() -> None:
    def with_status(number: int, status: str, note: str = ""):
        return making.assessed(number, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED, status=status, status_note=note))

    report = making.report(
        with_status(1, "open"),
        with_status(2, "planned"),
        with_status(3, "accepted"),
        with_status(4, "lapsed", "lapsed: accepted until 2026-10-01, ticket CHG-7"),
        making.assessed(5, Verdict.UNIDENTIFIED),
        making.assessed(6, Verdict.NO_FINDING),
    )
    text = letter.text(report)
    assert "Devices that need action: 3 of 6:\n" in text
    assert "- prohibited: 10.20.0.1, ANNKE → Hikvision, C800\n" in text
    assert "lapsed: accepted until 2026-10-01, ticket CHG-7" in " ".join(text.split())
    assert [line.split()[2].rstrip(",") for line in text.splitlines() if line.startswith("- ")] == [
        "10.20.0.1",
        "10.20.0.4",
        "10.20.0.5",
    ]


def test_of_many_devices_the_first_are_named_and_the_rest_counted() -> None:
    many = [making.assessed(n, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED)) for n in range(letter.MOST_DEVICES + 7)]
    text = letter.text(making.report(*many))
    assert "\n- and 7 more, in the report\n" in text
    assert text.count("\n- prohibited: ") == letter.MOST_DEVICES


def test_where_nothing_was_judged_no_device_needs_action() -> None:
    assert "need action" not in letter.text(canned.nothing_judged())
