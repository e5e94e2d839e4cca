"""The tables' history, applied when the database is opened."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select

_LOCK = 0x52_46  # any number that nothing else in the database locks


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date inside the connection's transaction."""
    if connection.dialect.name == "postgresql":
        # Several processes may start at once; SQLite's writers come one by one anyway.
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
