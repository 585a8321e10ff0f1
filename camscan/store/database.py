"""One connection to a database, opened at once: a run gives up its capabilities afterwards, and may open no file any more."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from camscan.store.location import Location


@dataclass(slots=True)
class Database:
    """A database that is open. Writers wait for each other; readers see one state from begin to end."""

    place: Location
    engine: Engine
    to_read: tuple[str, ...]
    """Statements that begin a transaction that reads."""
    to_write: tuple[str, ...]
    """Statements that begin one that writes."""
    read_only: bool = False
    """It may not be written to, nor brought to another schema."""
    after_pruning: Callable[[], None] = lambda: None
    """Gives freed space back; called outside a transaction."""
    close: Callable[[], None] = lambda: None
    _beginning: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        event.listen(self.engine, "begin", self._begin)

    def _begin(self, connection: Connection) -> None:
        for statement in self._beginning:
            connection.exec_driver_sql(statement)

    @contextlib.contextmanager
    def transaction(self, beginning: Sequence[str]) -> Iterator[Connection]:
        """Give a connection whose transaction begins with these statements, and is kept as a whole or not at all."""
        self._beginning = tuple(beginning)
        with self.engine.begin() as connection:
            yield connection

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection whose transaction changes nothing."""
        return self.transaction(self.to_read)

    def writing(self) -> AbstractContextManager[Connection]:
        """Give a connection whose transaction no other writer comes between."""
        return self.transaction(self.to_write)

    def reason(self, fault: SQLAlchemyError) -> str:
        """Return what went wrong, in one line without a password."""
        return self.place.masked(reason_of(fault))


def reason_of(fault: SQLAlchemyError) -> str:
    """Return what a database said of a fault, in one line."""
    said = str(fault.orig) if isinstance(fault, DBAPIError) and fault.orig is not None else str(fault)
    return next((line.strip() for line in said.splitlines() if line.strip()), "the connection was lost")
