"""Transcripts are kept as the SDK demands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from claude_agent_sdk.testing import run_session_store_conformance

from agent_core.planning.transcripts import Mirror, Transcripts, TranscriptStore, resumable
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.transcripts import TranscriptRows
from tests.planning.stage import Rows

pytestmark = pytest.mark.anyio

KEY = {"project_key": "-work", "session_id": "s"}


def in_memory(folder: Path) -> TranscriptStore:
    return Rows()


def in_the_database(folder: Path) -> TranscriptStore:
    database = Database.open(f"sqlite:///{folder / 'x.db'}")
    return TranscriptRows(database, ConversationStore(database).create("owner", "title"))


@pytest.mark.parametrize("store", [in_memory, in_the_database])
async def test_the_sdks_own_harness_is_satisfied(store: Callable[[Path], TranscriptStore], tmp_path: Path) -> None:
    """Every contract of a session store that the SDK checks."""
    made = 0

    def make() -> Transcripts:
        nonlocal made
        made += 1
        folder = tmp_path / str(made)
        folder.mkdir()
        return Transcripts(store(folder))

    await run_session_store_conformance(make)
    assert made > 5


async def test_the_mirror_writes_through_and_reads_nothing() -> None:
    """The SDK must not write a transcript to the host's temporary folder."""
    rows = Rows()
    mirror = Mirror(Transcripts(rows))
    await mirror.append(KEY, [{"type": "queue-operation"}])
    assert not mirror.message_kept.is_set()
    await mirror.append(KEY, [{"type": "user", "uuid": "u"}])
    assert mirror.message_kept.is_set()
    assert await mirror.load(KEY) is None
    assert len(rows.load("-work", "s") or ()) == 2


async def test_notes_alone_are_nothing_to_resume() -> None:
    """A process that was ended at once leaves only notes, and the conversation begins anew."""
    assert not resumable(None)
    assert not resumable([{"type": "queue-operation"}])
    assert resumable([{"type": "queue-operation"}, {"type": "user"}])
