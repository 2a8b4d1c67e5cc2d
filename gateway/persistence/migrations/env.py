"""Alembic's entry: runs in the transaction that `gateway.persistence.migrate` has opened."""

from alembic import context

from gateway.persistence.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
