"""`camscan diff` and `camscan history ASSET` as a user meets them: nights kept in a store, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from camscan.assessment import Judging
from camscan.cli.app import app
from camscan.history.matching import Matching
from camscan.identity import identities
from camscan.model import Coverage, CoverageLevel, Fields, Observation, SiteContext
from camscan.rejudge import judge_kept
from camscan.report.observations import dump, read
from camscan.store.opening import open_store
from tests import factories
from tests.judgements import judging
from tests.report import making

HILOOK, AXIS, MADE_UP = "bc:ad:28:00:00:01", "00:40:8c:00:00:29", "02:3e:5a:10:00:43"
SERIAL = "HWI-B140H20190101AAWR000000013"
LINK = (Coverage(range="10.20.0.0/24", level=CoverageLevel.LINK, complete=True, hosts_alive=2),)


def hilook(ip: str = "10.20.0.13", firmware: str = "V5.5.0", mac: str = HILOOK, serial: str = SERIAL) -> Observation:
    said: Fields = (("sadp.firmware", firmware), ("sadp.model", "HWI-B140H"), ("sadp.serial", serial))
    return factories.observation(said, ip=ip, link_mac=mac, site="annex")


def silent(ip: str = "10.20.0.29", mac: str = AXIS) -> Observation:
    return factories.observation((("arp.ip", ip),), ip=ip, link_mac=mac, site="annex")


def called(*arguments: object, code: int = 0) -> Result:
    done = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=True)
    fault = done.exception
    if fault is not None and not isinstance(fault, SystemExit):
        assert code == 2, done.output + repr(fault)
        done.stderr_bytes = str(fault).encode()
        return done
    assert done.exit_code == code, done.output
    return done


Keep = Callable[..., str]


@pytest.fixture(name="judging", scope="module")
def of_a_scan() -> Judging:
    return judging(site=SiteContext(name="annex"), as_of=making.START.date(), command="scan")


@pytest.fixture
def keep(judging: Judging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Keep one night as a scan would, write its observation file, and return the id of its run."""
    store = tmp_path / "camscan.sqlite3"
    monkeypatch.setenv("CAMSCAN_STORE", str(store))

    def one(night: int, *observations: Observation, **changes: Any) -> str:
        at = making.START + timedelta(days=night)
        coverage = changes.pop("coverage", LINK)
        site = changes.pop("site", SiteContext(name="annex", class_="sensitive"))
        to_tell = changes.pop("to_tell", False)
        values: dict[str, Any] = {
            "id": f"{at:%Y%m%dT%H%M%SZ}-annex",
            "started_at": at,
            "ended_at": at + timedelta(minutes=4),
            "site": site,
            "as_of": at.date(),
        }
        run = making.run(**(values | changes))
        said = [replace(seen, first_seen_at=at, last_seen_at=at) for seen in observations]
        path = tmp_path / f"{night}.obs.jsonl"
        path.write_text("".join(dump(run, making.scope(), (), said, coverage)))
        tonight = replace(judging, policies=run.policies, site=run.site, as_of=run.as_of)
        report, heard = judge_kept(read(path), path.name, tonight)
        marks = identities([judged.asset for judged in report.assets], judging.knowledge.claims)
        with open_store(str(store)) as opened:
            return opened.add(report, heard, identities=marks, match=Matching(judging.knowledge.claims), to_tell=to_tell)

    return one


def differences(*arguments: object, code: int = 0) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(called("diff", "--format", "json", *arguments, code=code).stdout)
    return document


def told(document: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    return [(one["kind"], one["what"], one["before"], one["after"]) for one in document["changes"]]


def test_two_nights_on_which_nothing_changed_differ_in_nothing(keep: Keep) -> None:
    keep(0, hilook(), silent())
    keep(1, hilook(), silent())
    found = differences()
    assert found["changes"] == []
    assert found["unchanged"] == 2
    text = called("diff").stdout
    assert "nothing changed; 0 devices worse; 2 devices unchanged" in text
    assert text.count("Not legal advice.") == 1


def test_a_device_that_came_moved_and_changed_its_firmware_is_told_from_one_that_went(keep: Keep) -> None:
    first = keep(0, hilook(), silent())
    second = keep(1, hilook("10.20.0.14", "V5.6.0"), silent("10.20.0.50", "00:40:8c:00:00:77"))
    found = differences(first, second)
    assert [(one["kind"], one["asset"], one["before"], one["after"]) for one in found["changes"]] == [
        ("new", "mac:00:40:8c:00:00:77", None, "axis"),
        ("gone", f"mac:{AXIS}", "axis", None),
        ("moved", f"mac:{HILOOK}", "10.20.0.13", "10.20.0.14"),
        ("firmware", f"mac:{HILOOK}", "V5.5.0", "V5.6.0"),
    ]
    assert differences(second, first) == found, "the earlier run comes first, whatever the order of the arguments"
    text = called("diff", second, first).stdout
    assert "new device" in text
    assert "not seen since 2026-11-21 18:00 UTC" in text


def test_runs_that_are_imported_are_compared_like_kept_ones(
    keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(0, hilook(mac=MADE_UP))
    keep(1, hilook(mac="06:11:22:33:44:55", ip="10.20.0.77"))
    monkeypatch.setenv("CAMSCAN_STORE", str(tmp_path / "other.sqlite3"))
    called("history", "import", tmp_path / "1.obs.jsonl", tmp_path / "0.obs.jsonl")
    assert told(differences()) == [("moved", "address", "10.20.0.13", "10.20.0.77")]


def test_a_made_up_mac_makes_no_second_device(keep: Keep) -> None:
    keep(0, hilook(mac=MADE_UP))
    keep(1, hilook(mac="06:11:22:33:44:55", ip="10.20.0.77"))
    assert told(differences()) == [("moved", "address", "10.20.0.13", "10.20.0.77")]


def test_an_incomplete_night_calls_nothing_gone(keep: Keep) -> None:
    keep(0, hilook(), silent())
    short = keep(1, silent(), coverage=(replace(LINK[0], complete=False),))
    found = differences(short)
    assert found["changes"] == []
    assert f"run {short} is incomplete" in " ".join(found["not_comparable"])
    later = keep(2, silent())
    assert [one[0] for one in told(differences(later))] == ["gone"]
    keep(3, silent())
    last = keep(4, hilook(), silent())
    assert [one[0] for one in told(differences(last))] == ["returned"]


def test_a_run_alone_is_compared_with_all_before_it(keep: Keep) -> None:
    alone = keep(0, hilook())
    assert "no run of its site and policies was kept" in called("diff", alone, code=2).stderr
    keep(1, hilook(), silent(), coverage=(replace(LINK[0], complete=False),))
    second = keep(2, hilook(), silent())
    assert told(differences(second)) == [], "what an incomplete run found new is not told again"


def test_the_site_s_own_facts_are_named_as_the_cause(keep: Keep) -> None:
    keep(0, hilook(), site=SiteContext(name="annex"))
    keep(1, hilook())
    (change,) = differences()["changes"]
    assert (change["kind"], change["cause"], change["after"], change["worse"]) == ("verdict", "site", "prohibited", True)
    assert "verdict changed by site" in called("diff").stdout


def test_a_rule_that_begins_is_named_as_the_cause(keep: Keep) -> None:
    keep(0, hilook(), as_of=making.START.date().replace(year=2022))
    keep(1, hilook())
    (change,) = [one for one in differences()["changes"] if one["what"] == "verdict"]
    assert (change["cause"], change["after"]) == ("rule", "prohibited")


def test_the_device_itself_is_the_cause_where_it_tells_more(keep: Keep) -> None:
    keep(0, silent("10.20.0.13", HILOOK))
    keep(1, hilook())
    assert {(one["kind"], one["cause"]) for one in differences()["changes"]} == {
        ("verdict", "device"),
        ("recognised", "device"),
    }


def test_fail_on_new_ends_with_the_code_of_what_became_worse(keep: Keep) -> None:
    keep(0, silent())
    keep(1, silent(), hilook())
    assert called("diff", "--fail-on", "new", code=3).exit_code == 3
    called("diff")
    keep(2, silent(), hilook())
    called("diff", "--fail-on", "new")
    assert "--fail-on" in called("diff", "--fail-on", "prohibited", code=2).stderr


def test_files_are_compared_without_a_store(keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(0, hilook(), silent())
    keep(1, hilook(firmware="V5.6.0"))
    monkeypatch.delenv("CAMSCAN_STORE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "none"))
    found = differences(tmp_path / "1.obs.jsonl", tmp_path / "0.obs.jsonl")
    assert [one[0] for one in told(found)] == ["gone", "firmware"]
    assert "compared with another run" in called("diff", tmp_path / "1.obs.jsonl", code=2).stderr
    assert "no store of runs" in called("diff", code=2).stderr


ARP_ONLY = silent("10.20.0.13", HILOOK)


def test_a_night_on_which_a_device_says_nothing_changes_nothing_and_hides_nothing(keep: Keep) -> None:
    keep(0, hilook())
    assert told(differences(keep(1, ARP_ONLY))) == []
    assert told(differences(keep(2, hilook()))) == []
    assert told(differences(keep(3, ARP_ONLY))) == []
    assert told(differences(keep(4, hilook(firmware="V5.6.0")))) == [("firmware", "firmware", "V5.5.0", "V5.6.0")]
    called("diff", "last", "--fail-on", "new")


def test_firmware_told_in_part_hides_no_other_one(keep: Keep) -> None:
    for night, firmware in enumerate(("V5.5.0 build 190202", "V5.5.0", "V5.5.0 build 190101")):
        last = keep(night, hilook(firmware=firmware))
    assert told(differences(last)) == [("firmware", "firmware", "V5.5.0 build 190202", "V5.5.0 build 190101")]


def test_a_rule_that_begins_while_a_device_says_nothing_is_told_at_once_and_once(keep: Keep) -> None:
    before, since = making.START.date().replace(year=2022, month=11, day=1), making.START.date()
    keep(0, hilook(), as_of=before)
    (change,) = [one for one in differences(keep(1, ARP_ONLY, as_of=since))["changes"] if one["what"] == "verdict"]
    assert (change["cause"], change["after"], change["worse"]) == ("rule", "prohibited", True)
    assert told(differences(keep(2, ARP_ONLY, as_of=since))) == []
    assert told(differences(keep(3, hilook(), as_of=since))) == []


def test_a_rule_that_begins_while_a_device_is_silent_for_long_is_told_at_once_and_once(keep: Keep) -> None:
    before, since = making.START.date().replace(year=2022, month=11, day=1), making.START.date()
    nobodys = "70:b3:d5:00:00:13"  # tells of no maker
    keep(0, hilook(mac=nobodys), as_of=before)
    assert told(differences(keep(1, silent("10.20.0.13", nobodys), as_of=before))) == []
    found = differences(keep(2, silent("10.20.0.13", nobodys), as_of=since))["changes"]
    assert [(one["cause"], one["after"]) for one in found if one["what"] == "verdict"] == [("rule", "prohibited")]
    assert told(differences(keep(3, silent("10.20.0.13", nobodys), as_of=since))) == []
    assert told(differences(keep(4, hilook(mac=nobodys), as_of=since))) == []


def test_a_device_that_only_runs_by_other_policies_knew_is_new(keep: Keep) -> None:
    keep(0, silent())
    keep(1, hilook(), silent(), policies=("us-federal-agency",))
    assert [one[0] for one in told(differences(keep(2, hilook(), silent())))] == ["new"]
    assert told(differences(keep(3, silent(), policies=("us-federal-agency",)))) == [
        ("gone", "device", "hilook → hikvision HWI-B140H", None)
    ]
    assert [one[0] for one in told(differences(keep(4, silent())))] == ["gone"]


def test_a_rule_that_begins_while_a_device_is_not_seen_is_the_cause_when_it_is(keep: Keep) -> None:
    before, since = making.START.date().replace(year=2022, month=11, day=1), making.START.date()
    keep(0, hilook(), silent(), as_of=before)
    keep(1, silent(), coverage=(replace(LINK[0], complete=False),), as_of=since)
    found = differences(keep(2, hilook(), silent(), as_of=since))["changes"]
    assert [(one["cause"], one["after"]) for one in found if one["what"] == "verdict"] == [("rule", "prohibited")]


def test_a_range_that_no_run_covered_before_hides_nobody_who_went(keep: Keep) -> None:
    keep(0, hilook(), silent())
    keep(1, hilook(), coverage=(replace(LINK[0], range="10.20.0.13/32"),))
    wider = (replace(LINK[0], range="10.20.0.0/23"), replace(LINK[0], range="10.40.0.0/24"))
    assert [one[0] for one in told(differences(keep(2, hilook(), coverage=wider)))] == ["gone"]
    assert told(differences(keep(3, hilook(), coverage=wider))) == []


def test_many_incomplete_nights_hide_nobody_who_went(keep: Keep) -> None:
    keep(0, hilook(), silent())
    for night in range(1, 70):
        keep(night, hilook(), coverage=(LINK[0], replace(LINK[0], range="10.40.0.0/24", complete=False)))
    assert [one[0] for one in told(differences(keep(70, hilook())))] == ["gone"]


def test_a_device_that_no_router_shows_does_not_return(keep: Keep) -> None:
    keep(0, hilook(), silent())
    across = (replace(LINK[0], level=CoverageLevel.ROUTED),)
    assert told(differences(keep(1, silent(), coverage=across))) == []
    assert told(differences(keep(2, silent(), coverage=across))) == []
    assert told(differences(keep(3, hilook(), silent()))) == []


def test_a_device_that_only_the_link_shows_is_not_gone_where_an_unfinished_night_came_before_a_router(keep: Keep) -> None:
    across = (replace(LINK[0], level=CoverageLevel.ROUTED),)
    keep(0, hilook(), silent())
    keep(1, hilook(), silent(), coverage=(LINK[0], replace(LINK[0], range="10.40.0.0/24", complete=False)))
    assert told(differences(keep(2, silent(), coverage=across))) == []
    assert told(differences(keep(3, hilook(), silent()))) == []


def test_a_device_that_a_router_showed_is_gone_where_the_link_shows_it_no_more(keep: Keep) -> None:
    keep(0, hilook(), silent(), coverage=(replace(LINK[0], level=CoverageLevel.ROUTED),))
    keep(1, hilook(), coverage=(replace(LINK[0], range="10.20.0.13/32"),))
    assert [one[0] for one in told(differences(keep(2, hilook())))] == ["gone"]
    assert told(differences(keep(3, hilook()))) == []
    assert [one[0] for one in told(differences(keep(4, hilook(), silent())))] == ["returned"]


def test_a_device_that_only_an_unfinished_night_saw_is_gone_when_its_range_is_covered(keep: Keep) -> None:
    other = replace(LINK[0], range="10.30.0.0/24")
    keep(0, hilook())
    assert [
        one[0]
        for one in told(
            differences(keep(1, hilook(), silent("10.30.0.29"), coverage=(LINK[0], replace(other, complete=False))))
        )
    ] == ["new"]
    keep(2, hilook())
    assert [one[0] for one in told(differences(keep(3, hilook(), coverage=(*LINK, other))))] == ["gone"]
    assert told(differences(keep(4, hilook(), coverage=(*LINK, other)))) == []


def test_two_runs_are_compared_as_they_are_whether_anybody_was_told_of_them_or_not(keep: Keep) -> None:
    first = keep(0, hilook(firmware="V5.4.0"))
    second = keep(1, hilook(), to_tell=True)
    third = keep(2, hilook(firmware="V5.6.0"), to_tell=True)
    assert told(differences(second, third)) == [("firmware", "firmware", "V5.5.0", "V5.6.0")]
    assert told(differences(first, third)) == [("firmware", "firmware", "V5.4.0", "V5.6.0")]
    assert told(differences("last")) == [("firmware", "firmware", "V5.4.0", "V5.6.0")]


def test_a_device_that_went_is_told_once_where_runs_cover_different_ranges(keep: Keep) -> None:
    other = (replace(LINK[0], range="10.30.0.0/24"),)
    keep(0, hilook(), silent("10.30.0.29"), coverage=(*LINK, *other))
    keep(1, silent("10.30.0.29"))
    assert [one[0] for one in told(differences())] == ["gone"]
    assert told(differences(keep(2, silent("10.30.0.29"), coverage=(*LINK, *other)))) == []
    assert [one[0] for one in told(differences(keep(3, hilook(), silent("10.30.0.29"), coverage=(*LINK, *other))))] == [
        "returned"
    ]


def test_a_clock_that_was_set_back_hides_no_earlier_run(keep: Keep) -> None:
    keep(5, hilook())
    keep(6, hilook())
    keep(0, hilook(), silent())
    report = json.loads(called("report", "last", "--format", "json").stdout)
    assert [one["at"][:10] for one in report["past"]] == ["2026-11-26", "2026-11-27"]
    absent = {one["key"]: one["presence"]["absent_until"] for one in report["assets"]}
    assert absent == {f"mac:{HILOOK}": None, f"mac:{AXIS}": "2026-11-27T18:00:00Z"}


def test_the_life_of_a_device_tells_where_it_was_and_when_it_was_not_there(keep: Keep) -> None:
    keep(0, hilook(), silent())
    keep(1, hilook(firmware="V5.6.0"), silent())
    keep(2, silent())
    keep(3, hilook("10.20.0.44", firmware="V5.6.0"), silent())
    for name in (f"mac:{HILOOK}", SERIAL, "10.20.0.44"):
        document = json.loads(called("history", name, "--format", "json").stdout)
        (device,) = document["devices"]
        assert device["asset"] == f"mac:{HILOOK}"
    spans = [(one["what"], one["value"], one["from"][:10], one["until"][:10]) for one in device["spans"]]
    assert spans == [
        ("address", "10.20.0.13", "2026-11-21", "2026-11-22"),
        ("address", "10.20.0.44", "2026-11-24", "2026-11-24"),
        ("interface", HILOOK, "2026-11-21", "2026-11-24"),
        ("firmware", "V5.5.0", "2026-11-21", "2026-11-21"),
        ("firmware", "V5.6.0", "2026-11-22", "2026-11-24"),
        ("recognised as", "hilook → hikvision HWI-B140H", "2026-11-21", "2026-11-24"),
        ("verdict by uk-department", "prohibited", "2026-11-21", "2026-11-24"),
        ("absent", "not seen", "2026-11-23", "2026-11-23"),
    ]
    text = called("history", "device", HILOOK).stdout
    assert "mac:bc:ad:28:00:00:01 at site annex" in text
    assert "HiLook → Hikvision" in text
    assert "no device 10.20.0.99" in called("history", "10.20.0.99", code=2).stderr


def test_every_command_of_history_is_still_one(keep: Keep) -> None:
    keep(0, hilook())
    assert "annex" in called("history").stdout
    assert "would be removed" in called("history", "prune", "--keep", "9000d", "--dry-run").stdout


def test_the_marking_stands_at_head_and_foot(keep: Keep) -> None:
    keep(0, hilook(), marking="OFFICIAL")
    keep(1, hilook(), marking="OFFICIAL")
    for text in (called("diff").stdout, called("history", HILOOK).stdout):
        assert text.startswith("OFFICIAL\n")
        assert text.endswith("OFFICIAL\n")
    document = differences()
    assert (document["marking"], document["marking_at_foot"]) == ("OFFICIAL", "OFFICIAL")
