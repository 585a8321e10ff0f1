"""`camscan identify`: what made the banners that other tools gathered. Offline."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from camscan.cli import options, show
from camscan.cli.exits import ExitCode
from camscan.errors import UsageError

if TYPE_CHECKING:
    from camscan.identify.rules import Knowledge
    from camscan.model import Identification

MAX_LINE = 4 << 20
"""Bytes of one line; what is longer is a bad line."""


def identify(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines; - for standard input.")],
    data: options.DataFolder = None,
) -> None:
    """Identify banners gathered by other tools: one JSON object a line in, one a line out, in order."""
    from camscan.datafiles.knowledge import load_knowledge
    from camscan.datafiles.locate import locate

    knowledge = load_knowledge(locate(data))
    bad = 0
    try:
        # Standard input is not ours to close.
        opened = nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb")  # noqa: PTH123, SIM115
    except OSError as fault:
        raise UsageError(f"{file}: {fault.strerror}: name a readable file of JSON lines, or - for standard input") from fault
    with opened as source:
        for number, raw in lines(source):
            answer = answer_to(raw, number, knowledge)
            bad += "error" in answer
            show.result(json.dumps(answer, separators=(", ", ": ")) + "\n")
    if bad:
        show.closing(f"{file}: {bad} bad {'line' if bad == 1 else 'lines'}, each answered by an error in its place")
        raise typer.Exit(ExitCode.USAGE)


def lines(source: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield the number and the bytes of each line that is not blank; None for one that is too long."""
    number = 0
    while raw := source.readline(MAX_LINE + 1):
        number += 1
        whole = raw
        while len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            raw = source.readline(MAX_LINE + 1)
        if len(whole) > MAX_LINE:
            yield number, None
        elif whole.strip():
            yield number, whole


def answer_to(raw: bytes | None, number: int, knowledge: Knowledge) -> dict[str, Any]:
    """Return the answer to one line, or an error object that names the line."""
    from camscan.cli.messages import LineError, id_of, read_line
    from camscan.identify.engine import asset_of_fields
    from camscan.identify.engine import identify as identified

    if raw is None:
        return {"id": None, "error": f"line {number}: longer than {MAX_LINE} bytes"}
    try:
        line = read_line(raw, knowledge.fields)
    except LineError as fault:
        return {"id": id_of(raw), "error": f"line {number}: {fault}"}
    return {"id": line.id, **answer_document(identified(asset_of_fields(line.fields, macs=line.macs), knowledge))}


def answer_document(found: Identification) -> dict[str, Any]:
    """Return an identification as `identify` prints it."""
    return {
        "kind": found.kind,
        "form": found.form,
        "brand": found.brand,
        "maker": found.maker,
        "maker_basis": found.maker_basis,
        "model": found.model,
        "firmware": found.firmware,
        "serial": found.serial,
        "confidence": found.confidence,
        "evidence": [
            {
                "fingerprint": one.fingerprint,
                "field": one.field,
                "value": one.value,
                "observation": one.observation,
                "layer": one.layer,
            }
            for one in found.evidence
        ],
        "alternatives": [
            {"brand": one.brand, "maker": one.maker, "confidence": one.confidence, "reason": one.reason}
            for one in found.alternatives
        ],
        "conflicts": [{"kind": one.kind, "detail": one.detail} for one in found.conflicts],
    }
