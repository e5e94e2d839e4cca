"""The tables' history, applied when the database is opened."""

from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, column, func, inspect, select, table

_FOLDER = Path(__file__).parent
_VERSION = "alembic_version"
_LOCK = 0x52_46  # any number that nothing else in the database locks

_one_at_a_time = Lock()
"""Alembic keeps what it is doing in variables of its modules."""


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date inside the connection's transaction."""
    if connection.dialect.name == "postgresql":
        # Several processes may start at once; SQLite's writers come one by one anyway.
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    if _newest(connection):
        return
    from alembic import command  # noqa: PLC0415  most starts change nothing, and it takes a while to load
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, "head")


def _newest(connection: Connection) -> bool:
    """Whether the newest version, which its file is named by, is there already."""
    if not inspect(connection).has_table(_VERSION):
        return False
    newest = max(file.name for file in (_FOLDER / "versions").glob("v*.py")).split("_")[0].removeprefix("v")
    return list(connection.execute(select(table(_VERSION, column("version_num")))).scalars()) == [newest]
