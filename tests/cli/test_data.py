from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from camscan.cli.app import app
from tests.small_data import ACME, write_data

POLICIES = Path(__file__).parents[2] / "fingerprints" / "policies"


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of the shipped data with one vendor file more."""
    folder = tmp_path / "fingerprints"
    shutil.copytree(POLICIES.parent, folder)
    return folder


def check(folder: Path, *flags: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["data", "check", "--data", str(folder), *flags], catch_exceptions=False)
    return done.exit_code, done.output


def test_shipped_data_passes_and_prints_what_it_covers(shipped: Path) -> None:
    code, text = check(shipped)
    assert code == 0, text
    assert "hikvision" in text
    assert "policies" in text
    assert "IEEE MA-L" in text


def test_failing_entry_ends_with_8_and_is_named(shipped: Path) -> None:
    target = shipped / "vendors" / "acme.toml"
    target.write_text(ACME.replace('counter = ["ACME_router"]', 'counter = ["ACME"]'))
    code, text = check(shipped, "--quiet")
    assert code == 8
    assert "fingerprints/vendors/acme.toml: entry acme.http.realm: counter 'ACME' is matched" in text


def test_small_data_without_policies_is_refused_by_name(tmp_path: Path) -> None:
    from camscan.errors import DataFileError

    with pytest.raises(DataFileError):
        check(write_data(tmp_path))
