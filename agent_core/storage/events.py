"""A conversation's events, numbered as they are appended."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from agent_core.errors import SeatLost
from agent_core.events import ADAPTER, CodeFinished, Event, FileUploaded, Observe, SandboxClosed, SandboxOpened
from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.holders import this_process


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event and its number in its conversation, from 1, without gaps."""

    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class OwnedEvent:
    """An event with the conversation that it belongs to."""

    conversation_id: str
    seq: int
    event: Event


class EventStore:
    """Appends and reads events. Nothing that was appended changes. `observe` is told of what was appended."""

    def __init__(self, database: Database, observe: Observe = lambda _, __: None) -> None:
        self._database = database
        self._observe = observe

    def append(self, conversation_id: str, *events: Event, seat: str | None = None) -> tuple[StoredEvent, ...]:
        """Append events, all or none, and touch the conversation; with a `seat` only while that one is in force.

        A sandbox that they open or close is noted, or forgotten, as alive by the same transaction.
        Raises KeyError for an unknown conversation, SeatLost, and StoreUnavailable.
        """
        if not events:
            return ()
        with self._database.writing() as connection:
            stored = append_events(connection, conversation_id, *events, seat=seat)
        self._observe(conversation_id, events)
        return stored

    def read(self, conversation_id: str, after: int = 0) -> tuple[StoredEvent, ...]:
        """The events whose number is above `after`, in order. Empty for an unknown conversation."""
        table = schema.events
        query = (
            select(table.c.seq, table.c.body)
            .where(table.c.conversation_id == conversation_id, table.c.seq > after)
            .order_by(table.c.seq)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(StoredEvent(row.seq, ADAPTER.validate_json(row.body)) for row in rows)

    def owned(self, owner: str, kinds: Collection[str] = (), since: datetime | None = None) -> tuple[OwnedEvent, ...]:
        """One person's events of some kinds (all, where none is named), from a time on, over all conversations.

        Ordered by conversation, then by number.
        """
        table, conversations = schema.events, schema.conversations
        query = (
            select(table.c.conversation_id, table.c.seq, table.c.body)
            .join(conversations, conversations.c.id == table.c.conversation_id)
            .where(conversations.c.owner == owner)
            .order_by(table.c.conversation_id, table.c.seq)
        )
        if kinds:
            query = query.where(table.c.kind.in_(tuple(kinds)))
        if since is not None:
            query = query.where(table.c.at >= since)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(OwnedEvent(row.conversation_id, row.seq, ADAPTER.validate_json(row.body)) for row in rows)

    def everyones(self, kinds: Collection[str]) -> tuple[tuple[str, OwnedEvent], ...]:
        """Events of some kinds over all conversations, each with the person whose it is; ordered as `owned` is."""
        table, conversations = schema.events, schema.conversations
        query = (
            select(conversations.c.owner, table.c.conversation_id, table.c.seq, table.c.body)
            .join(conversations, conversations.c.id == table.c.conversation_id)
            .where(table.c.kind.in_(tuple(kinds)))
            .order_by(table.c.conversation_id, table.c.seq)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            (row.owner, OwnedEvent(row.conversation_id, row.seq, ADAPTER.validate_json(row.body))) for row in rows
        )

    def references(self, conversation_id: str | None = None) -> frozenset[str]:
        """The content hashes that a conversation's events refer to; those of all where none is named."""
        table = schema.references
        query = select(table.c.sha256).distinct()
        if conversation_id is not None:
            query = query.where(table.c.conversation_id == conversation_id)
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())


def append_events(
    connection: Connection, conversation_id: str, *events: Event, seat: str | None = None
) -> tuple[StoredEvent, ...]:
    """Append inside a transaction of the caller's. Raises KeyError for an unknown conversation, and SeatLost."""
    first = _claim_numbers(connection, conversation_id, len(events), seat)
    stored = tuple(StoredEvent(seq, event) for seq, event in enumerate(events, first))
    connection.execute(insert(schema.events), [_row(conversation_id, one) for one in stored])
    _refer(connection, conversation_id, frozenset().union(*map(referenced, events)))
    for event in events:
        _note_sandbox(connection, conversation_id, event)
    return stored


def referenced(event: Event) -> frozenset[str]:
    """The content hashes that an event refers to."""
    match event:
        case FileUploaded():
            return frozenset({event.upload.sha256})
        case CodeFinished():
            hashes = {artifact.sha256 for artifact in event.artifacts}
            return frozenset(hashes | {artifact.full_data for artifact in event.artifacts if artifact.full_data})
        case _:
            return frozenset()


def _note_sandbox(connection: Connection, conversation_id: str, event: Event) -> None:
    table = schema.sandboxes
    match event:
        case SandboxOpened():
            row = {
                "id": event.sandbox,
                "conversation_id": conversation_id,
                "opened_at": event.at,
                "last_seen": event.at,
            }
            connection.execute(insert(table), {**row, **asdict(this_process())})
        case SandboxClosed():
            connection.execute(delete(table).where(table.c.id == event.sandbox))
        case _:
            pass


def _claim_numbers(connection: Connection, conversation_id: str, count: int, seat: str | None) -> int:
    # The counter's row is the lock: whoever else appends waits for this transaction, so no gap and no retry.
    table = schema.conversations
    claim = (
        update(table)
        .where(table.c.id == conversation_id, *([table.c.seat == seat] if seat else []))
        .values(last_seq=table.c.last_seq + count, updated_at=datetime.now(UTC))
        .returning(table.c.last_seq)
    )
    last: int | None = connection.execute(claim).scalar_one_or_none()
    if last is None:
        known = connection.execute(select(table.c.id).where(table.c.id == conversation_id)).one_or_none()
        raise SeatLost if known else KeyError(conversation_id)
    return last - count + 1


def _row(conversation_id: str, stored: StoredEvent) -> dict[str, object]:
    event = stored.event
    body = ADAPTER.dump_json(event).decode()
    return {
        "conversation_id": conversation_id,
        "seq": stored.seq,
        "kind": event.kind,
        "at": event.at,
        "body": body,
    }


def _refer(connection: Connection, conversation_id: str, hashes: frozenset[str]) -> None:
    if not hashes:
        return
    table = schema.references
    query = select(table.c.sha256).where(table.c.conversation_id == conversation_id, table.c.sha256.in_(hashes))
    new = hashes - frozenset(connection.execute(query).scalars())
    if new:
        rows = [{"conversation_id": conversation_id, "sha256": sha256} for sha256 in sorted(new)]
        connection.execute(insert(table), rows)
