"""Acceptances and plans: which findings they stand beside, when they lapse, when that is near, and what they never change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.errors import UsageError
from camscan.identity import bound
from camscan.model import Covered, DeviceException, Finding, Identification, Judgement, SiteContext, Verdict
from camscan.policy.exceptions import NO_WAIVER, Register, Standing, coverable, expiry_warnings, with_status
from camscan.policy.selection import selected, selection
from camscan.policy.sites import combined
from tests.policy.books import TODAY, identified, judged
from tests.report import making

CLAIMS = {"sadp.serial": "serial"}
MAC, SERIAL = "bc:ad:28:00:00:01", "DS-2CD2042WD-I20160101AAWR000000011"
HERE = bound([f"mac={MAC}", f"sadp.serial={SERIAL}"], CLAIMS)
SENSITIVE = SiteContext(name="annex", class_="sensitive")
KEPT = Covered(rule="uk.hcws386", act="keep", verdict="restricted")
DEPLOYED = Covered(rule="uk.hcws386", act="deploy", verdict="prohibited")
CONNECTED = Covered(rule="uk.hcws386", act="connect", verdict="review")


def accepted(**changes: Any) -> DeviceException:
    values: dict[str, Any] = {
        "id": "ex-1",
        "status": "accepted",
        "device": f"mac:{MAC}",
        "bound_to": (f"mac={MAC}", f"sadp.serial={SERIAL}"),
        "owner": "R. Nowak",
        "ticket": "RISK-12",
        "recorded_on": TODAY - timedelta(days=10),
        "expires_on": TODAY + timedelta(days=100),
        "covers": (CONNECTED, DEPLOYED, KEPT),
        "reason": "watches a fire exit",
        "maker": "hikvision",
        "firmware": "V5.5.0",
    }
    return DeviceException(**(values | changes))


def planned(**changes: Any) -> DeviceException:
    due = TODAY + timedelta(days=20)
    return accepted(
        **{"id": "ex-2", "status": "planned", "due": due, "expires_on": due, "replacement": "Axis P3265", **changes}
    )


def judgement() -> Judgement:
    found = judged(identified(), policies=("uk-department",), site=SENSITIVE)
    assert {(f.act, str(f.verdict)) for f in found.findings} == {
        ("keep", "restricted"),
        ("deploy", "prohibited"),
        ("connect", "review"),
    }
    return found


def stand(*entries: DeviceException, as_of: date = TODAY, longest: int = 180, **changes: Any) -> Standing:
    found = identified(firmware="V5.5.0", **changes)
    return with_status(judgement(), found, HERE, Register(entries, CLAIMS, longest=longest), as_of)


def statuses(standing: Standing) -> set[str]:
    return {finding.status for finding in standing.judgement.findings}


def notes(standing: Standing) -> str:
    return " ".join(sorted({finding.status_note for finding in standing.judgement.findings}))


def test_an_acceptance_stands_beside_each_finding_that_it_was_given_for_and_says_what_it_is_not() -> None:
    standing = stand(accepted())
    assert statuses(standing) == {"accepted"}
    assert standing.holds == ("ex-1",)
    until = (TODAY + timedelta(days=100)).isoformat()
    expected = f"until {until}, ticket RISK-12: watches a fire exit; recorded by R. Nowak; {NO_WAIVER}"
    assert {finding.status_note for finding in standing.judgement.findings} == {expected}
    assert {finding.exception for finding in standing.judgement.findings} == {"ex-1"}


def test_a_plan_names_the_replacement_and_ends_with_its_due_date() -> None:
    standing = stand(planned())
    assert statuses(standing) == {"planned"}
    assert "replacement by Axis P3265" in notes(standing)
    later = planned(expires_on=TODAY + timedelta(days=90))
    assert statuses(stand(later, as_of=TODAY + timedelta(days=21))) == {"lapsed"}


def test_a_finding_of_a_rule_or_an_act_that_it_was_not_given_for_stays_open() -> None:
    standing = stand(accepted(covers=(KEPT, Covered(rule="us.s889.a1A", act="deploy", verdict="prohibited"))))
    assert {finding.act: finding.status for finding in standing.judgement.findings} == {
        "keep": "accepted",
        "deploy": "open",
        "connect": "open",
    }


@pytest.mark.parametrize(
    ("entry", "changes", "why"),
    [
        pytest.param(accepted(expires_on=TODAY - timedelta(days=1)), {}, "it ended on 2026-11-20", id="expired"),
        pytest.param(
            accepted(bound_to=(f"mac={MAC}", "sadp.serial=DS-2CD2042WD-I20170202AAWR000000099")),
            {},
            "the device is another one: serial was",
            id="another serial",
        ),
        pytest.param(
            accepted(bound_to=("mac=bc:ad:28:00:00:02", f"sadp.serial={SERIAL}")),
            {},
            "the device is another one: MAC was bc:ad:28:00:00:02",
            id="another MAC",
        ),
        pytest.param(accepted(maker="dahua"), {}, "the maker was dahua, is hikvision", id="another maker"),
        pytest.param(accepted(maker=None), {}, "the maker was not known, is hikvision", id="a maker where none was known"),
        pytest.param(
            accepted(covers=tuple(replace(one, verdict="review") for one in (CONNECTED, DEPLOYED, KEPT))),
            {},
            "given for review, the finding is now prohibited",
            id="a stronger verdict",
        ),
    ],
)
def test_it_lapses_with_what_it_was_given_for(entry: DeviceException, changes: dict[str, Any], why: str) -> None:
    standing = stand(entry, **changes)
    assert "lapsed" in statuses(standing)
    assert why in notes(standing)
    assert "recorded by R. Nowak, ticket RISK-12" in notes(standing)


def test_a_change_of_firmware_alone_is_noted_and_nothing_more() -> None:
    standing = stand(accepted(firmware="V5.4.0"))
    assert statuses(standing) == {"accepted"}
    assert "its firmware changed since: V5.4.0, now V5.5.0" in notes(standing)


def test_less_evidence_than_before_is_no_change() -> None:
    found = identified(maker=None, firmware=None)
    standing = with_status(judgement(), found, bound([f"mac={MAC}"], CLAIMS), Register([accepted()], CLAIMS), TODAY)
    assert statuses(standing) == {"accepted"}


def test_it_holds_on_its_last_day_and_not_before_it_was_recorded() -> None:
    assert statuses(stand(accepted(expires_on=TODAY))) == {"accepted"}
    early = stand(accepted(), as_of=TODAY - timedelta(days=11))
    assert (statuses(early), early.holds, early.not_yet) == ({"open"}, (), ("ex-1",))


def test_none_holds_longer_than_is_configured_whatever_its_entry_says() -> None:
    entry = accepted(recorded_on=TODAY - timedelta(days=31), expires_on=TODAY + timedelta(days=2000))
    assert statuses(stand(entry, longest=31)) == {"accepted"}
    assert statuses(stand(entry, longest=30)) == {"lapsed"}


def test_it_holds_for_a_device_against_which_nothing_stands_any_more() -> None:
    standing = stand(accepted(covers=(Covered(rule="us.s889.a1A", act="buy", verdict="prohibited"),)))
    assert (statuses(standing), standing.holds) == ({"open"}, ("ex-1",))


def test_the_device_of_another_entry_is_left_alone() -> None:
    assert stand(accepted(bound_to=("mac=00:40:8c:00:00:01",))) == Standing(judgement())


def test_of_several_entries_one_that_holds_goes_before_one_that_lapsed_and_the_later_before_the_earlier() -> None:
    old = accepted(id="ex-0", expires_on=TODAY - timedelta(days=1))
    standing = stand(old, accepted(), planned(recorded_on=TODAY))
    assert statuses(standing) == {"planned"}
    assert (standing.holds, standing.lapsed) == (("ex-1", "ex-2"), ("ex-0",))


@pytest.mark.parametrize(
    ("left", "reached"), [(31, None), (30, 30), (15, 30), (14, 14), (4, 14), (3, 3), (1, 3), (0, 3), (-1, None)]
)
def test_the_end_is_warned_of_at_30_14_and_3_days(left: int, reached: int | None) -> None:
    register = Register([accepted(expires_on=TODAY + timedelta(days=left))], CLAIMS)
    found = expiry_warnings(register, TODAY)
    assert len(found) == (reached is not None)
    if reached is not None:
        assert f"(within {reached} days; ticket RISK-12, recorded by R. Nowak)" in found[0]


def test_the_nearest_end_is_warned_of_first_and_others_only_where_named() -> None:
    entries = [accepted(id=f"ex-{left}", expires_on=TODAY + timedelta(days=left)) for left in (20, 2, 9)]
    register = Register(entries, CLAIMS)
    assert [text.split()[1] for text in expiry_warnings(register, TODAY)] == ["ex-2", "ex-9", "ex-20"]
    assert [text.split()[1] for text in expiry_warnings(register, TODAY, ["ex-9"])] == ["ex-9"]


def test_what_an_exception_covers_is_each_finding_of_review_and_above_once() -> None:
    assert coverable(judgement()) == (CONNECTED, DEPLOYED, KEPT)
    assert coverable(Judgement(verdict=Verdict.UNIDENTIFIED)) == ()


DAYS = st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days))
ENTRIES = st.lists(
    st.builds(
        accepted,
        id=st.from_regex(r"ex-[0-9a-f]{6}", fullmatch=True),
        status=st.just("accepted"),
        recorded_on=DAYS,
        expires_on=DAYS,
        maker=st.sampled_from(["hikvision", "dahua", None]),
        covers=st.sets(st.sampled_from([KEPT, DEPLOYED, CONNECTED, replace(DEPLOYED, verdict="review")]), min_size=1).map(
            lambda found: tuple(sorted(found, key=str))
        ),
        bound_to=st.sampled_from(
            [(f"mac={MAC}",), (f"sadp.serial={SERIAL}",), ("mac=bc:ad:28:00:00:02", f"sadp.serial={SERIAL}")]
        ),
    ),
    max_size=6,
    unique_by=lambda entry: entry.id,
)


def without_status(found: Judgement) -> Judgement:
    bare = tuple(replace(finding, status="open", exception="", status_note="") for finding in found.findings)
    return replace(found, findings=bare)


@given(entries=ENTRIES, as_of=DAYS, data=st.data())
def test_exceptions_never_change_a_verdict_and_their_order_never_matters(
    entries: list[DeviceException], as_of: date, data: st.DataObject
) -> None:
    standing = stand(*entries, as_of=as_of)
    assert without_status(standing.judgement) == judgement()
    assert not set(standing.holds) & set(standing.lapsed)
    assert stand(*data.draw(st.permutations(entries)), as_of=as_of) == standing
    for finding in standing.judgement.findings:
        assert (finding.status == "open") is (finding.exception == "")
        if finding.status == "accepted":
            assert f"recorded by R. Nowak; {NO_WAIVER}" in finding.status_note


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("maker=hikvision", 1),
        ("maker=HIKVISION,verdict=prohibited", 1),
        ("maker=axis", 1),
        ("rule=uk.hcws386", 1),
        ("kind=nvr", 0),
    ],
)
def test_a_selection_takes_the_devices_of_which_every_term_holds(text: str, number: int) -> None:
    finding: Finding = making.finding(Verdict.PROHIBITED)
    one = making.assessed(1, Verdict.PROHIBITED, finding, identification=Identification(kind="camera", maker="hikvision"))
    two = making.assessed(2, Verdict.NO_FINDING, identification=Identification(kind="camera", maker="axis"))
    assert len(selected([one, two], selection([text]))) == number


@pytest.mark.parametrize(("site", "number"), [("cctv", 1), ("CORE", 1), ("annex", 0), ("cctv + core", 0)])
def test_a_device_at_two_sites_is_selected_by_the_name_of_either(site: str, number: int) -> None:
    sites = (SiteContext(name="cctv"), SiteContext(name="core"))
    one = replace(making.assessed(1, Verdict.PROHIBITED), site=combined(sites), sites=sites)
    assert len(selected([one], selection([f"site={site}"]))) == number


@pytest.mark.parametrize("text", ["", "maker", "maker=", "colour=red", "maker=a,,"])
def test_a_selection_that_says_nothing_clear_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--where"):
        selection([text])
