"""The observation file `camscan-observations/1`: what was heard, so that it can be judged again without the network.

Line 1: `{"schema", "run", "scope", "data", "records"}`; then one record a line, `{"coverage": …}`, `{"attempt": …}`,
`{"ledger": …, "address": …}` or `{"observation": …}`. `records` counts the lines that follow, so a file cut between two lines is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from camscan import sealed
from camscan.codecs.pcapfile import MAGICS
from camscan.errors import UsageError
from camscan.model import CollectorAttempt, Coverage, Ledger, Observation, Report, Run, Scope
from camscan.report.records import RecordError, decode, encode

NAME = "observations"
SUFFIX = ".obs.jsonl"
SCHEMA = "camscan-observations/1"
ZIP = b"PK\x03\x04"
PACKAGE = "evidence"
"""The kind of archive that holds such a file among others."""
PACKAGED = "run.obs.jsonl"
"""Its name there."""
MAX_LINE = 4 * 1024 * 1024
"""Characters of one line; the largest honest observation (64 KiB of fields, 16 KiB raw) stays far below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationFile:
    """What an observation file holds."""

    run: Run
    scope: Scope
    attempts: tuple[CollectorAttempt, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    observations: tuple[Observation, ...] = ()
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    """What was sent, by address."""
    damaged: str | None = None
    """Where the file ends too early; everything before is kept."""


def dump(
    run: Run,
    scope: Scope,
    attempts: Iterable[CollectorAttempt],
    observations: Iterable[Observation],
    coverage: Iterable[Coverage],
    ledgers: Mapping[str, Ledger] | None = None,
) -> Iterator[str]:
    """Return the lines of an observation file, each with its line end. ledgers: by address."""
    records: list[dict[str, Any]] = [{"coverage": encode(record)} for record in coverage]
    records += [{"attempt": encode(record)} for record in attempts]
    records += [{"address": address, "ledger": encode(ledger)} for address, ledger in sorted((ledgers or {}).items())]
    records += [{"observation": encode(record)} for record in sorted(observations, key=Observation.order)]
    head = {
        "schema": SCHEMA,
        "run": encode(run),
        "scope": encode(scope),
        "data": {"version": run.data_version},
        "records": len(records),
    }
    for record in (head, *records):
        yield json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n"


def read(path: Path) -> ObservationFile:
    """Return the content of an observation file. Raises UsageError naming the file and the line."""
    try:
        with path.open("rb") as file, TextIOWrapper(file, encoding="utf-8") as lines:
            beginning = file.peek(len(MAGICS[0]))
            if beginning.startswith(MAGICS):
                raise UsageError(f"{path}: a capture: camscan replay {path}")
            if beginning.startswith(ZIP):
                return _packaged(file, path.name)
            return load(_bounded(lines), path.name)
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise UsageError(f"{path}: not UTF-8 text: give the file that `-o NAME{SUFFIX}` wrote") from fault


def _packaged(file: BinaryIO, name: str) -> ObservationFile:
    """Return what the observation file in an evidence package holds. Raises UsageError, and SealError where anything does not hold."""
    found = sealed.read(file, name)
    found.check(name, PACKAGE)
    if PACKAGED not in found.files:
        raise UsageError(f"{name}: no {PACKAGED} in it")
    with TextIOWrapper(BytesIO(found.files[PACKAGED]), encoding="utf-8") as lines:
        return load(_bounded(lines), f"{name}: {PACKAGED}")


def load(lines: Iterable[str], name: str = "observation file") -> ObservationFile:
    """Return the content of the lines. A last line that is cut off is kept out and told in `damaged`.

    Raises UsageError naming the file, the line and the remedy.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    head = _head(next(numbered, None), name)
    run = _decoded(Run, head, "run", name, 1)
    _check_ranges(run, name)
    scope = _decoded(Scope, head, "scope", name, 1)
    found: dict[str, list[Any]] = {"attempt": [], "coverage": [], "observation": []}
    ledgers: dict[str, Ledger] = {}
    damaged: str | None = None
    seen = 0
    for number, line in numbered:
        if damaged is not None:
            raise UsageError(f"{name}: {damaged}: the file is damaged in its middle; take it from its source again")
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            damaged = f"line {number}: cut off or not JSON"
            continue
        seen += 1
        _keep(record, found, ledgers, name, number)
    promised = head.get("records")
    if damaged is None and isinstance(promised, int) and seen < promised:
        damaged = f"ends after {seen} of {promised} records"
    return ObservationFile(
        run=run,
        scope=scope,
        attempts=tuple(found["attempt"]),
        coverage=tuple(found["coverage"]),
        observations=tuple(found["observation"]),
        ledgers=ledgers,
        damaged=damaged,
    )


_KINDS: dict[str, type[Any]] = {"attempt": CollectorAttempt, "coverage": Coverage, "observation": Observation}


def _keep(record: Any, found: dict[str, list[Any]], ledgers: dict[str, Ledger], name: str, number: int) -> None:
    if not isinstance(record, dict):
        raise UsageError(f'{name}: line {number}: must be an object, e.g. {{"observation": …}}')
    if "ledger" in record:
        address = _decoded(str, record, "address", name, number)
        ledgers[address] = _decoded(Ledger, record, "ledger", name, number)
        return
    for key, kind in _KINDS.items():
        if key in record:
            made = _decoded(kind, record, key, name, number)
            if isinstance(made, Observation):
                _check_addresses(made, name, number)
            found[key].append(made)
            return
    raise UsageError(
        f"{name}: line {number}: holds neither observation, attempt, coverage nor ledger: written by a newer camscan?"
    )


def _head(first: tuple[int, str] | None, name: str) -> dict[str, Any]:
    if first is None:
        raise UsageError(f"{name}: empty: give the file that `-o NAME{SUFFIX}` wrote")
    number, line = first
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        head = None
    said = head.get("schema") if isinstance(head, dict) else None
    if isinstance(head, dict) and said == SCHEMA:
        return head
    if isinstance(said, str) and said.startswith("camscan-observations/"):
        raise UsageError(f"{name}: line {number}: schema {said} is newer than {SCHEMA}: read it with the camscan that wrote it")
    raise UsageError(
        f"{name}: line {number}: not an observation file ({SCHEMA}): give the file that `-o NAME{SUFFIX}` wrote; "
        "lists of other programs are read by camscan replay"
    )


def _decoded(kind: type[Any], record: dict[str, Any], key: str, name: str, number: int) -> Any:
    try:
        if key not in record:
            raise RecordError(f"{key} is missing")
        return decode(kind, record[key], key)
    except RecordError as fault:
        raise UsageError(f"{name}: line {number}: {fault}: the file was changed, or take it from its source again") from fault


def _bounded(stream: TextIO) -> Iterator[str]:
    """Yield lines without ever holding more than MAX_LINE characters; a longer one comes in pieces, which are no JSON."""
    while line := stream.readline(MAX_LINE):
        yield line


def ledgers_of(report: Report) -> dict[str, Ledger]:
    """Return what was sent to each device of a report, by its first address."""
    return {judged.asset.ips[0]: judged.ledger for judged in report.assets if judged.asset.ips}


def _check_ranges(run: Run, name: str) -> None:
    """Refuse ranges of sites that are no networks."""
    for text in (text for site in (run.site, *run.sites) for text in site.ranges):
        try:
            ip_network(text)
        except ValueError as fault:
            raise UsageError(f'{name}: line 1: a site\'s range "{text}" is not a network: {fault}') from fault


def _check_addresses(observation: Observation, name: str, number: int) -> None:
    """Refuse what the model promises never to hold: a file may come from anywhere."""
    try:
        proper = observation.ip is None or str(ip_address(observation.ip)) == observation.ip
    except ValueError:
        proper = False
    if not proper:
        raise UsageError(f"{name}: line {number}: observation.ip must be an address in canonical form, without a zone")
    if observation.port is not None and not 0 <= observation.port <= 0xFFFF:
        raise UsageError(f"{name}: line {number}: observation.port must be between 0 and 65535")
    mac = observation.link_mac
    if mac is not None and (len(mac) != 17 or mac != mac.lower() or not _is_mac(mac)):
        raise UsageError(f"{name}: line {number}: observation.link_mac must be a MAC in lower case with colons")


def _is_mac(text: str) -> bool:
    pairs = text.split(":")
    return len(pairs) == 6 and all(len(pair) == 2 and set(pair) <= set("0123456789abcdef") for pair in pairs)
