"""camscan called in this process: what it prints and how it ends, or how it refuses."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

import pytest
from typer.testing import CliRunner, Result

from camscan.cli.app import app, with_values
from camscan.cli.exits import exit_code_of
from camscan.errors import CamscanError
from camscan.report.escape import visible


def invoked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


def refused(*arguments: str | Path) -> tuple[int, str]:
    """Run what cannot succeed; return the exit code and what is said."""
    with pytest.raises(CamscanError) as fault:
        invoked(*arguments)
    return exit_code_of(fault.value), str(fault.value)


def camscan(*arguments: str) -> CompletedProcess[str]:
    """Run what the program would; return what it prints and ends with."""
    done = CliRunner().invoke(app, with_values(arguments), prog_name="camscan")
    if isinstance(done.exception, CamscanError):
        said = f"{done.stderr}camscan: {visible(str(done.exception))}\n"
        return CompletedProcess(arguments, exit_code_of(done.exception), done.stdout, said)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)
