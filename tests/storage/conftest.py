from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state/ringfence.db"


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
