"""Which sandboxes are alive, so that one whose app died is closed, and billed no further than it was seen."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

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
    """The sandboxes that are alive, with the app process that holds each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def opened(self, sandbox_id: str, conversation_id: str, at: datetime | None = None) -> None:
        """Note a sandbox that this process has opened. Raises sqlalchemy.exc.IntegrityError for a known id."""
        now = at or datetime.now(UTC)
        row = {"id": sandbox_id, "conversation_id": conversation_id, "opened_at": now, "last_seen": now}
        with self._database.writing() as connection:
            connection.execute(insert(schema.sandboxes), {**row, **asdict(this_process())})

    def beat(self, *sandbox_ids: str, at: datetime | None = None) -> None:
        """Note that sandboxes are still alive. Unknown ids are passed over."""
        table = schema.sandboxes
        change = update(table).where(table.c.id.in_(sandbox_ids)).values(last_seen=at or datetime.now(UTC))
        if sandbox_ids:
            with self._database.writing() as connection:
                connection.execute(change)

    def closed(self, sandbox_id: str) -> None:
        """Forget a sandbox that has ended. One that is not known is already forgotten."""
        with self._database.writing() as connection:
            _forget(connection, sandbox_id)

    def alive(self) -> tuple[LoggedSandbox, ...]:
        """Every sandbox that was opened and not closed, the oldest first."""
        with self._database.reading() as connection:
            return _logged(connection)

    def orphans(self, now: datetime | None = None) -> tuple[LoggedSandbox, ...]:
        """Sandboxes whose app process is gone, or, on another host, has been silent for a minute."""
        with self._database.reading() as connection:
            return _orphans(connection, now or datetime.now(UTC))

    def close_orphans(self, now: datetime | None = None) -> tuple[LoggedSandbox, ...]:
        """Append the missing SandboxClosed of each orphan, at the time it was last seen, and forget it.

        Both happen in one transaction, so no orphan is closed twice, by whichever process comes first.
        """
        with self._database.writing() as connection:
            orphans = _orphans(connection, now or datetime.now(UTC))
            for orphan in orphans:
                append_events(connection, orphan.conversation_id, _ending(orphan))
                _forget(connection, orphan.id)
        return orphans


def _ending(orphan: LoggedSandbox) -> SandboxClosed:
    seconds = (orphan.last_seen - orphan.opened_at).total_seconds()
    return SandboxClosed(sandbox=orphan.id, at=orphan.last_seen, reason="app_stopped", seconds=max(0.0, seconds))


def _forget(connection: Connection, sandbox_id: str) -> None:
    table = schema.sandboxes
    connection.execute(delete(table).where(table.c.id == sandbox_id))


def _orphans(connection: Connection, now: datetime) -> tuple[LoggedSandbox, ...]:
    return tuple(one for one in _logged(connection) if _holder(one).gone(one.last_seen, now))


def _logged(connection: Connection) -> tuple[LoggedSandbox, ...]:
    columns = [schema.sandboxes.c[name] for name in LoggedSandbox.__dataclass_fields__]
    query = select(*columns).order_by(schema.sandboxes.c.opened_at, schema.sandboxes.c.id)
    return tuple(LoggedSandbox(*row) for row in connection.execute(query))


def _holder(sandbox: LoggedSandbox) -> Holder:
    return Holder(sandbox.host, sandbox.pid, sandbox.process_started)
