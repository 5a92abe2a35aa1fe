"""Alembic's environment, the same for every service: the connection and the tables are handed over."""

from alembic import context

from services.chassis.migrations import whole_tables

connection = context.config.attributes["connection"]
of_the_code = whole_tables(connection)
connection.commit()  # what comes is in transactions of its own
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    compare_type=True,
    include_name=of_the_code,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
