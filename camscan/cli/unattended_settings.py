"""The table `[unattended]` of the configuration: how a run behaves that nobody watches."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from camscan.cli.options import duration, nearest, one_of
from camscan.errors import UsageError

MailOn = Literal["change", "always", "trouble"]
"""When an unattended run sends mail: of changes and of trouble, always, or of trouble alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnattendedSettings:
    """What is set, by the names of its keys; times as they were written, checked."""

    enabled: bool = False
    jitter: str | None = None
    max_time: str | None = None
    lock_wait: str | None = None
    mail_on: MailOn = "change"


ATTENDED = UnattendedSettings()
KEYS = tuple(one.name for one in fields(UnattendedSettings))
_YES, _NO = ("1", "true", "yes"), ("0", "false", "no")


def with_value(settings: UnattendedSettings, key: str, value: Any, origin: str) -> UnattendedSettings:
    """Return the settings with one more. Raises UsageError naming file or variable, key and what it may be."""
    named = f"{origin}: unattended.{key}"
    if key == "enabled":
        return replace(settings, enabled=_switch(value, named))
    if key == "mail_on":
        for choice in get_args(MailOn):
            if value == choice:
                return replace(settings, mail_on=choice)
        raise UsageError(f'{named} "{value}" is not known: use {one_of(get_args(MailOn))}')
    if key not in KEYS:
        match = nearest(key, KEYS)
        raise UsageError(f"{named} is not a setting: " + (f"did you mean {match}?" if match else f"use {one_of(KEYS)}"))
    if not isinstance(value, str):
        raise UsageError(f'{named} must be a time as text: {key} = "2h"')
    duration(value, named)
    times: dict[str, Any] = {key: value}
    return replace(settings, **times)


def _switch(value: Any, named: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    raise UsageError(f"{named} must be true or false")
