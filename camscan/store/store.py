"""The store: runs with their evidence and what they concluded, kept as a whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, RowMapping, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from camscan.errors import DeliveryError, StoreError
from camscan.history.heartbeat import Heartbeat, Recorded, ended
from camscan.identity import Identity
from camscan.model import (
    Attestation,
    CollectorAttempt,
    Coverage,
    DeviceException,
    DeviceFacts,
    KnownDevice,
    Ledger,
    Observation,
    Report,
    Run,
    Scope,
    Sighting,
    Verdict,
)
from camscan.report.observations import ObservationFile, ledgers_of
from camscan.report.records import RecordError, decode, encode
from camscan.store import chain, devices, messages, retention, statements
from camscan.store.database import Database
from camscan.store.instants import instant, microseconds
from camscan.store.order import places
from camscan.store.schema import coverage, runs
from camscan.store.texts import column_text
from camscan.store.values import KeptRun, Match, Origin, Pruned

T = TypeVar("T")

LAST = "last"
"""Names the newest run."""
MOST_NAMED = 5
"""Runs that a message names."""


class Store:
    """A store that is open. `camscan.store.opening` opens one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    @property
    def name(self) -> str:
        """Return where it is, as people may see it: passwords are masked."""
        return str(self._database.place)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def add(
        self,
        report: Report,
        observations: Iterable[Observation],
        *,
        ledgers: Mapping[str, Ledger] | None = None,
        identities: Sequence[Identity] = (),
        match: Match = devices.by_key,
        origin: Origin = "run",
        begun: Recorded | None = None,
        resumed: Sequence[Recorded] = (),
        to_tell: bool = False,
    ) -> str:
        """Keep a run, all of it or nothing, and return the id under which it is kept. The same run is kept once.

        An own run is recorded in the chain with it, and its `chain_head` is that record's. ledgers: by address; by default those
        of the report's assets. identities: of the report's assets, in order. match: tells which devices are known. begun: the
        record of its begin; resumed, to_tell: as in Heartbeat. Raises DeliveryError where the run was not kept.
        """
        content = _content(report, ledgers_of(report) if ledgers is None else ledgers)
        heard = sorted(observations, key=Observation.order)
        try:
            with self._database.writing() as connection:
                return self._add(connection, report, content, heard, identities, match, origin, begun, resumed, to_tell)
        except SQLAlchemyError as fault:
            raise DeliveryError(f"{self.name}: the run was not kept: {self._database.reason(fault)}") from fault
        except OverflowError as fault:
            raise DeliveryError(f"{self.name}: the run was not kept: it holds a number that no run has: {fault}") from fault

    def _add(
        self,
        connection: Connection,
        report: Report,
        content: Mapping[str, Any],
        observations: Sequence[Observation],
        identities: Sequence[Identity],
        match: Match,
        origin: Origin,
        begun: Recorded | None,
        resumed: Sequence[Recorded],
        to_tell: bool,
    ) -> str:
        run = report.run
        digest = messages.digest_of(messages.compact(replace(run, chain_head="")))
        kept_before: str | None = connection.execute(select(runs.c.id).where(runs.c.digest == digest)).scalar_one_or_none()
        if kept_before is not None:
            return kept_before
        name = _free_name(connection, column_text(run.id))
        if origin == "run":
            beat = ended(
                report,
                name=name,
                facts=chain.facts_of(encode(run)),
                observations=len(observations),
                begun=begun,
                resumed=resumed,
                to_tell=to_tell,
            )
            report = replace(report, run=replace(run, chain_head=chain.append(connection, beat).head))
        added = connection.execute(
            insert(runs).values(
                id=name,
                digest=digest,
                site=column_text(run.site.name),
                policies=column_text(" ".join(run.policies)),
                started_at=microseconds(run.started_at),
                complete=report.complete,
                devices=len(report.assets),
                observations=len(observations),
                origin=origin,
                thinned=0,
                summary=messages.compact(_summary(report)).decode(),
                content=messages.pack(messages.compact(content)),
            )
        )
        (number,) = added.inserted_primary_key or (None,)
        assert number is not None
        _keep_coverage(connection, number, report.coverage)
        devices.keep(connection, number, report, identities, match)
        messages.keep(connection, number, run.started_at, observations, devices.owners(report))
        statements.keep(connection, number, report)
        return name

    def runs(self, *, site: str | None = None, policy: str | None = None, limit: int | None = None) -> tuple[KeptRun, ...]:
        """Return the runs that are kept, newest first: of a site, judged by a policy, at most so many. Raises StoreError."""
        asked = select(runs)
        if site is not None:
            asked = asked.where(runs.c.site == column_text(site))

        def read(connection: Connection) -> list[tuple[RowMapping, int]]:
            at = places(connection)
            return _newest_first(connection.execute(asked).mappings().all(), at)

        found = []
        for row, at in self._read(read):
            one = self._kept(row, at)
            if policy is None or policy in one.run.policies:
                found.append(one)
            if limit is not None and len(found) >= limit:
                break
        return tuple(found)

    def run(self, name: str) -> KeptRun:
        """Return the run with this id, or the one whose id begins so; `last` is the newest. Raises StoreError."""

        def read(connection: Connection) -> tuple[RowMapping, int]:
            row = self._row(connection, name)
            return row, places(connection)[row["number"]]

        return self._kept(*self._read(read))

    def newest_run(self, site: str | None = None) -> KeptRun | None:
        """Return the newest run, of a site or of all; None where none is kept. Raises StoreError."""
        return next(iter(self.runs(site=site, limit=1)), None)

    def evidence(self, name: str) -> ObservationFile:
        """Return what the observation file of a run holds. Raises StoreError."""

        def read(connection: Connection) -> ObservationFile:
            row = self._row(connection, name)
            run, where = self._run(row), f"{self.name}: run {row['id']}"
            content = self._decoded(messages.unpack(bytes(row["content"]), where), where)
            return ObservationFile(
                run=run,
                scope=decode(Scope, content["scope"], "scope"),
                attempts=decode(tuple[CollectorAttempt, ...], content["attempts"], "attempts"),
                coverage=_coverage(connection, row["number"]),
                observations=messages.kept(connection, row["number"], run.started_at, where),
                ledgers={ip: decode(Ledger, ledger, "ledger") for ip, ledger in content["ledgers"].items()},
            )

        return self._read(read)

    def coverage(self, name: str) -> tuple[Coverage, ...]:
        """Return what a run covered. Raises StoreError."""
        return self._read(lambda connection: _coverage(connection, self._row(connection, name)["number"]))

    def report_facts(self, name: str) -> tuple[DeviceFacts, ...]:
        """Return the devices of a run as it judged them, in the order of its report. Raises StoreError."""

        def read(connection: Connection) -> tuple[DeviceFacts, ...]:
            row = self._row(connection, name)
            return devices.facts(connection, row["number"], f"{self.name}: run {row['id']}")

        return self._read(read)

    def devices(self, site: str | None = None) -> tuple[KnownDevice, ...]:
        """Return the devices as they are known over time, of a site or of all. Raises StoreError."""
        return self._read(lambda connection: devices.known(connection, None if site is None else [site]))

    def sightings(self, device: int) -> tuple[Sighting, ...]:
        """Return the runs that saw a device, by its number, oldest first. Raises StoreError."""
        return self.sightings_of([device]).get(device, ())

    def sightings_of(self, numbers: Collection[int]) -> dict[int, tuple[Sighting, ...]]:
        """Return the sightings of devices that any run saw, by number, each as of `sightings`. numbers: at most some hundreds. Raises StoreError."""
        return self._read(lambda connection: devices.of_devices(connection, numbers, self.name))

    def statements(self, name: str) -> tuple[tuple[Attestation, ...], tuple[DeviceException, ...]]:
        """Return the attestations and exceptions that a run used, as they read then. Raises StoreError."""
        return self._read(lambda connection: statements.of_run(connection, self._row(connection, name)["number"]))

    def prune(self, keep: timedelta, now: datetime, *, others: timedelta = retention.OTHERS, dry_run: bool = False) -> Pruned:
        """Remove the runs that are older than `keep`, and of older ones than `others` the hosts that are known as something else.

        dry_run: only tell what would go. Raises StoreError.
        """
        if dry_run:
            return self._read(lambda connection: retention.would_go(connection, now - keep, now - others))

        def take(connection: Connection) -> Pruned:
            gone = retention.take(connection, now - keep, now - others)
            if gone.runs or gone.hosts:
                beat = Heartbeat(event="pruned", at=now, before=now - keep, runs=len(gone.runs), hosts=gone.hosts)
                chain.append(connection, beat)
            return gone

        pruned = self._change(take)
        self._database.after_pruning()
        return pruned

    def record(self, beat: Heartbeat) -> Recorded:
        """Add a record to the chain and return it. Raises StoreError."""
        return self._change(lambda connection: chain.append(connection, beat))

    def unended(self, site: str) -> tuple[Recorded, ...]:
        """Return the begins of a site's runs of whose end nothing is recorded, oldest first. Raises StoreError."""
        return self._read(lambda connection: chain.unended(connection, site))

    def untold(self, site: str) -> frozenset[str]:
        """Return the ids of a site's own runs that were to be told, and of which no record says that they were. Raises StoreError."""
        return self._read(lambda connection: chain.untold(connection, site))

    def verify_chain(self, heads: Sequence[str] = ()) -> chain.Verified:
        """Walk along the whole chain. heads: those, or begins of those, that were held elsewhere. Raises StoreError."""
        return self._read(lambda connection: chain.verified(connection, heads))

    def _read(self, what: Callable[[Connection], T]) -> T:
        try:
            with self._database.reading() as connection:
                return what(connection)
        except SQLAlchemyError as fault:
            raise StoreError(f"{self.name}: cannot be read: {self._database.reason(fault)}") from fault
        except RecordError as fault:
            raise StoreError(f"{self.name}: damaged: {fault}") from fault

    def _change(self, what: Callable[[Connection], T]) -> T:
        try:
            with self._database.writing() as connection:
                return what(connection)
        except SQLAlchemyError as fault:
            raise StoreError(f"{self.name}: was not changed: {self._database.reason(fault)}") from fault

    def _row(self, connection: Connection, name: str) -> RowMapping:
        """Return the row of the one run that a name means. Raises StoreError."""
        exact = connection.execute(select(runs).where(runs.c.id == column_text(name))).mappings().one_or_none()
        if exact is not None:
            return exact
        if name == LAST:
            at = places(connection)
            if not at:
                raise StoreError(f"{self.name}: no run is kept yet")
            newest = max(at, key=lambda number: (at[number], number))
            return connection.execute(select(runs).where(runs.c.number == newest)).mappings().one()
        begins = func.substr(runs.c.id, 1, len(column_text(name))) == column_text(name)
        found = (
            [
                row
                for row, _ in _newest_first(connection.execute(select(runs).where(begins)).mappings().all(), places(connection))
            ]
            if name
            else []
        )
        if len(found) == 1:
            return found[0]
        if found:
            named = ", ".join(row["id"] for row in found[:MOST_NAMED]) + (", …" if len(found) > MOST_NAMED else "")
            raise StoreError(f"{self.name}: several runs begin with {name}: {named}")
        raise StoreError(f"{self.name}: no run {name}: `camscan history` lists those that are kept")

    def _run(self, row: RowMapping) -> Run:
        return self._kept(row, row["started_at"]).run

    def _kept(self, row: RowMapping, at: int) -> KeptRun:
        where = f"{self.name}: run {row['id']}"
        summary = self._decoded(row["summary"], where)
        try:
            return KeptRun(
                id=row["id"],
                run=decode(Run, summary["run"], "run"),
                complete=row["complete"],
                incomplete_because=tuple(summary["incomplete_because"]),
                devices=row["devices"],
                verdicts=tuple((Verdict(name), count) for name, count in summary["verdicts"].items()),
                observations=row["observations"],
                origin=row["origin"],
                thinned=row["thinned"],
                at=instant(at),
            )
        except (RecordError, ValueError, KeyError) as fault:
            raise StoreError(f"{where}: damaged: {fault}") from fault

    def _decoded(self, text: str | bytes, where: str) -> dict[str, Any]:
        try:
            found = json.loads(text)
        except ValueError as fault:
            raise StoreError(f"{where}: damaged: {fault}") from fault
        if not isinstance(found, dict):
            raise StoreError(f"{where}: damaged: not an object")
        return found


def _newest_first(rows: Sequence[RowMapping], at: Mapping[int, int]) -> list[tuple[RowMapping, int]]:
    """Return rows of runs with their places in time."""
    found = [(row, at[row["number"]]) for row in rows]
    return sorted(found, key=lambda one: (one[1], one[0]["number"]), reverse=True)


def _free_name(connection: Connection, wanted: str) -> str:
    """Return an id that no run has: the one that is wanted, or with the first free number behind it."""
    begins = func.substr(runs.c.id, 1, len(wanted)) == wanted
    taken = set(connection.execute(select(runs.c.id).where(begins)).scalars())
    return next(
        name for number in range(1, len(taken) + 2) if (name := wanted if number == 1 else f"{wanted}-{number}") not in taken
    )


def _summary(report: Report) -> dict[str, Any]:
    counted = Counter(judged.judgement.verdict for judged in report.assets)
    return {
        "run": encode(report.run),
        "incomplete_because": list(report.incomplete_because),
        "verdicts": {str(verdict): counted[verdict] for verdict in Verdict if counted[verdict]},
    }


def _content(report: Report, ledgers: Mapping[str, Ledger]) -> dict[str, Any]:
    return {
        "scope": encode(report.scope),
        "attempts": encode(report.attempts),
        "ledgers": {ip: encode(ledger) for ip, ledger in sorted(ledgers.items())},
    }


def _keep_coverage(connection: Connection, run: int, covered: Sequence[Coverage]) -> None:
    rows = [
        {
            "run": run,
            "place": place,
            "range": column_text(one.range),
            "level": one.level,
            "complete": one.complete,
            "document": messages.compact(one).decode(),
        }
        for place, one in enumerate(covered)
    ]
    if rows:
        connection.execute(insert(coverage), rows)


def _coverage(connection: Connection, run: int) -> tuple[Coverage, ...]:
    rows = connection.execute(select(coverage.c.document).where(coverage.c.run == run).order_by(coverage.c.place)).scalars()
    return tuple(decode(Coverage, json.loads(document), "coverage") for document in rows)
