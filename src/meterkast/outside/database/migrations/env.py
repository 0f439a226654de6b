"""What alembic runs around the migrations: the connection and the transaction are those of ``upgrade``."""

from alembic import context

from meterkast.outside.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
