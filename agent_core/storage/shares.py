"""Links by which others of the deployment read a conversation."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, delete, insert, select

from agent_core.storage import schema
from agent_core.storage.database import Database


@dataclass(frozen=True, slots=True)
class Share:
    """A link to a conversation as it was when the link was made."""

    token: str
    """Random, and safe in a URL. Whoever has it can read."""
    conversation_id: str
    up_to: int
    """The number of the last event that it shows."""
    made_at: datetime


class Shares:
    """At most one link a conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, conversation_id: str, up_to: int) -> Share:
        """Make a link; one that there was before leads nowhere from now on."""
        made = Share(secrets.token_urlsafe(24), conversation_id, up_to, datetime.now(UTC))
        table = schema.shares
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.conversation_id == conversation_id))
            connection.execute(
                insert(table),
                {"token": made.token, "conversation_id": conversation_id, "up_to": up_to, "made_at": made.made_at},
            )
        return made

    def of(self, conversation_id: str) -> Share | None:
        """The link to a conversation, if there is one."""
        return self._one(_query().where(schema.shares.c.conversation_id == conversation_id))

    def find(self, token: str) -> Share | None:
        """What a token leads to, if anything."""
        return self._one(_query().where(schema.shares.c.token == token))

    def revoke(self, conversation_id: str) -> None:
        """Have the link lead nowhere."""
        table = schema.shares
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.conversation_id == conversation_id))

    def _one(self, query: Select[tuple[str, str, int, datetime]]) -> Share | None:
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Share(row.token, row.conversation_id, row.up_to, row.made_at)


def _query() -> Select[tuple[str, str, int, datetime]]:
    table = schema.shares
    return select(table.c.token, table.c.conversation_id, table.c.up_to, table.c.made_at)
