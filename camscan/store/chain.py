"""The chain of what ran, in the store: records are added, never changed, and outlive the runs that they speak of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from camscan.history.chain import Link, Walk, linked
from camscan.history.heartbeat import Heartbeat, Recorded
from camscan.report.records import RecordError, decode, encode
from camscan.store import messages
from camscan.store.schema import heartbeats, runs
from camscan.store.texts import column_text

SALT_BYTES = 16
AT_ONCE = 1000
"""Records that are read at once."""
_EMPTY: tuple[Any, ...] = (None, "", [], 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A head that was held elsewhere, and where in the chain it stands."""

    head: str
    record: Recorded | None
    """None where it is no head of this chain."""
    later: int = 0
    """Records that were added since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a walk along the whole chain found."""

    records: int
    newest: Recorded | None
    faults: tuple[str, ...]
    """Where it does not hold, and where the runs that are kept do not agree with it, in words."""
    untold: int
    """Faults beyond those."""
    heads: tuple[Found, ...]
    unended: tuple[Recorded, ...]
    """Runs that began and of whose end nothing is recorded, oldest first; one may still be going on."""
    imported: int
    """Runs that are kept and did not run here: the chain speaks of none of them."""


def append(connection: Connection, beat: Heartbeat) -> Recorded:
    """Add a record to the chain and return it. The transaction must keep other writers out."""
    newest = connection.execute(select(heartbeats).order_by(heartbeats.c.number.desc()).limit(1)).mappings().one_or_none()
    entry = {key: value for key, value in encode(beat).items() if value not in _EMPTY}
    link = linked(None if newest is None else _link(newest), entry, os.urandom(SALT_BYTES).hex())
    connection.execute(
        insert(heartbeats).values(
            number=link.number, site=column_text(beat.site), event=beat.event, head=link.head, document=link.text
        )
    )
    return Recorded(link.number, link.head, beat)


def facts_of(run: Mapping[str, Any]) -> str:
    """Return the hash of what a run says of itself, as it is kept, whatever the chain was then."""
    return hashlib.sha256(messages.compact({key: value for key, value in run.items() if key != "chain_head"})).hexdigest()


def newest(connection: Connection) -> Recorded | None:
    """Return the newest record; None where there is none. Raises RecordError."""
    row = connection.execute(select(heartbeats).order_by(heartbeats.c.number.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else _recorded(row)


def recent(connection: Connection, most: int) -> tuple[Recorded, ...]:
    """Return of each site the newest records, at most so many, all of them newest first. Raises RecordError."""
    sites = connection.execute(select(heartbeats.c.site).distinct()).scalars().all()
    found = []
    for site in sites:
        asked = select(heartbeats).where(heartbeats.c.site == site).order_by(heartbeats.c.number.desc()).limit(most)
        found += [_recorded(row) for row in connection.execute(asked).mappings()]
    return tuple(sorted(found, key=lambda one: one.number, reverse=True))


def unended(connection: Connection, site: str) -> tuple[Recorded, ...]:
    """Return the begins of the runs of a site of whose end nothing is recorded, oldest first. Raises RecordError."""
    kept = _Kept()
    asked = select(heartbeats).where(heartbeats.c.site == column_text(site), heartbeats.c.event != "told")
    for row in connection.execute(asked.order_by(heartbeats.c.number)).mappings():
        kept.take(_recorded(row))
    return kept.unended()


def untold(connection: Connection, site: str) -> frozenset[str]:
    """Return the ids of the runs of a site that were to be told and were not. Raises RecordError."""
    asked = select(heartbeats).where(heartbeats.c.site == column_text(site), heartbeats.c.event.in_(("ended", "told")))
    found: set[str] = set()
    for row in connection.execute(asked.order_by(heartbeats.c.number)).mappings():
        record = _record(row)
        if record.get("to_tell"):
            found.add(str(record.get("run")))
        else:
            found.discard(str(record.get("run")))
    return frozenset(found)


def verified(connection: Connection, heads: Sequence[str]) -> Verified:
    """Walk along the chain, look for heads (or begins of them) that were held elsewhere, and compare the runs that are kept."""
    walk, kept = Walk(), _Kept()
    at: dict[str, Recorded | None] = dict.fromkeys(heads)
    last: Recorded | None = None
    count, number = 0, -1
    while rows := _after(connection, number):
        for row in rows:
            number, count = row["number"], count + 1
            record = walk.step(_link(row))
            if record is None:
                continue
            try:
                last = Recorded(number, row["head"], decode(Heartbeat, record, f"record {number}"))
            except RecordError as fault:
                walk.note(str(fault))
                continue
            if (column_text(last.beat.site), last.beat.event) != (row["site"], row["event"]):
                walk.note(f"record {number} stands in the store under another site or kind than it says")
            kept.take(last)
            at |= {head: last for head, known in at.items() if known is None and last.head.startswith(head)}
    for disagreement in kept.faults(connection):
        walk.note(disagreement)
    found = tuple(Found(head=head, record=one, later=number - one.number if one is not None else 0) for head, one in at.items())
    for one in found:
        if one.record is None:
            walk.note(
                f"{one.head} is no head of this chain: the record that it was taken of was changed or removed, or is in another store"
            )
    return Verified(
        records=count,
        newest=last,
        faults=tuple(walk.faults),
        untold=walk.untold,
        heads=found,
        unended=kept.unended(),
        imported=connection.execute(select(func.count()).select_from(runs).where(runs.c.origin == "import")).scalar_one(),
    )


class _Kept:
    """What the chain says of the runs of the store."""

    def __init__(self) -> None:
        self._began: dict[int, Recorded] = {}
        self._ended: dict[str, Recorded] = {}

    def take(self, one: Recorded) -> None:
        """Take a record into account."""
        beat = one.beat
        if beat.event == "began":
            self._began[one.number] = one
        elif beat.event == "pruned":
            if beat.before is not None:
                gone = beat.before
                self._ended = {name: run for name, run in self._ended.items() if (run.beat.started_at or gone) >= gone}
        elif beat.event in ("ended", "failed"):
            for number in (beat.began, *beat.resumed):
                self._began.pop(number, None)
            if beat.event == "ended":
                self._ended[beat.run] = one

    def unended(self) -> tuple[Recorded, ...]:
        """Return the begins without an end."""
        return tuple(self._began.values())

    def faults(self, connection: Connection) -> Iterable[str]:
        """Yield where the store's own runs do not agree with the chain."""
        waiting = dict(self._ended)
        asked = select(runs.c.id, runs.c.complete, runs.c.devices, runs.c.summary).where(runs.c.origin == "run")
        for row in connection.execute(asked.order_by(runs.c.number)).mappings():
            one = waiting.pop(row["id"], None)
            if one is None:
                yield f"run {row['id']} is kept, and no record speaks of it"
            elif not _agree(row, one):
                yield f"run {row['id']} is not kept as record {one.number} says that it was"
        for name, one in waiting.items():
            yield f"run {name} of record {one.number} is not kept any more, and no `camscan history prune` removed it"


def _agree(row: RowMapping, one: Recorded) -> bool:
    """Return whether a run is kept as its record says."""
    try:
        summary = json.loads(row["summary"])
        run, counted = dict(summary["run"]), summary["verdicts"]
    except (ValueError, KeyError, TypeError):
        return False
    said = (one.beat.complete, one.beat.devices, {str(count.verdict): count.devices for count in one.beat.verdicts})
    return (
        said == (row["complete"], row["devices"], counted)
        and run.get("chain_head") == one.head
        and facts_of(run) == one.beat.facts
    )


def _after(connection: Connection, number: int) -> Collection[RowMapping]:
    asked = select(heartbeats).where(heartbeats.c.number > number).order_by(heartbeats.c.number).limit(AT_ONCE)
    return connection.execute(asked).mappings().all()


def _link(row: RowMapping) -> Link:
    return Link(row["number"], row["document"], row["head"])


def _recorded(row: RowMapping) -> Recorded:
    return Recorded(row["number"], row["head"], decode(Heartbeat, _record(row), _place(row)))


def _record(row: RowMapping) -> dict[str, Any]:
    """Return what a record says, unchecked: a site has hundreds. Raises RecordError."""
    try:
        record = json.loads(row["document"])
    except ValueError as fault:
        raise RecordError(f"{_place(row)} cannot be read: {fault}") from fault
    if not isinstance(record, dict):
        raise RecordError(f"{_place(row)} cannot be read: not an object")
    return record


def _place(row: RowMapping) -> str:
    return f"record {row['number']} of the chain"
