"""The operator's credentials file: read-only ONVIF accounts, by address."""

from __future__ import annotations

import stat
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from camscan.collect.onvif import DEFAULT, Credentials
from camscan.errors import UsageError

EXAMPLE = 'e.g. [default] or ["10.20.0.11"], each with user = "…" and password = "…"'
OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


def read_credentials(path: Path) -> dict[str, Credentials]:
    """Return the accounts of a TOML file with one table an address, and `default` for all others.

    Raises UsageError naming the file and the table, never a value; a file that others may read is refused.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & OTHERS_MAY:
                raise UsageError(f"--credentials {path}: others may read it (mode {mode:04o}): chmod 600 {path}")
            tables = tomllib.load(file)
    except OSError as fault:
        raise UsageError(f"--credentials {path}: cannot be read: {fault.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise UsageError(f"--credentials {path}: not TOML: {EXAMPLE}") from None
    return {_address(name, path): _account(name, table, path) for name, table in tables.items()}


def _address(name: str, path: Path) -> str:
    if name == DEFAULT:
        return name
    try:
        return str(ip_address(name))
    except ValueError:
        raise UsageError(f'--credentials {path}: table "{name}" is neither an address nor default: {EXAMPLE}') from None


def _account(name: str, table: Any, path: Path) -> Credentials:
    known = isinstance(table, dict) and set(table) == {"user", "password"}
    if not known or not all(isinstance(value, str) and value for value in table.values()):
        raise UsageError(f'--credentials {path}: table "{name}" needs user and password, as text, and nothing else: {EXAMPLE}')
    return Credentials(user=table["user"], password=table["password"])
