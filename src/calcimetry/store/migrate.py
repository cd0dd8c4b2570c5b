"""Brings a database's tables to what this version needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from calcimetry.errors import OutputError

_MIGRATIONS = Path(__file__).parent / "migrations"
#: Any number that other programs are unlikely to lock by, for one migration at a time.
_LOCK = 0x63616C63


def upgrade(connection: Connection) -> None:
    """Run the migrations that the database has not seen, within the connection's transaction.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction that may write.

    Raises
    ------
    OutputError
        If a newer version of calcimetry has changed the tables.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    found = MigrationContext.configure(connection).get_current_revision()
    if found == scripts.get_current_head():
        return
    try:
        scripts.get_revisions(found or ())
    except CommandError as error:
        raise OutputError(
            f"Opening the results database: it was left by a newer version (revision {found}; "
            f"this one knows {scripts.get_current_head()}). Install that version."
        ) from error
    command.upgrade(config, "head")
