"""Devices in the store: what each run concluded of them, and as what they are known over time."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, select, update

from camscan.errors import StoreError
from camscan.identify.minimise import is_something_else
from camscan.identity import Identity, as_text
from camscan.model import (
    AssessedAsset,
    Asset,
    Attachment,
    DeviceFacts,
    DeviceState,
    FindingFacts,
    KnownDevice,
    KnownMark,
    Observation,
    Report,
    Sighting,
)
from camscan.report.records import RecordError, decode
from camscan.store.instants import instant, microseconds
from camscan.store.messages import batches, compact, digest_of
from camscan.store.order import places
from camscan.store.schema import asset_keys, assets, runs, sightings, states
from camscan.store.texts import column_text
from camscan.store.values import Match

KEY = "key="
"""Begin of a mark that is the key of a device."""


def by_key(known: Sequence[KnownDevice], report: Report, identities: Sequence[Identity]) -> Mapping[int, int]:
    """Return the devices of a report that are known under the same key at the same site, by their place in it."""
    numbers = {(device.site, device.key): device.number for device in known}
    asked = (numbers.get((column_text(one.asset.site), column_text(one.asset.key))) for one in report.assets)
    return {place: number for place, number in enumerate(asked) if number is not None}


def state_of(judged: AssessedAsset) -> DeviceState:
    """Return what a run concluded of a device."""
    asset, found, attached = judged.asset, judged.identification, judged.attached_to
    return DeviceState(
        key=asset.key,
        site=asset.site,
        ips=asset.ips,
        macs=asset.macs,
        hostnames=asset.hostnames,
        outside_scope=asset.outside_scope,
        verdict=judged.judgement.verdict,
        kind=found.kind,
        form=found.form,
        brand=found.brand,
        maker=found.maker,
        maker_basis=found.maker_basis,
        model=found.model,
        firmware=found.firmware,
        serial=found.serial,
        confidence=found.confidence,
        channels=len(judged.channels),
        switch=attached.switch if attached else None,
        port=attached.port if attached else None,
        vlan=attached.vlan if attached else None,
        findings=tuple(
            FindingFacts(
                policy=one.policy,
                rule=one.rule,
                act=one.act,
                force=one.force,
                verdict=one.verdict,
                status=one.status,
                exception=one.exception,
                because=one.because,
            )
            for one in judged.judgement.findings
        ),
        something_else=is_something_else(found),
    )


def owners(report: Report) -> dict[Observation, int]:
    """Return the place of the device that each observation belongs to; of one that several show, a camera's before another's."""
    order = sorted(range(len(report.assets)), key=lambda place: (is_something_else(report.assets[place].identification), place))
    found: dict[Observation, int] = {}
    for place in order:
        for observation in report.assets[place].asset.observations:
            found.setdefault(observation, place)
    return found


def keep(connection: Connection, run: int, report: Report, identities: Sequence[Identity], match: Match) -> None:
    """Keep what a run concluded of its devices, and know them again. identities: of the report's assets, or empty."""
    marks = identities or ((),) * len(report.assets)
    of_sites = sorted({judged.asset.site for judged in report.assets})
    matched = match(known(connection, of_sites), report, marks)
    if len(set(matched.values())) != len(matched):
        raise ValueError("one known device was matched with several of a run")
    concluded = [state_of(judged) for judged in report.assets]
    numbers = _states(connection, concluded)
    rows = []
    for place, (judged, state, identity) in enumerate(zip(report.assets, concluded, marks, strict=True)):
        device = _seen(connection, matched.get(place), judged.asset, state, identity, report.run.started_at)
        if judged.presence is not None and judged.presence.absent_until is not None:
            _remember_absence(connection, device, judged.presence.since, judged.presence.absent_until)
        rows.append(
            {
                "run": run,
                "place": place,
                "asset": device,
                "state": numbers[place],
                "something_else": state.something_else,
                "first_seen": microseconds(judged.asset.first_seen),
                "last_seen": microseconds(judged.asset.last_seen),
                "attached_to": compact(judged.attached_to).decode() if judged.attached_to else None,
            }
        )
    if rows:
        connection.execute(insert(sightings), rows)


def facts(connection: Connection, run: int, where: str) -> tuple[DeviceFacts, ...]:
    """Return the devices of a run, in the order of its report. Raises StoreError where a record is damaged."""
    rows = connection.execute(
        select(sightings, states.c.document)
        .join(states, states.c.number == sightings.c.state)
        .where(sightings.c.run == run)
        .order_by(sightings.c.place)
    ).all()
    return tuple(_facts(row, row.document, where) for row in rows)


@lru_cache(maxsize=4096)
def _state(document: str) -> DeviceState:
    """Return what a document holds; nights on which nothing changed have the same ones. Raises RecordError."""
    try:
        return decode(DeviceState, json.loads(document), "device")
    except ValueError as fault:
        raise RecordError(f"device: {fault}") from fault


def _facts(row: Row[Any], document: str, where: str) -> DeviceFacts:
    try:
        return DeviceFacts(
            device=row.asset,
            state=_state(document),
            first_seen=instant(row.first_seen),
            last_seen=instant(row.last_seen),
            attached_to=decode(Attachment, json.loads(row.attached_to), "attached_to") if row.attached_to else None,
        )
    except (ValueError, RecordError) as fault:
        raise StoreError(f"{where}: damaged: {fault}") from fault


def known(connection: Connection, sites: Sequence[str] | None = None) -> tuple[KnownDevice, ...]:
    """Return the devices that are known at these sites, or at all; by number."""
    asked = select(assets).order_by(assets.c.number)
    rows = connection.execute(
        asked if sites is None else asked.where(assets.c.site.in_([column_text(one) for one in sites]))
    ).all()
    marks: dict[int, list[KnownMark]] = {row.number: [] for row in rows}
    for some in batches(list(marks)):
        held = select(asset_keys).where(asset_keys.c.asset.in_(some)).order_by(asset_keys.c.asset, asset_keys.c.mark)
        for mark in connection.execute(held):
            seen = KnownMark(text=mark.mark, first_seen=instant(mark.first_seen), last_seen=instant(mark.last_seen))
            marks[mark.asset].append(seen)
    newest = _newest(connection, None if sites is None else list(marks))
    return tuple(
        KnownDevice(
            number=row.number,
            site=row.site,
            key=row.key,
            kind=row.kind,
            first_seen=instant(row.first_seen),
            last_seen=instant(row.last_seen),
            absent_until=None if row.absent_until is None else instant(row.absent_until),
            marks=tuple(marks[row.number]),
            last=newest.get(row.number),
        )
        for row in rows
    )


def of_devices(connection: Connection, numbers: Collection[int], where: str) -> dict[int, tuple[Sighting, ...]]:
    """Return by number of a device the runs that saw it, oldest first, with what each concluded.

    numbers: at most some hundreds. Raises StoreError where a record is damaged.
    """
    rows = connection.execute(select(sightings).where(sightings.c.asset.in_(sorted(numbers)))).all()
    concluded = _documents(connection, {row.state for row in rows})
    at = {number: instant(place) for number, place in places(connection).items()}
    began = {
        row.number: (row.id, instant(row.started_at))
        for row in connection.execute(select(runs.c.number, runs.c.id, runs.c.started_at))
    }
    found: dict[int, list[Sighting]] = {}
    for row in sorted(rows, key=lambda row: (at[row.run], row.run, row.place)):
        name, started_at = began[row.run]
        facts = _facts(row, concluded[row.state], f"{where}: device {row.asset}")
        found.setdefault(row.asset, []).append(Sighting(run=name, started_at=started_at, at=at[row.run], facts=facts))
    return {number: tuple(some) for number, some in found.items()}


def _documents(connection: Connection, numbers: set[int]) -> dict[int, str]:
    """Return conclusions by number, unread."""
    found: dict[int, str] = {}
    for some in batches(sorted(numbers)):
        rows = connection.execute(select(states.c.number, states.c.document).where(states.c.number.in_(some)))
        found |= {row.number: row.document for row in rows}
    return found


def _newest(connection: Connection, numbers: list[int] | None) -> dict[int, DeviceState]:
    """Return by device what the newest run that saw it concluded."""
    last = select(sightings.c.asset, func.max(sightings.c.last_seen).label("at")).group_by(sightings.c.asset).subquery()
    asked = (
        select(sightings.c.asset, states.c.document)
        .join(last, and_(last.c.asset == sightings.c.asset, last.c.at == sightings.c.last_seen))
        .join(states, states.c.number == sightings.c.state)
        .order_by(sightings.c.asset, sightings.c.run)
    )
    wanted = None if numbers is None else frozenset(numbers)
    documents = {row.asset: row.document for row in connection.execute(asked) if wanted is None or row.asset in wanted}
    return {asset: _state(document) for asset, document in documents.items()}


def _remember_absence(connection: Connection, number: int, since: datetime, absent_until: datetime) -> None:
    """Record when a complete run last looked in vain for a device that was seen first at `since`, unless that is known."""
    unknown = and_(assets.c.number == number, assets.c.absent_until.is_(None), assets.c.first_seen >= microseconds(since))
    connection.execute(update(assets).where(unknown).values(absent_until=microseconds(absent_until)))


def remove_unused(connection: Connection) -> int:
    """Remove the devices that no run knows, and conclusions that no run refers to; return how many devices there were."""
    connection.execute(delete(states).where(~exists().where(sightings.c.state == states.c.number)))
    gone = connection.execute(delete(assets).where(~exists().where(sightings.c.asset == assets.c.number)))
    return gone.rowcount


def _states(connection: Connection, concluded: Sequence[DeviceState]) -> list[int]:
    """Return the number of each conclusion; those that are new are written first."""
    documents = [compact(state) for state in concluded]
    digests = [digest_of(document) for document in documents]
    numbers = _known_states(connection, digests)
    fresh = {
        digest: {"digest": digest, "document": document.decode(), **_columns(state)}
        for digest, document, state in zip(digests, documents, concluded, strict=True)
        if digest not in numbers
    }
    if fresh:
        connection.execute(insert(states), list(fresh.values()))
        numbers |= _known_states(connection, list(fresh))
    return [numbers[digest] for digest in digests]


def _known_states(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for some in batches(sorted(set(digests))):
        rows = connection.execute(select(states.c.digest, states.c.number).where(states.c.digest.in_(some)))
        found |= {bytes(row.digest): row.number for row in rows}
    return found


def _columns(state: DeviceState) -> dict[str, object]:
    """Return what queries ask for, as text that any database takes."""
    texts = {name: getattr(state, name) for name in ("kind", "brand", "maker", "model", "firmware", "switch", "port")}
    return {
        **{name: None if text is None else column_text(text) for name, text in texts.items()},
        "verdict": state.verdict,
        "confidence": state.confidence,
        "address": state.ips[0] if state.ips else None,
        "vlan": state.vlan,
    }


def _seen(
    connection: Connection, number: int | None, asset: Asset, state: DeviceState, identity: Identity, run_at: datetime
) -> int:
    """Return the number of a device that a run saw, which is new where none is given."""
    first, last = microseconds(asset.first_seen), microseconds(asset.last_seen)
    row = connection.execute(select(assets).where(assets.c.number == number)).one_or_none() if number is not None else None
    if row is None:
        values = {"site": column_text(asset.site), "key": column_text(asset.key), "kind": state.kind}
        added = connection.execute(insert(assets).values(**values, first_seen=first, last_seen=last, absent_until=None))
        (number,) = added.inserted_primary_key or (None,)
    else:
        newest = {"key": column_text(asset.key), "kind": state.kind} if last >= row.last_seen else {}
        span = {"first_seen": min(first, row.first_seen), "last_seen": max(last, row.last_seen)}
        connection.execute(update(assets).where(assets.c.number == row.number).values(**newest, **span))
        number = row.number
    assert number is not None
    _known_by(connection, number, {f"{KEY}{asset.key}", *as_text(identity)}, microseconds(run_at))
    return number


def _known_by(connection: Connection, device: int, texts: set[str], at: int) -> None:
    held = {row.mark: row for row in connection.execute(select(asset_keys).where(asset_keys.c.asset == device))}
    fresh = [
        {"asset": device, "mark": mark, "first_seen": at, "last_seen": at}
        for mark in sorted({column_text(text) for text in texts})
        if mark not in held
    ]
    if fresh:
        connection.execute(insert(asset_keys), fresh)
    for mark in {column_text(text) for text in texts} & held.keys():
        row = held[mark]
        if not row.first_seen <= at <= row.last_seen:
            span = {"first_seen": min(at, row.first_seen), "last_seen": max(at, row.last_seen)}
            connection.execute(update(asset_keys).where(asset_keys.c.asset == device, asset_keys.c.mark == mark).values(**span))
