"""What Alembic runs to bring a database to another schema, on the connection that it is given."""

from __future__ import annotations

from alembic import context

from camscan.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
