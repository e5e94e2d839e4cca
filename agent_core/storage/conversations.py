"""Conversations: whose they are, what they are called, and when they last changed."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select, update

from agent_core.storage import schema
from agent_core.storage.database import Database

_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation without its events."""

    id: str
    owner: str
    title: str
    created_at: datetime
    updated_at: datetime
    pinned: bool


class ConversationStore:
    """Makes, lists, renames, pins and deletes conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, owner: str, title: str) -> str:
        """Make a conversation and return its id: random, and safe in a URL and a file name."""
        conversation_id = secrets.token_urlsafe(16)
        now = datetime.now(UTC)
        row = {"id": conversation_id, "owner": owner, "title": title[:_LONGEST_TITLE], "last_seq": 0}
        with self._database.writing() as connection:
            connection.execute(insert(schema.conversations), {**row, "created_at": now, "updated_at": now})
        return conversation_id

    def list(self, owner: str, most: int | None = None) -> tuple[ConversationRow, ...]:
        """A person's conversations, the one that changed last first; of `most`, the pinned come before the others."""
        table = schema.conversations
        query = (
            select(table.c.id, table.c.owner, table.c.title, table.c.created_at, table.c.updated_at, table.c.pinned)
            .where(table.c.owner == owner)
            .order_by(*([table.c.pinned.desc()] if most else []), table.c.updated_at.desc(), table.c.id)
            .limit(most)
        )
        with self._database.reading() as connection:
            return tuple(ConversationRow(*row) for row in connection.execute(query))

    def owner_of(self, conversation_id: str) -> str | None:
        """Whose conversation it is; None where there is none by that id."""
        table = schema.conversations
        query = select(table.c.owner).where(table.c.id == conversation_id)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def title_of(self, conversation_id: str) -> str | None:
        """What it is called; None where there is none by that id."""
        table = schema.conversations
        with self._database.reading() as connection:
            return connection.execute(select(table.c.title).where(table.c.id == conversation_id)).scalar_one_or_none()

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another name. Raises KeyError for an unknown one."""
        self._set(conversation_id, title=title[:_LONGEST_TITLE])

    def pin(self, conversation_id: str, *, pinned: bool) -> None:
        """Keep a conversation at the top of its person's list, or no longer. Raises KeyError for an unknown one."""
        self._set(conversation_id, pinned=pinned)

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation with its events, transcripts and values. An unknown one is already gone."""
        table = schema.conversations
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.id == conversation_id))

    def _set(self, conversation_id: str, **values: object) -> None:
        table = schema.conversations
        with self._database.writing() as connection:
            if connection.execute(update(table).where(table.c.id == conversation_id).values(values)).rowcount == 0:
                raise KeyError(conversation_id)
