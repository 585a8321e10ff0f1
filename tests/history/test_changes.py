"""What counts as a change of a device, and what never does."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.history.changes import Beyond, Causes, changes
from camscan.model import (
    Attestation,
    Change,
    ChangeKind,
    Confidence,
    CoverageLevel,
    Verdict,
)
from tests.history.facts import PLAN, coverage, facts, finding, known, night, sight, state, together


def only(found: tuple[Change, ...]) -> Change:
    assert len(found) == 1, found
    return found[0]


def kinds(found: tuple[Change, ...]) -> list[str]:
    return [str(one.kind) for one in found]


def test_a_night_on_which_nothing_changed_says_nothing() -> None:
    found = changes(sight(0, facts(7), facts(8)), sight(1, facts(7, 1), facts(8, 1)))
    assert found.changes == ()
    assert found.unchanged == 2
    assert found.not_comparable == ()


@pytest.mark.parametrize(
    "varied",
    [
        {"hostnames": ("other",)},
        {"ips": ("10.20.0.7", "fe80::1"), "channels": 3},
        {"ips": ("10.20.0.7", "192.168.1.64")},
        {"firmware": "5.5.53"},
        {"firmware": None},
        {"serial": None, "model": None},
        {"model": "ipc b140h"},
        {"switch": None, "port": None, "vlan": None},
        {"form": "dome", "confidence": Confidence.FIRM},
        {"maker_basis": "documented-relabel"},
        {"findings": (finding(), finding(Verdict.NO_FINDING, rule="us.far"))},
    ],
)
def test_what_varies_from_night_to_night_is_no_change(varied: dict[str, object]) -> None:
    one, other = facts(7), facts(7, 1, **varied)
    assert changes(sight(0, one), sight(1, other)).changes == ()
    assert changes(sight(0, other), sight(1, one)).changes == ()


def test_a_new_device_is_new_and_worse_where_a_rule_reaches_it() -> None:
    new = only(changes(sight(0, facts(7)), sight(1, facts(7, 1), facts(9, 1))).changes)
    assert (new.kind, new.key, new.address, new.worse) == (ChangeKind.NEW, "mac:bc:ad:28:00:00:09", "10.20.0.9", True)
    assert new.since == night(1)
    harmless = only(changes(sight(0), sight(1, facts(9, 1, verdict=Verdict.NO_FINDING))).changes)
    assert not harmless.worse
    accepted = facts(9, 1, findings=(finding(status="accepted", exception="ex-1"),))
    assert not only(changes(sight(0), sight(1, accepted)).changes).worse


def test_a_device_that_a_complete_run_did_not_see_is_gone() -> None:
    gone = only(changes(sight(0, facts(7), facts(8)), sight(1, facts(7, 1))).changes)
    assert (gone.kind, gone.device, gone.since, gone.worse) == (ChangeKind.GONE, 8, night(0), False)
    assert gone.verdict is Verdict.PROHIBITED


@pytest.mark.parametrize(
    "differently",
    [
        {"complete": False},
        {"coverage": ()},
        {"coverage": (coverage(complete=False),)},
        {"coverage": (coverage(CoverageLevel.LISTENED),)},
        {"coverage": (coverage(CoverageLevel.ROUTED),)},
        {"coverage": (coverage(network="10.30.0.0/24"),)},
    ],
)
def test_a_device_is_gone_only_where_it_would_have_been_seen(differently: dict[str, object]) -> None:
    found = changes(sight(0, facts(7)), sight(1, **differently))
    assert found.changes == ()
    assert found.not_comparable


def test_a_device_known_across_a_router_is_gone_when_a_router_no_more_leads_to_it() -> None:
    routed = (coverage(CoverageLevel.ROUTED),)
    before, after = sight(0, facts(7), coverage=routed), sight(1, coverage=routed)
    assert kinds(changes(before, after).changes) == ["gone"]


def test_a_device_that_was_gone_returns() -> None:
    earlier = Beyond(earlier={7: facts(7)})
    back = only(changes(sight(3), sight(4, facts(7, 4)), earlier).changes)
    assert (back.kind, back.since, back.worse) == (ChangeKind.RETURNED, night(0), True)


@pytest.mark.parametrize(
    ("level", "told"),
    [(CoverageLevel.LINK, []), (CoverageLevel.ROUTED, ["gone"]), (None, ["gone"])],
)
def test_a_device_is_gone_only_where_as_close_a_look_does_not_show_it(level: CoverageLevel | None, told: list[str]) -> None:
    routed = sight(1, coverage=(coverage(CoverageLevel.ROUTED),))
    assert kinds(changes(sight(0, facts(7)), routed, Beyond(levels={7: level})).changes) == told


ELSEWHERE = (coverage(network="10.30.0.0/24"),)
ACROSS = (coverage(CoverageLevel.ROUTED),)


@pytest.mark.parametrize(
    ("nights", "missed"),
    [
        ([{}], False),
        ([{"coverage": ELSEWHERE}], True),
        ([{"coverage": ACROSS}], True),
        ([{"complete": False}, {"coverage": ACROSS}], True),
        ([{"complete": False}], False),
        ([{}, {"coverage": (coverage(CoverageLevel.LISTENED),)}], False),
    ],
)
def test_a_device_is_missed_by_a_look_as_close_as_the_last_that_showed_it(
    nights: list[dict[str, object]], missed: bool
) -> None:
    seen = known(7, *(sight(at, facts(7, at), **night) for at, night in enumerate(nights)))
    assert seen is not None
    assert seen.missed_by(sight(9))
    assert seen.missed_by(sight(9, coverage=ACROSS)) is missed
    assert not seen.missed_by(sight(9, coverage=ELSEWHERE))
    assert not seen.missed_by(sight(9, complete=False))


def test_of_a_device_that_nobody_saw_nothing_is_known() -> None:
    assert known(7) is None


def test_ranges_are_compared_as_networks() -> None:
    halves = tuple(coverage(network=network) for network in ("10.20.0.0/25", "10.20.0.128/25"))
    found = changes(sight(0, facts(7)), sight(1, coverage=halves))
    assert kinds(found.changes) == ["gone"]
    assert found.not_comparable == ()


def test_another_camera_in_the_place_of_one_that_is_gone_replaces_it() -> None:
    new = facts(9, 1, ips=("10.20.0.8",), port="8", model="IPC-T240H")
    replaced = only(changes(sight(0, facts(8)), sight(1, new)).changes)
    assert (replaced.kind, replaced.device, replaced.worse) == (ChangeKind.REPLACED, 9, True)
    assert replaced.before.startswith("mac:bc:ad:28:00:00:08")
    assert replaced.after == "mac:bc:ad:28:00:00:09 hilook → hikvision IPC-T240H"


def test_a_new_device_elsewhere_replaces_nothing() -> None:
    assert kinds(changes(sight(0, facts(8)), sight(1, facts(9, 1))).changes) == ["new", "gone"]
    printer = facts(9, 1, ips=("10.20.0.8",), kind="other", verdict=Verdict.NOT_APPLICABLE)
    assert kinds(changes(sight(0, facts(8)), sight(1, printer)).changes) == ["new", "gone"]


def test_hosts_that_are_something_else_come_and_go_unsaid() -> None:
    printer = {"kind": "other", "verdict": Verdict.NOT_APPLICABLE, "something_else": True}
    found = changes(sight(0, facts(7, **printer)), sight(1, facts(8, 1, **printer)))
    assert found.changes == ()


@pytest.mark.parametrize(
    ("changed", "what", "before", "after"),
    [
        ({"ips": ("10.20.0.77",)}, "address", "10.20.0.7", "10.20.0.77"),
        ({"port": "14"}, "switch port", "switch sw-3, port 7, VLAN 20", "switch sw-3, port 14, VLAN 20"),
        ({"vlan": 30}, "VLAN", "20", "30"),
        ({"macs": ("bc:ad:28:00:00:99",)}, "MAC", "bc:ad:28:00:00:07", "bc:ad:28:00:00:99"),
    ],
)
def test_a_device_that_moved_says_what_moved(changed: dict[str, object], what: str, before: str, after: str) -> None:
    moved = only(changes(sight(0, facts(7)), sight(1, facts(7, 1, **changed))).changes)
    assert (moved.kind, moved.what, moved.before, moved.after) == (ChangeKind.MOVED, what, before, after)
    assert not moved.worse


def test_addresses_that_devices_make_up_themselves_are_no_place() -> None:
    before = facts(7, ips=("fd00:20::1:2:3", "fe80::7"), switch=None)
    after = facts(7, 1, ips=("fd00:20::aaaa:2:3", "fe80::9"), switch=None)
    other = facts(7, 1, ips=("fd00:21::aaaa:2:3",), switch=None)
    assert changes(sight(0, before), sight(1, after)).changes == ()
    assert kinds(changes(sight(0, before), sight(1, other)).changes) == ["moved"]


def test_a_port_behind_another_switch_is_no_place() -> None:
    behind = facts(7, 1, port="24")
    assert behind.attached_to is not None
    behind = replace(behind, attached_to=replace(behind.attached_to, direct=False))
    assert changes(sight(0, facts(7)), sight(1, behind)).changes == ()


def test_new_firmware_is_told() -> None:
    found = only(changes(sight(0, facts(7)), sight(1, facts(7, 1, firmware="V5.5.53 build 190101"))).changes)
    assert (found.kind, found.before, found.after) == (ChangeKind.FIRMWARE, "V5.5.53 build 180702", "V5.5.53 build 190101")
    assert kinds(changes(sight(0, facts(7, firmware="5.5")), sight(1, facts(7, 1, firmware="5.5.1"))).changes) == ["firmware"]


def test_firmware_told_in_part_one_night_is_still_compared_the_next() -> None:
    nights = [sight(0, facts(7)), sight(1, facts(7, 1, firmware="V5.5.53"), complete=False)]
    found = changes(together(*nights), sight(2, facts(7, 2, firmware="V5.5.53 build 190101")))
    assert kinds(found.changes) == ["firmware"]


def test_a_known_device_recognised_by_newer_data_says_so() -> None:
    before = facts(7, maker=None, verdict=Verdict.UNIDENTIFIED)
    causes = Causes(verdict={7: "data"}, identity={7: "data"})
    after = sight(1, facts(7, 1), data_version="2026-04-01.bbbb")
    found = changes(sight(0, before), after, causes=causes)
    assert [(one.kind, one.cause, one.before, one.after) for one in found.changes] == [
        (ChangeKind.VERDICT, "data", "unidentified", "prohibited"),
        (ChangeKind.RECOGNISED, "data", "", "hikvision"),
    ]
    assert found.data == ("2026-03-01.aaaa", "2026-04-01.bbbb")
    assert [one.worse for one in found.changes] == [True, False]


def test_what_newer_data_no_longer_knows_is_told_too() -> None:
    after = sight(1, facts(7, 1, maker=None), data_version="2026-04-01.bbbb")
    assert kinds(changes(sight(0, facts(7)), after, causes=Causes(identity={7: "data"})).changes) == ["recognised"]
    assert changes(sight(0, facts(7)), after, causes=Causes()).changes == ()


def test_a_verdict_that_changes_names_its_cause() -> None:
    for cause in ("rule", "data", "site", "attestation", "device"):
        found = changes(sight(0, facts(7, verdict=Verdict.REVIEW)), sight(1, facts(7, 1)), causes=Causes(verdict={7: cause}))
        change = only(found.changes)
        assert (change.what, change.before, change.after, change.cause, change.worse) == (
            "verdict",
            "review",
            "prohibited",
            cause,
            True,
        )
    better = only(changes(sight(0, facts(7)), sight(1, facts(7, 1, verdict=Verdict.REVIEW))).changes)
    assert not better.worse


def test_a_rule_that_is_added_is_told_where_the_overall_verdict_stays() -> None:
    more = facts(7, 1, findings=(finding(), finding(Verdict.REVIEW, rule="us.889")))
    change = only(changes(sight(0, facts(7)), sight(1, more)).changes)
    assert (change.what, change.before, change.after) == ("rule us.889", "", "review")


SILENT = {"maker": None, "kind": "unknown", "confidence": None, "verdict": Verdict.NOT_ASSESSED}


@pytest.mark.parametrize("complete", [True, False])
def test_a_device_that_told_less_one_night_is_what_it_was(complete: bool) -> None:
    less = sight(1, facts(7, 1, **SILENT), complete=complete)
    assert changes(sight(0, facts(7)), less).changes == ()
    assert changes(together(sight(0, facts(7)), less), sight(2, facts(7, 2))).changes == ()
    other = only(changes(together(sight(0, facts(7)), less), sight(2, facts(7, 2, firmware="V6"))).changes)
    assert (other.kind, other.before, other.after) == (ChangeKind.FIRMWARE, "V5.5.53 build 180702", "V6")


@pytest.mark.parametrize(
    "otherwise",
    [
        {"maker": "dahua", "brand": None, "confidence": Confidence.FIRM},
        {"kind": "nvr", "model": None},
        {"model": "IPC-T240H", "confidence": Confidence.FIRM},
        {"something_else": True, "confidence": None},
    ],
)
def test_a_device_that_tells_less_and_something_else_is_judged_by_that(otherwise: dict[str, object]) -> None:
    after = facts(7, 1, verdict=Verdict.REVIEW, **otherwise)
    assert "verdict" in kinds(changes(sight(0, facts(7)), sight(1, after)).changes)


def test_a_device_that_tells_less_is_judged_by_what_it_told_as_rules_have_it_by_now() -> None:
    stands = state(7, verdict=Verdict.RESTRICTED)
    causes = Causes(verdict={7: "rule"}, standing={7: stands})
    told = only(changes(sight(0, facts(7)), sight(1, facts(7, 1, **SILENT)), causes=causes).changes)
    assert (told.kind, told.cause, told.before, told.after) == (ChangeKind.VERDICT, "rule", "prohibited", "restricted")


def test_a_variant_that_a_model_names_only_now_and_then_is_no_other_model() -> None:
    plain, variant = (facts(7, at, model=model) for at, model in enumerate(("DS-2CD2043G0-I", "DS-2CD2043G0-I (W)")))
    assert changes(sight(0, plain), sight(1, variant)).changes == ()
    assert changes(sight(0, variant), sight(1, plain)).changes == ()
    other = facts(7, 1, model="DS-2CD2043G0-I (B)")
    assert kinds(changes(sight(0, variant), sight(1, other)).changes) == ["recognised"]


def test_verdicts_by_other_policies_are_not_compared() -> None:
    other = sight(1, facts(7, 1, verdict=Verdict.REVIEW, firmware="V6"), policies=("us-private",))
    found = changes(sight(0, facts(7)), other)
    assert kinds(found.changes) == ["firmware"]
    assert found.not_comparable == ("verdicts: the runs were judged by other policies, uk-department and us-private",)


def with_status(status: str, at: int = 0) -> object:
    return facts(7, at, findings=(finding(status=status, exception="ex-1" if status != "open" else ""),))


def test_exceptions_open_lapse_and_fall_due() -> None:
    planned, lapsed, opened = (with_status(one, 1) for one in ("planned", "lapsed", "open"))
    accepted = facts(7, 0, findings=(finding(status="accepted", exception="ex-1"),))
    held = only(changes(sight(0, facts(7)), sight(1, planned)).changes)  # type: ignore[arg-type]
    assert (held.kind, held.what, held.before, held.after, held.worse) == (
        ChangeKind.EXCEPTION_OPENED,
        "exception ex-1",
        "open",
        "planned",
        False,
    )
    ended = only(changes(sight(0, accepted), sight(1, lapsed)).changes)  # type: ignore[arg-type]
    assert (ended.kind, ended.cause, ended.worse) == (ChangeKind.EXCEPTION_LAPSED, "exception", True)
    late = sight(1, lapsed, exceptions={"ex-1": PLAN})  # type: ignore[arg-type]
    assert only(changes(sight(0, with_status("planned")), late).changes).kind is ChangeKind.EXCEPTION_OVERDUE  # type: ignore[arg-type]
    taken = only(changes(sight(0, accepted), sight(1, opened)).changes)  # type: ignore[arg-type]
    assert (taken.kind, taken.after) == (ChangeKind.EXCEPTION_LAPSED, "taken back")


DISPOSAL = Attestation(
    id="at-1",
    device="mac:bc:ad:28:00:00:08",
    bound_to=("mac=bc:ad:28:00:00:08",),
    by="R. Nowak",
    basis="other",
    recorded_on=date(2026, 3, 2),
    ref="WEEE-1",
    disposed=date(2026, 3, 1),
)


def test_only_a_person_removes_a_device() -> None:
    before, after = sight(0, facts(7), facts(8)), sight(1, facts(7, 1))
    removed = only(changes(before, after, Beyond(disposed={8: DISPOSAL})).changes)
    assert (removed.kind, removed.cause) == (ChangeKind.REMOVED, "attestation")
    assert removed.after == "disposed of on 2026-03-01, stated by R. Nowak (WEEE-1)"


def test_a_disposal_stated_after_the_device_was_gone_is_told_once() -> None:
    beyond = Beyond(earlier={8: facts(8)}, disposed={8: DISPOSAL})
    assert kinds(changes(sight(3), sight(4), beyond).changes) == ["removed"]
    assert changes(sight(3), sight(4), replace(beyond, disposed_before=frozenset({8}))).changes == ()


def test_a_disposal_of_a_device_that_is_still_there_removes_nothing() -> None:
    assert changes(sight(0, facts(8)), sight(1, facts(8, 1)), Beyond(disposed={8: DISPOSAL})).changes == ()


def test_urgent_changes_come_first() -> None:
    before = sight(0, facts(7), facts(8), facts(9, verdict=Verdict.REVIEW))
    after = sight(1, facts(7, 1, firmware="V6"), facts(9, 1), facts(10, 1), facts(11, 1, verdict=Verdict.NO_FINDING))
    assert kinds(changes(before, after).changes) == ["new", "verdict", "new", "gone", "firmware"]


STATES = st.builds(
    lambda number, changed: (number, changed),
    st.integers(1, 12),
    st.fixed_dictionaries(
        {},
        optional={
            "verdict": st.sampled_from(list(Verdict)),
            "maker": st.sampled_from([None, "hikvision", "dahua"]),
            "kind": st.sampled_from(["camera", "nvr", "unknown"]),
            "firmware": st.sampled_from([None, "V1", "V2", "V2 build 3"]),
            "ips": st.sampled_from([(), ("10.20.0.5",), ("10.20.0.6", "fd00:20::1")]),
            "port": st.sampled_from(["1", "2"]),
            "something_else": st.booleans(),
            "confidence": st.sampled_from([None, *Confidence]),
        },
    ),
)
NIGHTS = st.lists(STATES, max_size=8, unique_by=lambda one: one[0])


@given(NIGHTS, NIGHTS, st.booleans(), st.randoms(use_true_random=False))
def test_order_changes_nothing(
    before: list[tuple[int, dict[str, object]]],
    after: list[tuple[int, dict[str, object]]],
    complete: bool,
    chance: random.Random,
) -> None:
    one = [facts(number, **changed) for number, changed in before]
    other = [facts(number, 1, **changed) for number, changed in after]
    found = changes(sight(0, *one), sight(1, *other, complete=complete))
    chance.shuffle(one)
    chance.shuffle(other)
    assert changes(sight(0, *one), sight(1, *other, complete=complete)) == found


@given(NIGHTS)
def test_a_sight_never_differs_from_itself(before: list[tuple[int, dict[str, object]]]) -> None:
    seen = [facts(number, **changed) for number, changed in before]
    assert changes(sight(0, *seen), sight(1, *seen)).changes == ()


@given(NIGHTS, NIGHTS)
def test_every_device_is_either_changed_or_unchanged(
    before: list[tuple[int, dict[str, object]]], after: list[tuple[int, dict[str, object]]]
) -> None:
    one = sight(0, *(facts(number, **changed) for number, changed in before))
    other = sight(1, *(facts(number, 1, **changed) for number, changed in after))
    found = changes(one, other)
    staying = one.facts.keys() & other.facts.keys()
    assert found.unchanged == len(staying - {change.device for change in found.changes})


def test_the_state_of_a_device_is_taken_whole() -> None:
    assert state(7) == facts(7).state
