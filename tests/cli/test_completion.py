"""The scripts of the shells: every command and option is in them, the shells accept them, and bash, zsh and fish complete by them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from camscan.cli.app import COMMANDS, app
from camscan.cli.completion import SCRIPTS, places, values_of
from camscan.cli.tree import commands
from camscan.errors import UsageError
from camscan.report.registry import FORMATS

ROOT = Path(__file__).parents[2]


def needed(shell: str) -> None:
    """Skip where a shell is missing and `make setup-tests` did not promise it."""
    if shutil.which(shell) is None and not (ROOT / ".venv/.ready-tests").exists():
        pytest.skip(f"{shell} is not installed: make setup-tests")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("completion")
    for shell in SCRIPTS:
        done = CliRunner().invoke(app, ["completion", shell], catch_exceptions=False)
        assert done.exit_code == 0
        (folder / shell).write_text(done.stdout, encoding="utf-8")
    return {shell: folder / shell for shell in SCRIPTS}


def completed(shell: str, script: Path, *words: str) -> set[str]:
    """Return what a shell offers behind some words, the last of them begun."""
    if shell == "bash":
        quoted = " ".join(f"'{word}'" for word in words)
        text = f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _camscan; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    elif shell == "fish":
        text = f"source {script}; complete -C '{' '.join(words)}'"
    else:
        text = f"""
            compdef() {{ :; }}
            compadd() {{ while [[ $1 == -* && $1 != -- ]]; do shift; done; [[ $1 == -- ]] && shift; print -l -- "$@"; }}
            _describe() {{ print -l -- ${{entries%%:*}}; }}
            _files() {{ print -- FILES; }}
            source {script}
            words=({" ".join(f"'{word}'" for word in words)}) CURRENT={len(words)}; _camscan
        """
    command = {"bash": ["bash", "--norc", "-c", text], "zsh": ["zsh", "-f", "-c", text], "fish": ["fish", "-N", "-c", text]}[
        shell
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == "", done.stderr
    return {line.split("\t")[0] for line in done.stdout.splitlines()}


each_shell = pytest.mark.parametrize("shell", SCRIPTS)


@each_shell
def test_a_shell_takes_its_script(shell: str, scripts: dict[str, Path]) -> None:
    needed(shell)
    done = subprocess.run([shell, "-n", scripts[shell]], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@each_shell
@pytest.mark.parametrize(
    ("words", "offered", "kept_back"),
    [
        (("camscan", ""), {"scan", "history", "except"}, {"prune", "--policy"}),
        (("camscan", "except", ""), {"add", "list", "remove", "import", "export"}, {"scan"}),
        (("camscan", "scan", "--pa"), {"--pace"}, {"scan"}),
        (("camscan", "scan", "--quiet", "--pace", ""), {"polite", "normal", "fast"}, {"scan", "--pace"}),
        (("camscan", "report", "x.obs.jsonl", "--format", ""), set(FORMATS), {"report"}),
        (("camscan", "config", "show", "--format", ""), {"table", "json"}, {"far", "isolation"}),
    ],
)
def test_a_shell_completes(
    shell: str, words: tuple[str, ...], offered: set[str], kept_back: set[str], scripts: dict[str, Path]
) -> None:
    needed(shell)
    found = completed(shell, scripts[shell], *words)
    assert offered <= found
    assert not kept_back & found


def test_bash_offers_files_where_a_file_is_meant(
    scripts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.pcap").touch()
    (tmp_path / "data").mkdir()
    assert completed("bash", scripts["bash"], "camscan", "replay", "li") == {"link.pcap"}
    assert completed("bash", scripts["bash"], "camscan", "scan", "--scope", "") == {"link.pcap", "data"}
    assert completed("bash", scripts["bash"], "camscan", "scan", "--data", "") == {"data"}
    assert completed("bash", scripts["bash"], "camscan", "scan", "--contact", "nothing") == {""}


def test_every_command_and_every_option_is_in_every_script(scripts: dict[str, Path]) -> None:
    known = {place.path for place in places()}
    assert {" ".join(command.path) for command in commands()} <= known
    assert set(COMMANDS) <= known
    for shell, path in scripts.items():
        text = path.read_text(encoding="utf-8")
        for command in commands():
            for option in command.options:
                assert all(
                    (f"-l {name[2:]}" if shell == "fish" and name.startswith("--") else name.strip("-")) in text
                    for name in option.names
                )


def test_an_option_without_a_value_waits_for_none() -> None:
    flags = {name: values_of(option) for command in commands() for option in command.options for name in option.names}
    assert flags["--wide"] is None
    assert flags["--scope"] == "files"
    assert flags["--marking"] == ()


def test_another_shell_is_refused() -> None:
    with pytest.raises(UsageError, match='"tcsh" is not a shell that camscan knows: use bash, zsh or fish'):
        CliRunner().invoke(app, ["completion", "tcsh"], catch_exceptions=False)


def test_no_shell_is_needed_to_write_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert shutil.which("bash") is None
    assert CliRunner().invoke(app, ["completion", "bash"], catch_exceptions=False).exit_code == 0
