"""`camscan attest`: what a person saw on the unit or its papers, recorded beside what the device sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from camscan.cli import options, show
from camscan.cli.clock import today
from camscan.cli.configuration import Configuration, configuration
from camscan.cli.groups import JudgingOptions
from camscan.cli.recorded import attestations_path, edit_file, flag_of, in_flags, record
from camscan.errors import UsageError

if TYPE_CHECKING:
    from camscan.cli.devices import Devices
    from camscan.identify.rules import Knowledge
    from camscan.model import AssessedAsset, Attestation
    from camscan.policy.rules import PolicyBook

TABLE = "attestation"
BASES = ("label", "invoice", "supplier", "other")
STATED = ("maker", "model", "not_a_camera", "acquired", "location", "asset_tag", "disposed")


class AssetFirst(TyperGroup):
    """A group in which a word that is no command is an asset: `camscan attest 10.20.0.11 …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Return the arguments, `asset` before them where no command stands."""
        named = bool(args) and args[0] in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if named or not args else ["asset", *args])


app = typer.Typer(
    cls=AssetFirst,
    help="Record what a person saw on a unit or its papers: evidence beside what the device sends. `asset` may be left out.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Run = Annotated[str | None, typer.Option("--run", metavar="RUN", help=options.RUN_OF_ASSET_HELP)]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who saw or knows it.")]
Basis = Annotated[str | None, typer.Option("--basis", metavar="BASIS", help="label, invoice, supplier or other.")]


@app.command("asset")
def attest(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="A device by key, MAC or IP.")],
    run: Run = None,
    by: By = None,
    basis: Basis = None,
    ref: Annotated[str, typer.Option("--ref", metavar="TEXT", help="Paper, ticket or photograph behind it.")] = "",
    maker: Annotated[str | None, typer.Option("--maker", metavar="NAME", help="Who made it.")] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="TEXT", help="Its model.")] = None,
    not_a_camera: Annotated[bool, typer.Option("--not-a-camera", help="It is no video surveillance equipment.")] = False,
    acquired: Annotated[str | None, typer.Option("--acquired", metavar="DATE", help="When it was bought.")] = None,
    location: Annotated[str, typer.Option("--location", metavar="TEXT", help="Where it hangs.")] = "",
    asset_tag: Annotated[str, typer.Option("--asset-tag", metavar="TEXT", help="Number on your own tag.")] = "",
    disposed: Annotated[str | None, typer.Option("--disposed", metavar="DATE", help="When it was disposed of.")] = None,
    attestations: options.AttestationsFile = None,
    data: options.DataFolder = None,
    store: options.StoreUrl = None,
) -> None:
    """Record what a person saw on one device."""
    from camscan.datafiles.statements import news, read_attestations

    settings = configuration()
    said = {
        "by": _given(by, "--by"),
        "basis": _given(basis, "--basis"),
        "ref": ref,
        "maker": maker,
        "model": model,
        "not_a_camera": not_a_camera,
        "acquired": _past(acquired, "--acquired"),
        "location": location,
        "asset_tag": asset_tag,
        "disposed": _past(disposed, "--disposed"),
    }
    if basis not in BASES:
        raise UsageError(f'--basis: "{basis}" is not known: use {options.one_of(BASES)}')
    if not any(said[name] for name in STATED):
        raise UsageError(f"{asset}: nothing is stated of it: give {options.one_of(map(flag_of, STATED))}")
    recorder = Recorder(run, settings, data, store)
    try:
        entry = recorder.entry(asset, said)
    except ValueError as fault:
        raise UsageError(f"{asset}: {in_flags(fault, said)}") from fault
    path = attestations_path(settings, attestations)
    if not news([entry], read_attestations(path).entries):
        raise UsageError(f"{asset}: {path} says this already")
    record(path, TABLE, [entry])
    show.result(f"attest:{entry.id} of {entry.device}, bound to {', '.join(entry.bound_to)}\n")
    for line in recorder.contradictions(asset, entry):
        show.note(line)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="One device a row; the first row names the columns.")],
    run: Run = None,
    by: By = None,
    basis: Basis = None,
    attestations: options.AttestationsFile = None,
    data: options.DataFolder = None,
    store: options.StoreUrl = None,
) -> None:
    """Record a list, all of it or nothing. --by and --basis hold for rows without their own."""
    from camscan.datafiles.statements import news, raise_faults, read_attestations
    from camscan.datafiles.statements_csv import ATTESTATION_COLUMNS, rows

    settings = configuration()
    recorder = Recorder(run, settings, data, store)
    shared = {name: value for name, value in (("by", by), ("basis", basis)) if value}
    entries, faults = [], []
    for where, row in rows(file, ATTESTATION_COLUMNS, needed=("asset",)):
        said = {**shared, **row}
        asset = said.pop("asset", None)
        try:
            if asset is None:
                raise ValueError("names no asset")
            entries.append(recorder.entry(asset, said))
        except (ValueError, UsageError) as fault:
            faults.append(f"{where}: {fault}")
    raise_faults(faults)
    if not entries:
        raise UsageError(f"{file}: holds no row")
    path = attestations_path(settings, attestations)
    fresh = news(entries, read_attestations(path).entries)
    if fresh:
        record(path, TABLE, fresh)
    known = f"; {len(entries) - len(fresh)} it said already" if len(fresh) < len(entries) else ""
    show.result(f"{len(fresh)} recorded in {path}{known}\n")


@app.command("list")
def list_(attestations: options.AttestationsFile = None) -> None:
    """Show what is recorded, oldest first."""
    from camscan.datafiles.statements import read_attestations
    from camscan.report.escape import visible
    from camscan.report.view import attested_words

    path = attestations_path(configuration(), attestations)
    lines = []
    for one in sorted(read_attestations(path).entries, key=lambda one: (one.recorded_on, one.id)):
        who = f"{one.by} on {one.recorded_on.isoformat()}, by {one.basis}" + (f" ({one.ref})" if one.ref else "")
        lines.append(visible(f"{one.id}  {one.device}: {attested_words(one)}; {who}"))
    show.result("".join(f"{line}\n" for line in lines or [f"{path}: nothing is recorded"]))


@app.command("remove")
def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As `camscan attest list` shows them.")],
    attestations: options.AttestationsFile = None,
) -> None:
    """Take back what was recorded."""
    from camscan.datafiles.statements import removed

    path = attestations_path(configuration(), attestations)
    wanted = [one.removeprefix("attest:") for one in ids]
    edit_file(path, TABLE, lambda text: removed(text, TABLE, wanted))
    show.result(f"{len(wanted)} removed from {path}\n")


class Recorder:
    """Turns what a person says of an asset into an entry that is bound to a device."""

    def __init__(self, run: str | None, settings: Configuration, data: Path | None, store: str | None) -> None:
        from camscan.cli.kept import run_file_or_newest

        self._devices: Devices | None = None
        self._named = run is not None
        with run_file_or_newest(run, settings, store) as found:
            if found is not None:
                from camscan.cli.devices import open_devices

                basis = JudgingOptions(policy=[options.NONE], data=data)
                self._devices = open_devices(found[0], settings, basis, command="attest", called=found[1])
        self._folder = data or settings.data
        self._today = today()

    @cached_property
    def _knowledge(self) -> Knowledge:
        from camscan.datafiles.open import open_knowledge

        return open_knowledge(self._folder)

    @cached_property
    def _book(self) -> PolicyBook:
        from camscan.datafiles.policies import open_policies

        return open_policies(self._folder)

    def entry(self, asset: str, said: Mapping[str, Any]) -> Attestation:
        """Return the entry. Raises ValueError, UsageError where it is not one or cannot be bound."""
        from camscan.datafiles.statements import checked, with_id

        device, bound_to = self._bound(asset)
        known = {name: value for name, value in said.items() if value not in (None, "")}
        if "maker" in known:
            known["maker"] = maker_slug(str(known["maker"]), self._knowledge, self._book)
        entry: Attestation = checked(
            TABLE, {**known, "id": "new", "device": device, "bound_to": bound_to, "recorded_on": self._today}
        )
        return with_id(TABLE, entry)

    def _bound(self, asset: str) -> tuple[str, Sequence[str]]:
        from camscan.cli.devices import NO_IDENTITY, bound_by_name

        judged = self._judged(asset)
        if self._devices is not None and judged is not None:
            bound_to = self._devices.bound_to(judged)
            if not bound_to:
                raise ValueError(NO_IDENTITY)
            return judged.asset.key, bound_to
        bound_to = bound_by_name(asset)
        if not bound_to:
            raise ValueError("give --run NAME.obs.jsonl, or name the device by a global MAC or a key that holds MAC or serial")
        return asset if asset.startswith("serial:") else f"mac:{bound_to[0].partition('=')[2]}", bound_to

    def _judged(self, asset: str) -> AssessedAsset | None:
        """Return the device of the run; None without a run, or where the newest one does not hold a device that its name identifies."""
        from camscan.cli.devices import bound_by_name

        if self._devices is None:
            return None
        try:
            return self._devices.named(asset)
        except UsageError:
            if self._named or not bound_by_name(asset):
                raise
            return None

    def contradictions(self, asset: str, entry: Attestation) -> list[str]:
        """Return how what was recorded differs from what the device sends."""
        from camscan.identify.attested import state

        judged = self._judged(asset)
        if judged is None:
            return []
        before = set(judged.identification.conflicts)
        _, found = state(judged.asset, judged.identification, [entry], self._knowledge)
        return [f"recorded, and contradicted: {one.detail}" for one in found.conflicts if one not in before]


def maker_slug(text: str, knowledge: Knowledge, book: PolicyBook) -> str:
    """Return the slug of a maker by slug or name. Raises UsageError with the nearest name where none is known."""
    names = {**{slug: entity.name for slug, entity in book.entities.items()}, **knowledge.display}
    wanted = text.strip().casefold()
    found = sorted(slug for slug, name in names.items() if wanted in (slug, name.casefold()))
    if found:
        return found[0]
    near = options.nearest(wanted, [*names, *(name.casefold() for name in names.values())])
    hint = f"nearest: {near}" if near else "`camscan data search` shows the makers that are known"
    raise UsageError(f'no maker "{text}" is known: {hint}')


def _given(value: str | None, flag: str) -> str:
    if not value:
        raise UsageError(f"{flag} is missing: a statement needs who makes it (--by) and what it rests on (--basis)")
    return value


def _past(text: str | None, flag: str) -> date | None:
    """Return a day that has come. Raises UsageError."""
    day = options.day(text, flag) if text is not None else None
    if day is not None and day > today():
        raise UsageError(f"{flag} {day} lies in the future: state what has happened")
    return day
