"""Options that several commands share, and how their text becomes values."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from camscan.cli.exits import FailOn
from camscan.errors import UsageError
from camscan.model import SiteContext

Policies = Annotated[
    list[str] | None, typer.Option("--policy", metavar="NAME", help="Judge by this policy; repeatable; `none` only identifies.")
]
Site = Annotated[
    list[str] | None,
    typer.Option(
        "--site", metavar="KEY=VALUE", help="What you state about the site: name, class, zone, purpose, decision; repeatable."
    ),
]
DataFolder = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Use this folder of fingerprints and policies.")]
FormatName = Annotated[str | None, typer.Option("--format", metavar="NAME", help="Format for standard output: table, json.")]
OutputFiles = Annotated[
    list[str] | None,
    typer.Option("-o", "--output", metavar="FILE", help="Also write FILE; format by suffix, or as FORMAT:FILE; repeatable."),
]
FailOnLevel = Annotated[
    str, typer.Option("--fail-on", metavar="LEVEL", help="prohibited, restricted, unidentified, review or none.")
]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="End with 0 instead of 3 or 4.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on standard error.")]
Marking = Annotated[str | None, typer.Option("--marking", metavar="TEXT", help="Stands at head and foot of every output.")]
Pace = Annotated[str | None, typer.Option("--pace", metavar="PACE", help="polite (default), normal or fast.")]
ScopeFile = Annotated[
    Path | None, typer.Option("--scope", metavar="FILE", help="What may be touched, and who allowed it (TOML).")
]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="ADDRESS", help="Never touch this address, range or MAC; repeatable.")
]
Interfaces = Annotated[list[str] | None, typer.Option("--iface", metavar="NAME", help="Use this interface; repeatable.")]
Require = Annotated[
    list[str] | None,
    typer.Option("--require", metavar="NAME", help="`link` or a collector without which the run is incomplete; repeatable."),
]
Inventory = Annotated[
    bool, typer.Option("--inventory", help="Keep names and bytes also of hosts that are known as something else.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Judge by the rules of this day, e.g. 2026-11-21.")]

NONE = "none"
"""The policy name that means: identify only, judge nothing."""

_SITE_KEYS = {"class": "class_", "zone": "zone", "purpose": "purpose", "decision": "decision"}


def fail_on_level(text: str) -> FailOn:
    """Return a threshold of --fail-on. Raises UsageError."""
    for level in get_args(FailOn):
        if text == level:
            return level  # type: ignore[no-any-return]
    raise UsageError(f'--fail-on: "{text}" is not a level: use {one_of(get_args(FailOn))}')


def as_of_date(text: str | None, today: date) -> date:
    """Return the day of --as-of; today where none was given. Raises UsageError."""
    if text is None:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise UsageError(f'--as-of: "{text}" is not a date: write it as 2026-11-21') from fault


def site_context(pairs: Iterable[str], configured: Mapping[str, str] | None = None) -> SiteContext:
    """Return what was stated about the site: `--site` pairs over the configuration; the name defaults to the host name.

    Raises UsageError naming the key and what it may be.
    """
    stated = dict(configured or {})
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not value:
            raise UsageError(f'--site: "{pair}" is not KEY=VALUE: e.g. --site class=sensitive')
        stated[key] = value
    return checked_site(stated, "--site")


def checked_site(stated: Mapping[str, str], where: str) -> SiteContext:
    """Return the site context of keys and values. Raises UsageError naming `where`, the key and what it may be."""
    hints = get_type_hints(SiteContext)
    values: dict[str, Any] = {"name": socket.gethostname() or "unnamed"}
    for key, value in stated.items():
        if key == "name":
            values["name"] = value
            continue
        if key not in _SITE_KEYS:
            raise UsageError(f'{where}: "{key}" is not a key: use {one_of(("name", *_SITE_KEYS))}{_nearest(key, _SITE_KEYS)}')
        allowed = tuple(choice for option in get_args(hints[_SITE_KEYS[key]]) for choice in get_args(option))
        if value not in allowed:
            raise UsageError(f'{where}: {key}="{value}" is not known: use {one_of(allowed)}{_nearest(value, allowed)}')
        values[_SITE_KEYS[key]] = value
    return SiteContext(**values)


def choose_policies(
    given: Sequence[str],
    configured: Sequence[str],
    known: Mapping[str, str],
    *,
    ask: Callable[[Mapping[str, str]], Sequence[str]] | None = None,
    mandatory: bool = True,
) -> tuple[str, ...]:
    """Return the names of the policies to judge by, in the order given; empty where nothing is to be judged.

    given: the flags; configured: the configuration; known: name → title; ask: puts the question on a terminal, None without
    one; mandatory: False for commands that only identify when no policy is chosen. Raises UsageError listing the choices.
    """
    names = tuple(dict.fromkeys(given or configured))
    if not names and mandatory:
        if ask is None:
            raise UsageError(
                f"no policy chosen: give --policy NAME ({one_of((*known, NONE))}), or set `policy` in the configuration"
            )
        names = tuple(dict.fromkeys(ask(known)))
    for name in names:
        if name != NONE and name not in known:
            raise UsageError(f'--policy: "{name}" is not known: use {one_of((*known, NONE))}{_nearest(name, known)}')
    if NONE in names:
        if len(names) > 1:
            raise UsageError("--policy none stands alone: leave it out to judge by the others")
        return ()
    return names


def one_of(names: Iterable[str]) -> str:
    """Return names as `a, b or c`."""
    listed = list(names)
    return " or ".join(part for part in (", ".join(listed[:-1]), listed[-1]) if part) if listed else "(nothing is available)"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like a mistyped one; None where none is like it."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def _nearest(name: str, known: Iterable[str]) -> str:
    match = nearest(name, known)
    return f" (nearest: {match})" if match else ""
