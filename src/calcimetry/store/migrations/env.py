"""What alembic runs to migrate: on the connection, and in the transaction, that it is given."""

from __future__ import annotations

from alembic import context

# Alembic loads this file under this name. Imported by another (a collector of tests or of
# documentation) there is nothing to migrate.
if __name__ == "env_py":
    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()
