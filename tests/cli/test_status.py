"""`camscan status` and `camscan history verify`; the heartbeat of a run, whatever becomes of it; its head in what leaves the machine."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from camscan.assessment import Judging
from camscan.cli.app import app
from camscan.cli.clock import now, today
from camscan.cli.conclude import conclude
from camscan.cli.configuration import Configuration
from camscan.cli.groups import Ending, JudgingOptions, Keeping, Threshold
from camscan.cli.judging import judging_by
from camscan.cli.kept import Keeper, failures_recorded, keeper_of
from camscan.cli.lock import Lock
from camscan.cli.parcel import Failure, Parcel
from camscan.cli.prometheus import write
from camscan.cli.pulse import Pulse
from camscan.errors import DeliveryError, LockedError, SealError, UsageError
from camscan.history.heartbeat import Heartbeat, Looked
from camscan.model import CoverageLevel, Report
from camscan.report.deliver import open_outputs
from camscan.report.observations import dump, read
from camscan.report.registry import FORMATS
from camscan.report.statement import coverage_statement
from camscan.store.chain import Verified
from camscan.store.glance import glance
from camscan.store.location import location
from camscan.store.opening import open_store
from tests.report import canned
from tests.store.runs import add, moved, observations_of

STORE = "camscan.sqlite3"
HEAD = "0123456789abcdef" * 4
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


def called(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def status(folder: Path, *arguments: str) -> Result:
    return called("status", "--store", str(folder / STORE), *arguments)


def last_night(report: Report | None = None) -> Report:
    """Return a report on a run that ended an hour ago."""
    found = report or canned.every_verdict()
    ended = now() - timedelta(hours=1)
    return replace(found, run=replace(found.run, started_at=ended - timedelta(minutes=5), ended_at=ended))


def kept(folder: Path, report: Report) -> str:
    """Keep a run and return the head of the chain."""
    with open_store(str(folder / STORE)) as store:
        return store.run(add(store, report)).run.chain_head


@pytest.fixture(autouse=True)
def _no_user_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


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


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return what a reader of the text format finds; every family must be introduced."""
    found, introduced = {}, set()
    for line in text.splitlines():
        if line.startswith("# "):
            _, kind, name, said = line.split(" ", 3)
            if kind == "TYPE":
                assert said == "gauge"
                introduced.add(name)
            continue
        head, _, value = line.rpartition(" ")
        name, brace, rest = head.partition("{")
        labels = []
        while brace and rest != "}":
            key, _, rest = rest.partition('="')
            said, at = "", 0
            while rest[at] != '"':
                at += rest[at] == "\\"
                said += rest[at]
                at += 1
            labels.append((key, said))
            rest = rest[at + 1 :].removeprefix(",")
        assert name in introduced
        assert (name, tuple(labels)) not in found
        found[name, tuple(labels)] = float(value)
    return found


def test_prometheus_reads_every_range_and_the_head(tmp_path: Path) -> None:
    head = kept(tmp_path, last_night())
    site = 'we"ird\\site'
    looked = (Looked(range="10.20.1.0/24", level=CoverageLevel.LINK),)
    with open_store(str(tmp_path / STORE)) as store:
        head = store.record(Heartbeat(event="ended", at=now(), site=site, coverage=looked)).head
    file = tmp_path / "camscan.prom"
    done = status(tmp_path, "--prometheus", str(file))
    assert done.exit_code == 5
    found = samples(file.read_text(encoding="utf-8"))
    here, there = (("site", "Poznań"), ("range", "10.20.0.0/24")), (("site", site), ("range", "10.20.1.0/24"))
    assert (found["camscan_range_fresh", here], found["camscan_range_fresh", there]) == (1, 0)
    assert found["camscan_range_last_complete_timestamp_seconds", there] == 0
    assert abs(found["camscan_range_last_complete_timestamp_seconds", here] - now().timestamp() + 3600) < 60
    assert found["camscan_last_run_devices", (("site", "Poznań"), ("verdict", "prohibited"))] == 2
    assert found["camscan_chain_head_info", (("head", head),)] == 1
    assert found["camscan_chain_records", ()] == 2


def test_prometheus_is_told_too_where_no_run_is_recorded(tmp_path: Path) -> None:
    file = tmp_path / "camscan.prom"
    assert status(tmp_path, "--prometheus", str(file)).exit_code == 5
    found = samples(file.read_text(encoding="utf-8"))
    assert (found["camscan_chain_records", ()], found["camscan_fresh", ()]) == (0, 0)


@pytest.mark.parametrize(("max_age", "fresh"), [("26h", 1), ("30m", 0)])
def test_one_metric_says_whether_all_is_fresh(tmp_path: Path, max_age: str, fresh: int) -> None:
    kept(tmp_path, last_night())
    file = tmp_path / "camscan.prom"
    status(tmp_path, "--prometheus", str(file), "--max-age", max_age)
    assert samples(file.read_text(encoding="utf-8"))["camscan_fresh", ()] == fresh


@pytest.mark.parametrize(("folder_mode", "mode"), [(0o750, 0o640), (0o700, 0o600)])
def test_the_group_of_the_folder_may_read_the_file_and_nobody_else(tmp_path: Path, folder_mode: int, mode: int) -> None:
    folder = tmp_path / "collector"
    folder.mkdir(mode=folder_mode)
    file = folder / "camscan.prom"
    file.write_text("old")
    file.chmod(0o666)
    write(file, "new\n")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new\n", mode)
    assert os.listdir(folder) == ["camscan.prom"]


def test_a_file_that_cannot_be_written_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "camscan.prom").mkdir()
    with pytest.raises(DeliveryError, match=r"camscan\.prom: cannot be written"):
        write(tmp_path / "camscan.prom", "x")
    assert os.listdir(tmp_path) == ["camscan.prom"]


def test_a_chain_that_holds_says_so_with_its_newest_head(tmp_path: Path) -> None:
    head = kept(tmp_path, last_night())
    done = called("history", "verify", "--store", str(tmp_path / STORE), "--head", head.upper(), "--head", head[:16])
    assert done.exit_code == 0
    assert f"head {head}: record 1, end of run" in done.stdout
    assert done.stderr == f"HOLDS: {tmp_path / STORE}: 1 record\n"


def test_a_chain_that_does_not_hold_ends_with_eight_and_says_where(tmp_path: Path) -> None:
    kept(tmp_path, last_night())
    with pytest.raises(SealError, match=rf"{STORE}: 1 thing does not hold: {HEAD} is no head of this chain"):
        called("history", "verify", "--store", str(tmp_path / STORE), "--head", HEAD)


@pytest.mark.parametrize("text", ["", "0123456789abcde", "g" * 64, "0" * 65, "0123456789abcdef 0123456789abcdef"])
def test_what_is_no_head_is_refused(tmp_path: Path, text: str) -> None:
    kept(tmp_path, last_night())
    with pytest.raises(UsageError, match="is no head: give its 64 hexadecimal digits"):
        called("history", "verify", "--store", str(tmp_path / STORE), "--head", text)


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
    done = called("history", "verify", "--store", str(tmp_path / STORE))
    assert done.exit_code == 0
    assert done.stderr == f"{tmp_path / STORE}: no run is recorded: {words}, and the record does not cover what is imported\n"


def test_imported_runs_beside_recorded_ones_are_told_as_not_covered(tmp_path: Path) -> None:
    kept(tmp_path, last_night())
    imported(tmp_path, 2)
    done = called("history", "verify", "--store", str(tmp_path / STORE))
    assert done.stdout.splitlines()[1:] == ["2 runs were imported: the record does not cover them"]
    assert done.stderr == f"HOLDS: {tmp_path / STORE}: 1 record\n"


def test_a_store_without_any_run_says_no_more_than_that(tmp_path: Path) -> None:
    imported(tmp_path, 0)
    assert called("history", "verify", "--store", str(tmp_path / STORE)).stderr == f"{tmp_path / STORE}: no run is recorded\n"


@pytest.fixture(scope="module")
def judging() -> Judging:
    return judging_by(Configuration(), JudgingOptions(policy=["none"], site=["name=Poznań"]), command="scan")


def keeper(folder: Path, judging: Judging, **changes: bool) -> Keeper:
    return keeper_of(Configuration(), Keeping(store=str(folder / STORE)), judging, Pulse.of(judging, **changes))


def verified(folder: Path, *heads: str) -> Verified:
    with open_store(str(folder / STORE)) as store:
        return store.verify_chain(heads)


def concluded(found: Keeper, file: Path, report: Report) -> None:
    with open_outputs([str(file)]) as outputs, pytest.raises(typer.Exit):
        conclude(report, observations_of(report), outputs, Ending(), Threshold(), keeper=found)


def test_what_is_written_names_the_head_after_the_run(tmp_path: Path, judging: Judging) -> None:
    file = tmp_path / "report.json"
    with keeper(tmp_path, judging, unattended=True) as found:
        concluded(found, file, last_night())
    head = json.loads(file.read_text())["run"]["chain_head"]
    after = verified(tmp_path, head)
    assert (after.records, after.faults, after.unended) == (3, (), ())
    (of_head,) = after.heads
    assert of_head.record is not None
    assert (of_head.record.beat.event, of_head.record.beat.unattended, of_head.later) == ("ended", True, 1)
    assert after.newest is not None
    assert (after.newest.beat.event, after.newest.beat.run) == ("told", of_head.record.beat.run)


def test_the_observation_file_of_a_run_and_of_the_store_name_the_same_head(tmp_path: Path, judging: Judging) -> None:
    file = tmp_path / "run.obs.jsonl"
    with keeper(tmp_path, judging) as found:
        concluded(found, file, last_night())
        assert found.store is not None
        kept_file = found.store.evidence("last")
    written = read(file)
    assert written.run.chain_head == kept_file.run.chain_head != ""
    assert "".join(
        dump(*(getattr(written, one) for one in ("run", "scope", "attempts", "observations", "coverage", "ledgers")))
    ) == (file.read_text(encoding="utf-8"))


def test_a_run_whose_store_is_lost_names_the_head_of_its_begin_and_says_that_it_was_not_kept(
    tmp_path: Path, judging: Judging
) -> None:
    file = tmp_path / "report.json"
    with keeper(tmp_path, judging) as found:
        assert found.store is not None
        raw = found.store._database.engine.raw_connection().driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("PRAGMA query_only = ON")
        concluded(found, file, last_night())
        raw.execute("PRAGMA query_only = OFF")
    head = json.loads(file.read_text())["run"]["chain_head"]
    after = verified(tmp_path, head)
    assert after.faults == ()
    assert [one.record and one.record.beat.event for one in after.heads] == ["began"]
    assert after.newest is not None
    assert (after.newest.beat.event, after.newest.beat.because) == ("failed", "the run was not kept")


@pytest.mark.parametrize(
    ("fault", "because"),
    [
        (lambda: UsageError("-o /x: cannot be written"), "-o /x: cannot be written"),
        (lambda: ValueError("boom"), "internal error: ValueError: boom"),
        (lambda: SystemExit(143), "ended by a signal before it had anything to report"),
    ],
)
def test_a_run_that_comes_to_nothing_is_recorded_with_why(
    tmp_path: Path, judging: Judging, fault: Callable[[], BaseException], because: str
) -> None:
    with pytest.raises(type(fault())), keeper(tmp_path, judging):
        raise fault()
    after = verified(tmp_path)
    assert (after.records, after.faults, after.unended) == (2, (), ())
    assert after.newest is not None
    assert (after.newest.beat.event, after.newest.beat.because, after.newest.beat.began) == ("failed", because, 1)


def test_a_run_that_another_one_locked_out_is_recorded(tmp_path: Path, judging: Judging) -> None:
    keeping, pulse = Keeping(store=str(tmp_path / STORE)), Pulse.of(judging, unattended=True)
    recorded = failures_recorded(Configuration(), keeping, pulse)
    with Lock(tmp_path, "Poznań", "scan"), pytest.raises(LockedError), recorded, Lock(tmp_path, "Poznań", "scan"):
        pytest.fail("both have the lock")
    after = verified(tmp_path)
    assert after.newest is not None
    assert (after.newest.beat.event, after.newest.beat.site, after.newest.head) == ("failed", "Poznań", pulse.head)
    done = status(tmp_path)
    assert done.exit_code == 5
    assert "newest run: came to nothing: " in done.stdout


def test_a_run_that_is_not_to_be_kept_is_recorded_nowhere(tmp_path: Path, judging: Judging) -> None:
    keeping = Keeping(store=str(tmp_path / STORE), keep=False)
    with pytest.raises(UsageError), failures_recorded(Configuration(), keeping, Pulse.of(judging)):
        raise UsageError("no")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_killed_is_told_as_one_without_end(tmp_path: Path, judging: Judging) -> None:
    found = keeper(tmp_path, judging)
    assert found.store is not None
    found.store.close()
    assert "and no end is recorded: it goes on, or was killed" in status(tmp_path).stdout
    assert "record 1, begin of scan of site Poznań" in called("history", "verify", "--store", str(tmp_path / STORE)).stdout


def just_now(name: str) -> Report:
    found = canned.every_verdict()
    return replace(found, run=replace(found.run, id=name, started_at=now(), ended_at=now()))


def killed(folder: Path, judging: Judging) -> Report:
    """Begin a run that is killed, and return what it would have found."""
    found = keeper(folder, judging, unattended=True)
    assert found.store is not None
    found.store.close()
    return just_now("killed")


def test_a_run_that_was_killed_has_ended_when_the_next_one_keeps_what_it_found(tmp_path: Path, judging: Judging) -> None:
    killed(tmp_path, judging)
    report = killed(tmp_path, judging)
    with keeper(tmp_path, judging) as found:
        found.keep_interrupted(report, observations_of(report))
        assert found.keep(just_now("next"), ())
    after = verified(tmp_path)
    assert (after.faults, [one.number for one in after.unended]) == ((), [1])  # nobody has what the first one found
    with open_store(str(tmp_path / STORE)) as store:
        ends = [one for one in glance(location(str(tmp_path / STORE)), 9)[1] if one.beat.event == "ended"]
        assert store.run("killed").run.chain_head == ends[-1].head
    assert [(one.beat.run, one.beat.began, one.beat.unattended) for one in ends] == [("next", 3, False), ("killed", 2, True)]


def test_a_run_that_was_killed_twice_and_gone_on_with_has_ended(tmp_path: Path, judging: Judging) -> None:
    report = killed(tmp_path, judging)
    killed(tmp_path, judging)
    with keeper(tmp_path, judging) as found:
        found.resumes = report.run.started_at
        assert found.keep(replace(report, run=replace(report.run, ended_at=now())), observations_of(report))
    after = verified(tmp_path)
    assert (after.records, after.faults, after.unended) == (4, (), ())
    assert "no end is recorded" not in status(tmp_path).stdout


def test_a_run_that_was_locked_out_hides_not_the_one_that_goes_on(tmp_path: Path, judging: Judging) -> None:
    kept(tmp_path, last_night())
    keeping, pulse = Keeping(store=str(tmp_path / STORE)), Pulse.of(judging, unattended=True)
    with Lock(tmp_path, "Poznań", "scan"), keeper(tmp_path, judging):
        recorded = failures_recorded(Configuration(), keeping, pulse)
        with pytest.raises(LockedError), recorded, Lock(tmp_path, "Poznań", "scan"):
            pytest.fail("both have the lock")
        done = status(tmp_path, "--prometheus", str(tmp_path / "camscan.prom"))
    assert "newest run: complete" in done.stdout
    assert "and no end is recorded: it goes on, or was killed" in done.stdout
    assert 'camscan_last_run_complete{site="Poznań"} 1\n' in (tmp_path / "camscan.prom").read_text(encoding="utf-8")


def with_head(report: Report) -> Report:
    return replace(report, run=replace(report.run, chain_head=HEAD))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_names_the_head(name: str) -> None:
    report = canned.every_verdict()
    assert HEAD not in FORMATS[name].render(report)
    bare = "".join(FORMATS[name].render(with_head(report)).split()).replace("#", "")
    assert HEAD in bare


def test_a_mail_and_a_message_carry_the_head() -> None:
    report = with_head(canned.every_verdict())
    at = datetime(2026, 11, 22, tzinfo=UTC)
    parcel = Parcel(report, (), at, None, run_alone=True)
    assert parcel.mail("a@example.org", "b@example.org")["X-Camscan-Chain"] == HEAD
    assert f'chainHead="{HEAD}"' in parcel.messages[0]
    assert json.loads(parcel.event)["run"]["chain_head"] == HEAD
    failure = Failure("locked", "hq", None, at, None, chain_head=HEAD)
    assert failure.mail("a@example.org", "b@example.org")["X-Camscan-Chain"] == HEAD
    assert f'chainHead="{HEAD}"' in failure.messages[0]
    assert json.loads(failure.event)["chain_head"] == HEAD


def test_without_a_store_nothing_is_said_of_a_chain() -> None:
    report = canned.every_verdict()
    parcel = Parcel(report, (), datetime(2026, 11, 22, tzinfo=UTC), None)
    assert parcel.mail("a@example.org", "b@example.org")["X-Camscan-Chain"] is None
    assert "chain" not in " ".join(coverage_statement(report))
