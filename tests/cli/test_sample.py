"""`camscan sample`: files fit for the corpus, and nothing that bears a marking without a name behind it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from camscan.cli.app import app
from camscan.errors import UsageError
from camscan.report.observations import dump
from tests.codecs.test_contract import BY_NAME, run
from tests.data.test_samples import faults_of
from tests.report import making
from tests.report.test_sample import NAMED, arp, sadp


def invoked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["sample", *map(str, arguments)], catch_exceptions=False)


def kept(folder: Path, **run_changes: str) -> Path:
    file = folder / "run.obs.jsonl"
    lines = dump(making.run(policies=(), **run_changes), making.scope(), [], [sadp(), arp()], [making.LINK])
    file.write_text("".join(lines), encoding="utf-8")
    return file


def test_samples_stand_in_the_shape_of_the_corpus_and_decode(tmp_path: Path) -> None:
    done = invoked("10.77.5.31", "--run", kept(tmp_path), "-o", tmp_path / "out")
    assert done.exit_code == 0
    written = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").glob("*/*"))
    assert {path.parent.name for path in written} == {"arp", "sadp"}
    assert sorted(done.stdout.split()) == sorted(str(tmp_path / "out" / path) for path in written if path.suffix == ".bin")
    for path in (tmp_path / "out").glob("*/*.bin"):
        document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        raw = path.read_bytes()
        assert [list(pair) for pair in run(BY_NAME[path.parent.name], raw, document.get("carrier"))] == document["fields"]
        assert document["source"]
        assert "release_approved_by" not in document
        assert faults_of(document["fields"]) == []
        assert not [named for named in NAMED if named in raw]
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_run_adds_and_never_writes_over(tmp_path: Path) -> None:
    run_file = kept(tmp_path)
    for _ in range(2):
        assert invoked("10.77.5.31", "--run", run_file, "-o", tmp_path / "out").exit_code == 0
    assert len(list((tmp_path / "out" / "sadp").glob("*.bin"))) == 2


@pytest.mark.parametrize("by_flag", [True, False])
def test_what_bears_a_marking_leaves_only_under_the_name_of_who_approved_it(tmp_path: Path, by_flag: bool) -> None:
    run_file = kept(tmp_path) if by_flag else kept(tmp_path, marking="OFFICIAL")
    flags = ("--marking", "OFFICIAL") if by_flag else ()
    with pytest.raises(UsageError, match="the run is marked OFFICIAL: --release-approved-by NAME"):
        invoked("10.77.5.31", "--run", run_file, "-o", tmp_path / "out", *flags)
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="name the person"):
        invoked("10.77.5.31", "--run", run_file, "-o", tmp_path / "out", *flags, "--release-approved-by", " ")
    done = invoked("10.77.5.31", "--run", run_file, "-o", tmp_path / "out", *flags, "--release-approved-by", "R. Nowak")
    assert done.exit_code == 0
    for path in (tmp_path / "out").glob("*/*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["release_approved_by"] == "R. Nowak"


def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"0 devices answer to 10\.20\.0\.99"):
        invoked("10.20.0.99", "--run", kept(tmp_path), "-o", tmp_path / "out")
