"""The order of runs: by when they began, and own runs of a site never before those that were kept earlier, whatever the clock said."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from camscan.store.schema import runs


def places(connection: Connection) -> Mapping[int, int]:
    """Return by number of a run its place in time, in microseconds since 1970; no two own runs of a site have the same."""
    found: dict[int, int] = {}
    newest: dict[str, int] = {}
    asked = select(runs.c.number, runs.c.site, runs.c.started_at, runs.c.origin).order_by(runs.c.number)
    for row in connection.execute(asked):
        at = row.started_at
        if row.origin == "run":
            at = max(at, newest[row.site] + 1) if row.site in newest else at
            newest[row.site] = at
        found[row.number] = at
    return found
