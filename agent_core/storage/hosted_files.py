"""Files that lie at a provider for as long as a sandbox there lives, so that a killed app's are deleted later."""

from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select

from agent_core.storage import schema
from agent_core.storage.database import Database

_LONGEST_HOLDER = 320


@dataclass(frozen=True, slots=True)
class HostedFile:
    """A file at the provider, the sandbox that it belongs to, and the app process, by `Holder.label`."""

    file: str
    sandbox: str
    holder: str


class HostedFiles:
    """Keeps what `agent_core.sandbox.claude.ledger.Ledger` asks for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, file: str, sandbox: str, holder: str) -> None:
        """A file is there. One that was noted before stays as it is."""
        row = asdict(HostedFile(file, sandbox, holder[:_LONGEST_HOLDER]))
        table = schema.hosted_files
        with self._database.writing() as connection:
            if connection.execute(select(table.c.file).where(table.c.file == file)).first() is None:
                connection.execute(insert(table), row)

    def forget(self, file: str) -> None:
        """It is there no longer."""
        table = schema.hosted_files
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.file == file))

    def all(self) -> tuple[HostedFile, ...]:
        """Every file that was noted and not forgotten."""
        table = schema.hosted_files
        query = select(table.c.file, table.c.sandbox, table.c.holder).order_by(table.c.sandbox, table.c.file)
        with self._database.reading() as connection:
            return tuple(HostedFile(*row) for row in connection.execute(query))
