"""The table: what a person must be able to read from it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from camscan.model import AssessedAsset, Confidence, Coverage, CoverageLevel, Identification, Report, Verdict
from camscan.report.columns import (
    CUT,
    GAP,
    Clip,
    Placed,
    clip_clauses,
    clip_end,
    clip_middle,
    clip_pair,
    lay_lines,
    lay_out,
    wrap,
)
from camscan.report.escape import visible
from camscan.report.listing import COLUMNS, PLAIN, Style
from camscan.report.table import StyledTable, render
from camscan.report.view import steps, totals
from tests.report import canned, making


def test_the_devices_stand_in_the_order_of_the_report() -> None:
    lines = render(canned.every_verdict()).splitlines()
    rows = [line for line in lines if "  10.20.0." in line]
    assert [row.split("  ")[0] for row in rows] == [
        "prohibited",
        "prohibited (planned)",
        "restricted",
        "review",
        "review",
        "unidentified",
        "not assessed",
        "no finding",
        "not applicable",
    ]


def test_the_four_closing_lines_end_every_report() -> None:
    for build in canned.CANNED.values():
        lines = [line for line in render(build()).splitlines() if line]
        closing = [line.split(":")[0] for line in lines if line.startswith(("Answer", "Not seen", "Because", "Next"))]
        assert closing == ["Answer", "Not seen", "Because", "Next"]


def test_every_total_is_a_range_in_what_was_covered() -> None:
    assert "at least 6, at most 8, in the ranges covered (10.20.0.0/24 link)" in render(canned.every_verdict())


def test_none_found_is_never_said_without_what_was_covered() -> None:
    assert "none found; at least 0, at most 0, in the ranges covered (10.20.0.0/24 link)" in render(canned.nothing_found())
    assert "none found; at least 0, at most 0, in the ranges covered (no range was covered); INCOMPLETE" in render(
        canned.empty()
    )


def test_without_a_policy_the_table_says_so_and_shows_no_verdicts() -> None:
    text = render(canned.nothing_judged())
    assert "nothing was judged" in text
    assert "verdict" not in text
    assert "no finding" not in text


def test_devices_that_wait_for_one_answer_are_one_step() -> None:
    text = render(canned.every_verdict())
    assert "2 devices wait for one answer: Is 10.20.0.0/24 a sensitive site? yes → prohibited, no → review" in text
    assert len(steps(canned.every_verdict())) == 1


def test_a_relabel_shows_brand_and_maker_and_an_own_label_one_name() -> None:
    text = render(canned.every_verdict())
    assert "ANNKE → Hikvision" in text
    assert "ANNKE → ?" in text
    assert "Axis → Axis" not in text


def test_what_was_not_seen_names_ranges_silent_hosts_recorders_and_skipped_collectors() -> None:
    text = render(canned.every_verdict())
    assert "what stands behind 1 recorder" in text
    assert "what 1 device alive but silent or out of reach may be" in text
    text = render(canned.partial())
    assert "10.20.40.0/24 (vlan 40: interface down) not covered" in text
    assert "silent cameras behind a router in 10.20.30.0/24" in text
    assert "nmap on 10.20.0.0/24: skipped (missing_tool), apt-get install nmap" in text


def test_a_device_that_sends_terminal_controls_is_reported() -> None:
    assert (
        "Hostile reply: 10.20.0.11 sends control characters, hidden text, formulas or markup in http.server, http.title"
        in render(canned.hostile())
    )


def test_a_device_without_an_address_is_shown_by_its_mac() -> None:
    quiet = making.assessed(11, Verdict.UNIDENTIFIED, identification=Identification(), ips=(), observations=())
    assert "bc:ad:28:00:00:0b" in render(making.report(quiet), width=80)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", canned.CANNED)
def test_no_line_is_wider_than_the_terminal_but_for_words_that_must_stay_whole(name: str, width: int) -> None:
    for line in render(canned.CANNED[name](), width=width).splitlines():
        assert cell_len(line) <= width or " " not in line.strip()


def test_a_pipe_gets_neither_color_nor_boxes_nor_trailing_blanks() -> None:
    text = render(canned.every_verdict())
    assert "\x1b" not in text
    assert not any("─" <= character <= "╿" for character in text)
    assert all(line == line.rstrip() for line in text.splitlines())


def test_color_changes_nothing_but_color() -> None:
    colored = render(canned.every_verdict(), width=100, color=True)
    assert "\x1b[1;31mprohibited" in colored
    assert "\x1b[1mAnswer\x1b[0m:" in colored
    for code in ("1;31", "31", "33", "35", "36", "1", "0"):
        colored = colored.replace(f"\x1b[{code}m", "")
    assert colored == render(canned.every_verdict(), width=100)


def test_totals_of_cameras_count_what_is_firm_as_there_and_the_rest_as_possible() -> None:
    tentative = making.known(confidence=Confidence.TENTATIVE)
    counted = totals(
        making.report(
            making.assessed(1, Verdict.REVIEW, making.for_review(), identification=making.known()),
            making.assessed(2, Verdict.REVIEW, making.for_review(), identification=tentative),
            making.assessed(3, Verdict.UNIDENTIFIED, identification=Identification()),
            making.assessed(4, Verdict.NOT_ASSESSED, identification=Identification()),
            making.assessed(5, Verdict.NOT_APPLICABLE, identification=Identification(kind="other", confidence=Confidence.FIRM)),
            making.assessed(6, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED)),
        )
    )
    assert (counted.cameras_at_least, counted.cameras_at_most) == (2, 5)
    assert (counted.confirmed, counted.possible, counted.not_assessed) == (1, 3, 1)
    assert (counted.at_least, counted.at_most) == (1, 5)


def test_a_judged_report_without_devices_counts_zero_and_not_unknown() -> None:
    counted = totals(canned.nothing_found())
    assert (counted.confirmed, counted.possible, counted.not_assessed, counted.at_least, counted.at_most) == (0, 0, 0, 0, 0)
    assert counted.verdicts is not None
    assert set(counted.verdicts.values()) == {0}


def test_a_report_that_was_not_judged_counts_cameras_alone() -> None:
    counted = totals(canned.nothing_judged())
    assert (counted.confirmed, counted.verdicts) == (None, None)
    assert (counted.at_least, counted.at_most) == (1, 2)


@given(st.text(max_size=80))
def test_visible_text_is_one_printable_line(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}
    assert visible(shown) == shown


@pytest.mark.parametrize("plain", ["Überwachung", "摄像头", "камера", "a b", "DS-2CD2042WD-I"])
def test_text_of_any_language_stays_as_it_is(plain: str) -> None:
    assert visible(plain) == plain


def test_marks_piled_on_one_letter_become_visible() -> None:
    assert visible("e" + "\u0301" * 4) == "e" + "\u0301" * 4
    assert visible("e" + "\u0301" * 6) == "e" + "\u0301" * 4 + "\\u0301" * 2


CELL = st.text(st.sampled_from("ab 摄ü-"), max_size=30)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=4), st.integers(3 * 6 + 2 * GAP, 120))
def test_a_table_loses_no_character_and_fits(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = lay_out(("one", "two", "three"), rows, width=width)
    assert all(cell_len(line) <= width for line in lines)
    kept = sorted("".join("".join(lines).split()))
    assert kept == sorted("".join("".join(cell for row in [("one", "two", "three"), *rows] for cell in row).split()))


@given(st.text(st.sampled_from("ab 摄"), max_size=60), st.integers(5, 40))
def test_wrapping_keeps_every_word(text: str, width: int) -> None:
    assert " ".join(wrap(text, width, "  ")).split() == text.split()


def attached() -> Report:
    report = canned.every_verdict()
    first, second, *others = report.assets
    behind = replace(making.ATTACHED, switch="\x1b[2Jsw", port="24", direct=False, behind="core\x07")
    return replace(report, assets=(replace(first, attached_to=making.ATTACHED), replace(second, attached_to=behind), *others))


@pytest.mark.parametrize("width", [None, 160, 80])
def test_where_a_device_hangs_on_the_network_is_said_in_every_width(width: int | None) -> None:
    text = " ".join(render(attached(), width=width).split())
    if width is None or width == 80:
        assert "switch sw-3, port 14, VLAN 20" in text
        assert "behind port 24 (uplink, towards core\\x07) of switch \\x1b[2Jsw, VLAN 20" in text
    assert ("switch port" in text) == (width != 80)
    assert "switch port" not in render(canned.every_verdict(), width=width)


def test_equal_ranges_of_two_sites_are_told_apart() -> None:
    rows = tuple(
        Coverage(range="10.20.0.0/24", level=CoverageLevel.LISTENED, complete=name == "north", hosts_alive=1, site=name)
        for name in ("north", "south")
    )
    text = render(making.report(making.assessed(1, Verdict.PROHIBITED), coverage=rows))
    assert "Coverage: 10.20.0.0/24 of site north by listening only" in text
    assert "(10.20.0.0/24 of site north listened, 10.20.0.0/24 of site south listened)" in text
    assert "Not seen: 10.20.0.0/24 of site south not covered to the end" in text


def rows_of(report: Report, width: int | None, style: Style = PLAIN) -> list[str]:
    """The header of the table and the lines below it, to the end of the block."""
    lines = render(report, width=width, style=style).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(("verdict", "address", "serial")))
    return lines[start : lines.index("", start)]


def named(number: int, verdict: Verdict = Verdict.PROHIBITED, ips: tuple[str, ...] = (), **known: object) -> AssessedAsset:
    return making.assessed(
        number,
        verdict,
        making.finding(verdict),
        identification=making.known(**known),
        ips=ips or (f"10.20.0.{number}",),
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100, 119, 120, 200])
@pytest.mark.parametrize("name", ["every_verdict", "hostile", "nothing_judged", "partial"])
def test_a_device_is_one_line_however_narrow_the_terminal(name: str, width: int) -> None:
    report = canned.CANNED[name]()
    header, *lines = rows_of(report, width)
    devices = [line for line in lines if not line.startswith((f"({CUT}", " ", "(no"))]
    assert len(devices) == len(report.assets)
    assert all(cell_len(line) <= width for line in [header, *lines])


def test_what_was_cut_is_marked_and_the_line_below_says_how_to_see_it() -> None:
    long = making.report(named(11, model="DS-2CD2143G2-LIS2U-AND-MORE-OF-IT"), named(12))
    lines = rows_of(long, 80)
    assert CUT in lines[1]
    assert CUT not in lines[2]
    assert lines[-1] == f"({CUT} stands for text that was cut to fit; --wide or a file by -o shows all)"
    assert CUT not in "".join(rows_of(long, None))
    assert CUT not in "".join(rows_of(long, 80, Style(wide=True)))


def test_columns_without_room_are_named() -> None:
    assert "no room for model, kind, how sure" in " ".join(" ".join(rows_of(canned.every_verdict(), 40)).split())


def test_the_maker_stays_when_the_label_is_cut() -> None:
    found = making.report(named(11, brand="a-label-of-very-many-words", maker="hikvision", model="X" * 40))
    assert f"{CUT}→Hikvision" in rows_of(found, 80)[1]


def test_a_long_address_keeps_both_ends_and_is_whole_where_there_is_room() -> None:
    address = "2001:db8:1234:5678:226:b9ff:fe12:3456"
    found = making.report(named(11, ips=(address,), model="M" * 40, brand="b" * 30), named(12))
    narrow, wide = rows_of(found, 80)[1], rows_of(found, 140)[1]
    assert address in wide
    assert "2001:db8:" in narrow
    assert "e12:3456" in narrow
    assert address not in narrow


def test_the_status_is_whole_beside_the_verdict_in_every_width() -> None:
    for width in (80, 100, 140, None):
        assert any("planned" in line for line in rows_of(canned.every_verdict(), width))


def test_a_terminal_with_room_shows_macs_though_it_is_not_wide() -> None:
    few = making.report(named(11, form=None))
    assert "bc:ad:28:00:00:0b" in rows_of(few, 110)[1]
    assert "mac" not in rows_of(few, 80)[0]


def test_chosen_columns_stand_in_the_order_asked_for() -> None:
    lines = rows_of(canned.every_verdict(), None, Style(columns=("serial", "address", "verdict")))
    assert lines[0].split() == ["serial", "address", "verdict"]
    assert lines[1].split() == ["-", "10.20.0.11", "prohibited"]


def test_every_column_says_something_of_every_device() -> None:
    for build in canned.CANNED.values():
        report = build()
        for judged in report.assets:
            assert all(column.cell(report, judged) for column in COLUMNS.values())


def test_a_chosen_verdict_is_coloured_wherever_it_stands() -> None:
    text = StyledTable(Style(columns=("address", "verdict"))).render(canned.every_verdict(), color=True)
    assert "10.20.0.11  \x1b[1;31mprohibited\x1b[0m" in text


TEXT = st.text(st.sampled_from("ab 摄🎥ü→…é\u0301⚠\ufe0f🇬🇧👨"), max_size=30)
KIND = [Placed("one", 14, clip_end, hard=10), Placed("two", 12, clip_middle, hard=8), Placed("three", 9, clip_pair)]


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5), st.integers(1, 120))
def test_lines_fit_and_cells_keep_their_columns(rows: list[tuple[str, str, str]], width: int) -> None:
    fitted = lay_lines(KIND, rows, width=width)
    kept = len(fitted.header)
    assert len(fitted.rows) == len(rows)
    for line in (fitted.header, *fitted.rows):
        assert [cell_len(cell) for cell in line] == [cell_len(cell) for cell in fitted.header]
        assert sum(map(cell_len, line)) + GAP * (kept - 1) <= width
    if kept == len(KIND) and not fitted.cut:
        pairs = [(cell, was) for line, row in zip(fitted.rows, rows, strict=True) for cell, was in zip(line, row, strict=True)]
        assert all(cell.replace(" ", "") == was.replace(" ", "") for cell, was in pairs if CUT not in was)


@given(TEXT, st.integers(1, 40), st.sampled_from([clip_end, clip_middle, clip_pair]))
def test_a_clipped_text_fits_and_says_that_it_was_clipped(text: str, width: int, clip: Clip) -> None:
    shown = clip(text, width)
    assert cell_len(shown) <= width
    assert shown == text or CUT in shown or shown.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (8, "tentati…"),
        (9, "tentative"),
        (10, "tentative…"),
        (16, "tentative…"),
        (24, "tentative…"),
        (25, "tentative; outside scope…"),
        (40, "tentative; outside scope; ownership"),
    ],
)
def test_reasons_go_as_a_whole_before_the_confidence_is_cut(width: int, shown: str) -> None:
    assert clip_clauses("tentative; outside scope; ownership", width) == shown


@pytest.mark.parametrize("word", ["certain", "firm", "tentative"])
def test_at_80_columns_the_confidence_is_whole(word: str) -> None:
    found = making.known(model="DS-2CD2385G1-I/SL-with-a-long-name", confidence=word)
    because = replace(making.finding(Verdict.REVIEW), because=("ownership", "standing"))
    text = render(making.report(making.assessed(1, Verdict.REVIEW, because, identification=found)), width=80)
    [row] = [line for line in text.splitlines() if "10.20.0.1 " in line and "review" in line and "DS-2CD" in line]
    assert word in row
    assert "ow…" not in row
