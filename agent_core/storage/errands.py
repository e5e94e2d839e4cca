"""Sandboxes that belong to no conversation, such as those of a validation: what they cost is their person's.

They are kept apart from the conversations' events, since they are nothing that was said or done in one.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Row, Select, insert, select, update

from agent_core.events import Event, SandboxClosed, SandboxOpened
from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.holders import Holder, this_process

Purpose = Literal["checks", "attempts", "key"]
"""The checks of the Validate page, its hostile model, and the check of a key."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One such sandbox, from its opening to its close."""

    id: int
    owner: str
    purpose: Purpose
    opened: SandboxOpened
    closed: SandboxClosed | None
    """None while it is open."""

    @property
    def events(self) -> tuple[Event, ...]:
        """As the meter takes them. The name of the sandbox in them is unique in the deployment."""
        return (self.opened, self.closed) if self.closed else (self.opened,)


class Errands:
    """Notes what is opened and closed, and who pays for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def opened(self, owner: str, purpose: Purpose, opened: SandboxOpened) -> int:
        """Note a sandbox that this process has opened, and return the errand's number."""
        row = {
            "owner": owner,
            "purpose": purpose,
            **opened.model_dump(include={"sandbox", "provider", "vcpus", "memory_mib", "rate_card"}),
            "opened_at": opened.at,
            "last_seen": opened.at,
            **asdict(this_process()),
        }
        table = schema.errands
        with self._database.writing() as connection:
            return int(connection.execute(insert(table).returning(table.c.id), row).scalar_one())

    def beat(self, *ids: int, at: datetime | None = None) -> None:
        """Note that sandboxes are still alive."""
        table = schema.errands
        if ids:
            with self._database.writing() as connection:
                connection.execute(update(table).where(table.c.id.in_(ids)).values(last_seen=at or datetime.now(UTC)))

    def closed(self, errand: int, at: datetime | None = None) -> None:
        """Note that a sandbox has ended. A second time changes nothing."""
        table = schema.errands
        open_one = update(table).where(table.c.id == errand, table.c.closed_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(open_one.values(closed_at=at or datetime.now(UTC)))

    def of(self, owner: str, since: datetime | None = None) -> tuple[Errand, ...]:
        """One person's, the oldest first; those that were opened from a time on, where it is given."""
        table = schema.errands
        query = select(table).where(table.c.owner == owner)
        return self._read(query if since is None else query.where(table.c.opened_at >= since))

    def everyones(self) -> tuple[Errand, ...]:
        """Everybody's, the oldest first."""
        return self._read(select(schema.errands))

    def close_orphans(self, now: datetime | None = None) -> tuple[str, ...]:
        """Close what processes that are gone have left open, at the time it was last seen; the sandboxes' ids."""
        table, moment = schema.errands, now or datetime.now(UTC)
        query = select(table).where(table.c.closed_at.is_(None))
        with self._database.writing() as connection:
            rows = connection.execute(query).all()
            orphans = [row for row in rows if _holder(row).gone(row.last_seen, moment)]
            for row in orphans:
                connection.execute(update(table).where(table.c.id == row.id).values(closed_at=row.last_seen))
        return tuple(row.sandbox for row in orphans)

    def _read(self, query: "Select[tuple[object, ...]]") -> tuple[Errand, ...]:
        with self._database.reading() as connection:
            return tuple(map(_errand, connection.execute(query.order_by(schema.errands.c.id))))


def _holder(row: "Row[tuple[object, ...]]") -> Holder:
    return Holder(row.host, row.pid, row.process_started)


def _errand(row: "Row[tuple[object, ...]]") -> Errand:
    name = f"errand-{row.id}"
    opened = SandboxOpened(
        at=row.opened_at,
        sandbox=name,
        provider=row.provider,
        contract_version=0,
        vcpus=row.vcpus,
        memory_mib=row.memory_mib,
        rate_card=row.rate_card,
    )
    closed = None
    if row.closed_at is not None:
        seconds = max(0.0, (row.closed_at - row.opened_at).total_seconds())
        closed = SandboxClosed(at=row.closed_at, sandbox=name, reason="turn_ended", seconds=seconds)
    return Errand(row.id, row.owner, row.purpose, opened, closed)
