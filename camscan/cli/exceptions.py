"""`camscan except`: our own acceptances and replacement plans, bound to devices, with an end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from camscan.cli import options, show
from camscan.cli.clock import today
from camscan.cli.configuration import Configuration, configuration
from camscan.cli.groups import JudgingOptions, with_groups
from camscan.cli.recorded import edit_file, exceptions_path, in_flags, longest, record
from camscan.errors import UsageError

if TYPE_CHECKING:
    from camscan.cli.devices import Devices
    from camscan.model import AssessedAsset, DeviceException
    from camscan.policy.exceptions import Register

TABLE = "exception"
NEEDED = {
    "planned": {"owner": "--owner", "ticket": "--ticket", "due": "--due", "replacement": "--replacement"},
    "accepted": {"owner": "--owner", "ticket": "--ticket", "reason": "--reason", "expires_on": "--expires"},
}
"""Status → what it needs, with the option that gives it."""

Run = Annotated[str | None, typer.Option("--run", metavar="RUN", help=options.RUN_OF_ASSET_HELP)]
Yes = Annotated[bool, typer.Option("--yes", help="Record without asking; needed where no terminal is there to ask on.")]


@with_groups
def add(
    run: Run = None,
    assets: Annotated[list[str] | None, typer.Argument(metavar="[ASSET]...", help="Devices by key, MAC or IP.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="KEY=VALUE,…", help="Devices by maker, brand, model, kind, site, verdict or rule."),
    ] = None,
    status: Annotated[str | None, typer.Option("--status", metavar="STATUS", help="planned or accepted.")] = None,
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="Who records it and answers for it.")] = "",
    ticket: Annotated[str, typer.Option("--ticket", metavar="TEXT", help="Reference in your own system.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is accepted.")] = "",
    expires: Annotated[str | None, typer.Option("--expires", metavar="DATE", help="Last day on which it holds.")] = None,
    due: Annotated[
        str | None, typer.Option("--due", metavar="DATE", help="Day by which it is replaced; a plan ends then.")
    ] = None,
    replacement: Annotated[str, typer.Option("--replacement", metavar="TEXT", help="By what it is replaced.")] = "",
    *,
    basis: JudgingOptions,
    yes: Yes = False,
    store: options.StoreUrl = None,
) -> None:
    """Record an acceptance or a replacement plan for devices of a run; they are shown before anything is written.

    Policies are those of the run where none are given; the day is today.
    """
    from camscan.policy.selection import selected, selection

    settings = configuration()
    if bool(assets) == bool(where):
        raise UsageError("name devices (key, MAC or IP), or select them with --where maker=…; not both")
    if status not in NEEDED:
        kinds = (f"{kind} (needs {', '.join(flags.values())})" for kind, flags in NEEDED.items())
        raise UsageError(f"--status: use {' or '.join(kinds)}")
    said = {
        "status": status,
        "owner": owner,
        "ticket": ticket,
        "reason": reason,
        "replacement": replacement,
        "due": options.day(due, "--due") if due else None,
        "expires_on": options.day(expires or due or "", "--expires" if expires else "--due") if expires or due else None,
    }
    _check_options(said)
    wanted = selection(where) if where else ()
    try:
        Giver(None, settings).check(said)
    except ValueError as fault:
        raise UsageError(in_flags(fault, said)) from fault
    devices = _devices(run, settings, basis, store)
    chosen = selected(devices.report.assets, wanted) if wanted else _each_once(devices, assets or ())
    giver = Giver(devices, settings)
    entries, left_out = [], []
    for judged in chosen:
        try:
            entries.append(giver.entry(judged, said))
        except ValueError as fault:
            if not wanted or not isinstance(fault, NotExceptableError):
                raise UsageError(f"{_name(judged)}: {fault}") from fault
            left_out.append(f"not recorded: {_name(judged)}: {fault}")
    _show_and_record(entries, left_out, exceptions_path(settings, basis.exceptions), giver.register(entries), yes=yes)


def list_(
    as_of: options.AsOf = None,
    exceptions: options.ExceptionsFile = None,
) -> None:
    """Show what is recorded: the nearest end first."""
    from camscan.datafiles.statements import read_exceptions
    from camscan.policy.exceptions import Register, days_left, expiry_warnings

    settings = configuration()
    path = exceptions_path(settings, exceptions)
    register = Register(read_exceptions(path).entries, {}, longest=longest(settings))
    as_of_day = options.as_of_date(as_of, today())
    ordered = sorted(register.entries, key=lambda entry: (register.ends(entry), entry.id))
    lines = []
    for entry in ordered:
        left = days_left(entry, register, as_of_day)
        lines.append(f"{entry.id}  {_told(entry, register)}; " + _left(left))
    show.result(_lines(lines or [f"{path}: nothing is recorded"]))
    for warning in expiry_warnings(register, as_of_day):
        show.note(f"warning: {warning}")


def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As `camscan except list` shows them.")],
    exceptions: options.ExceptionsFile = None,
) -> None:
    """Take exceptions back: the findings of their devices are open again."""
    from camscan.datafiles.statements import removed

    path = exceptions_path(configuration(), exceptions)
    edit_file(path, TABLE, lambda text: removed(text, TABLE, ids))
    show.result(f"{len(ids)} removed from {path}\n")


@with_groups
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="One device a row; the first row names the columns.")],
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="Run that holds the devices that rows name: NAME.obs.jsonl, an id or last."),
    ] = None,
    *,
    basis: JudgingOptions,
    yes: Yes = False,
    store: options.StoreUrl = None,
) -> None:
    """Record a list, all of it or nothing. A row with the id of an entry replaces it; one with `bound_to` and `covers` needs no --run."""
    from camscan.datafiles.statements import raise_faults, read_exceptions
    from camscan.datafiles.statements_csv import EXCEPTION_COLUMNS, rows

    settings = configuration()
    path = exceptions_path(settings, basis.exceptions)
    recorded = {entry.id: entry for entry in read_exceptions(path).entries}
    listed = list(rows(file, EXCEPTION_COLUMNS, needed=("asset", "status", "owner", "ticket")))
    devices = _devices(run, settings, basis, store) if run is not None else None
    giver = Giver(devices, settings)
    entries: dict[str, DeviceException] = {}
    replaced, faults = [], []
    for where, row in listed:
        said = {name: value for name, value in row.items() if name != "note"}
        former = said.pop("id", None)
        try:
            entry = giver.entry_of_row(said)
            if entry.id in entries:
                raise ValueError("the same entry stands in this file already")
        except (ValueError, UsageError) as fault:
            faults.append(f"{where}: {fault}")
            continue
        if former in recorded and former != entry.id:
            replaced.append(former)
        if entry.id not in recorded:
            entries[entry.id] = entry
    raise_faults(faults)
    if not listed:
        raise UsageError(f"{file}: holds no row")
    if not entries:
        show.result(f"{path} holds all of it already\n")
        return
    _show_and_record(list(entries.values()), [], path, giver.register(entries.values()), yes=yes, replaced=replaced)


def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.csv]", help="Standard output where none is given.")] = None,
    exceptions: options.ExceptionsFile = None,
) -> None:
    """Write what is recorded as CSV."""
    from camscan.datafiles.statements import read_exceptions
    from camscan.datafiles.statements_csv import exceptions_as_csv
    from camscan.report.deliver import rewrite

    entries = read_exceptions(exceptions_path(configuration(), exceptions)).entries
    text = exceptions_as_csv(entries)
    if file is None or str(file) == "-":
        show.result(text)
        return
    rewrite(file, lambda _: text)
    show.result(f"{len(entries)} written to {file}\n")


class NotExceptableError(ValueError):
    """A device that no exception can be given for; the message says why."""


class Giver:
    """Makes exceptions for devices, as they stand today."""

    def __init__(self, devices: Devices | None, settings: Configuration) -> None:
        self._devices, self._settings, self._today = devices, settings, today()

    def register(self, entries: Any) -> Register:
        """Return the entries with the length that is configured."""
        from camscan.policy.exceptions import Register

        return Register(entries, {}, longest=longest(self._settings))

    def check(self, said: Mapping[str, Any]) -> None:
        """Raise ValueError where what is said can be an exception of no device."""
        anything = {"rule": "any", "act": "keep", "verdict": "review"}
        self._checked({"device": "any", "bound_to": ("any=1",), "covers": [anything], **said})

    def entry(self, judged: AssessedAsset, said: Mapping[str, Any]) -> DeviceException:
        """Return the exception of one device. Raises NotExceptableError, ValueError where something is missing or too long."""
        from camscan.cli.devices import NO_IDENTITY
        from camscan.policy.exceptions import coverable

        assert self._devices is not None
        bound_to = self._devices.bound_to(judged)
        if not bound_to:
            raise NotExceptableError(NO_IDENTITY)
        covers = coverable(judged.judgement)
        if not covers:
            raise NotExceptableError("no finding of review or above stands against it; what it is, `camscan attest` records")
        found = judged.identification
        known = {
            "device": judged.asset.key,
            "bound_to": bound_to,
            "covers": [{"rule": one.rule, "act": one.act, "verdict": one.verdict} for one in covers],
            "maker": found.maker,
            "model": _kept(found.model),
            "firmware": _kept(found.firmware),
        }
        return self._checked({**known, **said})

    def entry_of_row(self, said: Mapping[str, Any]) -> DeviceException:
        """Return the exception of one row of a list. Raises ValueError, UsageError."""
        from camscan.datafiles.statements_csv import covered_of

        row = {**said}
        asset = row.pop("asset", "")
        covers = row.pop("covers", "")
        row.setdefault("expires_on", row.get("due"))
        if covers:
            row["covers"] = [{"rule": one.rule, "act": one.act, "verdict": one.verdict} for one in covered_of(covers)]
        if row.get("bound_to") and covers:
            return self._checked({**row, "device": asset})
        if self._devices is None:
            raise ValueError("names a device of a run: give --run NAME.obs.jsonl, or columns bound_to and covers")
        row.pop("bound_to", None)
        return self.entry(self._devices.named(asset), row)

    def _checked(self, said: Mapping[str, Any]) -> DeviceException:
        from camscan.datafiles.statements import checked, with_id

        known = {name: value for name, value in said.items() if value not in (None, "")}
        known = {"id": "new", "recorded_on": self._today, **known}
        if "expires_on" not in known:
            raise ValueError("an exception needs an end: --expires DATE, or --due DATE of a plan")
        entry: DeviceException = checked(TABLE, known)
        most = entry.recorded_on + timedelta(days=longest(self._settings))
        if entry.recorded_on > self._today:
            raise ValueError(f"recorded_on {entry.recorded_on} lies ahead")
        if entry.expires_on > most:
            raise ValueError(f"ends on {entry.expires_on}, the latest day allowed is {most} ({longest(self._settings)} days)")
        if entry.expires_on < self._today:
            raise ValueError(f"ended on {entry.expires_on} already")
        if entry.due is not None and entry.due < self._today:
            raise ValueError(f"due {entry.due} has passed already")
        return with_id(TABLE, entry)


def _check_options(said: Mapping[str, Any]) -> None:
    """Raise UsageError where an option is missing that the status needs, or a day has passed."""
    needed = NEEDED[said["status"]]
    missing = [flag for key, flag in needed.items() if not said[key]]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise UsageError(f"{', '.join(missing)} {verb} missing: {said['status']} needs {', '.join(needed.values())}")
    for key, flag in (("due", "--due"), ("expires_on", "--expires")):
        if said[key] is not None and said[key] < today():
            raise UsageError(f"{flag} {said[key]} lies in the past: give a day to come")


def _devices(run: str | None, settings: Configuration, basis: JudgingOptions, store: str | None) -> Devices:
    from camscan.cli.devices import open_devices
    from camscan.cli.kept import run_file_or_newest
    from camscan.report.observations import read

    with run_file_or_newest(run, settings, store) as found:
        if found is None:
            raise UsageError("no run is named: give --run NAME.obs.jsonl, or keep runs in a store")
        file, called = found
        policies = basis.policy or list(read(file).run.policies) or list(settings.policies)
        if not policies:
            raise UsageError(f"{called}: was judged by no policy, so it holds no finding: give --policy NAME")
        # What is recorded already does not stand in the way of a new entry, and its file may not be there yet.
        basis = replace(basis, policy=policies, exceptions=None)
        return open_devices(file, settings, basis, command="except", called=called)


def _each_once(devices: Devices, subjects: Sequence[str]) -> list[AssessedAsset]:
    named = {judged.asset.key: judged for judged in map(devices.named, subjects)}
    return list(named.values())


def _show_and_record(
    entries: Sequence[DeviceException],
    left_out: Sequence[str],
    path: Path,
    register: Register,
    *,
    yes: bool,
    replaced: Sequence[str] = (),
) -> None:
    """Show the devices, ask, and write."""
    covered = (f"for {', '.join(f'{one.rule} to {one.act}: {one.verdict}' for one in entry.covers)}" for entry in entries)
    lines = [f"{_told(entry, register)}; {what}" for entry, what in zip(entries, covered, strict=True)]
    show.result(_lines([*lines, *left_out]))
    if not entries:
        raise UsageError("no device to record an exception for")
    number = f"{len(entries)} exception{'s' if len(entries) > 1 else ''}"
    if not yes:
        if not show.may_ask():
            raise UsageError(f"nothing was written: look at the {number} above, then give --yes")
        if not show.confirm(f"Record {number} in {path}?"):
            raise UsageError("nothing was written")
    record(path, TABLE, entries, replaced)
    show.note(f"{number} recorded in {path}")


def _left(days: int) -> str:
    if days < 0:
        return "ended"
    return "1 day left" if days == 1 else f"{days} days left"


def _told(entry: DeviceException, register: Register) -> str:
    """Return an exception in words; never the status without what it is not."""
    from camscan.policy.exceptions import note_of

    return (
        f"{entry.device} {entry.maker or 'maker not known'} {entry.model or ''}".rstrip()
        + f": {entry.status}, {note_of(entry, register)}"
    )


def _name(judged: AssessedAsset) -> str:
    return judged.asset.ips[0] if judged.asset.ips else judged.asset.key


def _lines(lines: Sequence[str]) -> str:
    from camscan.report.escape import visible

    return "".join(f"{visible(line)}\n" for line in lines)


def _kept(text: str | None) -> str | None:
    """Return what a device says of itself as one printable line."""
    from camscan.policy.exceptions import printable

    return printable(text) or None if text else None
