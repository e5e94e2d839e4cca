"""Which bytes were kept lately, and for whom, so that who lets the same bytes go takes nothing from anybody else.

Bytes are kept before the event that names them is written. In between only a note here says that they are wanted.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from sqlalchemy import Connection, delete, insert, select, update

from agent_core.storage import schema
from agent_core.storage.artifacts import GRACE_SECONDS, ArtifactStore
from agent_core.storage.database import Database

_GRACE = timedelta(seconds=GRACE_SECONDS)
_AT_ONCE = 20
"""How many are deleted while whoever keeps anything waits: from a bucket each takes tens of milliseconds."""


class Puts:
    """The notes. `holder` is a conversation's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, holder: str, *hashes: str) -> None:
        """Say that a holder is about to keep bytes, or to refer to them, before it does. Raises StoreUnavailable."""
        table, now = schema.artifact_puts, datetime.now(UTC)
        with self._database.writing() as connection:
            _lock(connection, "ROW EXCLUSIVE")
            for sha256 in sorted(set(hashes)):
                mine = (table.c.holder == holder, table.c.sha256 == sha256)
                if connection.execute(update(table).where(*mine).values(at=now)).rowcount == 0:
                    connection.execute(insert(table), {"holder": holder, "sha256": sha256, "at": now})

    def let_go(self, holder: str, hashes: Collection[str], away: Callable[[str], None]) -> int:
        """Have `away` delete those bytes that nothing refers to and nobody else has noted; return how many.

        Who would keep the same bytes meanwhile waits, and keeps them anew afterwards. Raises StoreUnavailable.
        """
        table, left, gone = schema.artifact_puts, sorted(set(hashes)), 0
        while left:
            some, left = left[:_AT_ONCE], left[_AT_ONCE:]
            with self._database.writing() as connection:
                _lock(connection, "SHARE ROW EXCLUSIVE")
                old = (table.c.holder == holder) | (table.c.at < datetime.now(UTC) - _GRACE)
                connection.execute(delete(table).where(old))
                unwanted = sorted(set(some) - _wanted(connection, some))
                for sha256 in unwanted:
                    away(sha256)
            gone += len(unwanted)
        return gone


class NotedArtifacts:
    """The artifact store as one conversation uses it: what it keeps is noted. See `Artifacts`."""

    def __init__(self, artifacts: ArtifactStore, puts: Puts, holder: str) -> None:
        self._artifacts, self._puts, self._holder = artifacts, puts, holder

    def put(self, content: bytes | Iterable[bytes]) -> tuple[str, int]:
        """See `Artifacts.put`."""
        return self._artifacts.put(content, lambda sha256: self._puts.note(self._holder, sha256))

    def open(self, sha256: str) -> BinaryIO:
        """See `Artifacts.open`."""
        return self._artifacts.open(sha256)

    def read(self, sha256: str) -> bytes:
        """See `Artifacts.read`."""
        return self._artifacts.read(sha256)


def _lock(connection: Connection, mode: str) -> None:
    # SQLite's writers come one by one.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE artifact_puts IN {mode} MODE")


def _wanted(connection: Connection, hashes: Collection[str]) -> set[str]:
    found: set[str] = set()
    for table in (schema.references, schema.workspace_files, schema.artifact_puts):
        found |= set(connection.execute(select(table.c.sha256).where(table.c.sha256.in_(hashes)).distinct()).scalars())
    return found
