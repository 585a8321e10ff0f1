"""What leaves the store, and when: old runs, and of hosts that are no cameras everything but a number."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, select, update

from camscan.store import devices, messages, statements
from camscan.store.instants import microseconds
from camscan.store.messages import batches
from camscan.store.schema import assets, observed, runs, sightings
from camscan.store.values import Pruned

OTHERS = timedelta(days=30)
"""After which hosts that are positively known as something else leave."""


def take(connection: Connection, oldest: datetime, oldest_others: datetime) -> Pruned:
    """Remove the runs before `oldest`, and of those before `oldest_others` the hosts that are known as something else."""
    going = _before(connection, oldest)
    for some in batches(list(going)):
        connection.execute(delete(runs).where(runs.c.number.in_(some)))
    hosts = _others(connection, oldest_others, ())
    for run, places in hosts.items():
        for group in batches(places):
            connection.execute(delete(observed).where(observed.c.run == run, observed.c.sighting.in_(group)))
            connection.execute(delete(sightings).where(sightings.c.run == run, sightings.c.place.in_(group)))
        left = connection.execute(select(func.count()).select_from(observed).where(observed.c.run == run)).scalar_one()
        thinned = runs.c.thinned + len(places)
        connection.execute(update(runs).where(runs.c.number == run).values(thinned=thinned, observations=left))
    forgotten = devices.remove_unused(connection)
    statements.remove_unused(connection)
    return Pruned(
        runs=tuple(going.values()),
        hosts=sum(map(len, hosts.values())),
        devices=forgotten,
        messages=messages.remove_unused(connection),
    )


def would_go(connection: Connection, oldest: datetime, oldest_others: datetime) -> Pruned:
    """Return what `take` would remove."""
    going = _before(connection, oldest)
    hosts = _others(connection, oldest_others, tuple(going))
    seen, staying = set(), set()
    for row in connection.execute(select(sightings.c.run, sightings.c.place, sightings.c.asset)):
        seen.add(row.asset)
        if row.run not in going and row.place not in hosts.get(row.run, ()):
            staying.add(row.asset)
    unseen = select(func.count()).select_from(assets).where(~exists().where(sightings.c.asset == assets.c.number))
    return Pruned(
        runs=tuple(going.values()),
        hosts=sum(map(len, hosts.values())),
        devices=len(seen - staying) + connection.execute(unseen).scalar_one(),
        messages=messages.count_unused(connection, tuple(going), hosts),
    )


def _before(connection: Connection, oldest: datetime) -> dict[int, str]:
    """Return the runs before an instant, oldest first."""
    asked = select(runs.c.number, runs.c.id).where(runs.c.started_at < microseconds(oldest)).order_by(runs.c.started_at)
    return {row.number: row.id for row in connection.execute(asked)}


def _others(connection: Connection, oldest: datetime, without: tuple[int, ...]) -> dict[int, list[int]]:
    """Return by run the places of the hosts that are something else, of runs before an instant."""
    rows = connection.execute(
        select(sightings.c.run, sightings.c.place)
        .join(runs, runs.c.number == sightings.c.run)
        .where(runs.c.started_at < microseconds(oldest), sightings.c.something_else.is_(True))
    )
    found: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if row.run not in without:
            found[row.run].append(row.place)
    return found
