"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("policies", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.Column("observations", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("thinned", sa.Integer(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_runs"),
        sa.UniqueConstraint("id", name="uq_runs_id"),
        sa.UniqueConstraint("digest", name="uq_runs_digest"),
    )
    op.create_index("ix_runs_site_started_at", "runs", ["site", "started_at"])
    op.create_table(
        "coverage",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("range", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_coverage_run", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "place", name="pk_coverage"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "packs",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_packs"),
    )
    op.create_table(
        "messages",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("pack", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pack"], ["packs.number"], name="fk_messages_pack", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name="pk_messages"),
        sa.UniqueConstraint("digest", name="uq_messages_digest"),
    )
    op.create_index("ix_messages_pack", "messages", ["pack"])
    op.create_table(
        "assets",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("absent_until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name="pk_assets"),
    )
    op.create_index("ix_assets_site_key", "assets", ["site", "key"])
    op.create_table(
        "asset_keys",
        sa.Column("asset", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["asset"], ["assets.number"], name="fk_asset_keys_asset", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset", "mark", name="pk_asset_keys"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "states",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text()),
        sa.Column("maker", sa.Text()),
        sa.Column("model", sa.Text()),
        sa.Column("firmware", sa.Text()),
        sa.Column("confidence", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("switch", sa.Text()),
        sa.Column("port", sa.Text()),
        sa.Column("vlan", sa.Integer()),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_states"),
        sa.UniqueConstraint("digest", name="uq_states_digest"),
    )
    op.create_table(
        "sightings",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("asset", sa.Integer(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("something_else", sa.Boolean(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("attached_to", sa.Text()),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_sightings_run", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asset"], ["assets.number"], name="fk_sightings_asset", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["state"], ["states.number"], name="fk_sightings_state"),
        sa.PrimaryKeyConstraint("run", "place", name="pk_sightings"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sightings_asset", "sightings", ["asset"])
    op.create_index("ix_sightings_state", "sightings", ["state"])
    op.create_table(
        "observed",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("message", sa.Integer(), nullable=False),
        sa.Column("sighting", sa.Integer()),
        sa.Column("after_start", sa.BigInteger(), nullable=False),
        sa.Column("lasted", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_observed_run", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message"], ["messages.number"], name="fk_observed_message"),
        sa.PrimaryKeyConstraint("run", "place", name="pk_observed"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_observed_message", "observed", ["message"])
    op.create_table(
        "statements",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_statements"),
        sa.UniqueConstraint("digest", name="uq_statements_digest"),
    )
    op.create_table(
        "run_statements",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_run_statements_run", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["statement"], ["statements.number"], name="fk_run_statements_statement"),
        sa.PrimaryKeyConstraint("run", "statement", name="pk_run_statements"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_statements_statement", "run_statements", ["statement"])
    op.create_table(
        "heartbeats",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_heartbeats"),
    )
    op.create_index("ix_heartbeats_site_number", "heartbeats", ["site", "number"])
