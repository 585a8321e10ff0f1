"""Files of identity reads: their form, what they compile to, and the test of each read against its own example answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from camscan.datafiles.locate import read_toml, shown
from camscan.datafiles.schema import ConditionEntry, EntryId, Slug, Strict
from camscan.errors import DataFileError
from camscan.identify.engine import identify_fields
from camscan.identify.reads import TOLD, Read, message, refused
from camscan.identify.rules import Condition, FieldRule, Knowledge, Vendor
from camscan.model import Endpoint, Observation, StreamHead, Via

MAX_PATH = 200
MAX_BODY = 512
NOWHERE = Endpoint("192.0.2.1", 80)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class AnswerEntry(Strict):
    """The body of a real answer, and what the fingerprints must make of it."""

    answer: str = Field(min_length=1)
    gives: dict[Literal["brand", "maker", "kind", "model", "firmware", "serial"], str] = Field(min_length=1)


class ReadEntry(Strict):
    """One request and whom it is for."""

    id: EntryId
    makers: list[Slug] = Field(min_length=1)
    when: list[ConditionEntry] = Field([])
    method: Literal["GET", "POST"] = "GET"
    path: str = Field(pattern=r"^/[!-~]*$", max_length=MAX_PATH)
    body: str = Field("", max_length=MAX_BODY)
    content_type: str = Field("", pattern=r"^[a-z0-9/+.;= -]*$")
    source: str = Field(min_length=3)
    note: str = ""
    examples: list[AnswerEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _harmless(self) -> ReadEntry:
        part = refused(self.path, self.body)
        if part is not None:
            raise ValueError(f'"{part}" gives away credentials or changes devices: such a request is never sent')
        if self.method == "GET" and (self.body or self.content_type):
            raise ValueError("a GET has neither body nor content_type")
        if not set(TOLD) & {name for one in self.examples for name in one.gives}:
            raise ValueError(f"an answer that tells none of {', '.join(TOLD)} is not worth a request")
        return self


class ReadsFile(Strict):
    """reads/<maker>.toml."""

    read: list[ReadEntry] = Field(min_length=1)


def read_files(root: Path) -> Iterator[tuple[Path, ReadsFile]]:
    """Yield every file of reads, validated, by name. Raises DataFileError."""
    from camscan.datafiles.knowledge import validate  # it loads what is compiled here

    for path in sorted((root / "reads").glob("*.toml")):
        yield path, validate(ReadsFile, read_toml(path, root), shown(path, root))


def load_reads(root: Path, fields: Mapping[str, FieldRule], vendors: Mapping[str, Vendor]) -> tuple[Read, ...]:
    """Return the reads of a data folder by id. Raises DataFileError for an unknown maker or field, or an id used twice."""
    reads: dict[str, Read] = {}
    for path, file in read_files(root):
        for entry in file.read:
            place = f"{shown(path, root)}: entry {entry.id}"
            unknown = [slug for slug in entry.makers if slug not in vendors]
            if unknown:
                raise DataFileError(f"{place}: maker {unknown[0]} has no file in vendors/: add it, or correct the slug")
            if entry.id in reads:
                raise DataFileError(f"{place}: the id is used twice: rename one")
            undeclared = [one.field for one in entry.when if one.field not in fields]
            if undeclared:
                raise DataFileError(f"{place}: field {undeclared[0]} is not in fields.toml: declare it there, or correct it")
            reads[entry.id] = compile_read(entry)
    return tuple(reads[name] for name in sorted(reads))


def compile_read(entry: ReadEntry) -> Read:
    """Return a read as the collector uses it."""
    from camscan.datafiles.knowledge import pattern_of

    told = {name for one in entry.examples for name in one.gives}
    return Read(
        id=entry.id,
        makers=tuple(entry.makers),
        when=tuple(Condition(field=one.field, pattern=pattern_of(one.match)) for one in entry.when),
        method=entry.method,
        path=entry.path,
        body=entry.body,
        content_type=entry.content_type,
        tells=tuple(name for name in TOLD if name in told),
    )


def check_reads(root: Path, knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    """Yield (file, entry, problem) for each example whose answer gives anything else than it says."""
    for path, file in read_files(root):
        for entry in file.read:
            for number, example in enumerate(entry.examples, 1):
                found = identify_fields(answered(entry, example.answer).fields, knowledge)
                for name, value in example.gives.items():
                    if getattr(found, name) != value:
                        problem = f"example {number} gives {name} {getattr(found, name)!r}, not {value!r}"
                        yield shown(path, root), f"entry {entry.id}", problem


def answered(entry: ReadEntry, answer: str) -> Observation:
    """Return what a device is heard to say that answers a read with this body."""
    from camscan.codecs.registry import dispatch_stream  # the self-test alone needs the codecs

    body = answer.encode()
    head = StreamHead(
        client=Endpoint("0.0.0.0", 0),
        server=NOWHERE,
        sent=message(entry.method, entry.path, NOWHERE.ip, "camscan", entry.body.encode(), entry.content_type),
        received=f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body,
        received_at=LONG_AGO,
        via=Via.IMPORT,
    )
    seen = dispatch_stream(head, collector="example", site="example")
    assert isinstance(seen, Observation)
    return seen
