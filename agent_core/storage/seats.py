"""Who writes a conversation: at any time at most one process, which keeps it in memory, and runs its turns.

A seat is a word that only its holder knows; events are appended under it, so that a process that was taken for
dead, and is not, can write no more. The seat of a process that is gone can be taken by any other.
"""

import secrets
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.holders import Holder, this_process


class Seats:
    """This process's seats. `process` is its name in the database: another one for each start."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.process = secrets.token_hex(16)
        self.others = True
        """Whether other processes lived when the dead were last forgotten; true until then."""
        self.beat()

    def beat(self) -> bool:
        """Say that this process is alive. False where the others didn't know it, and so may have taken its seats."""
        table = schema.app_processes
        now = datetime.now(UTC)
        change = update(table).where(table.c.id == self.process).values(last_seen=now)
        with self._database.writing() as connection:
            known = connection.execute(change).rowcount == 1
            if not known:
                row = {"id": self.process, "last_seen": now, **asdict(this_process())}
                connection.execute(insert(table), row)
        return known

    def take(self, conversation_id: str) -> str | None:
        """A new seat; None while another process holds one. Raises KeyError for an unknown conversation."""
        table, seat = schema.conversations, secrets.token_hex(16)
        query = select(table.c.held_by).where(table.c.id == conversation_id).with_for_update()
        with self._database.writing() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise KeyError(conversation_id)
            if row.held_by not in {None, self.process} and row.held_by in _living(connection, datetime.now(UTC)):
                return None
            change = update(table).where(table.c.id == conversation_id)
            connection.execute(change.values(held_by=self.process, seat=seat))
        return seat

    def release(self, conversation_id: str, seat: str) -> None:
        """Give a seat up. One that was lost is given up already."""
        table = schema.conversations
        change = update(table).where(table.c.id == conversation_id, table.c.seat == seat)
        with self._database.writing() as connection:
            connection.execute(change.values(held_by=None, seat=None))

    def held(self, conversation_id: str) -> bool:
        """Whether some living process holds it, this one too."""
        table = schema.conversations
        query = select(table.c.held_by).where(table.c.id == conversation_id)
        with self._database.reading() as connection:
            holder = connection.execute(query).scalar_one_or_none()
            return holder is not None and holder in _living(connection, datetime.now(UTC))

    def forget_the_dead(self) -> bool:
        """Free the seats of processes that are gone; whether there was one."""
        with self._database.writing() as connection:
            living = _living(connection, datetime.now(UTC))
            known = connection.execute(select(schema.app_processes.c.id)).scalars().all()
            dead = set(known) - living
            _forget(connection, *dead)
        self.others = bool(living - {self.process})
        return bool(dead)

    def leave(self) -> None:
        """Give all seats up, at the end of the process."""
        with self._database.writing() as connection:
            _forget(connection, self.process)


def _living(connection: Connection, now: datetime) -> set[str]:
    rows = connection.execute(select(schema.app_processes)).all()
    return {row.id for row in rows if not Holder(row.host, row.pid, row.process_started).gone(row.last_seen, now)}


def _forget(connection: Connection, *processes: str) -> None:
    conversations, table = schema.conversations, schema.app_processes
    if processes:
        held = update(conversations).where(conversations.c.held_by.in_(processes))
        connection.execute(held.values(held_by=None, seat=None))
        connection.execute(delete(table).where(table.c.id.in_(processes)))
