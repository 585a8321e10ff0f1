"""The tables of the store. What devices say stands in documents, whose text is plain ASCII; columns beside them are for queries.

Instants are microseconds since 1970 in UTC. Documents are JSON as `report/records.py` writes it; `content` is Zstandard.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

HEAD = "0001"
"""The newest migration; a database of another one is migrated, or refused where it is newer."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _of(table: str, *, primary_key: bool = False, index: bool | None = None) -> Column[int]:
    target = ForeignKey(f"{table}s.number", ondelete="CASCADE")
    return Column(table, Integer, target, nullable=False, primary_key=primary_key, index=index)


runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("site", Text, nullable=False),
    Column("policies", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("devices", Integer, nullable=False),
    Column("observations", Integer, nullable=False),
    Column("origin", Text, nullable=False),
    Column("thinned", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("ix_runs_site_started_at", "site", "started_at"),
)
"""`summary`: the run, its reasons for incompleteness, its counts. `content`: scope, attempts and ledgers."""

coverage = Table(
    "coverage",
    metadata,
    _of("run", primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("range", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("document", Text, nullable=False),
    sqlite_with_rowid=False,
)

packs = Table("packs", metadata, Column("number", Integer, primary_key=True), Column("content", LargeBinary, nullable=False))
"""Messages that one run brought, a line each."""

messages = Table(
    "messages",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    _of("pack", index=True),
    Column("line", Integer, nullable=False),
)
"""Distinct observations without when and how often: the same message of another night is the same row."""

assets = Table(
    "assets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("absent_until", BigInteger),
    Index("ix_assets_site_key", "site", "key"),
)
"""Devices as they are known over time."""

asset_keys = Table(
    "asset_keys",
    metadata,
    _of("asset", primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""By what each was known, and when: its keys and the marks of its identity."""

states = Table(
    "states",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("verdict", Text),
    Column("kind", Text, nullable=False),
    Column("brand", Text),
    Column("maker", Text),
    Column("model", Text),
    Column("firmware", Text),
    Column("confidence", Text),
    Column("address", Text),
    Column("switch", Text),
    Column("port", Text),
    Column("vlan", Integer),
    Column("document", Text, nullable=False),
)
"""What was concluded of a device; a night on which nothing changed refers to the same row."""

sightings = Table(
    "sightings",
    metadata,
    _of("run", primary_key=True),
    Column("place", Integer, primary_key=True),
    _of("asset", index=True),
    Column("state", Integer, ForeignKey("states.number"), nullable=False, index=True),
    Column("something_else", Boolean, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("attached_to", Text),
    sqlite_with_rowid=False,
)
"""Which devices a run saw, in the order of its report."""

observed = Table(
    "observed",
    metadata,
    _of("run", primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("message", Integer, ForeignKey("messages.number"), nullable=False, index=True),
    Column("sighting", Integer),
    Column("after_start", BigInteger, nullable=False),
    Column("lasted", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Which messages a run heard: when, in microseconds after its start, how long, how often, and from which of its devices."""

statements = Table(
    "statements",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("document", Text, nullable=False),
)
"""Attestations and exceptions as they read when a run used them."""

run_statements = Table(
    "run_statements",
    metadata,
    _of("run", primary_key=True),
    Column("statement", Integer, ForeignKey("statements.number"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("site", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("head", Text, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_heartbeats_site_number", "site", "number"),
)
"""The chain of what ran: rows are added, never changed. `head`: the hash of `document`, which holds the one of the row before."""
