"""`camscan status`: whether what is known is fresh, for monitoring; offline, and at once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from camscan.cli import options, show
from camscan.cli.clock import now, today
from camscan.cli.configuration import Configuration, configuration
from camscan.cli.exits import ExitCode
from camscan.cli.kept import place_of
from camscan.errors import UsageError
from camscan.history.freshness import RangeState, SiteState, states
from camscan.history.heartbeat import Heartbeat, Recorded
from camscan.report.escape import visible

SCHEMA = "camscan-status/1"
FORMATS = ("table", "json")
MAX_AGE = "26h"
"""A day, and two hours for runs that take longer or begin later than the one before."""
MOST_BACK = 180
"""Records of a site that are looked at: some sixty runs."""
MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is known."""

    store: str
    at: datetime
    max_age: timedelta
    sites: tuple[SiteState, ...]
    newest: Recorded | None
    """Of the chain."""
    lapsed: tuple[str, ...]
    """Ids of exceptions that are recorded and have lapsed."""

    @property
    def fresh(self) -> bool:
        """Whether each range of each site is; where no run is recorded, nothing is."""
        return bool(self.sites) and all(one.fresh for one in self.sites)


def status(
    max_age: Annotated[
        str, typer.Option("--max-age", metavar="TIME", help="How old the last complete run may be: 26h, 8d.")
    ] = MAX_AGE,
    site: Annotated[
        list[str] | None, typer.Option("--site", metavar="NAME", help="Only this site, which must be there; repeatable.")
    ] = None,
    format_name: Annotated[str, typer.Option("--format", metavar="NAME", help="table or json.")] = "table",
    prometheus: Annotated[
        Path | None,
        typer.Option("--prometheus", metavar="FILE.prom", help="Also write a file for Prometheus' textfile collector."),
    ] = None,
    exceptions: options.ExceptionsFile = None,
    store: options.StoreUrl = None,
) -> None:
    """Show when each range was last covered completely; ends with 0 where that is fresh, and with 5 where it is not."""
    if format_name not in FORMATS:
        raise UsageError(f'--format: "{format_name}" is not a format of this list: use {options.one_of(FORMATS)}')
    if prometheus is not None:
        from camscan.cli.prometheus import refuse_name

        refuse_name(prometheus)
    span = timedelta(seconds=options.duration(max_age, "--max-age"))
    found = _found(configuration(), span, site or (), exceptions, store)
    if prometheus is not None:
        from camscan.cli.prometheus import metrics, write

        write(prometheus, metrics(found.sites, found.newest, len(found.lapsed), found.at, fresh=found.fresh))
    show.result(document(found) if format_name == "json" else table(found))
    show.closing(closing_line(found))
    raise typer.Exit(ExitCode.COMPLETE if found.fresh else ExitCode.INCOMPLETE)


def _found(
    settings: Configuration, max_age: timedelta, wanted: Sequence[str], exceptions: Path | None, given: str | None
) -> Status:
    """Return what is known. Raises UsageError, StoreError."""
    place, at = place_of(settings, given), now()
    newest: Recorded | None = None
    records: tuple[Recorded, ...] = ()
    if place.path is None or os.path.lexists(place.path):
        from camscan.store.glance import glance

        newest, records = glance(place, MOST_BACK)
    sites = states(records, at, max_age)
    if wanted:
        known = {one.site: one for one in sites}
        nothing = RangeState(range="", last=None, fresh=False)
        sites = tuple(
            known.get(name) or SiteState(site=name, ranges=(nothing,), last=None, unended=None, lapsed=0)
            for name in dict.fromkeys(wanted)
        )
    return Status(
        store=str(place), at=at, max_age=max_age, sites=sites, newest=newest, lapsed=lapsed_on(settings, exceptions, today())
    )


def lapsed_on(settings: Configuration, given: Path | None, day: date) -> tuple[str, ...]:
    """Return the ids of the exceptions in the file of them that have lapsed on a day. Raises UsageError."""
    from camscan.cli.recorded import exceptions_path, longest

    path = exceptions_path(settings, given)
    if not path.exists():
        if given is not None:
            raise UsageError(f"--exceptions {given}: there is no such file")
        return ()
    from camscan.datafiles.statements import read_exceptions
    from camscan.policy.exceptions import Register

    register = Register(read_exceptions(path).entries, {}, longest=longest(settings))
    return tuple(entry.id for entry in register.entries if register.ends(entry) < day)


def closing_line(found: Status) -> str:
    """Return the answer in words."""
    if not found.sites:
        return f"STALE: no run is recorded in {found.store}"
    stale = [_place(site, one) for site in found.sites for one in site.ranges if not one.fresh]
    total = sum(len(site.ranges) for site in found.sites)
    if not stale:
        return f"FRESH: {total} of {total} covered completely within {_span(found.max_age)}"
    named = "; ".join(stale[:MOST_NAMED]) + ("; …" if len(stale) > MOST_NAMED else "")
    return f"STALE: {len(stale)} of {total} not covered completely within {_span(found.max_age)}: {named}"


def _place(site: SiteState, one: RangeState) -> str:
    return f"{site.site} {one.range}" if one.range else site.site


def table(found: Status) -> str:
    """Return it for people."""
    from camscan.report.columns import lay_out

    header = ("SITE", "RANGE", "LAST COMPLETE", "AGE", "STATE")
    rows = [
        tuple(map(visible, (site.site, one.range or "-", *_ages(one, found), "fresh" if one.fresh else "STALE")))
        for site in found.sites
        for one in site.ranges
    ]
    lines = lay_out(header, rows, width=show.terminal_width()) if rows else [f"{visible(found.store)}: no run is recorded"]
    notes = [f"{site.site}: {said}" for site in found.sites for said in _said_of(site)]
    if found.lapsed:
        named = ", ".join(found.lapsed[:MOST_NAMED]) + (", …" if len(found.lapsed) > MOST_NAMED else "")
        notes.append(f"exceptions that have lapsed: {len(found.lapsed)} ({named})")
    if found.newest is not None:
        notes.append(f"chain: {found.newest.number} records, head {found.newest.head} of {_moment(found.newest.beat.at)}")
    return "".join(f"{line}\n" for line in (*lines, *([""] if notes else []), *map(visible, notes)))


def _said_of(site: SiteState) -> list[str]:
    said = []
    if site.last is not None:
        said.append(f"newest run: {_how(site.last)}, {_moment(site.last.at)}{_counted(site.last)}")
    if site.unended is not None:
        said.append(f"a run began {_moment(site.unended.at)}, and no end is recorded: it goes on, or was killed")
    if site.lapsed:
        said.append(f"devices whose exception had lapsed by then: {site.lapsed}")
    return said


def _how(beat: Heartbeat) -> str:
    if beat.event == "failed":
        return f"came to nothing: {beat.because}"
    if beat.interrupted:
        return "interrupted"
    return "complete" if beat.complete else f"incomplete ({'; '.join(beat.incomplete_because) or 'reason not recorded'})"


def _counted(beat: Heartbeat) -> str:
    if beat.event == "failed":
        return ""
    devices = "1 device" if beat.devices == 1 else f"{beat.devices} devices"
    if not beat.policies:
        return f"; {devices}, nothing was judged"
    verdicts = ", ".join(f"{one.devices} {one.verdict.replace('_', ' ')}" for one in beat.verdicts)
    return f"; {devices}" + (f": {verdicts}" if verdicts else "")


def _ages(one: RangeState, found: Status) -> tuple[str, str]:
    if one.last is None:
        return "never", "-"
    age = found.at - one.last.at
    return _moment(one.last.at), _span(age) if age >= timedelta(0) else "in the future"


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes / 60
    return f"{hours:.3g} h" if hours < 72 else f"{hours / 24:.3g} days"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def document(found: Status) -> str:
    """Return it as JSON."""
    newest = found.newest
    told = {
        "schema": SCHEMA,
        "store": found.store,
        "at": _instant(found.at),
        "max_age_s": int(found.max_age.total_seconds()),
        "fresh": found.fresh,
        "sites": [_site(site, found) for site in found.sites],
        "exceptions_lapsed": list(found.lapsed),
        "chain": None if newest is None else {"records": newest.number, "head": newest.head, "at": _instant(newest.beat.at)},
    }
    return json.dumps(told, indent=2) + "\n"


def _site(site: SiteState, found: Status) -> dict[str, Any]:
    return {
        "site": site.site,
        "fresh": site.fresh,
        "ranges": [
            {
                "range": one.range or None,
                "fresh": one.fresh,
                "last_complete": None if one.last is None else _instant(one.last.at),
                "run": None if one.last is None else one.last.run,
                "age_s": None if one.last is None else int((found.at - one.last.at).total_seconds()),
            }
            for one in site.ranges
        ],
        "last": None if site.last is None else _end(site.last),
        "began_without_end": None if site.unended is None else _instant(site.unended.at),
        "devices_lapsed": site.lapsed,
    }


def _end(beat: Heartbeat) -> dict[str, Any]:
    return {
        "event": beat.event,
        "at": _instant(beat.at),
        "command": beat.command,
        "unattended": beat.unattended,
        "run": beat.run or None,
        "complete": beat.complete,
        "interrupted": beat.interrupted,
        "incomplete_because": list(beat.incomplete_because),
        "because": beat.because or None,
        "devices": beat.devices,
        "verdicts": {str(one.verdict): one.devices for one in beat.verdicts} if beat.policies else None,
        "version": beat.version,
        "data_version": beat.data_version or None,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
