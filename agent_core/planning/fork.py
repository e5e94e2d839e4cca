"""What a planner remembers of a conversation, given to a copy of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent_core.planning.claude import session_of
from agent_core.planning.confined import PROJECT_KEY
from agent_core.planning.transcripts import TranscriptStore


def fork_transcript(
    source: TranscriptStore, source_id: str, target: TranscriptStore, target_id: str, before: datetime | None
) -> None:
    """Copy one conversation's transcript to another's, up to a time, or all of it."""
    entries = source.load(PROJECT_KEY, session_of(source_id)) or []
    kept = [{**entry, "sessionId": session_of(target_id)} for entry in entries if _belongs(entry, before)]
    if kept:
        target.append(PROJECT_KEY, session_of(target_id), "", kept)


def _belongs(entry: Mapping[str, Any], before: datetime | None) -> bool:
    """Whether it is part of the talk, and not a note of the SDK's about one process or a later moment."""
    try:
        at = datetime.fromisoformat(entry["timestamp"])
    except (KeyError, TypeError, ValueError):
        return False
    return "uuid" in entry and (before is None or at < before)
