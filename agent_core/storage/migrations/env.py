"""What alembic runs: always on the connection that `upgrade` hands over, never by itself."""

from alembic import context

from agent_core.storage.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
