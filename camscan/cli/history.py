"""`camscan history`: the runs that are kept, how long they stay, and how they leave and enter the store."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from string import hexdigits
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from camscan.cli import options, show
from camscan.cli.clock import now
from camscan.cli.configuration import configuration
from camscan.cli.groups import JudgingOptions
from camscan.cli.kept import open_to_read, open_to_write, text_of
from camscan.errors import SealError, UsageError
from camscan.report.escape import visible

if TYPE_CHECKING:
    from camscan.history.heartbeat import Recorded
    from camscan.model import KnownDevice
    from camscan.store.chain import Verified
    from camscan.store.store import Store
    from camscan.store.values import KeptRun, Pruned

SCHEMA = "camscan-history/1"
FORMATS = ("table", "json")

DEVICE = "device"
SHORTEST_HEAD, LONGEST_HEAD = 16, 64
"""Digits of a head by which it is looked for."""
WORDS = {"began": "begin", "ended": "end", "failed": "failure", "told": "telling"}


class DeviceOrCommand(TyperGroup):
    """A group whose first argument is a device where it is none of its commands."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that shows a device in place of a name that is no command."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [DEVICE, *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=DeviceOrCommand,
    help="Show the runs that are kept, or the life of a device (`camscan history ASSET`), and manage them.",
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def list_(
    context: typer.Context,
    site: Annotated[str | None, typer.Option("--site", metavar="NAME", help="Only runs of this site.")] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME", help="Only runs that this policy judged.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="NUMBER", min=1, help="At most so many.")] = None,
    format_name: Annotated[str, typer.Option("--format", metavar="NAME", help="table or json.")] = "table",
    store: options.StoreUrl = None,
) -> None:
    """Show the runs that are kept, newest first, or manage them."""
    if context.invoked_subcommand is not None:
        return
    if format_name not in FORMATS:
        raise UsageError(f'--format: "{format_name}" is not a format of this list: use {options.one_of(FORMATS)}')
    with open_to_read(configuration(), store) as opened:
        runs = opened.runs(site=site, policy=policy, limit=limit)
        show.result(document(opened.name, runs) if format_name == "json" else table(opened.name, runs))


@app.command(DEVICE)
def device(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="A device by key, MAC, serial or its last address.")],
    site: Annotated[str | None, typer.Option("--site", metavar="NAME", help="Only devices of this site.")] = None,
    format_name: Annotated[str, typer.Option("--format", metavar="NAME", help="table or json.")] = "table",
    store: options.StoreUrl = None,
) -> None:
    """Show the life of a device: where it stood, its firmware, its verdicts, when it was not there. `camscan history ASSET` does the same."""
    from camscan.compared import life
    from camscan.datafiles.open import open_knowledge
    from camscan.report import life as lives

    if format_name not in FORMATS:
        raise UsageError(f'--format: "{format_name}" is not a format of this list: use {options.one_of(FORMATS)}')
    with open_to_read(configuration(), store) as opened:
        chosen = [one for one in opened.devices(site) if _answers_to(one, asset)]
        if not chosen:
            raise UsageError(
                f"{opened.name}: no device {asset}: give a key, MAC, serial or address, as `camscan report last` lists them"
            )
        found = [life(opened, one) for one in sorted(chosen, key=lambda one: one.last_seen, reverse=True)]
        newest = opened.newest_run(chosen[0].site)
    marking = newest.run.marking if newest is not None else None
    if format_name == "json":
        show.result(lives.document(found, marking=marking))
    else:
        names = open_knowledge(configuration().data).display
        show.result(lives.table(found, names, width=show.terminal_width(), marking=marking))


def _answers_to(one: KnownDevice, asset: str) -> bool:
    """Return whether a device has this key, MAC, serial or other mark, or had this address when it was last seen."""
    from camscan.codecs.base import mac_from_text
    from camscan.identity import bare

    values = {mark.text.partition("=")[2] for mark in one.marks}
    last = one.last.ips if one.last is not None else ()
    return bool({asset, mac_from_text(asset), bare(asset)} & values) or asset in last


@app.command("prune")
def prune(
    keep: Annotated[str, typer.Option("--keep", metavar="TIME", help="How long runs stay, e.g. 400d.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    store: options.StoreUrl = None,
) -> None:
    """Remove old runs, and of older ones than 30 days the hosts that are known as something else."""
    span = timedelta(seconds=options.duration(keep, "--keep"))
    with open_to_read(configuration(), store) as opened:
        show.result(f"{_pruned_words(opened.prune(span, now(), dry_run=dry_run), dry_run)}\n")


@app.command("export")
def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, a begin of it, or last.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="NAME.obs.jsonl, or - for standard output.")],
    store: options.StoreUrl = None,
) -> None:
    """Write a run as an observation file."""
    from camscan.report.deliver import rewrite

    with open_to_read(configuration(), store) as opened:
        name = opened.run(run).id
        text = text_of(opened.evidence(name))
    if str(file) == "-":
        show.result(text)
        return
    rewrite(file, lambda _: text)
    show.result(f"{name} written to {file}\n")


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Observation files (NAME.obs.jsonl).")],
    data: options.DataFolder = None,
    store: options.StoreUrl = None,
) -> None:
    """Keep the runs of observation files, each judged by its own policies, site and day."""
    with open_to_write(configuration(), store) as opened:
        for file in files:
            show.result(f"{_imported(file, opened, data)}\n")


def _imported(file: Path, store: Store, data: Path | None) -> str:
    """Keep the run of one file and return what was done, in words. Raises UsageError."""
    from dataclasses import replace

    from camscan.cli.judging import judging_by
    from camscan.history.matching import Matching
    from camscan.identity import identities
    from camscan.rejudge import judge_kept
    from camscan.report.observations import read

    evidence = read(file)
    if evidence.damaged:
        raise UsageError(f"{file}: {evidence.damaged}: a run is kept whole or not at all")
    held = len(store.runs())
    judging = judging_by(
        configuration(), JudgingOptions(data=data).or_of(evidence.run), command="import", sites_of_run=evidence.run.sites
    )
    report, observations = judge_kept(evidence, file.name, judging)
    marks = identities([judged.asset for judged in report.assets], judging.knowledge.claims)
    name = store.add(
        replace(report, run=evidence.run),
        observations,
        ledgers=evidence.ledgers,
        identities=marks,
        match=Matching(judging.knowledge.claims),
        origin="import",
    )
    return f"{file}: kept as {name}" if len(store.runs()) > held else f"{file}: {name} is kept already"


@app.command("verify")
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="HASH", help="A head that a mail, message or report gave; repeatable."),
    ] = None,
    store: options.StoreUrl = None,
) -> None:
    """Walk along the record of runs, and check every hash; ends with 8 where anything does not hold."""
    heads = [_checked_head(one) for one in head or ()]
    with open_to_read(configuration(), store) as opened:
        found = opened.verify_chain(heads)
        name = opened.name
    for line in _verified_lines(found):
        show.result(f"{visible(line)}\n")
    for fault in found.faults:
        show.result(f"{visible(f'DOES NOT HOLD: {fault}')}\n")
    if found.untold:
        show.result(f"DOES NOT HOLD: {found.untold} things more\n")
    if found.faults:
        total = len(found.faults) + found.untold
        raise SealError(f"{name}: {'1 thing does' if total == 1 else f'{total} things do'} not hold: {found.faults[0]}")
    if not found.records:
        show.closing(f"{visible(name)}: no run is recorded{_only_imported_words(found.imported)}")
        return
    show.closing(f"HOLDS: {visible(name)}: {'1 record' if found.records == 1 else f'{found.records} records'}")


def _only_imported_words(count: int) -> str:
    if not count:
        return ""
    runs = "the run that is kept was" if count == 1 else f"the {count} runs that are kept were"
    return f": {runs} imported, and the record does not cover what is imported"


def _checked_head(text: str) -> str:
    """Return a head, or the begin of one, as the chain writes it. Raises UsageError."""
    head = text.strip().lower()
    if not SHORTEST_HEAD <= len(head) <= LONGEST_HEAD or set(head) - set(hexdigits):
        raise UsageError(
            f'--head: "{text}" is no head: give its {LONGEST_HEAD} hexadecimal digits, or at least {SHORTEST_HEAD}'
        )
    return head


def _verified_lines(found: Verified) -> list[str]:
    lines = []
    if found.newest is not None:
        lines.append(f"record {found.newest.number}, the newest: {_record_words(found.newest)}, head {found.newest.head}")
    for one in found.heads:
        if one.record is not None:
            since = "no record" if not one.later else "1 record" if one.later == 1 else f"{one.later} records"
            lines.append(f"head {one.head}: record {one.record.number}, {_record_words(one.record)}; {since} since")
    lines += [
        f"record {one.number}, {_record_words(one)}: no end is recorded: it goes on, or was killed" for one in found.unended
    ]
    if found.imported and found.records:
        imported = "1 run was" if found.imported == 1 else f"{found.imported} runs were"
        lines.append(f"{imported} imported: the record does not cover {'it' if found.imported == 1 else 'them'}")
    return lines


def _record_words(one: Recorded) -> str:
    from camscan.report.view import moment

    beat = one.beat
    if beat.event == "pruned":
        return f"old runs removed {moment(beat.at)}"
    of = f"run {beat.run}" if beat.run else f"{beat.command} of site {beat.site}"
    return f"{WORDS[beat.event]} of {of}, {moment(beat.at)}"


def document(store: str, runs: tuple[KeptRun, ...]) -> str:
    """Return the runs as JSON."""
    return json.dumps({"schema": SCHEMA, "store": store, "runs": [_run_document(one) for one in runs]}, indent=2) + "\n"


def _run_document(one: KeptRun) -> dict[str, Any]:
    from camscan.report.records import encode

    return {
        "id": one.id,
        "site": one.run.site.name,
        "command": one.run.command,
        "policies": list(one.run.policies),
        "as_of": encode(one.run.as_of),
        "started_at": encode(one.run.started_at),
        "ended_at": encode(one.run.ended_at),
        "complete": one.complete,
        "incomplete_because": list(one.incomplete_because),
        "interrupted": one.run.interrupted,
        "devices": one.devices,
        "verdicts": dict(one.verdicts) if one.run.policies else None,
        "observations": one.observations,
        "thinned": one.thinned,
        "origin": one.origin,
        "version": one.run.version,
        "data_version": one.run.data_version,
        "marking": one.run.marking,
    }


def table(store: str, runs: tuple[KeptRun, ...]) -> str:
    """Return the runs as a table for people."""
    from camscan.report.columns import lay_out
    from camscan.report.view import moment

    if not runs:
        return f"{visible(store)}: no run is kept\n"
    header = ("RUN", "STARTED", "SITE", "DEVICES", "VERDICTS", "STATE")
    rows = [
        tuple(
            visible(cell)
            for cell in (one.id, moment(one.run.started_at), one.run.site.name, str(one.devices), _verdicts(one), _state(one))
        )
        for one in runs
    ]
    return "".join(f"{line}\n" for line in lay_out(header, rows, width=show.terminal_width()))


def _verdicts(one: KeptRun) -> str:
    from camscan.report.view import verdict_words

    if not one.run.policies:
        return "nothing was judged"
    return ", ".join(f"{count} {verdict_words(verdict)}" for verdict, count in one.verdicts) or "no device"


def _state(one: KeptRun) -> str:
    state = "interrupted" if one.run.interrupted else "complete" if one.complete else "incomplete"
    return f"{state}, imported" if one.origin == "import" else state


def _pruned_words(gone: Pruned, dry_run: bool) -> str:
    runs = "1 run" if len(gone.runs) == 1 else f"{len(gone.runs)} runs"
    hosts = "1 record of a host" if gone.hosts == 1 else f"{gone.hosts} records of hosts"
    devices = "1 device" if gone.devices == 1 else f"{gone.devices} devices"
    verb = "would be removed" if dry_run else "removed"
    return f"{verb}: {runs}, {hosts} known as something else, {devices} that no run knows any more, {gone.messages} messages"
