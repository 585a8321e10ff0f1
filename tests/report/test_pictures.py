"""Pictures: the numbers in them are those of the report, and colour is never the only thing that tells a verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from lxml import etree

from camscan.model import Coverage, CoverageLevel, PastRun, Report, Verdict
from camscan.report.pictures import bars, marks, segment, timeline
from tests.report import canned, making

SVG = "{http://www.w3.org/2000/svg}"


def tree(svg: str) -> etree._Element:
    return etree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def anchor(number: int) -> str:
    return f"d{number}"


def every_picture(report: Report) -> list[str]:
    drawn = [bars.makers(report), bars.ranges(report), timeline.verdicts_over_time(report)]
    return [one for one in drawn if one] + [panel.svg for panel in segment.segment_map(report, anchor).panels]


def with_past(report: Report, runs: int, complete: bool = True) -> Report:
    past = tuple(
        PastRun(at=report.run.started_at - timedelta(days=runs - n), verdicts=((Verdict.PROHIBITED, n + 1),), complete=complete)
        for n in range(runs)
    )
    return replace(report, past=past)


@pytest.mark.parametrize("name", [*canned.CANNED, "hostile_at_length"])
def test_every_picture_is_well_formed_and_holds_no_text_of_unbounded_length(name: str) -> None:
    report = with_past({**canned.CANNED, **canned.LARGE}[name](), 3)
    for svg in every_picture(report):
        assert len(svg) < 60_000
        assert {one.tag.removeprefix(SVG) for one in tree(svg).iter()} <= {"svg", "title", "desc", "text", "rect", "path", "a"}


def test_every_verdict_has_a_word_a_colour_and_a_shape_of_its_own() -> None:
    keys = {*map(str, Verdict), marks.NOT_JUDGED}
    assert set(marks.COLORS) == set(marks.SHAPES) == keys
    assert len({marks.SHAPES[str(verdict)] for verdict in Verdict}) == len(Verdict)


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", marks.COLORS)
def test_every_colour_can_be_read_on_white(name: str) -> None:
    assert 1.05 / (luminance(marks.COLORS[name]) + 0.05) >= 4.5


def test_makers_are_counted_by_verdict_and_those_of_most_devices_come_first() -> None:
    [hikvision, axis, unknown] = bars.by_maker(canned.every_verdict())
    assert (hikvision.name, dict(hikvision.parts)) == ("Hikvision", {"prohibited": 2, "restricted": 1, "review": 2})
    assert (axis.name, axis.total) == ("Axis", 1)
    assert (unknown.name, dict(unknown.parts)) == (bars.NO_MAKER, {"unidentified": 1})
    assert "Hikvision: 2 prohibited, 1 restricted, 2 review" in tree(bars.makers(canned.every_verdict())).findtext(f"{SVG}desc")


def test_makers_beyond_those_that_have_room_are_one_bar_and_none_is_lost() -> None:
    known = [making.known(brand=f"m{n}", maker=f"m{n}") for n in range(20)]
    report = making.report(*(making.assessed(n, Verdict.REVIEW, identification=one) for n, one in enumerate(known)))
    said = tree(bars.makers(report)).findtext(f"{SVG}desc")
    assert said.count("1 review") == bars.MOST_BARS
    assert f"{20 - bars.MOST_BARS} more makers: {20 - bars.MOST_BARS} review" in said


def test_every_device_stands_in_a_range_or_outside_of_all() -> None:
    report = replace(
        canned.every_verdict(),
        coverage=(making.LINK, Coverage(range="10.9.0.0/24", level=CoverageLevel.ROUTED, complete=True)),
    )
    stray = making.assessed(9, Verdict.PROHIBITED, ips=("192.168.1.64",))
    found = {bar.name: bar.total for bar in bars.by_range(replace(report, assets=(*report.assets, stray)))}
    assert found == {"10.20.0.0/24": 9, "10.9.0.0/24": 0, bars.ELSEWHERE: 1}


def test_without_history_or_verdicts_there_is_no_picture_of_it() -> None:
    assert timeline.verdicts_over_time(canned.every_verdict()) == ""
    assert timeline.verdicts_over_time(with_past(canned.nothing_judged(), 3)) == ""


def test_history_shows_each_run_this_one_last_and_marks_incomplete_ones() -> None:
    drawn = tree(timeline.verdicts_over_time(with_past(canned.every_verdict(), 2, complete=False)))
    told = drawn.findtext(f"{SVG}desc").split("; ")
    assert told[:2] == ["2026-11-19: 1 prohibited (incomplete)", "2026-11-20: 2 prohibited (incomplete)"]
    assert told[2].startswith("2026-11-21: 2 prohibited, 1 restricted")
    assert [one.text for one in drawn.iter(f"{SVG}text") if one.text == "!"] == ["!", "!"]
    assert "! the run was incomplete" in [one.text for one in drawn.iter(f"{SVG}text")]


@pytest.mark.parametrize("runs", [1, 7, 29, 400])
def test_a_long_history_keeps_the_latest_runs_and_its_days_never_overlap(runs: int) -> None:
    drawn = tree(timeline.verdicts_over_time(with_past(canned.every_verdict(), runs)))
    days = [one for one in drawn.iter(f"{SVG}text") if one.get("y") == str(timeline.HEAD + timeline.TALL + 16)]
    ends = [float(one.get("x")) for one in days]
    assert days[-1].text == "2026-11-21"
    assert all(later - earlier >= timeline.LABEL for earlier, later in pairwise(ends))
    assert min(ends) >= 0
    assert max(ends) <= timeline.WIDTH
    told = drawn.findtext(f"{SVG}desc")
    assert told.count("2026-") + told.count("2025-") <= timeline.MOST_RUNS
    assert (f"{runs - timeline.MOST_RUNS + 1} earlier runs are left out" in told) == (runs >= timeline.MOST_RUNS)


def test_the_map_holds_each_device_once_with_its_shape_and_leads_to_it() -> None:
    report = canned.every_verdict()
    [panel] = segment.segment_map(report, anchor).panels
    cells = list(tree(panel.svg).iter(f"{SVG}a"))
    assert [one.get("href") for one in cells] == [f"#d{n}" for n in range(9)]
    assert [one.find(f"{SVG}text").text for one in cells] == [f".{n}" for n in range(11, 20)]
    drawn = Counter(one.find(f"{SVG}path").get("d") for one in cells)
    expected = Counter(marks.SHAPES[str(judged.judgement.verdict)] for judged in report.assets)
    assert drawn == expected
    assert cells[0].findtext(f"{SVG}title") == "10.20.0.11, ANNKE → Hikvision, prohibited"


def test_where_a_switch_told_a_device_stands_at_its_port_in_the_order_of_ports() -> None:
    base = canned.every_verdict()
    ports = ("10", "9", "2")
    attached = [
        replace(judged, attached_to=replace(making.ATTACHED, port=port))
        for judged, port in zip(base.assets, ports, strict=False)
    ]
    uplink = replace(base.assets[3], attached_to=replace(making.ATTACHED, direct=False))
    found = segment.segment_map(replace(base, assets=(*attached, uplink, *base.assets[4:])), anchor)
    assert [(panel.place, panel.devices) for panel in found.panels] == [("switch sw-3", 3), ("10.20.0.0/24", 6)]
    assert [one.find(f"{SVG}text").text for one in tree(found.panels[0].svg).iter(f"{SVG}a")] == ["2", "9", "10"]


def test_a_map_of_too_many_devices_says_how_many_it_leaves_out() -> None:
    found = segment.segment_map(canned.ten_thousand(), anchor)
    drawn = sum(panel.svg.count("<a ") for panel in found.panels)
    assert drawn == segment.MOST_PANELS * segment.COLUMNS * segment.ROWS
    assert drawn + found.left_out == 10_000
