"""Opening a store by its path or URL."""

from __future__ import annotations

from camscan.store.location import Location, location
from camscan.store.migrate import bring_to
from camscan.store.postgres import open_server
from camscan.store.sqlite import open_file
from camscan.store.store import Store


def open_store(where: str | Location, *, create: bool = True) -> Store:
    """Open the store at a path or URL, bring it to this camscan's schema, and return it.

    create: make the file where there is none. Call it while the process still has its privileges and one thread: what is
    needed stays open. Raises StoreError naming the place, the reason and the remedy.
    """
    place = location(where) if isinstance(where, str) else where
    database = open_file(place.path, create=create) if place.path is not None else open_server(place)
    try:
        bring_to(database)
    except BaseException:
        database.close()
        raise
    return Store(database)
