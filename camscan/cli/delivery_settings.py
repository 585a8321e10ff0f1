"""The table `[delivery]` of the configuration: how mail, webhooks and syslog messages leave, never to whom."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

from camscan.cli.options import nearest, one_of
from camscan.delivery.base import Security
from camscan.errors import UsageError

LONGEST_TIMEOUT_S = 600
MOST_RETRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """What is set, by the names of its keys."""

    sendmail: Path = Path("/usr/sbin/sendmail")
    smtp: str | None = None
    """The server; None: `sendmail` of this machine."""
    smtp_tls: Security = "starttls"
    smtp_insecure: bool = False
    """Whether `smtp_tls = "none"` is meant for a server elsewhere, too."""
    smtp_ca: Path | None = None
    smtp_user: str | None = None
    smtp_password_file: Path | None = None
    mail_from: str | None = None
    webhook_key: Path | None = None
    webhook_ca: Path | None = None
    syslog_ca: Path | None = None
    syslog_cert: Path | None = None
    syslog_key: Path | None = None
    timeout: int = 20
    """Seconds that a server may say nothing."""
    retries: int = 2
    origin: str = "[delivery]"
    """The file that set something last, for messages."""


_PATHS = frozenset(
    ("sendmail", "smtp_ca", "smtp_password_file", "webhook_key", "webhook_ca", "syslog_ca", "syslog_cert", "syslog_key")
)
_NUMBERS = {"timeout": (1, LONGEST_TIMEOUT_S), "retries": (0, MOST_RETRIES)}
KEYS = tuple(one.name for one in fields(DeliverySettings) if one.name != "origin")

NOTHING_SET = DeliverySettings()


def with_table(settings: DeliverySettings, table: Any, origin: str) -> DeliverySettings:
    """Return the settings with those of a table `[delivery]`. Raises UsageError naming file, key and what it may be."""
    if not isinstance(table, dict):
        raise UsageError(f"{origin}: delivery must be a table: [delivery]")
    for key, value in table.items():
        settings = _with(settings, key, value, origin)
    return settings


def _with(settings: DeliverySettings, key: str, value: Any, origin: str) -> DeliverySettings:
    named = f"{origin}: delivery.{key}"
    if key not in KEYS:
        match = nearest(key, KEYS)
        raise UsageError(f"{named} is not a setting: " + (f"did you mean {match}?" if match else f"use {one_of(KEYS)}"))
    if key in _NUMBERS:
        least, most = _NUMBERS[key]
        if type(value) is not int or not least <= value <= most:
            raise UsageError(f"{named} must be a whole number from {least} to {most}")
    elif key == "smtp_insecure":
        if type(value) is not bool:
            raise UsageError(f"{named} must be true or false")
    elif not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise UsageError(f"{named} must be text on one line")
    elif key == "smtp_tls" and value not in get_args(Security):
        raise UsageError(f'{named} "{value}" is not known: use {one_of(get_args(Security))}')
    changed: dict[str, Any] = {key: Path(value).expanduser() if key in _PATHS else value}
    return replace(settings, origin=origin, **changed)
