"""Every format over every canned report: the expected text, and what no format may ever do."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from camscan.report.registry import FORMATS
from tests.report import canned
from tests.report.parse_back import OWN_CONTROLS

GOLDEN = Path(__file__).parent.parent / "golden"
WIDTHS = {"table": (None, 80)}
"""Formats whose text depends on the width of the terminal."""

WITHOUT_PLACES = {"brief"}
"""Formats that are handed out, and say of nothing where or whose it is."""

FORBIDDEN = {"compliant", "approved", "certified", "safe", "clean", "illegal", "unlawful", "banned", "breach", "proof"}

CASES = [
    pytest.param(form, name, width, id=f"{form}-{name}" + (f"-{width}" if width else ""))
    for form in FORMATS
    for name in canned.CANNED
    for width in WIDTHS.get(form, (None,))
]


def golden_file(form: str, name: str, width: int | None) -> Path:
    return GOLDEN / form / f"{name}{f'-{width}' if width else ''}{FORMATS[form].SUFFIX}"


@pytest.mark.parametrize(("form", "name", "width"), CASES)
def test_a_canned_report_renders_as_expected(form: str, name: str, width: int | None, update_golden: bool) -> None:
    rendered = FORMATS[form].render(canned.CANNED[name](), width=width)
    expected = golden_file(form, name, width)
    if update_golden:
        expected.parent.mkdir(parents=True, exist_ok=True)
        expected.write_bytes(rendered.encode("utf-8"))
    assert rendered == expected.read_bytes().decode("utf-8")


@pytest.mark.parametrize(("form", "name", "width"), CASES)
def test_rendering_twice_gives_the_same_text(form: str, name: str, width: int | None) -> None:
    assert FORMATS[form].render(canned.CANNED[name](), width=width) == FORMATS[form].render(canned.CANNED[name](), width=width)


@pytest.mark.parametrize(("form", "name", "width"), CASES)
def test_no_device_is_called_by_a_word_that_camscan_never_prints(form: str, name: str, width: int | None) -> None:
    text = FORMATS[form].render(canned.CANNED[name](), width=width).lower()
    words = {word.strip(".,;:()\"'") for word in text.replace("/", " ").split()}
    assert not words & FORBIDDEN


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("width", [None, 40, 80, 200])
@pytest.mark.parametrize("color", [False, True])
def test_text_of_a_device_can_neither_move_the_cursor_nor_reorder_a_line(form: str, width: int | None, color: bool) -> None:
    text = FORMATS[form].render(canned.hostile(), width=width, color=color)
    for paint in ("\x1b[1m", "\x1b[0m", "\x1b[1;31m"):
        text = text.replace(paint, "") if color else text
    categories = {unicodedata.category(character) for character in set(text) - {"\n"} - OWN_CONTROLS.get(form, set())}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("form", FORMATS)
def test_the_marking_stands_at_head_and_foot(form: str) -> None:
    lines = FORMATS[form].render(canned.every_verdict()).splitlines()
    assert any("OFFICIAL-SENSITIVE" in line for line in lines[:3])
    assert any("OFFICIAL-SENSITIVE" in line for line in lines[-3:])


@pytest.mark.parametrize("form", FORMATS)
def test_a_marking_is_never_invented(form: str) -> None:
    assert "OFFICIAL" not in FORMATS[form].render(canned.partial())


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in WITHOUT_PLACES])
def test_every_report_names_who_authorised_it_and_what_was_excluded(form: str) -> None:
    text = FORMATS[form].render(canned.every_verdict())
    for expected in ("R. Nowak", "CHG-2041", "0" * 64, "10.20.0.250", "00:40:8c:00:00:01"):
        assert expected in text


def test_each_format_is_registered_under_its_own_name_with_its_own_suffix() -> None:
    assert all(name == form.NAME for name, form in FORMATS.items())
    suffixes = [form.SUFFIX for form in FORMATS.values()]
    assert len(set(suffixes)) == len(suffixes)


def test_every_golden_file_belongs_to_a_canned_report() -> None:
    expected = {
        golden_file(form, name, width) for form in FORMATS for name in canned.CANNED for width in WIDTHS.get(form, (None,))
    }
    found = {path for form in FORMATS for path in (GOLDEN / form).glob("*")}
    assert found == expected


def test_every_path_of_the_guide_exists() -> None:
    root = Path(__file__).parents[2]
    guide = (root / "docs" / "adding" / "format.md").read_text(encoding="utf-8")
    paths = [word for word in guide.split("`") if "/" in word and " " not in word and "<" not in word]
    assert len(paths) > 4
    assert all((root / path).exists() for path in paths)
