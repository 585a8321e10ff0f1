"""Files of attestations and exceptions (TOML): read, checked entry by entry, and edited without losing a comment."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from camscan.errors import UsageError
from camscan.model import Attestation, Covered, DeviceException, StatedBasis

MAX_BYTES = 16 * 1024 * 1024
MAX_TEXT = 500
"""Characters of one text."""
MAX_ENTRIES = 100_000
FORM = "it is written in a form that camscan does not edit: change it by hand"
MAX_FAULTS = 5
"""Faults of one file that an error names."""


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


Line = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_one_line)]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_one_line)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=MAX_TEXT)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
BoundTo = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.]*=", max_length=MAX_TEXT), AfterValidator(_one_line)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class AttestationEntry(_Entry):
    """One `[[attestation]]`."""

    id: Id
    device: Text
    bound_to: Annotated[tuple[BoundTo, ...], Field(min_length=1, max_length=64)]
    by: Text
    basis: StatedBasis
    recorded_on: date
    ref: Line = ""
    maker: Slug | None = None
    model: Text | None = None
    not_a_camera: bool = False
    acquired: date | None = None
    location: Line = ""
    asset_tag: Line = ""
    disposed: date | None = None

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        stated = (self.maker, self.model, self.not_a_camera, self.acquired, self.location, self.asset_tag, self.disposed)
        if not any(stated):
            raise ValueError("states nothing: give maker, model, not_a_camera, acquired, location, asset_tag or disposed")
        for name in ("acquired", "disposed"):
            day = getattr(self, name)
            if day is not None and day > self.recorded_on:
                raise ValueError(f"{name} {day} is after the day on which it was recorded ({self.recorded_on})")
        return self

    def value(self) -> Attestation:
        """Return the model's value."""
        return Attestation(**dict(self))


class CoveredEntry(_Entry):
    """A finding that an exception was given for."""

    rule: Text
    act: Literal["buy", "deploy", "connect", "keep", "contract", "sell"]
    verdict: Literal["prohibited", "restricted", "review"]


class ExceptionEntry(_Entry):
    """One `[[exception]]`."""

    id: Id
    status: Literal["planned", "accepted"]
    device: Text
    bound_to: Annotated[tuple[BoundTo, ...], Field(min_length=1, max_length=64)]
    owner: Text
    ticket: Text
    recorded_on: date
    expires_on: date
    covers: Annotated[tuple[CoveredEntry, ...], Field(min_length=1, max_length=256)]
    reason: Line = ""
    due: date | None = None
    replacement: Line = ""
    maker: Slug | None = None
    model: Line | None = None
    firmware: Line | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.status == "accepted" and not self.reason:
            raise ValueError("accepted needs a reason")
        if self.status == "planned" and (self.due is None or not self.replacement):
            raise ValueError("planned needs a due date and a replacement")
        if self.expires_on < self.recorded_on:
            raise ValueError(f"expires_on {self.expires_on} is before recorded_on {self.recorded_on}")
        return self

    def value(self) -> DeviceException:
        """Return the model's value."""
        covers = tuple(Covered(rule=one.rule, act=one.act, verdict=one.verdict) for one in self.covers)
        return DeviceException(**{**dict(self), "covers": covers})


Entry = TypeVar("Entry", Attestation, DeviceException)

ENTRIES: dict[str, type[AttestationEntry] | type[ExceptionEntry]] = {
    "attestation": AttestationEntry,
    "exception": ExceptionEntry,
}
"""Name of the table → its form."""


@dataclass(frozen=True, slots=True)
class StatementFile(Generic[Entry]):
    """The content of a file of attestations or exceptions."""

    path: Path
    sha256: str
    """Of the file; empty where it does not exist."""
    entries: tuple[Entry, ...]


def read_attestations(path: Path) -> StatementFile[Attestation]:
    """Return the attestations of a file; none where it does not exist. Raises UsageError naming file, entry and remedy."""
    return _read(path, "attestation")


def read_exceptions(path: Path) -> StatementFile[DeviceException]:
    """Return the exceptions of a file; none where it does not exist. Raises UsageError naming file, entry and remedy."""
    return _read(path, "exception")


def _read(path: Path, table: str) -> StatementFile[Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return StatementFile(path, "", ())
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from fault
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path}: is larger than {MAX_BYTES >> 20} MiB: not a file of {table}s")
    return StatementFile(path, hashlib.sha256(raw).hexdigest(), entries_of(raw, table, str(path)))


def entries_of(raw: bytes, table: str, name: str) -> tuple[Any, ...]:
    """Return the entries of a file's bytes. Raises UsageError naming the file, the entry and what it must hold."""
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"{name}: not valid TOML: {fault}") from fault
    listed = document.get(table, [])
    others = sorted(document.keys() - {table})
    if others or not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise UsageError(f"{name}: holds [[{table}]] entries and nothing else" + (f", not {others[0]}" if others else ""))
    if len(listed) > MAX_ENTRIES:
        raise UsageError(f"{name}: holds more than {MAX_ENTRIES} entries")
    faults: list[str] = []
    entries: dict[str, Any] = {}
    for number, one in enumerate(listed, start=1):
        where = f"{name}: {table} {number} ({one.get('id', 'without id')!s:.64})"
        try:
            entry = checked(table, one)
        except ValueError as fault:
            faults.append(f"{where}: {fault}")
            continue
        if entry.id in entries:
            faults.append(f"{where}: another entry has this id")
        entries[entry.id] = entry
    raise_faults(faults)
    return tuple(entries.values())


def checked(table: str, values: Mapping[str, Any]) -> Any:
    """Return an entry as a value of the model. Raises ValueError naming the key and what it must hold."""
    try:
        return ENTRIES[table].model_validate(values).value()
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{place}: {said}" if place else said) from None


def raise_faults(faults: list[str]) -> None:
    """Raise UsageError naming the first of several faults, each on a line; nothing where there is none."""
    if faults:
        more = [f"and {len(faults) - MAX_FAULTS} more"] if len(faults) > MAX_FAULTS else []
        raise UsageError("\n".join([*faults[:MAX_FAULTS], *more]))


def with_id(table: str, entry: Entry) -> Entry:
    """Return an entry under the id that its content gives: equal entries have equal ids."""
    content = json.dumps({**asdict(entry), "id": table}, sort_keys=True, default=str)
    return replace(entry, id=f"{table[:2]}-{hashlib.sha256(content.encode()).hexdigest()[:12]}")


def news(entries: Iterable[Entry], recorded: Iterable[Entry]) -> list[Entry]:
    """Return the entries that say what none of those recorded says; the day of the record does not make a statement new."""
    known = {_content(one) for one in recorded}
    fresh: dict[object, Entry] = {}
    for one in entries:
        if _content(one) not in known:
            fresh.setdefault(_content(one), one)
    return list(fresh.values())


def _content(entry: Attestation | DeviceException) -> Attestation | DeviceException:
    return replace(entry, id="", recorded_on=date.min)


def appended(text: str, table: str, entries: Iterable[Attestation | DeviceException]) -> str:
    """Return the text of a file with further entries at its end, all before unchanged.

    Raises ValueError for an id that it holds, and for a file in a form that cannot be continued.
    """
    ids = [one["id"] for one in tomllib.loads(text).get(table, [])]
    known = set(ids)
    pieces = [f"{text.rstrip()}\n"] if text.strip() else []
    for entry in entries:
        if entry.id in known:
            raise ValueError(f"{entry.id} is recorded already")
        known.add(entry.id)
        ids.append(entry.id)
        pieces.append(_written(entry, table))
    return _as_meant("\n".join(pieces), table, ids)


def removed(text: str, table: str, ids: Iterable[str]) -> str:
    """Return the text of a file without some entries and the comments right above them; all else is unchanged.

    Raises ValueError for an id that it lacks, and for a file in a form that cannot be cut by entries.
    """
    listed = [one["id"] for one in tomllib.loads(text).get(table, [])]
    wanted = frozenset(ids)
    missing = sorted(wanted - set(listed))
    if missing:
        raise ValueError(f"there is no {table} {missing[0]}")
    lines = text.split("\n")
    starts = [_with_comments(lines, n) for n, line in enumerate(lines) if line.partition("#")[0].strip() == f"[[{table}]]"]
    if len(starts) != len(listed):
        raise ValueError(FORM)
    kept = lines[: starts[0]] if starts else lines
    for name, start, end in zip(listed, starts, [*starts[1:], len(lines)], strict=True):
        if name not in wanted:
            kept += lines[start:end]
    return _as_meant("\n".join(kept).rstrip("\n") + "\n", table, [name for name in listed if name not in wanted])


def _with_comments(lines: Sequence[str], start: int) -> int:
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start


def _as_meant(text: str, table: str, ids: Sequence[str]) -> str:
    """Return an edited text after reading it again. Raises ValueError where it does not hold what was meant."""
    try:
        found = [one["id"] for one in tomllib.loads(text).get(table, [])]
    except tomllib.TOMLDecodeError as fault:
        raise ValueError(FORM) from fault
    if sorted(found) != sorted(ids):
        raise ValueError(FORM)
    return text


def _written(entry: Attestation | DeviceException, table: str) -> str:
    """Return an entry as a table of TOML; what is not stated is left out."""
    lines = [f"[[{table}]]"]
    for key, value in asdict(entry).items():
        if isinstance(value, tuple):
            lines += [f"{key} = [", *(f"    {_inline(row)}," for row in value), "]"]
        elif isinstance(value, bool):
            lines += [f"{key} = true"] if value else []
        elif isinstance(value, date):
            lines.append(f"{key} = {value.isoformat()}")
        elif value:
            lines.append(f"{key} = {_quoted(value)}")
    return "\n".join(lines) + "\n"


def _inline(row: str | Mapping[str, str]) -> str:
    if isinstance(row, str):
        return _quoted(row)
    return "{ " + ", ".join(f"{name} = {_quoted(said)}" for name, said in row.items()) + " }"


def _quoted(text: str) -> str:
    """Return a basic string of TOML, whose escapes are those of JSON but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
