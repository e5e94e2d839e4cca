"""Places for sandboxes, counted in the database: no race and no number of app processes exceeds a cap.

Whoever wants a place takes a ticket. Places go by ticket number; a person whose own places are taken
doesn't hold up the others. What a dead process held, or waited for, is free again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.holders import Holder, this_process


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where a request stands: it has its place, or `ahead` others come first."""

    granted: bool
    ahead: int = 0


class Leases:
    """Takes, keeps and gives back places."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request(self, place: str, owner: str, *, per_user: int, per_deployment: int) -> Ticket:
        """Take a ticket, or see where the one stands that was taken before. Ask again until it is granted."""
        caps = {"per_user": per_user, "per_deployment": per_deployment}
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            _lock(connection)
            _forget_the_dead(connection, now)
            _renew_or_queue(connection, place, {"owner": owner, **caps, "last_seen": now})
            return _serve(connection, place)

    def beat(self, *places: str) -> None:
        """Say that places are still in use."""
        table = schema.leases
        if places:
            with self._database.writing() as connection:
                connection.execute(update(table).where(table.c.place.in_(places)).values(last_seen=datetime.now(UTC)))

    def release(self, place: str) -> None:
        """Give a place, or the wish for one, back. One that is not known is free already."""
        with self._database.writing() as connection:
            connection.execute(delete(schema.leases).where(schema.leases.c.place == place))

    def granted(self) -> int:
        """How many places are taken."""
        table = schema.leases
        with self._database.reading() as connection:
            return len(connection.execute(select(table.c.ticket).where(table.c.granted)).all())


def _lock(connection: Connection) -> None:
    # SQLite's writers come one by one; elsewhere all requests wait for one another here.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE leases IN EXCLUSIVE MODE")


def _forget_the_dead(connection: Connection, now: datetime) -> None:
    table = schema.leases
    last_seen: dict[Holder, datetime] = {}
    places: dict[Holder, list[int]] = {}
    for row in connection.execute(select(table)).all():
        holder = Holder(row.host, row.pid, row.process_started)
        last_seen[holder] = max(row.last_seen, last_seen.get(holder, row.last_seen))
        places.setdefault(holder, []).append(row.ticket)
    dead = [ticket for holder, seen in last_seen.items() if holder.gone(seen, now) for ticket in places[holder]]
    if dead:
        connection.execute(delete(table).where(table.c.ticket.in_(dead)))


def _renew_or_queue(connection: Connection, place: str, values: dict[str, object]) -> None:
    table = schema.leases
    if connection.execute(update(table).where(table.c.place == place).values(**values)).rowcount == 0:
        row = {"place": place, "granted": False, **values, **asdict(this_process())}
        connection.execute(insert(table), row)


def _serve(connection: Connection, place: str) -> Ticket:
    """Give out what is free, in order, and say how `place` stands."""
    table = schema.leases
    rows = connection.execute(select(table).order_by(table.c.ticket)).all()
    granted = _grants(rows)
    new = [row.ticket for row in rows if row.place in granted and not row.granted]
    if new:
        connection.execute(update(table).where(table.c.ticket.in_(new)).values(granted=True))
    waiting = [row.place for row in rows if row.place not in granted]
    return Ticket(granted=True) if place in granted else Ticket(granted=False, ahead=waiting.index(place))


def _grants(rows: Sequence[Row[tuple[object, ...]]]) -> set[str]:
    taken = {row.place for row in rows if row.granted}
    mine = Counter(row.owner for row in rows if row.granted)
    for row in rows:
        if row.granted:
            continue
        if len(taken) >= row.per_deployment:
            break
        if mine[row.owner] < row.per_user:
            taken.add(row.place)
            mine[row.owner] += 1
    return taken
