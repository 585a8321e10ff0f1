"""The table `[snmp]` of the credentials file, and its variables: community or user, and the switches and routers to read."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from ipaddress import ip_address
from typing import Any

from camscan.cli.options import one_of
from camscan.collect.snmpaccess import DEFAULT, Account, SnmpAccess
from camscan.collect.snmpv3 import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from camscan.errors import RefusedError, UsageError
from camscan.model import Scope

TABLE = "snmp"
EXAMPLE = '[snmp] with community = "…", or with user, auth and auth_key, priv and priv_key; [snmp."10.20.0.2"] for one agent'
SHORTEST_KEY = 8
"""Characters of a key, RFC 3414 §11.2."""
LONGEST_TEXT = 255
_ACCOUNT_KEYS = ("community", "user", "auth", "auth_key", "priv", "priv_key")
_LISTS = ("switches", "routers")


def snmp_access(table: Any, environment: MutableMapping[str, str], where: str) -> SnmpAccess:
    """Return what file and variables say of SNMP; a variable stands above the file, and is gone afterwards, so that no program
    that we start has it. where: names the file in messages.

    Raises UsageError naming table and key, never a value.
    """
    said = table if table is not None else {}
    if not isinstance(said, dict):
        raise UsageError(f"{where}: {TABLE} must be a table: {EXAMPLE}")
    own = {key: value for key, value in said.items() if not isinstance(value, dict)}
    named = {_address(key, f"{where}: table [{TABLE}]"): value for key, value in said.items() if isinstance(value, dict)}
    from_environment = _of_environment(environment)
    if any(key in from_environment for key in _ACCOUNT_KEYS):
        own = {key: value for key, value in own.items() if key in _LISTS}
    own |= from_environment
    lists = {key: _addresses(own.pop(key), f"{where}: {TABLE}.{key}") for key in _LISTS if key in own}
    accounts = {ip: _account(inner, f'{where}: table [{TABLE}."{ip}"]') for ip, inner in named.items()}
    if own:
        accounts[DEFAULT] = _account(own, f"{where}: table [{TABLE}]")
    access = SnmpAccess(accounts=accounts, **lists)
    for ip in (*access.switches, *access.routers):
        if access.account(ip) is None:
            raise UsageError(f"{where}: table [{TABLE}] names {ip} and neither a community nor a user for it: {EXAMPLE}")
    return access


def must_be_allowed(access: SnmpAccess, scope: Scope, allows: Mapping[str, bool]) -> None:
    """Raise RefusedError where a switch or router may not be asked. allows: what the guard says of each."""
    for ip in (*access.switches, *access.routers):
        if not allows[ip]:
            named = ", ".join(scope.infrastructure) or "none"
            raise RefusedError(
                f"switch or router {ip}: neither in the ranges nor among the infrastructure of the scope ({named}): "
                f"--infrastructure {ip}, or infrastructure in the scope file"
            )


def _of_environment(environment: MutableMapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in (*_ACCOUNT_KEYS, *_LISTS):
        value = environment.pop(f"CAMSCAN_SNMP_{key.upper()}", "")
        if value:
            found[key] = value.replace(",", " ").split() if key in _LISTS else value
    return found


def _account(table: Mapping[str, Any], where: str) -> Account:
    for key, value in table.items():
        if key not in _ACCOUNT_KEYS:
            raise UsageError(f'{where}: "{key}" is not a key: {EXAMPLE}')
        if not isinstance(value, str) or not 0 < len(value.encode()) <= LONGEST_TEXT:
            raise UsageError(f"{where}: {key} must be text in quotes, at most {LONGEST_TEXT} bytes")
    if set(table) == {"community"}:
        return Account(community=table["community"])
    if "community" in table:
        raise UsageError(f"{where}: a community or a user, not both: {EXAMPLE}")
    if not {"user", "auth", "auth_key"} <= set(table) or ("priv" in table) != ("priv_key" in table):
        raise UsageError(f"{where}: a user needs auth and auth_key, and priv and priv_key together: {EXAMPLE}")
    for key, known in (("auth", AUTH_PROTOCOLS), ("priv", PRIV_PROTOCOLS)):
        if key in table and table[key] not in known:
            raise UsageError(f"{where}: {key} is not known: use {one_of(known)}")
    for key in ("auth_key", "priv_key"):
        if key in table and len(table[key]) < SHORTEST_KEY:
            raise UsageError(f"{where}: {key} is shorter than {SHORTEST_KEY} characters: agents refuse such keys")
    return Account(**table)


def _addresses(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f'{where}: wants a list of addresses, such as ["10.20.0.2"]')
    return tuple(dict.fromkeys(_address(item, where) for item in value))


def _address(text: str, where: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        raise UsageError(f'{where}: "{text}" is not an address: {EXAMPLE}') from None
