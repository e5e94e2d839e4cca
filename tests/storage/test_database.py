import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.schema import METADATA


def test_the_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_opening_again_changes_nothing(database: Database, url: str, conversations: ConversationStore) -> None:
    kept = conversations.create("ada", "x")
    again = Database.open(url)
    assert [row.id for row in ConversationStore(again).list("ada")] == [kept]
    again.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_sqlite_is_set_up_to_be_shared_and_safe(database: Database) -> None:
    expected = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 30_000}
    with database.reading() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in expected}
    assert found == expected


def test_a_block_that_raises_keeps_nothing(database: Database, conversations: ConversationStore) -> None:
    columns = "id, owner, title, created_at, updated_at, last_seq"
    row = f"insert into conversations ({columns}) values ('a', 'ada', 't', '2026-01-01', '2026-01-01', 0)"

    def write() -> None:
        with database.writing() as connection:
            connection.execute(text(row))
            raise LookupError

    with pytest.raises(LookupError):
        write()
    assert conversations.list("ada") == ()


def test_a_reader_sees_one_moment(database: Database, conversations: ConversationStore) -> None:
    count = text("select count(*) from conversations")
    with database.reading() as connection:
        before = connection.execute(count).scalar_one()
        conversations.create("ada", "x")
        assert connection.execute(count).scalar_one() == before
    with database.reading() as connection:
        assert connection.execute(count).scalar_one() == before + 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_folder_is_the_owners_alone(database: Database, tmp_path: Path) -> None:
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_three_processes_may_open_a_new_database_at_once(url: str) -> None:
    program = "import sys; from agent_core.storage.database import Database; Database.open(sys.argv[1]).close()"
    openers = [subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE) for _ in range(3)]
    for opener in openers:
        _, errors = opener.communicate(timeout=60)
        assert opener.returncode == 0, errors
