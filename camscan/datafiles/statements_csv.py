"""Attestations and exceptions as CSV: the lists of others in, ours out. A fault names file and line, and then nothing is taken."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from camscan.datafiles.statements import MAX_BYTES, MAX_ENTRIES, raise_faults
from camscan.errors import UsageError
from camscan.model import Covered, DeviceException
from camscan.policy.exceptions import NO_WAIVER

ATTESTATION_COLUMNS = (
    "asset", "maker", "model", "not_a_camera", "acquired", "location", "asset_tag", "disposed", "by", "basis", "ref",
)  # fmt: skip
EXCEPTION_COLUMNS = (
    "asset", "status", "owner", "ticket", "recorded_on", "expires_on", "due", "replacement", "reason",
    "maker", "model", "firmware", "covers", "bound_to", "id", "note",
)  # fmt: skip
DATES = frozenset({"acquired", "disposed", "recorded_on", "expires_on", "due"})
YES = frozenset({"yes", "true", "1", "x"})
NO = frozenset({"", "no", "false", "0"})
FORMULA = ("=", "+", "-", "@", "\t")
"""How a cell begins that a spreadsheet would take for a formula."""
BETWEEN = " | "
"""Stands between the values of a cell that holds several."""

Row = Mapping[str, Any]


def rows(path: Path, columns: Sequence[str], *, needed: Sequence[str]) -> Iterator[tuple[str, Row]]:
    """Yield each row of a file as its place, `FILE:LINE`, and the cells that are not empty, dates and truths as such.

    The first row names the columns, in any order. Raises UsageError for a file that cannot be read and a column that is unknown or missing;
    ValueError never: a bad cell comes as text and is refused where the entry is checked.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [_cell(name).lower() for name in next(reader, [])]
        _check_header(header, columns, needed, path)
        for number, cells in enumerate(reader, start=1):
            if number > MAX_ENTRIES:
                raise UsageError(f"{path}: holds more than {MAX_ENTRIES} rows")
            where = f"{path}:{reader.line_num}"
            if len(cells) > len(header):
                raise UsageError(f"{where}: has {len(cells)} cells, the first row names {len(header)} columns")
            if any(map(str.strip, cells)):
                yield where, _values(dict(zip(header, cells, strict=False)))
    except csv.Error as fault:
        raise UsageError(f"{path}:{reader.line_num}: not CSV: {fault}") from fault


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from fault
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path}: is larger than {MAX_BYTES >> 20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        raise UsageError(f"{path}:{line}: not UTF-8 text: save the file as CSV in UTF-8") from fault


def _check_header(header: Sequence[str], columns: Sequence[str], needed: Sequence[str], path: Path) -> None:
    unknown = [name for name in header if name not in columns]
    faults = [f'{path}:1: "{name[:40]}" is not a column: use {", ".join(columns)}' for name in unknown]
    faults += [f"{path}:1: the column {name} is missing" for name in needed if name not in header]
    faults += [f"{path}:1: the column {name} stands twice" for name in sorted(set(header)) if header.count(name) > 1]
    raise_faults(faults)


def _values(cells: Mapping[str, str]) -> Row:
    values: dict[str, Any] = {}
    for name, raw in cells.items():
        cell = _cell(raw)
        if name == "not_a_camera":
            values[name] = True if cell.lower() in YES else False if cell.lower() in NO else cell
        elif cell and name in DATES:
            values[name] = _date(cell)
        elif cell and name == "bound_to":
            values[name] = tuple(cell.split(BETWEEN))
        elif cell:
            values[name] = cell
    return values


def _date(cell: str) -> date | str:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return cell


def _cell(raw: str) -> str:
    """Return a cell as it was before `_inert` made it so."""
    text = raw.strip()
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


def _inert(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def covered_of(cell: str) -> tuple[Covered, ...]:
    """Return what `rule act verdict | …` names. Raises ValueError."""
    found = []
    for part in cell.split(BETWEEN):
        words = part.split()
        if len(words) != 3:
            raise ValueError(f'covers: "{part[:60]}" is not `rule act verdict`')
        found.append(Covered(rule=words[0], act=words[1], verdict=words[2]))
    return tuple(found)


def exceptions_as_csv(entries: Iterable[DeviceException]) -> str:
    """Return exceptions as CSV, one a row; each that is accepted says beside it what it is not."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(EXCEPTION_COLUMNS)
    for entry in entries:
        note = f"recorded by {entry.owner}; {NO_WAIVER}" if entry.status == "accepted" else ""
        cells = {
            "asset": entry.device,
            "covers": BETWEEN.join(f"{one.rule} {one.act} {one.verdict}" for one in entry.covers),
            "bound_to": BETWEEN.join(entry.bound_to),
            "note": note,
        }
        kept = (cells[name] if name in cells else getattr(entry, name) for name in EXCEPTION_COLUMNS)
        writer.writerow([_inert("" if value is None else str(value)) for value in kept])
    return out.getvalue()
