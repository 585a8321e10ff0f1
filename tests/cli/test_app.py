"""The program as a user starts it: what is loaded, what is said where, and how it ends."""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from camscan import __version__
from camscan.cli.app import COMMANDS, GROUPS, load

HEAVY = (
    "scapy",
    "zeroconf",
    "zeep",
    "onvif",
    "nmap",
    "pydantic",
    "lxml",
    "re2",
    "ahocorasick_rs",
    "cryptography",
    "pcapy",
    "mmh3",
    "rich",
    "asyncio",
    "sqlalchemy",
    "alembic",
)


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
        timeout=60,
    )


def camscan(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "camscan", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"]])
def test_version_and_help_load_no_heavy_library(arguments: list[str]) -> None:
    ran = python(
        f"""
        import sys
        from camscan.cli.app import run
        run({arguments!r})
        loaded = [name for name in {HEAVY!r} if name in sys.modules]
        assert not loaded, loaded
        """
    )
    assert ran.returncode == 0, ran.stderr


def test_version_is_the_result_and_goes_to_standard_output() -> None:
    ran = camscan("--version")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"camscan {__version__}\n", "")


def test_help_lists_every_command_with_its_line() -> None:
    ran = camscan("--help")
    assert ran.returncode == 0
    for name in {name.split()[0] for name in COMMANDS}:
        assert f"\n  {name} " in ran.stdout


def test_help_is_plain_text() -> None:
    assert not any("─" <= character <= "╿" or character == "\x1b" for character in camscan("--help").stdout)


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["--nonsense"], ["doctor", "--nonsense"], ["data"], ["data", "nonsense"]]
)
def test_a_wrong_command_line_ends_with_2_and_writes_no_result(arguments: list[str]) -> None:
    ran = camscan(*arguments)
    assert ran.returncode == 2
    assert ran.stdout == "" or not arguments
    assert "Traceback" not in ran.stderr


def test_a_mistyped_command_is_answered_with_the_nearest_one() -> None:
    assert "Did you mean 'doctor'?" in camscan("docter").stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_and_has_help(name: str) -> None:
    command = load(name)
    assert command.help
    module, _, function = COMMANDS[name].target.partition(":")
    assert inspect.getdoc(getattr(importlib.import_module(module), function))


def test_every_group_is_described() -> None:
    assert {name.split()[0] for name in COMMANDS if " " in name} == set(GROUPS)


def test_at_its_end_the_program_searches_nothing_that_ends_with_it() -> None:
    ran = python(
        """
        import atexit, gc, sys
        from camscan.__main__ import main
        atexit.register(lambda: print(gc.get_freeze_count() > len(gc.get_objects())))
        sys.argv = ["camscan", "--version"]
        main()
        """
    )
    assert ran.stdout.splitlines() == [f"camscan {__version__}", "True"]
    assert ran.returncode == 0


def ends_with(body: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program with one more command whose body is given."""
    return python(
        f"""
        import sys, types
        import camscan.cli.app as app
        from camscan import errors
        def work() -> None:
            "Work."
            {body}
        module = types.ModuleType("extra"); module.work = work
        sys.modules["extra"] = module
        app.COMMANDS["work"] = app.Entry("extra:work", "Work.")
        sys.exit(app.run(["work"]))
        """,
        **environment,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [("UsageError", 2), ("RefusedError", 6), ("LockedError", 7), ("DataFileError", 8), ("DeliveryError", 10)],
)
def test_an_error_is_one_line_on_standard_error_and_one_code(error: str, code: int) -> None:
    ran = ends_with(f"raise errors.{error}('a.toml: entry x: no source: add one')")
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", "camscan: a.toml: entry x: no source: add one\n")


def test_text_of_a_device_in_an_error_is_inert() -> None:
    ran = ends_with(r"raise errors.UsageError('a\x1b[2J\nb')")
    assert ran.stderr == "camscan: a\\x1b[2J\\x0ab\n"


def test_a_bug_is_one_line_and_ends_with_1() -> None:
    ran = ends_with("raise KeyError('x')")
    assert ran.returncode == 1
    assert ran.stderr.startswith("camscan: internal error: KeyError: 'x' (")
    assert ran.stderr.count("\n") == 1


def test_a_bug_shows_its_traceback_when_asked() -> None:
    assert "Traceback" in ends_with("raise KeyError('x')", CAMSCAN_DEBUG="1").stderr


@pytest.mark.parametrize("code", [0, 3, 4, 5, 9])
def test_the_code_that_a_command_chooses_is_the_code_of_the_program(code: int) -> None:
    assert ends_with(f"import typer; raise typer.Exit({code})").returncode == code


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_with_its_own_code_and_no_traceback(number: signal.Signals, code: int) -> None:
    ran = ends_with(f"import os, time; os.kill(os.getpid(), {int(number)}); time.sleep(30)")
    assert (ran.returncode, ran.stderr) == (code, "camscan: ended by a signal\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("error_stream", ["2>/dev/full", "2>&-"])
def test_who_cannot_be_told_on_standard_error_still_gets_the_result(error_stream: str, unbuffered: str) -> None:
    ran = through_a_shell(f"'{sys.executable}' -m camscan data search zeros {error_stream}", PYTHONUNBUFFERED=unbuffered)
    assert ran.returncode == 0
    assert ran.stdout


@pytest.mark.parametrize(("streams", "code"), [(">&-", 10), (">&- 2>&-", 10), (">/dev/full", 10), ("<&-", 0)])
def test_a_program_that_was_begun_without_a_stream_says_so_where_it_needs_it(streams: str, code: int) -> None:
    ran = through_a_shell(f"'{sys.executable}' -m camscan --version {streams}")
    assert ran.returncode == code
    assert ran.stderr.startswith("camscan: standard output: ") == (code == 10 and "2>&-" not in streams)
    assert ran.stderr.count("\n") < 2


OF_THE_PARSER = [("--help", ""), ("--help", "1"), ("scan -h", ""), ("data --help", ""), ("history prune --help", "")]
"""What is said by the parser and not by a command; the second is PYTHONUNBUFFERED."""


@pytest.mark.parametrize(("arguments", "unbuffered"), OF_THE_PARSER)
def test_help_that_cannot_be_written_is_one_line_and_ends_with_10(arguments: str, unbuffered: str) -> None:
    ran = through_a_shell(f"'{sys.executable}' -m camscan {arguments} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    said = "camscan: standard output: No space left on device: the result was not written in full\n"
    assert (ran.returncode, ran.stderr) == (10, said)


@pytest.mark.parametrize(("arguments", "unbuffered"), OF_THE_PARSER)
def test_help_that_nobody_reads_ends_quietly(arguments: str, unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "camscan", *arguments.split()],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    finally:
        os.close(writing)
    assert (ran.returncode, ran.stderr) == (10, b"")


def through_a_shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env={**os.environ, **environment}, check=False)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_ends_quietly_and_not_as_delivered(unbuffered: str) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, types\nimport camscan.cli.app as app\nfrom camscan.cli import show\n"
            "def work() -> None:\n    'Work.'\n    show.result('x' * 1_000_000)\n"
            "module = types.ModuleType('extra'); module.work = work; sys.modules['extra'] = module\n"
            "app.COMMANDS['work'] = app.Entry('extra:work', 'Work.')\nsys.exit(app.run(['work']))\n",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), said) == (10, b"")


def test_a_full_disk_behind_standard_output_ends_with_10() -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [
                sys.executable,
                "-c",
                "from camscan.cli import show\nfrom camscan.errors import DeliveryError\nimport os\n"
                "try:\n    show.result('x')\nexcept DeliveryError as fault:\n    os.write(2, str(fault).encode())\n    os._exit(10)\n",
            ],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ran.returncode == 10
    assert b"No space left on device" in ran.stderr


def test_a_terminal_without_utf8_gets_escapes_and_no_crash() -> None:
    ran = ends_with(
        "from camscan.cli import show; show.result(chr(0x2192) + chr(10))", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C"
    )
    assert ran.returncode == 0
    assert ran.stdout == "\\u2192\n"


def test_the_usage_page_shows_every_command() -> None:
    page = (Path(__file__).parents[2] / "docs" / "usage.md").read_text(encoding="utf-8")
    assert all(f"camscan {name} " in page or f"camscan {name}\n" in page for name in COMMANDS)
