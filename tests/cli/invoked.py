"""camscan called in this process: what it prints and how it ends, or how it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from camscan.cli.app import app
from camscan.cli.exits import exit_code_of
from camscan.errors import CamscanError


def invoked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


def refused(*arguments: str | Path) -> tuple[int, str]:
    """Run what cannot succeed; return the exit code and what is said."""
    with pytest.raises(CamscanError) as fault:
        invoked(*arguments)
    return exit_code_of(fault.value), str(fault.value)
