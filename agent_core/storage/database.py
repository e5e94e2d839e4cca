"""The database: SQLite in WAL mode by default, PostgreSQL by URL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from agent_core.errors import StoreUnavailable
from agent_core.storage.migrations import upgrade

_BUSY_SECONDS = 30
_CONNECT_SECONDS = 5

_log = structlog.get_logger(__name__)


class Database:
    """An open database whose tables are up to date. Safe to use from any thread.

    Open one with `Database.open`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._reader = engine.execution_options(**_one_moment(engine))

    @classmethod
    def open(cls, url: str) -> Self:
        """Open by an SQLAlchemy URL, such as `sqlite:////var/lib/ringfence/ringfence.db`, and migrate.

        The folder of an SQLite file is made as needed. Raises StoreUnavailable, and sqlalchemy.exc.SQLAlchemyError
        for an URL or a driver that makes no sense.
        """
        parsed = make_url(url)
        database = cls(_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed))
        with database.writing() as connection:
            upgrade(connection)
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database. Raises StoreUnavailable where it doesn't answer."""
        with _answering(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is kept, or none where the block raises.

        Raises StoreUnavailable where it can't be kept. Where the connection was lost at the very end, it may be
        kept all the same.
        """
        with _answering(), self._writer.begin() as connection:
            yield connection

    def check(self) -> None:
        """Ask the database for an answer. Raises StoreUnavailable where there is none."""
        with self.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, PoolTimeoutError) as error:
        _log.warning("database_unavailable", reason=str(getattr(error, "orig", error)).partition("\n")[0])
        raise StoreUnavailable(
            "The database doesn't answer, or its disk is full. What was kept before is safe. Whoever runs Ringfence "
            "has to look at it; try again then."
        ) from error


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _postgresql(url: URL) -> Engine:
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_SECONDS})


def _one_moment(engine: Engine) -> dict[str, Any]:
    """What makes all queries of a reader see the same state; SQLite's transactions do by themselves."""
    return {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}


def _configure(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes too late to hold a lock; `_begin` sends ours.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A reader that turns writer fails at once instead of waiting, so a writer says so first.
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
