"""A store on a PostgreSQL server: one connection, opened at once, and again where the server was restarted meanwhile."""

from __future__ import annotations

from sqlalchemy import QueuePool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from camscan.errors import StoreError
from camscan.store.database import Database, reason_of
from camscan.store.location import Location

CONNECT_SECONDS = 10
EXTRA = "pip install 'camscan[postgres]'"


def open_server(place: Location) -> Database:
    """Return the database of a server. Raises StoreError naming the place, the reason and the remedy."""
    assert place.url is not None
    try:
        import psycopg  # noqa: F401  (the extra may be missing)
    except ImportError as fault:
        raise StoreError(f"{place}: needs psycopg: {EXTRA}") from fault
    try:
        engine = create_engine(
            place.url,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "camscan"},
        )
        with engine.connect() as connection:
            encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    except (SQLAlchemyError, TypeError) as fault:
        said = reason_of(fault) if isinstance(fault, SQLAlchemyError) else str(fault)
        raise StoreError(f"{place}: cannot be opened: {place.masked(said)}: try psql with the same URL") from fault
    if encoding != "UTF8":
        engine.dispose()
        raise StoreError(
            f"{place}: its encoding is {encoding}: make the database with createdb --encoding UTF8 --template template0"
        )
    return Database(
        place=place,
        engine=engine,
        to_read=("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",),
        to_write=("SET LOCAL lock_timeout = '60s'", "LOCK TABLE runs IN EXCLUSIVE MODE"),
        close=engine.dispose,
    )
