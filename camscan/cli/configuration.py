"""Settings: `/etc/camscan/config.toml`, then the user's file, then `CAMSCAN_*`; flags stand above all of them."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from camscan.cli.delivery_settings import NOTHING_SET, DeliverySettings, with_table
from camscan.cli.options import checked_site, nearest, one_of
from camscan.cli.unattended_settings import ATTENDED, UnattendedSettings
from camscan.cli.unattended_settings import with_value as with_unattended
from camscan.errors import UsageError

SYSTEM_FILE = Path("/etc/camscan/config.toml")
KEYS = (
    "policy",
    "contact",
    "site",
    "sites",
    "pace",
    "data",
    "attestations",
    "exceptions",
    "exception_days",
    "delivery",
    "signing_key",
    "trusted_keys",
    "store",
    "unattended",
)
LONGEST_POSSIBLE = 3660
"""Days: an exception that outlives ten years is none."""
LISTS = frozenset({"policy", "trusted_keys"})
"""Settings of several values, with commas in a variable."""
PACES = ("polite", "normal", "fast")

VARIABLES = {
    "CAMSCAN_POLICY": "policy",
    "CAMSCAN_CONTACT": "contact",
    "CAMSCAN_PACE": "pace",
    "CAMSCAN_DATA": "data",
    "CAMSCAN_ATTESTATIONS": "attestations",
    "CAMSCAN_EXCEPTIONS": "exceptions",
    "CAMSCAN_EXCEPTION_DAYS": "exception_days",
    "CAMSCAN_SITES": "sites",
    "CAMSCAN_STORE": "store",
    "CAMSCAN_SIGNING_KEY": "signing_key",
    "CAMSCAN_TRUSTED_KEYS": "trusted_keys",
    "CAMSCAN_UNATTENDED": "unattended.enabled",
    "CAMSCAN_SITE_NAME": "site.name",
    "CAMSCAN_SITE_CLASS": "site.class",
    "CAMSCAN_SITE_ZONE": "site.zone",
    "CAMSCAN_SITE_PURPOSE": "site.purpose",
    "CAMSCAN_SITE_DECISION": "site.decision",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What files and environment set, and where each value came from."""

    policies: tuple[str, ...] = ()
    contact: str | None = None
    """Stands in the User-Agent, so that an operator knows whom to ask."""
    site: Mapping[str, str] = field(default_factory=dict)
    sites: Path | None = None
    """The file of sites."""
    pace: str | None = None
    data: Path | None = None
    attestations: Path | None = None
    exceptions: Path | None = None
    exception_days: int | None = None
    """Days for which an exception may be given at most."""
    signing_key: Path | None = None
    """The private key that packages and bundles are signed with."""
    trusted_keys: tuple[Path, ...] = ()
    """Public keys whose signatures count."""
    store: str | None = field(default=None, repr=False)
    """Path or URL of the store of runs; a URL may hold a password."""
    delivery: DeliverySettings = NOTHING_SET
    """How results are sent."""
    unattended: UnattendedSettings = ATTENDED
    """How runs behave that nobody watches."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Key → file or variable, for people who ask why."""


def user_file(environment: Mapping[str, str]) -> Path:
    """Return the path of the user's own configuration file, whether it exists or not."""
    folder = environment.get("XDG_CONFIG_HOME", "")
    base = Path(folder) if folder.startswith("/") else Path(environment.get("HOME") or "~").expanduser() / ".config"
    return base / "camscan" / "config.toml"


def configuration(environment: Mapping[str, str] | None = None, system_file: Path = SYSTEM_FILE) -> Configuration:
    """Return the settings that hold. Raises UsageError naming the file or variable, the key and the remedy."""
    environment = os.environ if environment is None else environment
    settings = Configuration()
    for path in (system_file, user_file(environment)):
        settings = _with_file(settings, path)
    for variable, key in VARIABLES.items():
        value = environment.get(variable)
        if value:
            settings = _with(settings, key, value.split(",") if key in LISTS else value, variable)
    return settings


def keep_policies(names: tuple[str, ...], path: Path) -> None:
    """Write the chosen policies into the user's configuration file (0600, its folder 0700). Raises UsageError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        beside = path.with_name(f".{path.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, for its mode
            os.fchmod(descriptor, 0o600)
            # A key after the first table header would belong to that table.
            file.write(f"policy = {json.dumps(list(names))}\n{before}")
        beside.replace(path)
    except OSError as fault:
        raise UsageError(f"{path}: cannot be written: {fault.strerror}") from fault


def _with_file(settings: Configuration, path: Path) -> Configuration:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return settings
    except PermissionError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise UsageError(f"{path}: not valid TOML: {fault}") from fault
    for key, value in table.items():
        if key == "site" and isinstance(value, dict):
            # A decision comes before its day and reference, which say nothing without it.
            for inner, stated in sorted(value.items(), key=lambda item: item[0] != "decision"):
                text = stated.isoformat() if inner == "decision_on" and isinstance(stated, date) else stated
                settings = _with(settings, f"site.{inner}", text, str(path))
        elif key == "delivery":
            settings = replace(settings, delivery=with_table(settings.delivery, value, str(path)))
            origins = {f"{key}.{inner}": str(path) for inner in value}
            settings = replace(settings, origins={**settings.origins, **origins})
        elif key == "unattended":
            if not isinstance(value, dict):
                raise UsageError(f"{path}: unattended must be a table: [unattended]")
            for inner, stated in value.items():
                settings = _with(settings, f"unattended.{inner}", stated, str(path))
        else:
            settings = _with(settings, key, value, str(path))
    return settings


def _with(settings: Configuration, key: str, value: Any, origin: str) -> Configuration:
    settings = replace(settings, origins={**settings.origins, key: origin})
    if key == "policy":
        return replace(settings, policies=_names(value, origin))
    if key == "trusted_keys":
        return replace(settings, trusted_keys=tuple(Path(name).expanduser() for name in _names(value, origin, key)))
    if key.startswith("unattended."):
        return replace(settings, unattended=with_unattended(settings.unattended, key[11:], value, origin))
    if key == "exception_days":
        return replace(settings, exception_days=_days(value, origin))
    if not isinstance(value, str) or not value.strip():
        if key == "sites" and isinstance(value, dict):
            raise UsageError(f'{origin}: sites names a file of sites: sites = "/etc/camscan/sites.toml", and there [[site]]')
        if key.split(".")[0] in KEYS:
            raise UsageError(f"{origin}: {key} must be text" if key != "site" else f"{origin}: site must be a table: [site]")
    elif key.startswith("site."):
        checked_site({**settings.site, key[5:]: value}, origin)
        return replace(settings, site={**settings.site, key[5:]: value})
    elif key == "contact":
        if not value.isascii() or not value.isprintable():
            raise UsageError(f"{origin}: contact must be plain ASCII on one line: it stands in the User-Agent")
        return replace(settings, contact=value)
    elif key == "pace":
        if value not in PACES:
            raise UsageError(f'{origin}: pace "{value}" is not known: use {one_of(PACES)}')
        return replace(settings, pace=value)
    elif key == "data":
        return replace(settings, data=Path(value).expanduser())
    elif key == "signing_key":
        return replace(settings, signing_key=Path(value).expanduser())
    elif key == "store":
        return replace(settings, store=value)
    elif key == "sites":
        return replace(settings, sites=Path(value).expanduser())
    elif key == "attestations":
        return replace(settings, attestations=Path(value).expanduser())
    elif key == "exceptions":
        return replace(settings, exceptions=Path(value).expanduser())
    match = nearest(key, KEYS)
    raise UsageError(f'{origin}: "{key}" is not a setting' + (f": did you mean {match}?" if match else f": use {one_of(KEYS)}"))


def _days(value: Any, origin: str) -> int:
    days = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 4 else value
    if type(days) is not int or not 1 <= days <= LONGEST_POSSIBLE:
        raise UsageError(
            f"{origin}: exception_days must be a number of days from 1 to {LONGEST_POSSIBLE}: exception_days = 180"
        )
    return days


def _names(value: Any, origin: str, key: str = "policy") -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        example = '["uk-department"]' if key == "policy" else '["/etc/camscan/signer-public.pem"]'
        raise UsageError(f"{origin}: {key} must be a name or a list of names: {key} = {example}")
    return tuple(name.strip() for name in names)
