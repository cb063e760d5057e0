"""How Alembic runs our migrations: on a connection that `ledger.migrating` gives, in its transaction."""

from __future__ import annotations

from alembic import context

from campaigns.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
