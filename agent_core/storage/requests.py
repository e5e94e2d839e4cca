"""What one process asks of another that holds a conversation: rows that are asked, claimed and answered once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, update

from agent_core.storage import schema
from agent_core.storage.database import Database

_KEPT = timedelta(minutes=10)
"""After this long nobody waits for an answer any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked of a conversation's holder."""

    id: str
    conversation_id: str
    body: str


class RequestBox:
    """Asks, claims and answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, request: Request) -> None:
        """Lay a request before whoever holds the conversation."""
        row = {"id": request.id, "conversation_id": request.conversation_id, "body": request.body}
        with self._database.writing() as connection:
            connection.execute(
                insert(schema.requests), {**row, "asked_at": datetime.now(UTC), "claimed": False, "answer": None}
            )

    def answer_to(self, request_id: str) -> str | None:
        """The answer; None while there is none."""
        table = schema.requests
        with self._database.reading() as connection:
            return connection.execute(select(table.c.answer).where(table.c.id == request_id)).scalar_one_or_none()

    def withdraw(self, request_id: str) -> bool:
        """Take a request back. False where it is being seen to already."""
        table = schema.requests
        with self._database.writing() as connection:
            taken = delete(table).where(table.c.id == request_id, table.c.claimed.is_(False))
            return connection.execute(taken).rowcount == 1

    def waiting(self, process: str) -> tuple[Request, ...]:
        """What was asked of the conversations that a process holds, and nobody has claimed, the oldest first."""
        table, conversations = schema.requests, schema.conversations
        query = (
            select(table.c.id, table.c.conversation_id, table.c.body)
            .join(conversations, conversations.c.id == table.c.conversation_id)
            .where(conversations.c.held_by == process, table.c.claimed.is_(False))
            .order_by(table.c.asked_at)
        )
        with self._database.reading() as connection:
            return tuple(Request(*row) for row in connection.execute(query))

    def claim(self, request_id: str) -> bool:
        """Whether the request is this process's to see to."""
        table = schema.requests
        with self._database.writing() as connection:
            change = update(table).where(table.c.id == request_id, table.c.claimed.is_(False)).values(claimed=True)
            return connection.execute(change).rowcount == 1

    def answer(self, request_id: str, answer: str) -> None:
        """Answer what was claimed."""
        table = schema.requests
        with self._database.writing() as connection:
            connection.execute(update(table).where(table.c.id == request_id).values(answer=answer))

    def forget(self, request_id: str) -> None:
        """The answer was read."""
        with self._database.writing() as connection:
            connection.execute(delete(schema.requests).where(schema.requests.c.id == request_id))

    def forget_old(self) -> None:
        """Delete what nobody waits for any more."""
        table = schema.requests
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.asked_at < datetime.now(UTC) - _KEPT))
