"""What running turns show that is not an event yet, for the processes that don't run them."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select, update

from agent_core.storage import schema
from agent_core.storage.database import Database


class Drafts:
    """At most one of each conversation: a text, with the number of the event that it follows on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, drafts: Mapping[str, tuple[int, str] | None]) -> None:
        """Replace the drafts of some conversations, or remove them, all at once. One that was deleted gets none."""
        table, conversations = schema.drafts, schema.conversations
        if not drafts:
            return
        with self._database.writing() as connection:
            gone = [name for name, draft in drafts.items() if draft is None]
            if gone:
                connection.execute(delete(table).where(table.c.conversation_id.in_(gone)))
            for name, draft in drafts.items():
                if draft is None:
                    continue
                values = dict(zip(("last_seq", "body"), draft, strict=True))
                change = update(table).where(table.c.conversation_id == name).values(values)
                query = select(conversations.c.id).where(conversations.c.id == name).with_for_update(read=True)
                if connection.execute(change).rowcount == 0 and connection.execute(query).one_or_none():
                    connection.execute(insert(table), {"conversation_id": name, **values})

    def read(self, conversation_id: str) -> tuple[int, str] | None:
        """The draft of a conversation, if it has one."""
        table = schema.drafts
        query = select(table.c.last_seq, table.c.body).where(table.c.conversation_id == conversation_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row.last_seq, row.body)
