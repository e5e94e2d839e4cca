"""The reports of validations, as text: what it says is its own hash's matter, and not this module's."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from agent_core.storage import schema
from agent_core.storage.database import Database


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report as it is kept. Ids sort by time."""

    id: str
    account: str
    """Whose account at the provider it is about: empty for the deployment's, else the person who owns the key."""
    fingerprint: str
    """Of the contract; see `agent_core.contract.fingerprint`."""
    body: str


class ReportRows:
    """A deployment's reports, shared by its processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, row: ReportRow, *, most: int) -> None:
        """Keep a report unless it is kept already; of its account's, the oldest beyond `most` go."""
        table = schema.reports
        try:
            with self._database.writing() as connection:
                connection.execute(insert(table), asdict(row))
                mine = select(table.c.id).where(table.c.account == row.account).order_by(table.c.id.desc())
                old = connection.execute(mine.offset(most)).scalars().all()
                connection.execute(delete(table).where(table.c.id.in_(old)))
        except IntegrityError:  # a report never changes: the one that is there says the same
            return

    def ids(self, accounts: Collection[str], fingerprint: str | None = None) -> tuple[str, ...]:
        """The reports about these accounts, newest first; of one fingerprint where it is given."""
        table = schema.reports
        query = select(table.c.id).where(table.c.account.in_(accounts)).order_by(table.c.id.desc())
        if fingerprint is not None:
            query = query.where(table.c.fingerprint == fingerprint)
        with self._database.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def body(self, report_id: str) -> str | None:
        """What a report says; None where it is gone."""
        table = schema.reports
        with self._database.reading() as connection:
            return connection.execute(select(table.c.body).where(table.c.id == report_id)).scalar_one_or_none()
