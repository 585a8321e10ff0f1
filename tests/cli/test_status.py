"""`camscan status` and `camscan history verify`."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from camscan.cli.clock import today
from camscan.errors import SealError, UsageError
from camscan.store.opening import open_store
from tests.cli.invoked import invoked
from tests.cli.nights import HEAD, STORE, kept, last_night, status
from tests.report import canned
from tests.store.runs import moved, observations_of

pytestmark = pytest.mark.usefixtures("no_user_files")

EXCEPTION = """
[[exception]]
id = "ex-0123456789ab"
status = "accepted"
device = "mac:bc:ad:28:00:00:0b"
bound_to = ["mac=bc:ad:28:00:00:0b"]
owner = "R. Nowak"
ticket = "CHG-1"
reason = "no replacement before spring"
recorded_on = {recorded}
expires_on = {expires}
covers = [{{rule = "uk.hcws386", act = "keep", verdict = "prohibited"}}]
"""


def test_a_site_that_was_covered_last_night_is_fresh(tmp_path: Path) -> None:
    head = kept(tmp_path, last_night())
    done = status(tmp_path)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[1].split()[:2] == ["Poznań", "10.20.0.0/24"]
    assert lines[1].endswith("fresh")
    assert f"chain: 1 records, head {head}" in done.stdout
    assert "9 devices: 2 prohibited" in done.stdout
    assert done.stderr == "FRESH: 1 of 1 covered completely within 26 h\n"


def test_a_site_that_was_not_covered_lately_ends_with_five(tmp_path: Path) -> None:
    kept(tmp_path, last_night())
    done = status(tmp_path, "--max-age", "30m")
    assert done.exit_code == 5
    assert done.stderr == "STALE: 1 of 1 not covered completely within 30 min: Poznań 10.20.0.0/24\n"


def test_an_incomplete_night_is_not_fresh_and_says_why(tmp_path: Path) -> None:
    kept(tmp_path, last_night(canned.empty()))
    done = status(tmp_path)
    assert done.exit_code == 5
    assert "never" in done.stdout
    assert "newest run: incomplete (" in done.stdout


def test_a_store_that_is_not_there_is_stale_and_is_not_made(tmp_path: Path) -> None:
    done = status(tmp_path)
    assert done.exit_code == 5
    assert done.stderr == f"STALE: no run is recorded in {tmp_path / STORE}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_site_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    kept(tmp_path, last_night())
    assert status(tmp_path, "--site", "Poznań").exit_code == 0
    done = status(tmp_path, "--site", "Poznań", "--site", "Gdańsk")
    assert done.exit_code == 5
    assert done.stderr.endswith("26 h: Gdańsk\n")


def test_the_status_as_json_says_the_same(tmp_path: Path) -> None:
    head = kept(tmp_path, last_night())
    found = json.loads(status(tmp_path, "--format", "json").stdout)
    assert (found["schema"], found["fresh"], found["max_age_s"]) == ("camscan-status/1", True, 93600)
    (site,) = found["sites"]
    assert (site["ranges"][0]["range"], site["ranges"][0]["fresh"]) == ("10.20.0.0/24", True)
    assert 3590 < site["ranges"][0]["age_s"] < 3700
    assert (site["last"]["complete"], site["last"]["verdicts"]["prohibited"]) == (True, 2)
    assert (found["chain"]["records"], found["chain"]["head"]) == (1, head)


@pytest.mark.parametrize(("days", "lapsed"), [(-1, ["ex-0123456789ab"]), (0, []), (30, [])])
def test_exceptions_that_have_lapsed_by_today_are_named(tmp_path: Path, days: int, lapsed: list[str]) -> None:
    kept(tmp_path, last_night())
    file = tmp_path / "exceptions.toml"
    recorded, expires = today() - timedelta(days=5), today() + timedelta(days=days)
    file.write_text(EXCEPTION.format(recorded=recorded, expires=expires), encoding="utf-8")
    done = status(tmp_path, "--exceptions", str(file), "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)["exceptions_lapsed"]) == (0, lapsed)
    shown = status(tmp_path, "--exceptions", str(file)).stdout
    assert ("exceptions that have lapsed: 1 (ex-0123456789ab)" in shown) == bool(lapsed)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--max-age", "soon"), '--max-age: "soon" is no duration'),
        (("--format", "csv"), '--format: "csv" is not a format of this list'),
        (("--prometheus", "out.txt"), "reads files that end in .prom alone"),
        (("--prometheus", "/nowhere/out.prom"), "there is no folder /nowhere"),
        (("--exceptions", "/nowhere/e.toml"), "there is no such file"),
    ],
)
def test_what_status_cannot_use_is_refused(tmp_path: Path, arguments: tuple[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        status(tmp_path, *arguments)


def test_a_chain_that_holds_says_so_with_its_newest_head(tmp_path: Path) -> None:
    head = kept(tmp_path, last_night())
    done = invoked("history", "verify", "--store", str(tmp_path / STORE), "--head", head.upper(), "--head", head[:16])
    assert done.exit_code == 0
    assert f"head {head}: record 1, end of run" in done.stdout
    assert done.stderr == f"HOLDS: {tmp_path / STORE}: 1 record\n"


def test_a_chain_that_does_not_hold_ends_with_eight_and_says_where(tmp_path: Path) -> None:
    kept(tmp_path, last_night())
    with pytest.raises(SealError, match=rf"{STORE}: 1 thing does not hold: {HEAD} is no head of this chain"):
        invoked("history", "verify", "--store", str(tmp_path / STORE), "--head", HEAD)


@pytest.mark.parametrize("text", ["", "0123456789abcde", "g" * 64, "0" * 65, "0123456789abcdef 0123456789abcdef"])
def test_what_is_no_head_is_refused(tmp_path: Path, text: str) -> None:
    kept(tmp_path, last_night())
    with pytest.raises(UsageError, match="is no head: give its 64 hexadecimal digits"):
        invoked("history", "verify", "--store", str(tmp_path / STORE), "--head", text)


def imported(folder: Path, count: int) -> None:
    with open_store(str(folder / STORE)) as store:
        for number in range(count):
            report = moved(canned.every_verdict(), timedelta(days=-number))
            store.add(report, observations_of(report), origin="import")


@pytest.mark.parametrize(
    ("count", "words"), [(1, "the run that is kept was imported"), (2, "the 2 runs that are kept were imported")]
)
def test_imported_runs_alone_are_named_and_no_record_speaks_of_them(tmp_path: Path, count: int, words: str) -> None:
    imported(tmp_path, count)
    done = invoked("history", "verify", "--store", str(tmp_path / STORE))
    assert done.exit_code == 0
    assert done.stderr == f"{tmp_path / STORE}: no run is recorded: {words}, and the record does not cover what is imported\n"


def test_imported_runs_beside_recorded_ones_are_told_as_not_covered(tmp_path: Path) -> None:
    kept(tmp_path, last_night())
    imported(tmp_path, 2)
    done = invoked("history", "verify", "--store", str(tmp_path / STORE))
    assert done.stdout.splitlines()[1:] == ["2 runs were imported: the record does not cover them"]
    assert done.stderr == f"HOLDS: {tmp_path / STORE}: 1 record\n"


def test_a_store_without_any_run_says_no_more_than_that(tmp_path: Path) -> None:
    imported(tmp_path, 0)
    assert invoked("history", "verify", "--store", str(tmp_path / STORE)).stderr == f"{tmp_path / STORE}: no run is recorded\n"
