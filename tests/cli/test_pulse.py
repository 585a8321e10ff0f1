"""The heartbeat of a run, whatever becomes of it, and its head in what leaves the machine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from camscan.assessment import Judging
from camscan.cli.clock import now
from camscan.cli.conclude import conclude
from camscan.cli.configuration import Configuration
from camscan.cli.groups import Ending, JudgingOptions, Keeping, Threshold
from camscan.cli.judging import judging_by
from camscan.cli.kept import Keeper, failures_recorded, keeper_of
from camscan.cli.lock import Lock
from camscan.cli.parcel import Failure, Parcel
from camscan.cli.pulse import Pulse
from camscan.errors import LockedError, UsageError
from camscan.model import Report
from camscan.report.deliver import open_outputs
from camscan.report.observations import dump, read
from camscan.report.registry import FORMATS
from camscan.report.statement import coverage_statement
from camscan.store.chain import Verified
from camscan.store.glance import glance
from camscan.store.location import location
from camscan.store.opening import open_store
from tests.cli.invoked import invoked
from tests.cli.nights import HEAD, STORE, kept, last_night, status
from tests.report import canned
from tests.store.runs import observations_of

pytestmark = pytest.mark.usefixtures("no_user_files")


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
    assert "record 1, begin of scan of site Poznań" in invoked("history", "verify", "--store", str(tmp_path / STORE)).stdout


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
