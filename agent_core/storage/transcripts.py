"""The planner's own transcripts, as rows of JSON in the order they were written.

What an entry means is the planner's business: here it is an object with, perhaps, a `uuid`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from agent_core.storage import schema
from agent_core.storage.database import Database


class TranscriptRows:
    """One conversation's transcripts. `subpath` is "" for a session's main transcript."""

    def __init__(self, database: Database, conversation_id: str) -> None:
        self._database = database
        self._conversation_id = conversation_id

    def append(self, project_key: str, session_id: str, subpath: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Append entries, all or none. One whose `uuid` is there already is left out.

        Raises sqlalchemy.exc.IntegrityError for an unknown conversation.
        """
        here = self._where(project_key, session_id, subpath)
        key = {
            "conversation_id": self._conversation_id,
            "project_key": project_key,
            "session_id": session_id,
            "subpath": subpath,
            "written_at": datetime.now(UTC),
        }
        with self._database.writing() as connection:
            fresh = _without_known(connection, here, entries)
            rows = [{**key, "uuid": _uuid(entry), "body": json.dumps(entry)} for entry in fresh]
            if rows:
                connection.execute(insert(schema.transcript_entries), rows)

    def load(self, project_key: str, session_id: str, subpath: str = "") -> list[dict[str, Any]] | None:
        """A transcript's entries in order; None where nothing was ever written."""
        table = schema.transcript_entries
        query = select(table.c.body).where(*self._where(project_key, session_id, subpath)).order_by(table.c.id)
        with self._database.reading() as connection:
            bodies = connection.execute(query).scalars().all()
        return [json.loads(body) for body in bodies] or None

    def sessions(self, project_key: str) -> list[tuple[str, datetime]]:
        """The sessions that have a main transcript, each with the time of its last entry."""
        table = schema.transcript_entries
        query = (
            select(table.c.session_id, func.max(table.c.written_at, type_=schema.Moment))
            .where(*self._where(project_key), table.c.subpath == "")
            .group_by(table.c.session_id)
        )
        with self._database.reading() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def subpaths(self, project_key: str, session_id: str) -> list[str]:
        """The subpaths under a session, without its main transcript."""
        table = schema.transcript_entries
        query = select(table.c.subpath).where(*self._where(project_key, session_id), table.c.subpath != "").distinct()
        with self._database.reading() as connection:
            return sorted(connection.execute(query).scalars())

    def delete(self, project_key: str, session_id: str, subpath: str = "") -> None:
        """Delete one subpath's entries; without one, the whole session."""
        where = self._where(project_key, session_id, subpath or None)
        with self._database.writing() as connection:
            connection.execute(delete(schema.transcript_entries).where(*where))

    def _where(
        self, project_key: str, session_id: str | None = None, subpath: str | None = None
    ) -> list[ColumnElement[bool]]:
        table = schema.transcript_entries
        where = [table.c.conversation_id == self._conversation_id, table.c.project_key == project_key]
        if session_id is not None:
            where.append(table.c.session_id == session_id)
        if subpath is not None:
            where.append(table.c.subpath == subpath)
        return where


def _without_known(
    connection: Connection, here: list[ColumnElement[bool]], entries: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    table = schema.transcript_entries
    named = {uuid for entry in entries if (uuid := _uuid(entry))}
    query = select(table.c.uuid).where(*here, table.c.uuid.in_(named))
    known = set(connection.execute(query).scalars()) if named else set()
    fresh: list[Mapping[str, Any]] = []
    for entry in entries:
        uuid = _uuid(entry)
        if uuid is None:
            fresh.append(entry)
        elif uuid not in known:
            fresh.append(entry)
            known.add(uuid)
    return fresh


def _uuid(entry: Mapping[str, Any]) -> str | None:
    uuid = entry.get("uuid")
    return uuid if isinstance(uuid, str) and uuid else None
