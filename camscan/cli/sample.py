"""`camscan sample`: one device's messages with all that names it replaced, fit for the test corpus and for a maker's support."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options, show
from camscan.cli.clock import today
from camscan.cli.configuration import configuration
from camscan.cli.exits import ExitCode
from camscan.cli.explain import answers_to
from camscan.cli.groups import JudgingOptions
from camscan.cli.judging import judging_by
from camscan.cli.kept import run_file_or_newest
from camscan.errors import UsageError

if TYPE_CHECKING:
    from camscan.model import AssessedAsset
    from camscan.report.sample import Sample


def sample(
    subject: Annotated[str, typer.Argument(metavar="ASSET", help="A device by key, MAC or IP.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write into.")],
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help=options.RUN_OF_ASSET_HELP)] = None,
    pages: Annotated[
        bool, typer.Option("--with-pages", help="Also take whole pages, in which any name may stand; read them first.")
    ] = False,
    marking: options.Marking = None,
    approved_by: Annotated[
        str | None,
        typer.Option("--release-approved-by", metavar="NAME", help="Who approved the release of what bears a marking."),
    ] = None,
    store: options.StoreUrl = None,
) -> None:
    """Write messages of a device as samples: serials, MAC tails, names and addresses replaced by as many other bytes."""
    from camscan.report.sample import samples

    if approved_by is not None and not approved_by.strip():
        raise UsageError("--release-approved-by: name the person")
    with run_file_or_newest(run, configuration(), store) as found:
        if found is None:
            raise UsageError("--run RUN: give the observation file that holds the device")
        judged, marked = _device(subject, *found)
    if (marking or marked) and approved_by is None:
        raise UsageError(
            f"the run is marked {marking or marked}: --release-approved-by NAME says who approved that samples of it leave"
        )
    taken, left = samples(judged, pages=pages)
    released = {"release_approved_by": approved_by.strip(), "release_approved_on": today().isoformat()} if approved_by else {}
    for one in taken:
        show.result(f"{_write(one, output, released)}\n")
    for gone in left:
        show.note(f"left out: {gone.protocol}: {gone.why}")
    show.closing(f"{len(taken)} samples in {output}, {len(left)} kinds of messages left out; read them before you hand them on")
    if not taken:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _device(subject: str, run: Path, called: str) -> tuple[AssessedAsset, str | None]:
    """Return the one device that answers to a name, and the marking of its run. Raises UsageError."""
    from camscan.rejudge import judge_run
    from camscan.report.observations import read

    basis = JudgingOptions(policy=[options.NONE])
    judging = judging_by(configuration(), basis.or_of(read(run).run), command="sample")
    report, _ = judge_run(run, judging)
    chosen = [judged for judged in report.assets if answers_to(judged.asset, subject)]
    if len(chosen) != 1:
        raise UsageError(f"{called}: {len(chosen)} devices answer to {subject}: give the key of one that `camscan judge` lists")
    return chosen[0], report.run.marking


def _write(one: Sample, folder: Path, released: dict[str, str]) -> Path:
    """Write the two files of a sample under a name that is free, and return that of its bytes. Raises UsageError, DeliveryError."""
    from camscan.report.deliver import make_folder, open_file

    place = folder / one.codec
    make_folder(place)
    stem, number = one.name, 1
    while (place / f"{stem}.bin").exists():
        number += 1
        stem = f"{one.name}_{number}"
    document = {**one.document, **released}
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    for name, content in ((f"{stem}.json", text.encode("utf-8", "backslashreplace")), (f"{stem}.bin", one.raw)):
        with open_file(place / name, str(place / name)) as file:
            file.put(content)
    return place / f"{stem}.bin"
