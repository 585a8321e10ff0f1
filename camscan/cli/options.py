"""Options that several commands share, and how their text becomes values."""

from __future__ import annotations

import socket
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from ipaddress import ip_network
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
        "--site",
        metavar="KEY=VALUE",
        help="What you state about the site: name, class, zone, purpose, decision, ranges; repeatable.",
    ),
]
DataFolder = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Use this folder of fingerprints and policies.")]
AttestationsFile = Annotated[
    Path | None, typer.Option("--attestations", metavar="FILE", help="What persons stated of devices (TOML).")
]
ExceptionsFile = Annotated[
    Path | None, typer.Option("--exceptions", metavar="FILE", help="Recorded acceptances and replacement plans (TOML).")
]
FormatName = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="Format for standard output: table, json, jsonl, isolation, …")
]
OutputFiles = Annotated[
    list[str] | None,
    typer.Option("-o", "--output", metavar="FILE", help="Also write FILE; format by suffix, or as FORMAT:FILE; repeatable."),
]
Columns = Annotated[
    str | None,
    typer.Option("--columns", metavar="NAMES", help="Columns of the table, with commas, e.g. verdict,address,model,serial."),
]
Wide = Annotated[bool, typer.Option("--wide", help="Cut nothing in the table, however wide its lines become.")]
Color = Annotated[str, typer.Option("--color", metavar="WHEN", help="auto (default: on a terminal), always or never.")]
Mail = Annotated[
    list[str] | None, typer.Option("--mail", metavar="TO", help="Also send the report to this mail address; repeatable.")
]
Webhook = Annotated[
    list[str] | None, typer.Option("--webhook", metavar="URL", help="Also post the report there, signed; repeatable.")
]
Syslog = Annotated[
    list[str] | None,
    typer.Option("--syslog", metavar="HOST[:PORT]", help="Also send findings to this syslog server, over TLS; repeatable."),
]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact", help="Mask names, addresses, serials, places and persons in everything that is shown, written or sent."
    ),
]
RequireFresh = Annotated[
    str | None,
    typer.Option(
        "--require-fresh",
        metavar="[AGE]",
        help="End with 8, before anything is sent, where data is older; 30d without a value.",
    ),
]
FRESH = "30d"
"""What --require-fresh without a value asks for."""
FailOnLevel = Annotated[
    str,
    typer.Option(
        "--fail-on",
        metavar="LEVEL",
        help="prohibited, restricted, unidentified, review or none; new: what became worse since the last complete run.",
    ),
]
Unattended = Annotated[
    bool | None,
    typer.Option(
        "--unattended/--attended",
        help="For cron and timers: keep the run, ask nothing, speak only of changes and trouble.",
        show_default=False,
    ),
]
Jitter = Annotated[
    str | None,
    typer.Option("--jitter", metavar="TIME", help="Begin up to so much later, always the same for this site and host."),
]
MaxTime = Annotated[
    str | None, typer.Option("--max-time", metavar="TIME", help="End after 30m or 2h and report what was found, as incomplete.")
]
LockWait = Annotated[
    str | None,
    typer.Option("--lock-wait", metavar="TIME", help="Wait so long for another run of the site; default: end with 7."),
]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="End with 0 instead of 3 or 4.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on standard error.")]


def _in_utf8(text: str | None) -> str | None:
    """Return a text that every output can hold. Raises BadParameter for bytes that are no UTF-8."""
    try:
        (text or "").encode()
    except UnicodeEncodeError:
        raise typer.BadParameter(
            "is no UTF-8: write it in the encoding of this terminal's locale, or in plain letters"
        ) from None
    return text


Marking = Annotated[
    str | None,
    typer.Option("--marking", metavar="TEXT", callback=_in_utf8, help="Stands at head and foot of every output."),
]
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
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on with the scan of this site that was interrupted, with what is missing of it alone."),
]
Inventory = Annotated[
    bool, typer.Option("--inventory", help="Keep names and bytes also of hosts that are known as something else.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Judge by the rules of this day, e.g. 2026-11-21.")]

StoreUrl = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="Store of runs: a file of SQLite, or postgresql+psycopg://….")
]
Keep = Annotated[
    bool | None,
    typer.Option(
        "--keep/--no-keep", help="Keep this run in the store; without a flag where one is configured.", show_default=False
    ),
]
RUN_HELP = "Observation file of a run (NAME.obs.jsonl), or the id of a kept one, a begin of it, or last."
RUN_OF_ASSET_HELP = "Run that holds ASSET: NAME.obs.jsonl, an id of the store or last; default: the newest of the store."

NONE = "none"
"""The policy name that means: identify only, judge nothing."""

SitesFile = Annotated[
    Path | None, typer.Option("--sites", metavar="FILE", help="What you state about each range (TOML); --site holds elsewhere.")
]

_SITE_KEYS = {"class": "class_", "zone": "zone", "purpose": "purpose", "decision": "decision"}
"""Facts with a closed list of values; rules ask for them."""
_SITE_TEXTS = ("name", "equipment_owner", "controller", "decision_reference")
SITE_KEYS = ("name", *_SITE_KEYS, "decision_on", *_SITE_TEXTS[1:], "ranges")


COLOR_CHOICES = ("auto", "always", "never")


def color_choice(text: str) -> str:
    """Return a choice of --color. Raises UsageError."""
    if text not in COLOR_CHOICES:
        raise UsageError(f'--color: "{text}" is not a choice: use {one_of(COLOR_CHOICES)}')
    return text


def column_names(text: str | None, known: Iterable[str]) -> tuple[str, ...]:
    """Return the names of --columns, each once. Raises UsageError listing the known ones."""
    if text is None:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    known = tuple(known)
    for name in names:
        if name not in known:
            raise UsageError(f'--columns: "{name}" is not a column: use {", ".join(known)}{_nearest(name, known)}')
    return names


def fail_on_level(text: str) -> FailOn:
    """Return a threshold of --fail-on. Raises UsageError."""
    for level in get_args(FailOn):
        if text == level:
            return level  # type: ignore[no-any-return]
    raise UsageError(f'--fail-on: "{text}" is not a level: use {one_of(get_args(FailOn))}')


def as_of_date(text: str | None, today: date) -> date:
    """Return the day of --as-of; today where none was given. Raises UsageError."""
    return today if text is None else day(text, "--as-of")


def day(text: str, where: str) -> date:
    """Return a date of text. Raises UsageError naming `where`."""
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise UsageError(f'{where}: "{text}" is not a date: write it as 2026-11-21') from fault


_SECONDS_IN = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def duration(text: str, option: str) -> float:
    """Return seconds of `90`, `30s`, `10m`, `2h` or `1d`. Raises UsageError naming the option."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _SECONDS_IN else (text, "s")
    try:
        seconds = float(number) * _SECONDS_IN[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise UsageError(f'{option}: "{text}" is no duration: write it as 30s, 10m, 2h or 1d')
    return seconds


def site_context(pairs: Iterable[str], configured: Mapping[str, str] | None = None) -> SiteContext:
    """Return what was stated about the site: `--site` pairs over the configuration; the name defaults to the host name.

    Raises UsageError naming the key and what it may be.
    """
    stated = dict(configured or {})
    for pair in pairs:
        _, sign, value = pair.partition("=")
        if not sign or not value:
            raise UsageError(f'--site: "{pair}" is not KEY=VALUE: e.g. --site class=sensitive')
    return checked_site(stated | pairs_of(pairs), "--site")


def pairs_of(pairs: Iterable[str]) -> dict[str, str]:
    """Return what `--site` pairs state, those that are none left out. Raises UsageError where two state different things."""
    stated: dict[str, str] = {}
    for key, sign, value in (pair.partition("=") for pair in pairs):
        if sign and stated.setdefault(key, value) != value:
            how = "replay files of two sites in a run each, and put their observation files together" if key == "name" else ""
            how = how or ("put commas between networks" if key == "ranges" else "state it once")
            raise UsageError(f"--site {key}={stated[key]} and --site {key}={value}: one run is of one site: {how}")
    return stated


def checked_site(
    stated: Mapping[str, str], where: str, ranges: tuple[str, ...] = (), keys: Sequence[str] = SITE_KEYS
) -> SiteContext:
    """Return the site context of keys and values. keys: those that there are. Raises UsageError naming `where`, the key and what it may be."""
    hints = get_type_hints(SiteContext)
    values: dict[str, Any] = {"name": socket.gethostname() or "unnamed", "ranges": ranges}
    for key, value in stated.items():
        if key == "ranges":
            values[key] = _networks(value, where)
            continue
        if key in _SITE_TEXTS:
            values[key] = value
            continue
        if key == "decision_on":
            values[key] = day(value, f"{where}: {key}")
            continue
        if key not in _SITE_KEYS:
            raise UsageError(f'{where}: "{key}" is not a key: use {one_of(keys)}{_nearest(key, keys)}')
        allowed = tuple(choice for option in get_args(hints[_SITE_KEYS[key]]) for choice in get_args(option))
        if value not in allowed:
            raise UsageError(f'{where}: {key}="{value}" is not known: use {one_of(allowed)}{_nearest(value, allowed)}')
        values[_SITE_KEYS[key]] = value
    if "decision" not in stated and {"decision_on", "decision_reference"} & set(stated):
        raise UsageError(f"{where}: a date or reference of a decision, and no decision: state decision too")
    return SiteContext(**values)


def _networks(text: str, where: str) -> tuple[str, ...]:
    """Return networks that stand in one text with commas. Raises UsageError."""
    try:
        return tuple(dict.fromkeys(str(ip_network(part.strip())) for part in text.split(",")))
    except ValueError as fault:
        raise UsageError(
            f'{where}: ranges="{text}": {fault}: write networks with commas, as 10.20.0.0/24,fd00:20::/64'
        ) from fault


def choose_policies(
    given: Sequence[str],
    configured: Sequence[str],
    known: Mapping[str, str],
    *,
    alone: Container[str] = (),
    ask: Callable[[Mapping[str, str]], Sequence[str]] | None = None,
    mandatory: bool = True,
) -> tuple[str, ...]:
    """Return the names of the policies to judge by, in the order given; empty where nothing is to be judged.

    given: the flags; configured: the configuration; known: name → title; alone: names of
    rules that can be asked for by themselves; ask: puts the question on a terminal, None without
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
        if name != NONE and name not in known and name not in alone:
            choices = one_of((*known, "rule:ID", NONE))
            raise UsageError(f'--policy: "{name}" is not known: use {choices}{_nearest(name, known)}')
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
