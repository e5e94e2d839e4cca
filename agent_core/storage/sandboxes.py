"""Which sandboxes are alive, so that one whose app died is closed, and billed no further than it was seen."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, delete, select, update

from agent_core.events import SandboxClosed
from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.events import append_events
from agent_core.storage.holders import Holder, this_process


@dataclass(frozen=True, slots=True)
class LoggedSandbox:
    """A sandbox that was opened and not closed, as it was last seen."""

    id: str
    conversation_id: str
    opened_at: datetime
    last_seen: datetime
    host: str
    pid: int
    process_started: float
    """Epoch seconds: tells a process from a later one of the same number."""


class SandboxLog:
    """The sandboxes that are alive, with the app process that holds each: `append_events` notes and forgets them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, *sandbox_ids: str, at: datetime | None = None) -> None:
        """Note that sandboxes are still alive. Unknown ids are passed over."""
        table = schema.sandboxes
        change = update(table).where(table.c.id.in_(sandbox_ids)).values(last_seen=at or datetime.now(UTC))
        if sandbox_ids:
            with self._database.writing() as connection:
                connection.execute(change)

    def alive(self) -> tuple[LoggedSandbox, ...]:
        """Every sandbox that was opened and not closed, the oldest first."""
        with self._database.reading() as connection:
            return _logged(connection)

    def of_person(self, owner: str) -> tuple[LoggedSandbox, ...]:
        """A person's sandboxes that are alive, in any process, the oldest first."""
        conversations = schema.conversations
        with self._database.reading() as connection:
            mine = set(connection.execute(select(conversations.c.id).where(conversations.c.owner == owner)).scalars())
            return tuple(one for one in _logged(connection) if one.conversation_id in mine)

    def orphans(self, now: datetime | None = None) -> tuple[LoggedSandbox, ...]:
        """Sandboxes whose app process is gone, or, on another host, has been silent for a minute."""
        with self._database.reading() as connection:
            return _orphans(connection, now or datetime.now(UTC))

    def close_orphans(self, now: datetime | None = None) -> tuple[LoggedSandbox, ...]:
        """Append the missing SandboxClosed of each orphan, at the time it was last seen, and forget it.

        Both happen in one transaction, so no orphan is closed twice, by whichever process comes first.
        """
        with self._database.writing() as connection:
            orphans = [one for one in _orphans(connection, now or datetime.now(UTC)) if _claimed(connection, one)]
            for orphan in orphans:
                append_events(connection, orphan.conversation_id, _ending(orphan))
        return tuple(orphans)

    def adopt(self, orphan: LoggedSandbox) -> bool:
        """Hold an orphan from now on. False where another process holds it, or has closed it, by now."""
        table = schema.sandboxes
        own = {"last_seen": datetime.now(UTC), **asdict(this_process())}
        with self._database.writing() as connection:
            change = update(table).where(table.c.id == orphan.id, *_held_by(_holder(orphan))).values(**own)
            return connection.execute(change).rowcount == 1

    def give_up(self, orphan: LoggedSandbox) -> None:
        """Close an orphan that this process has adopted, at the time at which it was seen before."""
        with self._database.writing() as connection:
            if _claimed(connection, orphan, *_held_by(this_process())):
                append_events(connection, orphan.conversation_id, _ending(orphan))


def _ending(orphan: LoggedSandbox) -> SandboxClosed:
    seconds = (orphan.last_seen - orphan.opened_at).total_seconds()
    return SandboxClosed(sandbox=orphan.id, at=orphan.last_seen, reason="app_stopped", seconds=max(0.0, seconds))


def _claimed(connection: Connection, orphan: LoggedSandbox, *more: ColumnElement[bool]) -> bool:
    """False where another process, which looked at the same moment, closes or adopts it."""
    more = more or _held_by(_holder(orphan))
    gone = delete(schema.sandboxes).where(schema.sandboxes.c.id == orphan.id, *more)
    return connection.execute(gone).rowcount == 1


def _held_by(holder: Holder) -> tuple[ColumnElement[bool], ...]:
    return tuple(schema.sandboxes.c[name] == value for name, value in asdict(holder).items())


def _orphans(connection: Connection, now: datetime) -> tuple[LoggedSandbox, ...]:
    return tuple(one for one in _logged(connection) if _holder(one).gone(one.last_seen, now))


def _logged(connection: Connection) -> tuple[LoggedSandbox, ...]:
    columns = [schema.sandboxes.c[name] for name in LoggedSandbox.__dataclass_fields__]
    query = select(*columns).order_by(schema.sandboxes.c.opened_at, schema.sandboxes.c.id)
    return tuple(LoggedSandbox(*row) for row in connection.execute(query))


def _holder(sandbox: LoggedSandbox) -> Holder:
    return Holder(sandbox.host, sandbox.pid, sandbox.process_started)
