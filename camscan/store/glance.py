"""A glance at the record of runs: fast, and without what the rest of a store needs."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from camscan.errors import StoreError
from camscan.history.heartbeat import Recorded
from camscan.report.records import RecordError
from camscan.store import chain
from camscan.store.location import Location
from camscan.store.migrate import bring_to
from camscan.store.postgres import open_server
from camscan.store.sqlite import open_file


def glance(place: Location, most: int) -> tuple[Recorded | None, tuple[Recorded, ...]]:
    """Return the newest record of a store, and of each site the newest, at most so many, all of them newest first.

    A file is not searched for damage. Raises StoreError.
    """
    opened = open_file(place.path, create=False, look_through=False) if place.path is not None else open_server(place)
    try:
        bring_to(opened)
        with opened.reading() as connection:
            return chain.newest(connection), chain.recent(connection, most)
    except SQLAlchemyError as fault:
        raise StoreError(f"{place}: cannot be read: {opened.reason(fault)}") from fault
    except RecordError as fault:
        raise StoreError(f"{place}: damaged: {fault}: `camscan history verify` says more") from fault
    finally:
        opened.close()
