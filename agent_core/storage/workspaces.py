"""What lies in a working folder, by content hash, so that the next sandbox can begin with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from agent_core.storage import schema
from agent_core.storage.database import Database


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file's bytes in the artifact store."""

    sha256: str
    size: int


class WorkspaceStore:
    """One set of files, by relative path, for each workspace: a conversation's, or a person's volume."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def files(self, workspace: str) -> dict[str, KeptFile]:
        """The files of a workspace; none where nothing was kept."""
        table = schema.workspace_files
        query = select(table.c.path, table.c.sha256, table.c.size).where(table.c.workspace == workspace)
        with self._database.reading() as connection:
            return {row.path: KeptFile(row.sha256, row.size) for row in connection.execute(query)}

    def put(self, workspace: str, files: Mapping[str, KeptFile]) -> None:
        """Keep some files beside those that are there, in place of those of the same path."""
        table = schema.workspace_files
        if files:
            with self._database.writing() as connection:
                connection.execute(delete(table).where(table.c.workspace == workspace, table.c.path.in_(tuple(files))))
                _insert(connection, workspace, files)

    def replace(self, workspace: str, files: Mapping[str, KeptFile]) -> None:
        """Keep these files and no others."""
        table = schema.workspace_files
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.workspace == workspace))
            _insert(connection, workspace, files)

    def references(self) -> frozenset[str]:
        """The content hashes that any workspace refers to."""
        with self._database.reading() as connection:
            return frozenset(connection.execute(select(schema.workspace_files.c.sha256).distinct()).scalars())


def _insert(connection: Connection, workspace: str, files: Mapping[str, KeptFile]) -> None:
    rows = [
        {"workspace": workspace, "path": path, "sha256": kept.sha256, "size": kept.size} for path, kept in files.items()
    ]
    if rows:
        connection.execute(insert(schema.workspace_files), rows)
