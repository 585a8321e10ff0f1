"""Compiled knowledge kept on disk: JSON named by the digest of what it was compiled from, believed only where none but us could write it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import camscan
from camscan.datafiles.contents import Contents
from camscan.datafiles.locate import user_folder
from camscan.identify.clouds import Cloud, Clouds
from camscan.identify.oui import OuiRegistry
from camscan.identify.pattern import Pattern
from camscan.identify.reads import Read
from camscan.identify.rules import Condition, FieldRule, Fingerprint, Knowledge, ModelRule, Vendor
from camscan.model import Confidence, Edge

FORM = 4
"""Changes with the form of the file."""
KEPT = 4
"""Files that stay; the oldest go."""
MAX_FILE = 64 << 20
PREFIX = "knowledge-"

Row = list[Any]


def cache_folder(environment: Mapping[str, str] | None = None) -> Path | None:
    """Return the folder of cached files, whether it exists or not; None for a user without a home."""
    return user_folder(os.environ if environment is None else environment, "XDG_CACHE_HOME", ".cache")


def recall(contents: Contents, folder: Path) -> Knowledge | None:
    """Return the knowledge compiled from these contents; None where it is not kept, damaged, or others could have written it."""
    try:
        if not ours_alone(folder.lstat(), stat.S_ISDIR):
            return None
        with os.fdopen(os.open(path_of(contents, folder), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            if not ours_alone(os.fstat(file.fileno()), stat.S_ISREG):
                return None
            head, _, body = file.read(MAX_FILE).partition(b"\n")
        if head.decode() != seal(contents, body):
            return None
        return knowledge_of(json.loads(body), contents)
    except (OSError, ValueError, TypeError, LookupError):
        return None


def keep(knowledge: Knowledge, contents: Contents, folder: Path) -> None:
    """Write compiled knowledge for later runs, as far as the folder is ours and can be written."""
    body = json.dumps(document_of(knowledge), separators=(",", ":")).encode()
    path = path_of(contents, folder)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(OSError):
        # Under sudo the home can be another user's: nothing of ours is left there.
        if not folder.exists() and folder.parent.stat().st_uid == os.geteuid():
            folder.mkdir(mode=0o700)
        if not ours_alone(folder.lstat(), stat.S_ISDIR):
            return
        with os.fdopen(
            os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb"
        ) as file:
            file.write(seal(contents, body).encode() + b"\n" + body)
        beside.replace(path)
        every = sorted(folder.glob(f"{PREFIX}*.json"), key=lambda one: one.stat().st_mtime_ns)
        for old in every[:-KEPT]:
            old.unlink()
    with suppress(OSError):
        beside.unlink()


def ours_alone(status: os.stat_result, kind: Any) -> bool:
    """Return whether a file or folder is of this kind, and no other user owns it or may write to it."""
    return kind(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def path_of(contents: Contents, folder: Path) -> Path:
    """Return where the knowledge of some contents is kept."""
    return folder / f"{PREFIX}{hashlib.sha256(origin(contents).encode()).hexdigest()[:20]}.json"


def seal(contents: Contents, body: bytes) -> str:
    """Return the first line of a file: what it was compiled from, and by what, and the digest of the rest."""
    return f"{origin(contents)} {hashlib.sha256(body).hexdigest()}"


def origin(contents: Contents) -> str:
    """Return what a compiled file depends on."""
    return f"camscan-knowledge/{FORM} {camscan.__version__} {own_digest()} {contents.digest}"


@cache
def own_digest() -> str:
    """Return a digest of the modules that compile: in a checkout they change without a new version."""
    folder = Path(camscan.__file__).parent
    digest = hashlib.sha256()
    for name in (
        "datafiles/cache.py",
        "datafiles/clouds.py",
        "datafiles/knowledge.py",
        "datafiles/reads.py",
        "identify/clouds.py",
        "identify/literals.py",
        "identify/pattern.py",
        "identify/reads.py",
        "identify/rules.py",
    ):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:20]


def document_of(knowledge: Knowledge) -> dict[str, list[Row]]:
    """Return knowledge as JSON can hold it: one row a record, its values in the order of the record's fields."""
    return {
        "fields": [row(one) for one in knowledge.fields.values()],
        "vendors": [row(one) for one in knowledge.vendors.values()],
        "fingerprints": [row(one) for one in knowledge.fingerprints],
        "models": [[file, [row(one) for one in rules]] for file, rules in knowledge.models.items()],
        "serials": [[file, [plain(one) for one in patterns]] for file, patterns in knowledge.serials.items()],
        "edges": [row(one) for one in knowledge.edges],
        "reads": [row(one) for one in knowledge.reads],
        "channels": [[file, [plain(one) for one in patterns]] for file, patterns in knowledge.channels.items()],
        "clouds": [row(one) for one in knowledge.clouds.entries],
    }


def row(record: Any) -> Row:
    """Return the values of a record."""
    return [plain(getattr(record, field.name)) for field in dataclasses.fields(record)]


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, Pattern):
        return [value.mode, value.text, value.ignore_case, [one.decode("latin-1") for one in value.marked_literals()]]
    if isinstance(value, date):
        return value.isoformat()
    return row(value) if isinstance(value, Condition) else value


def knowledge_of(document: Mapping[str, Sequence[Row]], contents: Contents) -> Knowledge:
    """Return the knowledge that `document_of` wrote down. Raises ValueError, TypeError or LookupError for another document."""
    fields = [FieldRule(**named(FieldRule, values)) for values in document["fields"]]
    vendors = [Vendor(**named(Vendor, values)) for values in document["vendors"]]
    return Knowledge(
        fields={one.name: one for one in fields},
        vendors={one.slug: one for one in vendors},
        fingerprints=tuple(fingerprint_of(values) for values in document["fingerprints"]),
        models={file: tuple(model_of(values) for values in rules) for file, rules in document["models"]},
        serials={file: tuple(pattern_of(values) for values in patterns) for file, patterns in document["serials"]},
        edges=tuple(edge_of(values) for values in document["edges"]),
        oui=OuiRegistry(contents.registry),
        display={one.slug: one.name for one in vendors},
        version=contents.version,
        reads=tuple(read_of(values) for values in document["reads"]),
        channels={file: tuple(pattern_of(values) for values in patterns) for file, patterns in document["channels"]},
        clouds=Clouds(tuple(Cloud(**named(Cloud, values)) for values in document["clouds"])),
    )


def named(record: Any, values: Row) -> dict[str, Any]:
    """Return the values of a row by the names of a record's fields; lists become tuples."""
    return dict(zip(names_of(record), [tuple(one) if type(one) is list else one for one in values], strict=True))


@cache
def names_of(record: Any) -> tuple[str, ...]:
    """Return the names of a record's fields, in order."""
    return tuple(field.name for field in dataclasses.fields(record))


def pattern_of(values: Row) -> Pattern:
    """Return a pattern whose literals were read off already."""
    mode, text, ignore_case, literals = values
    return Pattern(mode, text, ignore_case=ignore_case, literals=tuple([one.encode("latin-1") for one in literals]))


def conditions_of(rows: Sequence[Row]) -> tuple[Condition, ...]:
    """Return conditions."""
    return tuple([Condition(field=field, pattern=pattern_of(values)) for field, values in rows])


def fingerprint_of(values: Row) -> Fingerprint:
    """Return a fingerprint."""
    known = named(Fingerprint, values)
    known |= {"conditions": conditions_of(known["conditions"]), "none": conditions_of(known["none"])}
    known |= {"gives": tuple([(name, value) for name, value in known["gives"]]), "confidence": Confidence(known["confidence"])}
    return Fingerprint(**known)


def read_of(values: Row) -> Read:
    """Return an identity read."""
    known = named(Read, values)
    return Read(**known | {"when": conditions_of(known["when"])})


def model_of(values: Row) -> ModelRule:
    """Return a line of a model grammar."""
    pattern, kind, form = values
    return ModelRule(pattern=pattern_of(pattern), kind=kind, form=form)


def edge_of(values: Row) -> Edge:
    """Return an edge."""
    known = named(Edge, values)
    days = {name: date.fromisoformat(known[name]) for name in ("since", "until") if known[name] is not None}
    return Edge(**known | days)
