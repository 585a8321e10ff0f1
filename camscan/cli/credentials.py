"""The operator's accounts on devices: a file, by address, or two variables for all. Never a flag: others see command lines."""

from __future__ import annotations

import tomllib
from collections.abc import MutableMapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from camscan.cli.privatefile import read_private
from camscan.cli.snmp_credentials import TABLE as SNMP
from camscan.collect.account import DEFAULT, Credentials
from camscan.errors import UsageError

EXAMPLE = 'e.g. [default] or ["10.20.0.11"], each with user = "…" and password = "…"'
LONGEST_FILE = 1 << 20
"""Bytes."""
USER, PASSWORD = "CAMSCAN_USER", "CAMSCAN_PASSWORD"


def read_credentials(path: Path) -> dict[str, Credentials]:
    """Return the accounts of a TOML file with one table an address, and `default` for all others.

    Raises UsageError naming the file and the table, never a value; a file that others own or may read is refused.
    """
    return {_address(name, path): _account(name, table, path) for name, table in read_tables(path).items() if name != SNMP}


def read_tables(path: Path) -> dict[str, Any]:
    """Return the tables of a credentials file as they stand in it. Raises UsageError as `read_credentials` does."""
    try:
        return tomllib.loads(read_private(path, "--credentials", LONGEST_FILE).decode())
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
