"""`camscan history`, and runs of the store in place of observation files; what happens to a run whose store is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from camscan.assessment import Judging
from camscan.cli.app import app
from camscan.cli.clock import today
from camscan.cli.conclude import conclude
from camscan.cli.configuration import Configuration
from camscan.cli.groups import Ending, JudgingOptions, Keeping, Threshold
from camscan.cli.judging import judging_by
from camscan.cli.kept import Keeper, keeper_of
from camscan.errors import StoreError, UsageError
from camscan.model import Observation, SiteContext
from camscan.report.deliver import open_outputs
from camscan.report.observations import dump
from camscan.store.opening import open_store
from tests import factories
from tests.report import canned, making
from tests.store.runs import observations_of

CAMERA = "10.20.0.11"
STORE = "camscan.sqlite3"
HIKVISION = (
    ("sadp.model", "DS-2CD2385G1-I"),
    ("sadp.serial", "DS-2CD2385G1-I20230514AAWR000000000"),
    ("sadp.type", "IPCamera"),
)


def called(*arguments: str) -> Result:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def heard(number: int) -> Observation:
    return factories.observation(
        HIKVISION, ip=f"10.20.0.{number}", port=37020, link_mac=f"bc:ad:28:00:00:{number:02x}", site="Poznań"
    )


def written(folder: Path, name: str, *observations: Observation, **changes: object) -> Path:
    file = folder / f"{name}.obs.jsonl"
    run = making.run(id=name, site=SiteContext(name="Poznań", class_="sensitive"), **changes)
    file.write_text("".join(dump(run, making.scope(), [making.attempt()], observations, [making.LINK])), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of two runs and their files: the older one saw two cameras, the newer one of them."""
    folder = tmp_path_factory.mktemp("prepared")
    older = written(folder, "older", heard(11), heard(12))
    newer = written(folder, "newer", heard(11), started_at=making.END)
    called("history", "import", str(older), str(newer), "--store", str(folder / STORE))
    return folder


@pytest.fixture
def store(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A copy of the store, set by the environment."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("CAMSCAN_STORE", str(tmp_path / STORE))
    return str(tmp_path / STORE)


def test_runs_are_listed_newest_first_with_what_they_counted(store: str) -> None:
    lines = called("history").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["RUN", "newer", "older"]
    assert "2 prohibited" in lines[2]
    assert "complete, imported" in lines[2]


def test_the_list_as_json_says_what_each_run_is(store: str) -> None:
    found = json.loads(called("history", "--format", "json", "--limit", "1").stdout)
    assert (found["schema"], found["store"]) == ("camscan-history/1", store)
    (run,) = found["runs"]
    assert (run["id"], run["site"], run["devices"], run["verdicts"]) == ("newer", "Poznań", 1, {"prohibited": 1})
    assert run["started_at"] == "2026-11-21T18:04:30Z"


def test_the_list_is_narrowed_by_site_and_policy(store: str) -> None:
    assert "no run is kept" in called("history", "--site", "nowhere").stdout
    assert len(json.loads(called("history", "--policy", "uk-department", "--format", "json").stdout)["runs"]) == 2


def test_a_run_is_judged_reported_and_replayed_by_its_id(store: str) -> None:
    judged = CliRunner().invoke(app, ["judge", "older", "--policy", "us-federal-agency", "--format", "json"])
    assert judged.exit_code == 3
    report = json.loads(judged.stdout)
    assert (report["run"]["inputs"], report["run"]["policies"], len(report["assets"])) == (
        ["older.obs.jsonl"],
        ["us-federal-agency"],
        2,
    )
    assert len(json.loads(called("report", "last", "--format", "json").stdout)["assets"]) == 1
    replayed = CliRunner().invoke(app, ["replay", "old", "newer", "--policy", "none", "--format", "json"])
    assert len(json.loads(replayed.stdout)["assets"]) == 2
    compared = CliRunner().invoke(app, ["judge", "older", "--policy", "us-federal-agency", "--against", "run"])
    assert compared.exit_code == 3


def test_a_file_of_that_name_goes_before_a_run(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "own", heard(13)).rename(tmp_path / "last")
    assert json.loads(called("report", "last", "--format", "json").stdout)["run"]["id"] == "own"


def test_nothing_of_a_run_stays_in_the_temporary_folder(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    called("report", "last")
    called("explain", CAMERA)
    assert list(folder.iterdir()) == []


def test_a_device_is_explained_by_the_newest_run(store: str) -> None:
    done = called("explain", CAMERA)
    assert "run newer, site Poznań" in done.stdout
    assert f"run newer of {store}" in done.stderr
    with pytest.raises(UsageError, match=r"newer.obs.jsonl: no device 10\.20\.0\.12"):
        CliRunner().invoke(app, ["explain", "10.20.0.12"], catch_exceptions=False)
    assert "run older" in called("explain", "10.20.0.12", "--run", "older").stdout


def test_a_statement_is_bound_to_a_device_of_the_newest_run(store: str, tmp_path: Path) -> None:
    file = tmp_path / "attestations.toml"
    words = ("--location", "gate", "--by", "R. Nowak", "--basis", "label", "--attestations", str(file))
    assert "of mac:bc:ad:28:00:00:0b, bound to mac=bc:ad:28:00:00:0b, sadp.serial=" in called("attest", CAMERA, *words).stdout
    called("attest", "10.20.0.12", *words, "--run", "older")
    assert "of mac:bc:ad:28:00:00:77, bound to mac=bc:ad:28:00:00:77" in called("attest", "bc:ad:28:00:00:77", *words).stdout
    with pytest.raises(UsageError, match=r"no device 10\.20\.0\.99"):
        CliRunner().invoke(app, ["attest", "10.20.0.99", *words], catch_exceptions=False)


def test_an_exception_is_recorded_for_a_device_of_the_newest_run(store: str, tmp_path: Path) -> None:
    done = called(
        *("except", "add", CAMERA, "--status", "accepted", "--owner", "R. Nowak", "--ticket", "RISK-12", "--yes"),
        *("--reason", "fire exit", "--expires", today().isoformat(), "--exceptions", str(tmp_path / "exceptions.toml")),
    )
    assert "mac:bc:ad:28:00:00:0b" in done.stdout


def test_a_run_goes_out_as_the_file_that_came_in(store: str, tmp_path: Path) -> None:
    file = tmp_path / "again.obs.jsonl"
    assert called("history", "export", "old", str(file)).stdout == f"older written to {file}\n"
    assert file.read_bytes() == (tmp_path / "older.obs.jsonl").read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert called("history", "export", "older", "-").stdout.encode() == file.read_bytes()
    assert called("history", "import", str(file)).stdout == f"{file}: older is kept already\n"


def test_a_damaged_file_is_not_taken_in(store: str, tmp_path: Path) -> None:
    file = tmp_path / "older.obs.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(UsageError, match=r"cut off.*kept whole or not at all"):
        CliRunner().invoke(app, ["history", "import", str(file)], catch_exceptions=False)


def test_old_runs_are_removed_when_it_is_said_and_only_then(store: str) -> None:
    assert called("history", "prune", "--keep", "10000d").stdout.startswith("removed: 0 runs, 0 records")
    assert called("history", "prune", "--keep", "1s", "--dry-run").stdout.startswith(
        ("would be removed: 2 runs", "would be removed: 0")
    )
    assert len(called("history").stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("history", "--format", "csv"), "is not a format of this list: use table or json"),
        (("history", "prune", "--keep", "long"), "is no duration"),
        (("judge", "missing", "--policy", "none"), "no run missing: `camscan history` lists"),
        (("report", "missing.obs.jsonl"), "missing.obs.jsonl: cannot be read: No such file"),
        (("history", "--store", "mysql://h/d"), "no kind of store"),
    ],
)
def test_what_names_nothing_is_refused(store: str, arguments: Sequence[str], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_without_a_store_its_absence_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="there is no store of runs: name a store with --store"):
        CliRunner().invoke(app, ["history"], catch_exceptions=False)
    with pytest.raises(UsageError, match="last: cannot be read: there is no such file, and no store of runs"):
        CliRunner().invoke(app, ["judge", "last", "--policy", "none"], catch_exceptions=False)


@pytest.fixture(scope="module")
def judging() -> Judging:
    return judging_by(Configuration(), JudgingOptions(policy=["none"]), command="scan")


def keeper(keeping: Keeping, judging: Judging, store: str | None = None) -> Keeper:
    return keeper_of(Configuration(store=store), keeping, judging)


def test_a_run_is_kept_where_a_store_is_configured_or_it_was_asked_for(
    judging: Judging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    place = str(tmp_path / "camscan.sqlite3")
    for keeping, configured, name in (
        (Keeping(), None, None),
        (Keeping(), place, place),
        (Keeping(store=place), None, place),
        (Keeping(keep=True), None, str(tmp_path / "state" / "camscan.sqlite3")),
        (Keeping(keep=True), place, place),
        (Keeping(keep=False), place, None),
        (Keeping(keep=False, store=place), None, None),
    ):
        with keeper(keeping, judging, configured) as found:
            assert (found.store.name if found.store else None) == name


def test_nothing_is_written_unasked(judging: Judging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    with keeper(Keeping(), judging) as found:
        assert found.keep(canned.every_verdict(), ())
    assert list(tmp_path.iterdir()) == []


def test_a_kept_run_has_the_marks_of_its_devices(judging: Judging, tmp_path: Path) -> None:
    report = making.report(making.assessed(11, None, observations=(heard(11),), macs=("bc:ad:28:00:00:0b",)))
    with keeper(Keeping(store=str(tmp_path / "camscan.sqlite3")), judging) as found:
        assert found.keep(report, observations_of(report))
        assert found.store is not None
        (device,) = found.store.devices()
    assert "sadp.serial=ds2cd2385g1i20230514aawr000000000" in {mark.text for mark in device.marks}


def test_a_run_whose_store_is_lost_is_delivered_all_the_same(
    judging: Judging, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, file = tmp_path / "camscan.sqlite3", tmp_path / "report.json"
    report = canned.every_verdict()
    with keeper(Keeping(store=str(place)), judging) as lost, open_outputs([str(file)]) as outputs:
        assert lost.store is not None
        lost.store._database.engine.connect().exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(typer.Exit) as ended:
            conclude(report, observations_of(report), outputs, Ending(format_name="json"), Threshold(), keeper=lost)
    said = capsys.readouterr()
    assert ended.value.exit_code == 10
    assert said.err.count(f"camscan: {place}: the run was not kept: ") == 1
    assert json.loads(said.out) == json.loads(file.read_text())
    with open_store(str(place)) as store:
        assert store.runs() == ()


def test_what_is_masked_outside_is_kept_whole(judging: Judging, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = canned.every_verdict()
    with keeper(Keeping(store=str(tmp_path / "camscan.sqlite3")), judging) as found, open_outputs([]) as outputs:
        with pytest.raises(typer.Exit):
            conclude(report, observations_of(report), outputs, Ending(redact=True), Threshold(), keeper=found)
        assert found.store is not None
        assert found.store.report_facts("last")[0].state.macs == report.assets[0].asset.macs
    assert report.assets[0].asset.macs[0] not in capsys.readouterr().out


def test_a_password_of_the_store_stands_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    from camscan.cli.configuration import configuration

    monkeypatch.setenv("CAMSCAN_STORE", "postgresql://r:hunter2@h/d")
    settings = configuration()
    assert settings.store == "postgresql://r:hunter2@h/d"
    assert "hunter2" not in repr(settings)
    assert settings.origins["store"] == "CAMSCAN_STORE"
