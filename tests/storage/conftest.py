from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from tests.bucket import ObjectStore, object_store
from tests.postgresql import PostgreSQL, postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    with postgresql() as running:
        yield running


@pytest.fixture(scope="session")
def object_server() -> Iterator[ObjectStore]:
    with object_store() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind: every promise of this layer is made on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/ringfence.db"
    server: PostgreSQL = request.getfixturevalue("server")
    return server.database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database.open(url)
    yield opened
    opened.close()


@pytest.fixture
def conversations(database: Database) -> ConversationStore:
    return ConversationStore(database)


@pytest.fixture
def conversation(conversations: ConversationStore) -> str:
    return conversations.create("ada", "A first look")


@pytest.fixture
def events(database: Database) -> EventStore:
    return EventStore(database)
