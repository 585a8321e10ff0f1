"""`camscan data export` and `data import`: fingerprints, registry and policies carried to machines that never see the internet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options, show
from camscan.cli.clock import now, today
from camscan.cli.configuration import configuration
from camscan.cli.data import problems_of
from camscan.cli.keys import signer_by, trusted_by
from camscan.cli.verify import opened, trust_faults
from camscan.errors import DataFileError, SealError, UsageError
from camscan.report.escape import visible

if TYPE_CHECKING:
    from camscan.datafiles.install import Installed

KIND = "data"
LARGEST_CSV = 64 << 20
MOST_SHOWN = 20


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The bundle to write.")],
    data: options.DataFolder = None,
    sign_with: Annotated[
        Path | None, typer.Option("--sign-with", metavar="KEY.pem", help="Sign it with this Ed25519 key (mode 0600).")
    ] = None,
    marking: options.Marking = None,
) -> None:
    """Write fingerprints, OUI registry and policies into one bundle; signed where a key is set. Local files are not in it."""
    from camscan import sealed
    from camscan.datafiles.age import registry_read_on
    from camscan.datafiles.bundle import files_of
    from camscan.datafiles.contents import read_contents
    from camscan.datafiles.locate import RELEASE, locate
    from camscan.identify.oui import OuiRegistry
    from camscan.report.deliver import open_file

    settings = configuration()
    signer = signer_by(settings, sign_with)
    root = locate(data or settings.data)
    _refuse_what_is_no_bundle(file)
    with open_file(file, str(file)) as output:
        problems = problems_of(root)
        if problems:
            raise DataFileError(f"{root}: {len(problems)} problems, first: {problems[0]}: camscan data check lists them")
        at = now().replace(microsecond=0)
        contents = read_contents(root)
        read_on = registry_read_on(OuiRegistry(contents.registry))
        files = files_of(root) | {RELEASE: _release(at)}
        about = {
            "marking": marking,
            "released": _instant(at),
            "registry_read_on": read_on.isoformat() if read_on else None,
            "version": contents.version,
        }
        output.put(sealed.write(KIND, files, made_at=at, about=about, signer=signer))
    by = f"signed by {signer.public.fingerprint}" if signer else "not signed: data import takes it with --unsigned alone"
    show.closing(f"{file}: {len(files)} files, released {_instant(at)}; {by}")


def _refuse_what_is_no_bundle(file: Path) -> None:
    """Raise UsageError where something else than an archive would be replaced: a mistyped name is soon a capture."""
    from camscan.container import LOCAL_SIGN

    try:
        with file.open("rb") as there:
            front = there.read(4)
    except OSError:
        return
    if front not in (b"", LOCAL_SIGN):
        raise UsageError(f"{file}: is there already, and no bundle: name another file, or remove it")


def _release(at: datetime) -> bytes:
    return f"# Written by camscan data export.\nreleased = {_instant(at)}\n".encode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def import_(
    bundle: Annotated[Path | None, typer.Argument(metavar="[BUNDLE]", help="What camscan data export wrote.")] = None,
    oui: Annotated[
        list[Path] | None,
        typer.Option("--oui", metavar="FILE.csv", help="Refresh the OUI registry from this CSV file of the IEEE; repeatable."),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="PUB.pem", help="A public key that you trust; without it trusted_keys; repeatable."),
    ] = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Take a bundle that no trusted key signed.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take an older bundle, or a registry in which registrants are lost.")
    ] = False,
    read_on: Annotated[
        str | None, typer.Option("--read-on", metavar="DATE", help="Day of the CSV files; default: when they last changed.")
    ] = None,
) -> None:
    """Take new data for this machine: a bundle, checked as a whole before it counts, or CSV files of the IEEE. Nothing is fetched."""
    from camscan.datafiles.locate import locate

    if (bundle is None) == (not oui):
        raise UsageError("give a bundle, or --oui with CSV files of the IEEE; one of the two")
    if bundle is not None:
        done = _take_bundle(bundle, tuple(key or ()), unsigned=unsigned, force=force)
    else:
        done = _take_registry(tuple(oui or ()), read_on, force=force)
    kept = f"; what stood there before is kept as {done.previous}" if done.previous else ""
    in_use = locate(configuration().data).resolve() == done.path.resolve()
    state = (
        "in use from now on"
        if in_use
        else "not in use: --data, CAMSCAN_DATA, the configuration or a later import names another"
    )
    show.closing(f"{done.path}: {state}{kept}")


def _take_bundle(bundle: Path, keys: tuple[Path, ...], *, unsigned: bool, force: bool) -> Installed:
    """Put a bundle in place. Raises SealError, DataFileError, UsageError; nothing has changed then."""
    from camscan.datafiles.install import install, place_of
    from camscan.datafiles.locate import locate, standing

    trusted = trusted_by(configuration(), keys)
    found = opened(bundle)
    found.check(str(bundle), KIND)
    faults = trust_faults(found, trusted)
    if not trusted:
        faults = ("no key is trusted here: --key PUB.pem, or trusted_keys in the configuration",)
    if faults and not unsigned:
        raise SealError(f"{bundle}: {faults[0]}; --unsigned takes it all the same")
    at, used = _released(found.files, bundle), standing(locate())
    if at < used and not force:
        raise SealError(f"{bundle}: released {_instant(at)}, older than what is in use ({_instant(used)}); --force takes it")
    notes = {
        "at": _instant(now().replace(microsecond=0)),
        "source": bundle.name,
        "signed_by": found.signer.fingerprint if found.signer and not faults else None,
        "over": _instant(used) if at < used else None,
    }
    return install({**found.files, **found.seal}, place_of(os.environ), problems_of, at=at, notes=notes)


def _released(files: Mapping[str, bytes], bundle: Path) -> datetime:
    import tomllib

    from camscan.datafiles.locate import RELEASE

    try:
        at = tomllib.loads(files[RELEASE].decode("utf-8"))["released"]
    except (LookupError, ValueError):
        at = None
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise SealError(f"{bundle}: {RELEASE}: does not say when it was released: write it with camscan data export")
    return at


def _take_registry(supplied: tuple[Path, ...], read_on: str | None, *, force: bool) -> Installed:
    """Put the data in use in place, with a refreshed registry. Raises DataFileError, UsageError; nothing has changed then."""
    from camscan.datafiles.bundle import REGISTRY, files_of
    from camscan.datafiles.install import install, place_of
    from camscan.datafiles.locate import RELEASE, locate, standing
    from camscan.datafiles.ouicsv import refreshed

    root = locate()
    day = options.day(read_on, "--read-on") if read_on else min(map(_day_of, supplied))
    if day > today():
        raise UsageError(f"--read-on: {day} is yet to come")
    files = files_of(root)
    made = refreshed(files[REGISTRY], [(path.name, _csv(path)) for path in supplied], day)
    lost: list[str] = []

    def check(folder: Path) -> list[str]:
        found = problems_of(folder)
        before = set(problems_of(root)) if found else set()
        found = [problem for problem in found if problem not in before]
        lost.extend(problem for problem in found if "is not in oui/registry.txt" in problem)
        return [problem for problem in found if not (force and problem in lost)]

    at = standing(root)
    notes = {
        "at": _instant(now().replace(microsecond=0)),
        "source": ", ".join(path.name for path in supplied),
        "over": _instant(at) if at.year > 1 else None,
    }
    content = {**files, REGISTRY: made.text, RELEASE: files.get(RELEASE, _release(at))}
    done = install(content, place_of(os.environ), check, at=now(), notes=notes)
    show.note(f"{made.added} assignments new, {made.renamed} renamed")
    for problem in lost[:MOST_SHOWN]:
        show.note(f"warning: {visible(problem)}")
    if made.lacking:
        stays = made.read_on.isoformat() if made.read_on else "unknown"
        show.note(f"the day of reading stays {stays}: {', '.join(made.lacking)} not supplied whole")
    return done


def _day_of(path: Path) -> date:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    except OSError as fault:
        raise UsageError(f"--oui {path}: cannot be read: {fault.strerror}") from fault


def _csv(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_CSV + 1)
    except OSError as fault:
        raise UsageError(f"--oui {path}: cannot be read: {fault.strerror}") from fault
    if len(content) > LARGEST_CSV:
        raise UsageError(f"--oui {path}: larger than {LARGEST_CSV >> 20} MiB")
    return content
