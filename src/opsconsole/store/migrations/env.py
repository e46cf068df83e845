"""Runs the migrations on the connection and inside the transaction that store.upgrade has opened."""

from alembic import context

from opsconsole.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll back a CREATE TABLE: a kill in the middle of a migration leaves the file as it was.
    transactional_ddl=True,
)
context.run_migrations()
