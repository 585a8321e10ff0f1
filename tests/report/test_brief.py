"""The page of totals that is handed out: right numbers, and nothing by which a place, a device or a person could be found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from camscan.model import Presence, Report, Verdict
from camscan.report.brief import MOST_LINES, render
from tests.report import canned, making

REPORTS = {**canned.CANNED, **canned.LARGE}
ONE_PAGE = 66
"""Lines of a printed page."""


def telling(report: Report) -> Iterator[str]:
    """Everything of a report that says where, which, whose or who."""
    run, scope = report.run, report.scope
    yield from (run.id, run.site.name, *(site.name for site in run.sites), *scope.ranges, *scope.exclude, *scope.interfaces)
    yield from (scope.authorised_by or "", scope.reference or "", scope.sha256 or "")
    yield from (coverage.range for coverage in report.coverage)
    yield from (coverage.detail for coverage in report.coverage)
    yield from (attempt.target for attempt in report.attempts)
    for judged in report.assets:
        asset, known = judged.asset, judged.identification
        yield from (*asset.ips, *asset.macs, *asset.hostnames, asset.key, asset.site)
        yield from (known.model or "", known.firmware or "", known.serial or "", known.brand or "")
        yield from (value for one in asset.observations for _, value in one.fields)
        yield from (
            text
            for one in judged.attestations
            for text in (one.attestation.location, one.attestation.asset_tag, one.attestation.by)
        )
        yield from (text for one in judged.exceptions for text in (one.id, one.owner, one.ticket, one.replacement))
        yield from (text for one in judged.channels for text in (one.model or "", one.address or ""))
        if judged.attached_to:
            yield from (judged.attached_to.switch, f"port {judged.attached_to.port}")


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_that_tells_where_which_or_whose_is_in_it(name: str) -> None:
    report = REPORTS[name]()
    text = render(report).lower()
    makers = {name.lower() for slug, name in report.display} | {slug for slug, _ in report.display}
    told = {word.strip().lower() for word in telling(report)} - {""} - makers
    assert sorted(word for word in told if word in text) == []
    assert not re.search(r"\d+\.\d+\.\d+\.\d+(?!\d)|(?:[0-9a-f]{2}:){5}", text)


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_one_page(name: str) -> None:
    assert len(render(REPORTS[name]()).splitlines()) <= ONE_PAGE


def test_totals_stand_by_verdict_policy_maker_and_year() -> None:
    text = render(canned.every_verdict())
    assert "9 devices seen in the 1 range covered.\nCameras and recorders: at least 6, at most 8." in text
    assert "Under a rule: at least 3, at most 7." in text
    assert "  uk-department: 2 prohibited, 1 restricted, 2 review, 1 no finding\n" in text
    assert (
        "  Hikvision: 5 (2 prohibited, 1 restricted, 2 review)\n  Axis: 1 (1 no finding)\n  maker not established: 1 (1 unidentified)\n"
        in text
    )
    assert "never of installation\n  2026: 7\n" in text
    assert "1 device with a plan or decision of their owner: not a statutory exception or waiver" in text


def test_the_year_of_first_sight_is_that_of_all_runs_that_were_kept() -> None:
    years = (2019, 2024, 2024)
    devices = [
        replace(making.assessed(number, Verdict.UNIDENTIFIED), presence=Presence(since=datetime(year, 5, 1, tzinfo=UTC)))
        for number, year in enumerate(years, 1)
    ]
    assert "  2019: 1\n  2024: 2\n" in render(making.report(*devices))
    many = [replace(devices[0], presence=Presence(since=datetime(year, 5, 1, tzinfo=UTC))) for year in range(1990, 2010)]
    assert "  before 1998: 8\n  1998: 1\n" in render(making.report(*many))


def test_many_makers_become_one_line_of_others_and_a_slug_without_a_name_is_told_by_none() -> None:
    devices = [
        making.assessed(number, Verdict.NO_FINDING, identification=making.known(maker=f"m{number:02}"))
        for number in range(1, 20)
    ]
    named = tuple((f"m{number:02}", f"Maker {number:02}") for number in range(1, 19))
    text = render(making.report(*devices, display=named))
    assert text.count("  Maker ") == MOST_LINES
    assert f"  {19 - MOST_LINES} others: {19 - MOST_LINES}\n" in text
    assert "maker not established: 1" in render(making.report(devices[-1], display=named))
    assert "m19" not in render(making.report(devices[-1], display=named))


def test_incompleteness_and_the_absence_of_a_judgement_are_said() -> None:
    assert "INCOMPLETE: 1 of 3 ranges not covered to the end, 1 reason on record" in render(canned.partial())
    text = render(canned.nothing_judged())
    assert "Nothing was judged: no policy was chosen." in text
    assert "By verdict" not in text


def test_the_method_says_whether_anything_was_asked() -> None:
    assert "Each device was asked in the protocols named above" in render(canned.partial())
    heard = replace(canned.partial(), attempts=(making.attempt(collector="listen", sent=0),))
    assert "Nothing was asked" in render(heard)
