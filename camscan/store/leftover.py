"""Reading a journal: what a run that was interrupted left behind. The format is told in `journal.py`.

A file that ends in the middle of a line ends after the line before. What a run has spent is read to the very end: where a line
in between cannot be read, too much is better than too little.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from camscan.collect.journal import Beginning, Interrupted
from camscan.collect.pace import Spent
from camscan.model import CollectorAttempt, Observation
from camscan.report.observations import MAX_LINE
from camscan.report.records import RecordError, decode

SCHEMA = "camscan-journal/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the command line said that a run needs again to go on."""

    keeps: bool = False
    """The run is to be kept in a store."""
    inventory: bool = False
    deep: bool = False
    credentials: bool = False
    listen_s: str = ""
    """Seconds in decimal; empty for not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """What a journal holds."""

    interrupted: Interrupted
    facts: Facts
    whole: bool
    """Everything that was done is written down, so that no device can get more than its budget."""
    kept_as: str | None
    """Where the part that was interrupted is kept already; None where it is kept nowhere else."""
    length: int
    """Bytes up to the end of the last line that can be read."""


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    beginning: Beginning | None = None
    facts: Facts = Facts()
    whole: bool = True
    kept_as: str | None = None
    at: list[datetime] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    attempts: list[CollectorAttempt] = field(default_factory=list)
    finished: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    asked: defaultdict[str, defaultdict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    spent: dict[str, Spent] = field(default_factory=dict)
    macs: dict[str, str] = field(default_factory=dict)
    parts: int = 0

    def take(self, record: dict[str, Any]) -> None:
        """Take one record; of kinds that a newer camscan writes, nothing. Raises RecordError."""
        if "observation" in record:
            seen = decode(Observation, record["observation"], "observation")
            self.observations.append(seen)
            self.at.append(seen.last_seen_at)
        elif "attempt" in record:
            attempt = decode(CollectorAttempt, record["attempt"], "attempt")
            self.attempts.append(attempt)
            self.at.append(attempt.ended_at)
        elif "finished" in record:
            self.finished[decode(str, record["finished"], "finished")].update(self._whose(record))
        elif "asked" in record:
            what = decode(str, record.get("what"), "what")
            for ip in self._whose(record):
                self.asked[decode(str, record["asked"], "asked")][ip].add(what)
        elif "spent" in record:
            self.spent[decode(str, record.get("ip"), "ip")] = decode(Spent, record["spent"], "spent")
        elif "resumed" in record:
            self.at.append(decode(datetime, record["resumed"], "resumed"))
            self.parts += 1
            self.kept_as = None
        elif "kept_as" in record:
            self.kept_as = decode(str, record["kept_as"], "kept_as")

    def take_spent_alone(self, record: dict[str, Any]) -> None:
        """Take what was spent, where something before it is lost."""
        if "spent" in record:
            self.take(record)

    def begin(self, record: dict[str, Any] | None) -> None:
        """Take the first line. Raises RecordError."""
        if record is None or record.get("schema") != SCHEMA:
            raise RecordError(f"its first line must state the schema {SCHEMA}")
        self.beginning = decode(Beginning, record.get("beginning"), "beginning")
        self.facts = decode(Facts, record.get("facts"), "facts")
        self.whole = record.get("whole") is True
        self.at.append(self.beginning.run.started_at)
        self.parts = 1

    def _whose(self, record: dict[str, Any]) -> tuple[str, ...]:
        ips = decode(tuple[str, ...], record.get("ips"), "ips")
        if record.get("mac") is not None:
            self.macs.update(dict.fromkeys(ips, decode(str, record["mac"], "mac")))
        self.at.append(decode(datetime, record.get("at"), "at"))
        return ips

    def interrupted(self, beginning: Beginning) -> Interrupted:
        """Return what was read. beginning: of the run."""
        return Interrupted(
            beginning=beginning,
            at=max(self.at),
            observations=tuple(self.observations),
            attempts=tuple(self.attempts),
            finished={name: frozenset(ips) for name, ips in self.finished.items()},
            asked={name: {ip: frozenset(what) for ip, what in hosts.items()} for name, hosts in self.asked.items()},
            spent=self.spent,
            macs=self.macs,
            parts=self.parts,
        )


def left_in(file: BinaryIO) -> Leftover | None:
    """Return what a journal holds, from its beginning; None where not even its first line was written.

    Raises RecordError where that line is no journal's.
    """
    reading, length, sound = _Reading(), 0, True
    for number, line in enumerate(_lines(file)):
        if number == 0:
            if not line.endswith(b"\n"):
                return None
            reading.begin(_record(line))
            length += len(line)
            continue
        record = _record(line)
        try:
            if record is None:
                sound = False
            elif sound:
                reading.take(record)
                length += len(line)
            else:
                reading.take_spent_alone(record)
        except RecordError:
            sound = False
    if reading.beginning is None:
        return None
    return Leftover(
        interrupted=reading.interrupted(reading.beginning),
        facts=reading.facts,
        whole=reading.whole,
        kept_as=reading.kept_as,
        length=length,
    )


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines without ever holding more than MAX_LINE bytes; a longer one comes in pieces, which are no JSON."""
    while line := file.readline(MAX_LINE):
        yield line


def _record(line: bytes) -> dict[str, Any] | None:
    """Return what a line holds; None where it is cut off or damaged."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
