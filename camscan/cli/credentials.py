"""The operator's accounts on devices: a file, by address, or two variables for all. Never a flag: others see command lines."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import MutableMapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from camscan.cli.snmp_credentials import TABLE as SNMP
from camscan.collect.account import DEFAULT, Credentials
from camscan.errors import UsageError

EXAMPLE = 'e.g. [default] or ["10.20.0.11"], each with user = "…" and password = "…"'
OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO
USER, PASSWORD = "CAMSCAN_USER", "CAMSCAN_PASSWORD"


def read_credentials(path: Path) -> dict[str, Credentials]:
    """Return the accounts of a TOML file with one table an address, and `default` for all others.

    Raises UsageError naming the file and the table, never a value; a file that others own or may read is refused.
    """
    return {_address(name, path): _account(name, table, path) for name, table in read_tables(path).items() if name != SNMP}


def read_tables(path: Path) -> dict[str, Any]:
    """Return the tables of a credentials file as they stand in it. Raises UsageError as `read_credentials` does."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())  # of what was opened, whatever stands at the path by now
            mode = stat.S_IMODE(status.st_mode)
            if mode & OTHERS_MAY:
                raise UsageError(f"--credentials {path}: others may read it (mode {mode:04o}): chmod 600 {path}")
            if status.st_uid not in _owners():
                raise UsageError(
                    f"--credentials {path}: another user owns it (uid {status.st_uid}): chown {os.geteuid()} {path}"
                )
            return tomllib.load(file)
    except OSError as fault:
        raise UsageError(f"--credentials {path}: cannot be read: {fault.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise UsageError(f"--credentials {path}: not TOML: {EXAMPLE}") from None


def take_from_environment(environment: MutableMapping[str, str]) -> dict[str, Credentials]:
    """Return the account of CAMSCAN_USER and CAMSCAN_PASSWORD, for all devices; none without them. They are taken out.

    So no program that camscan starts inherits them. Raises UsageError where only one of them is set.
    """
    user, password = environment.pop(USER, ""), environment.pop(PASSWORD, "")
    if bool(user) != bool(password):
        given, wanted = (USER, PASSWORD) if user else (PASSWORD, USER)
        raise UsageError(f"{given} is set and {wanted} is not: set both, or neither")
    return {DEFAULT: Credentials(user=user, password=password)} if user else {}


def _owners() -> set[int]:
    """Return who may own the file: whoever runs camscan, root, and under sudo whoever called it."""
    caller = os.environ.get("SUDO_UID", "") if os.geteuid() == 0 else ""
    return {0, os.geteuid(), *([int(caller)] if caller.isascii() and caller.isdecimal() else ())}


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
