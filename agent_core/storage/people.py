"""Who has signed in, so that an operator reads names and not the numbers of an identity provider."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from agent_core.storage import schema
from agent_core.storage.database import Database

_LONGEST_NAME = 200
_LONGEST_EMAIL = 320


@dataclass(frozen=True, slots=True)
class Person:
    """A person, as their identity provider named them. Name and address are theirs to choose: hostile."""

    id: str
    """The issuer and its number for the person: what owns conversations."""
    name: str = ""
    email: str = ""
    """Empty unless the issuer has verified it."""


class People:
    """Everyone who has signed in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, person: Person) -> None:
        """Keep what a person is called now, in place of what they were called before."""
        table = schema.people
        row = {"id": person.id, "name": person.name[:_LONGEST_NAME], "email": person.email[:_LONGEST_EMAIL]}
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.id == person.id))
            connection.execute(insert(table), {**row, "seen_at": datetime.now(UTC)})

    def all(self) -> dict[str, Person]:
        """Everyone, by id."""
        table = schema.people
        with self._database.reading() as connection:
            rows = connection.execute(select(table.c.id, table.c.name, table.c.email)).all()
        return {row.id: Person(row.id, row.name, row.email) for row in rows}
