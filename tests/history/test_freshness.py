"""How fresh each range is, by the records of runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from camscan.history.freshness import SiteState, states
from camscan.history.heartbeat import Event, Heartbeat, Looked, Recorded
from camscan.model import CoverageLevel

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MAX_AGE = timedelta(hours=26)
WIDE, NARROW, OTHER = "10.20.0.0/24", "10.20.0.64/26", "10.20.1.0/24"


def looked(range_: str, *, complete: bool = True, level: CoverageLevel = CoverageLevel.LINK) -> Looked:
    return Looked(range=range_, level=level, complete=complete)


def end(hours_ago: float, *coverage: Looked, site: str = "hq", **changes: object) -> Heartbeat:
    beat = {"event": "ended", "complete": all(one.complete for one in coverage), "run": f"run-{hours_ago}", **changes}
    return Heartbeat(at=NOW - timedelta(hours=hours_ago), site=site, coverage=coverage, **beat)  # type: ignore[arg-type]


def other(event: Event, hours_ago: float) -> Heartbeat:
    return Heartbeat(event=event, at=NOW - timedelta(hours=hours_ago), site="hq", because="locked")


def found(*beats: Heartbeat) -> tuple[SiteState, ...]:
    """beats: in the order in which they were recorded."""
    records = [Recorded(number, f"{number:064x}", beat) for number, beat in enumerate(beats, 1)]
    return states(reversed(records), NOW, MAX_AGE)


def fresh(*beats: Heartbeat) -> dict[str, bool]:
    (site,) = found(*beats)
    return {one.range: one.fresh for one in site.ranges}


def test_a_range_that_was_covered_last_night_is_fresh() -> None:
    (site,) = found(end(34, looked(WIDE)), end(10, looked(WIDE)))
    assert site.fresh
    assert [one.last and one.last.run for one in site.ranges] == ["run-10"]


def test_a_range_is_stale_a_moment_after_its_age() -> None:
    assert fresh(end(26, looked(WIDE))) == {WIDE: True}
    assert fresh(end(26.01, looked(WIDE))) == {WIDE: False}


def test_an_incomplete_night_leaves_the_range_as_old_as_the_last_complete_one() -> None:
    (site,) = found(end(34, looked(WIDE)), end(10, looked(WIDE, complete=False)))
    assert not site.fresh
    assert site.ranges[0].last is not None
    assert site.ranges[0].last.run == "run-34"


def test_each_range_has_its_own_age() -> None:
    assert fresh(end(10, looked(WIDE), looked(OTHER, complete=False))) == {WIDE: True, OTHER: False}


def test_a_range_that_could_not_be_covered_at_all_is_expected_all_the_same() -> None:
    assert fresh(end(10, looked(WIDE, complete=False, level=CoverageLevel.NONE))) == {WIDE: False}


def test_what_was_only_listened_to_is_no_range_of_a_site() -> None:
    (site,) = found(end(10, looked(OTHER, level=CoverageLevel.LISTENED)))
    assert [(one.range, one.fresh) for one in site.ranges] == [("", True)]


def test_a_scan_by_hand_of_one_address_makes_no_range_fresh_and_hides_none() -> None:
    nightly = end(40, looked(WIDE), unattended=True)
    assert fresh(nightly, end(1, looked("10.20.0.7/32"))) == {WIDE: False}


def test_a_scan_by_hand_of_the_range_or_a_wider_one_makes_it_fresh() -> None:
    nightly = end(40, looked(NARROW), unattended=True)
    assert fresh(nightly, end(1, looked(WIDE))) == {NARROW: True}
    assert fresh(nightly, end(1, looked("2001:db8::/32"))) == {NARROW: False}


def test_two_schedules_of_one_site_are_both_expected() -> None:
    one, two = end(12, looked(WIDE), unattended=True), end(11, looked(OTHER, complete=False), unattended=True)
    assert fresh(one, two) == {OTHER: False, WIDE: True}


def test_a_range_that_was_taken_out_of_the_schedule_is_forgotten_after_a_week() -> None:
    retired = end(24 * 9, looked(OTHER), unattended=True)
    assert fresh(retired, end(10, looked(WIDE), unattended=True)) == {WIDE: True}


def test_a_machine_that_was_off_for_weeks_still_knows_its_ranges() -> None:
    assert fresh(end(24 * 60, looked(WIDE), looked(OTHER), unattended=True)) == {WIDE: False, OTHER: False}


def test_an_end_in_the_future_is_not_fresh() -> None:
    assert fresh(end(-3, looked(WIDE))) == {WIDE: False}


def test_a_site_without_ranges_is_as_fresh_as_its_last_complete_run() -> None:
    assert fresh(end(3), end(1, complete=False)) == {"": True}
    assert fresh(end(1, complete=False)) == {"": False}


def test_a_run_that_began_and_never_ended_is_told_and_makes_nothing_fresh() -> None:
    (site,) = found(end(40, looked(WIDE)), other("began", 16))
    assert site.unended is not None
    assert site.unended.at == NOW - timedelta(hours=16)
    assert not site.fresh


def test_a_run_that_came_to_nothing_is_the_newest_and_makes_nothing_fresh() -> None:
    (site,) = found(end(40, looked(WIDE)), other("began", 16), replace(other("failed", 15), began=2))
    assert (site.last and site.last.because, site.unended, site.fresh) == ("locked", None, False)


def test_a_run_that_another_one_kept_out_hides_neither_that_one_nor_the_last() -> None:
    kept_out = replace(other("failed", 9), locked_out=True)
    (site,) = found(end(34, looked(WIDE)), other("began", 10), kept_out)
    assert site.last is not None
    assert (site.last.run, site.unended and site.unended.at) == ("run-34", NOW - timedelta(hours=10))


def test_a_run_that_goes_on_is_told_while_another_kind_of_run_ends() -> None:
    listening = end(1, looked(OTHER, level=CoverageLevel.LISTENED), command="listen", began=3)
    (site,) = found(end(34, looked(WIDE)), other("began", 10), replace(other("began", 2), command="listen"), listening)
    assert site.unended is not None
    assert site.unended.at == NOW - timedelta(hours=10)


def test_a_run_that_was_gone_on_with_has_ended() -> None:
    (site,) = found(other("began", 12), other("began", 11), end(10, looked(WIDE), began=2, resumed=(1,)))
    assert site.unended is None
    (site,) = found(other("began", 12), other("began", 11), end(10, looked(WIDE), began=2))
    assert site.unended is None


def test_a_site_that_never_ended_a_run_is_there_and_stale() -> None:
    (site,) = found(other("failed", 1))
    assert [(one.range, one.last, one.fresh) for one in site.ranges] == [("", None, False)]


def test_sites_stand_by_name_and_removals_are_no_site() -> None:
    pruned = Heartbeat(event="pruned", at=NOW)
    assert [one.site for one in found(end(1, site="b"), pruned, end(1, site="a"))] == ["a", "b"]
    assert found(pruned) == ()


def test_a_range_that_is_no_network_is_known_by_its_text() -> None:
    assert fresh(end(1, looked("<img src=x>"))) == {"<img src=x>": True}
