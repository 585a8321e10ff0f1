"""Options that belong together, as one value: a command that takes a group as a parameter gets all of its options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import Any, get_type_hints

from camscan.cli import options
from camscan.model import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingOptions:
    """By what a command judges."""

    policy: options.Policies = None
    site: options.Site = None
    sites: options.SitesFile = None
    as_of: options.AsOf = None
    data: options.DataFolder = None
    require_fresh: options.RequireFresh = None
    attestations: options.AttestationsFile = None
    exceptions: options.ExceptionsFile = None

    def or_of(self, run: Run) -> JudgingOptions:
        """Return itself with policies and day of a kept run where none are given."""
        return replace(
            self, policy=self.policy or list(run.policies) or [options.NONE], as_of=self.as_of or run.as_of.isoformat()
        )

    @property
    def names_site(self) -> bool:
        """Whether the site's name was given, so that it stands above the one that a run recorded."""
        return any(pair.startswith("name=") for pair in self.site or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command shows and writes its result."""

    format_name: options.FormatName = None
    output: options.OutputFiles = None
    columns: options.Columns = None
    wide: options.Wide = False
    color: options.Color = "auto"
    marking: options.Marking = None
    redact: options.Redact = False
    mail: options.Mail = None
    webhook: options.Webhook = None
    syslog: options.Syslog = None
    quiet: options.Quiet = False

    @property
    def outputs(self) -> list[str]:
        """What `-o` asks for."""
        return self.output or []

    @property
    def sends(self) -> bool:
        """Whether the result goes to a server."""
        return bool(self.mail or self.webhook or self.syslog)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From which verdict on a command ends with another code than 0."""

    fail_on: options.FailOnLevel = "review"
    exit_zero: options.ExitZero = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Whether and where a run is kept."""

    store: options.StoreUrl = None
    keep: options.Keep = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How a run behaves that nobody watches."""

    unattended: options.Unattended = None
    jitter: options.Jitter = None
    max_time: options.MaxTime = None
    lock_wait: options.LockWait = None


GROUPS = (JudgingOptions, Ending, Threshold, Keeping, Schedule)


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with each parameter that is a group replaced by the options of that group."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if hint in GROUPS}
    parameters = []
    for parameter in inspect.signature(command).parameters.values():
        members = _options(groups[parameter.name]) if parameter.name in groups else {parameter.name: hints[parameter.name]}
        default = parameter.default
        for name, annotation in members.items():
            if parameter.name in groups:
                default = _defaults(groups[parameter.name])[name]
            parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation))

    @wraps(command)
    def filled(**given: Any) -> None:
        packed = {
            name: group(**{key: given.pop(key) for key in _options(group) if key in given}) for name, group in groups.items()
        }
        command(**given, **packed)

    # typer reads both; the wrapped function's own would name the groups.
    filled.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    filled.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del filled.__wrapped__
    return filled


def _options(group: Any) -> dict[str, Any]:
    return get_type_hints(group, include_extras=True)


def _defaults(group: Any) -> dict[str, Any]:
    return {field.name: field.default for field in fields(group)}
