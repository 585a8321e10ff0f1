"""The manual page: every command is in it, and no formatter has anything to complain of."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from camscan.cli.app import COMMANDS
from camscan.cli.settings import SETTINGS

ROOT = Path(__file__).parents[2]
SECTIONS = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "COMMANDS",
    "COMMON OPTIONS",
    "EXIT STATUS",
    "FILES",
    "ENVIRONMENT",
    "SECURITY",
    "EXAMPLES",
    "SEE ALSO",
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("man") / "camscan.1"
    environment = {"SOURCE_DATE_EPOCH": "1795219200", "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, ROOT / ".ci" / "man.py", path], check=True, timeout=120, env=environment, cwd=ROOT)
    return path


def formatted(program: list[str], page: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which(program[0]) is None and not (ROOT / ".venv/.ready-tests").exists():
        pytest.skip(f"{program[0]} is not installed: make setup-tests")
    return subprocess.run([*program, page], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("program", [["mandoc", "-Tlint"], ["groff", "-man", "-Tutf8", "-ww", "-z"]], ids=["mandoc", "groff"])
def test_formatters_have_nothing_to_complain_of(program: list[str], page: Path) -> None:
    done = formatted(program, page)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_sections_commands_and_variables_are_in_it(page: Path) -> None:
    text = page.read_text(encoding="ascii")
    assert [line[5:-1] for line in text.splitlines() if line.startswith(".SH ")] == SECTIONS
    plain = text.replace("\\-", "-")
    assert '.TH CAMSCAN 1 2026-11-21 "camscan ' in plain
    for name in COMMANDS:
        assert f"camscan {name}" in plain
    for setting in SETTINGS:
        assert setting.variable is None or setting.variable in plain
    for option in ("--columns", "--wide", "--color", "--dry-run", "--against"):
        assert f"\\fB{option}\\fR" in plain


def test_a_reader_sees_options_and_examples_as_they_are_typed(page: Path) -> None:
    shown = formatted(["mandoc", "-Tascii", "-Owidth=200"], page).stdout.replace("\b", "")
    assert "uk-department" in shown
    text = "".join(shown.split())
    assert "camscanscan10.20.0.0/24--policyuk-department" in text
