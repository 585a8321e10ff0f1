"""`camscan replay` and its kin as they are called: what is asked for is looked at before anything is read or lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples_of import CAPTURE

EVIDENCE = "site.obs.jsonl"


def called(
    folder: Path, *arguments: str | bytes | Path, shell: str = "", stdin: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder. shell: what a shell does before."""
    command = [sys.executable, "-m", "camscan", *arguments]
    if shell:
        command = ["bash", "-c", f'{shell}; exec "$@"', "bash", *command]
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, stdin=stdin, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a replay of a capture keeps."""
    folder = tmp_path_factory.mktemp("kept")
    assert called(folder, "replay", CAPTURE, "--policy", "none", "-o", EVIDENCE).returncode == 0
    return (folder / EVIDENCE).read_bytes()


@pytest.mark.parametrize(
    ("flags", "said"),
    [(("--policy", "no-such"), "no-such"), (("--policy", "none", "-o", "no/folder/x.json"), "-o no/folder/x.json")],
)
def test_flags_are_looked_at_before_a_pipe_that_says_nothing_yet(flags: tuple[str, ...], said: str, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        ran = called(tmp_path, "replay", "-", *flags, stdin=reading)
    finally:
        os.close(reading)
        os.close(writing)
    assert ran.returncode == 2
    assert said in ran.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("replay", EVIDENCE, "--policy", "none", "-o", EVIDENCE),
        ("judge", EVIDENCE, "--policy", "none", "-o", EVIDENCE),
        ("report", EVIDENCE, "--redact", "-o", f"./{EVIDENCE}"),
        ("report", EVIDENCE, "--package", EVIDENCE),
        ("data", "export", EVIDENCE),
    ],
)
def test_no_output_takes_the_place_of_what_is_read_or_is_no_bundle(
    command: tuple[str, ...], kept: bytes, tmp_path: Path
) -> None:
    (tmp_path / EVIDENCE).write_bytes(kept)
    ran = called(tmp_path, *command)
    assert ran.returncode == 2
    assert "name another file" in ran.stderr
    assert (tmp_path / EVIDENCE).read_bytes() == kept
    assert os.listdir(tmp_path) == [EVIDENCE]


def test_a_run_where_there_is_no_store_is_told_as_such(tmp_path: Path) -> None:
    ran = called(tmp_path, "replay", "last", "--policy", "none")
    assert ran.returncode == 2
    assert "no store of runs" in ran.stderr


def test_where_no_temporary_file_can_be_written_that_is_said(kept: bytes, tmp_path: Path) -> None:
    (tmp_path / EVIDENCE).write_bytes(kept)
    ran = called(tmp_path, "replay", "-", "--policy", "none", shell=f"ulimit -f 0; exec < {EVIDENCE}")
    assert ran.returncode == 2
    assert ran.stderr.startswith("camscan: no temporary file can be written: ")
    assert "set TMPDIR" in ran.stderr


def test_a_name_that_is_no_utf8_stands_in_a_report_that_everybody_can_read(kept: bytes, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.obs.jsonl"
    Path(os.fsdecode(name)).write_bytes(kept)
    ran = called(tmp_path, "replay", name, "--policy", "none", "--format", "json")
    assert json.loads(ran.stdout)["run"]["inputs"] == ["caf\\xe9.obs.jsonl"]
    assert called(tmp_path, "replay", name, "--policy", "none", "--marking", b"SECRET \xe9").returncode == 2
