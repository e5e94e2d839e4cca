"""Keeps the SDK's transcripts in a store of ours, from where any process can resume a conversation."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from claude_agent_sdk import SessionKey, SessionStoreEntry

MESSAGES = frozenset({"user", "assistant"})
"""The kinds of entries that hold the conversation; the others are the SDK's own notes."""


class TranscriptStore(Protocol):
    """Rows of (project_key, session_id, subpath, number, entry); `subpath` is "" for the main transcript.

    Implementations need not be quick: they are called in a thread. One that can't be reached may raise.
    """

    def append(self, project_key: str, session_id: str, subpath: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Append JSON objects in order. One whose `uuid` is stored already is left out."""

    def load(self, project_key: str, session_id: str, subpath: str = "") -> list[dict[str, Any]] | None:
        """What was appended, in order; None where nothing was."""


class Transcripts:
    """The SDK's `SessionStore` over a `TranscriptStore`."""

    def __init__(self, store: TranscriptStore) -> None:
        self._store = store

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Mirror a batch of entries."""
        rows = [cast("Mapping[str, Any]", entry) for entry in entries]
        if rows:
            await asyncio.to_thread(self._store.append, *_place(key), rows)

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """A whole transcript; None where there is none."""
        return cast("list[SessionStoreEntry] | None", await asyncio.to_thread(self._store.load, *_place(key)))


class Mirror:
    """What one process is given: it writes through, and tells when the message of the turn is kept.

    It reads nothing: the planner itself puts the transcript into the jail, because the SDK would write
    it to a folder that the jail doesn't have.
    """

    def __init__(self, transcripts: Transcripts) -> None:
        self._transcripts = transcripts
        self.message_kept = asyncio.Event()

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Mirror a batch of entries."""
        await self._transcripts.append(key, entries)
        if any(entry.get("type") == "user" for entry in entries):
            self.message_kept.set()

    async def load(self, key: SessionKey) -> None:
        """Nothing, ever."""


def resumable(entries: Sequence[Mapping[str, Any]] | None) -> bool:
    """Whether a transcript holds anything of the conversation, and not only notes."""
    return any(entry.get("type") in MESSAGES for entry in entries or ())


def _place(key: SessionKey) -> tuple[str, str, str]:
    return key["project_key"], key["session_id"], key.get("subpath", "")
