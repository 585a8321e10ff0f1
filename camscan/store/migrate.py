"""Brings a database to the schema of this camscan; Alembic is loaded only where there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from camscan.errors import StoreError
from camscan.store import sqlite
from camscan.store.database import Database
from camscan.store.schema import HEAD

MIGRATIONS = Path(__file__).with_name("migrations")
VERSION_TABLE = "alembic_version"
_LOCK = 0x43414D53
"""Of PostgreSQL: two programs that find the same old schema change it one after the other."""


def bring_to(database: Database, *, head: str = HEAD, migrations: Path = MIGRATIONS) -> None:
    """Bring a database to a schema, all of it or nothing. Of an older file a copy is kept beside it. Raises StoreError."""
    try:
        with database.reading() as connection:
            before = version_of(connection)
            strange = before is None and bool(inspect(connection).get_table_names())
        if before == head:
            return
        if strange:
            raise StoreError(f"{database.place}: holds tables of another program: give the store a database of its own")
        if before is not None:
            _known(before, database, migrations)
        if database.read_only:
            raise StoreError(
                f"{database.place}: has {_named(before)}, and may not be written to here: open it once where it may"
            )
        if before is not None and database.place.path is not None:
            sqlite.backup(database, before)
        with database.transaction(_exclusively(database)) as connection:
            if version_of(connection) != head:
                upgrade(connection, head, migrations)
    except SQLAlchemyError as fault:
        raise StoreError(f"{database.place}: its schema cannot be brought to {head}: {database.reason(fault)}") from fault


def version_of(connection: Connection) -> str | None:
    """Return the schema that a database has; None where it has none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()  # noqa: S608 - a constant


def upgrade(connection: Connection, head: str, migrations: Path = MIGRATIONS) -> None:
    """Run the migrations to `head` in the transaction of a connection."""
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(migrations).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, head)


def _known(version: str, database: Database, migrations: Path) -> None:
    """Refuse a schema that this camscan does not know. Raises StoreError."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    settings = Config()
    settings.set_main_option("script_location", str(migrations).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    if version not in {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}:
        raise StoreError(f"{database.place}: has schema {version}, which is newer than {HEAD}: use the camscan that wrote it")


def _named(version: str | None) -> str:
    return "no tables yet" if version is None else f"schema {version}, which is older than {HEAD}"


def _exclusively(database: Database) -> tuple[str, ...]:
    return database.to_write if database.place.path is not None else (f"SELECT pg_advisory_xact_lock({_LOCK})",)
