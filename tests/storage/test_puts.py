"""Bytes that a deleted conversation alone had go at once; what anybody else has, or is about to have, stays."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from agent_core.events import FileUploaded, Upload
from agent_core.storage import schema
from agent_core.storage.artifacts import GRACE_SECONDS, ArtifactStore
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from agent_core.storage.puts import NotedArtifacts, Puts
from agent_core.storage.workspaces import KeptFile, WorkspaceStore


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def puts(database: Database) -> Puts:
    return Puts(database)


def kept(store: ArtifactStore, sha256: str) -> bool:
    return store.path(sha256).exists()


def test_only_what_nobody_else_has_or_is_about_to_have_goes(
    database: Database, store: ArtifactStore, puts: Puts, events: EventStore
) -> None:
    mine = NotedArtifacts(store, puts, "mine")
    other = ConversationStore(database).create("bob", "Another")
    alone, named, filed, coming = (mine.put(content)[0] for content in (b"alone", b"named", b"filed", b"coming"))
    upload = Upload(name="a.csv", size=5, sha256=named)
    events.append(other, FileUploaded(upload=upload))
    WorkspaceStore(database).put("person:bob", {"a.csv": KeptFile(filed, 5)})
    NotedArtifacts(store, puts, other).put(b"coming")

    everything = {alone, named, filed, coming}
    assert puts.let_go("mine", everything, store.delete) == 1
    assert {sha256 for sha256 in everything if kept(store, sha256)} == {named, filed, coming}

    table = schema.artifact_puts
    with database.writing() as connection:
        old = datetime.now(UTC) - timedelta(seconds=GRACE_SECONDS + 1)
        connection.execute(update(table).where(table.c.holder == other).values(at=old))
    assert puts.let_go("mine", everything - {alone}, store.delete) == 1
    assert {sha256 for sha256 in everything if kept(store, sha256)} == {named, filed}


def test_who_keeps_the_same_bytes_in_the_middle_of_a_deletion_has_them_afterwards(
    store: ArtifactStore, puts: Puts
) -> None:
    """Both that come at the worst moment: after it was decided what goes, and before it has gone."""
    sha256, _ = NotedArtifacts(store, puts, "deleted").put(b"the same")
    begun = threading.Event()

    def keep() -> None:
        begun.set()
        NotedArtifacts(store, puts, "another").put(b"the same")

    writer = threading.Thread(target=keep)

    def away(name: str) -> None:
        writer.start()
        assert begun.wait(30)
        writer.join(0.3)
        assert writer.is_alive()  # it waits
        store.delete(name)

    assert puts.let_go("deleted", {sha256}, away) == 1
    writer.join(30)
    assert store.read(sha256) == b"the same"
    assert puts.let_go("deleted", {sha256}, store.delete) == 0


def test_where_a_note_is_not_kept_neither_are_the_bytes(store: ArtifactStore) -> None:
    def fail(_: str) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.put(b"x", fail)
    assert [path for path in store._folder.rglob("*") if path.is_file()] == []
