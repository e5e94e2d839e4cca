"""Small facts beside a conversation's events, such as the planner's session id: a name and a text each."""

from sqlalchemy import delete, insert, select, update

from agent_core.storage import schema
from agent_core.storage.database import Database


class ConversationValues:
    """One text for each name and conversation. They go when the conversation is deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, conversation_id: str, name: str) -> str | None:
        """The text; None where it was never set."""
        table = schema.conversation_values
        query = select(table.c.value).where(table.c.conversation_id == conversation_id, table.c.name == name)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def set(self, conversation_id: str, name: str, value: str | None) -> None:
        """Keep a text, or forget it with None. Raises sqlalchemy.exc.IntegrityError for an unknown conversation."""
        table = schema.conversation_values
        here = (table.c.conversation_id == conversation_id, table.c.name == name)
        with self._database.writing() as connection:
            if value is None:
                connection.execute(delete(table).where(*here))
            elif connection.execute(update(table).where(*here).values(value=value)).rowcount == 0:
                row = {"conversation_id": conversation_id, "name": name, "value": value}
                connection.execute(insert(table), row)
