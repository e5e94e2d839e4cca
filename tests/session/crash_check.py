"""What a deployment has lost or doubled, once its processes have ended: by its database and its artifacts alone."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from agent_core.billing.meter import meter
from agent_core.events import (
    CodeFinished,
    CodeStarted,
    Event,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
    UserAsked,
)
from agent_core.storage.artifacts import ArtifactStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore, StoredEvent, referenced
from agent_core.storage.leases import Leases
from agent_core.storage.sandboxes import SandboxLog
from agent_core.storage.workspaces import WorkspaceStore
from tests.session.crash_app import Told
from tests.session.crash_worker import chained

_TOKEN = re.compile("token = '([0-9a-f]{32})'")


def wrong(database: Database, artifacts: Path, told: Told, conversations: Sequence[str]) -> list[str]:
    """What was lost or doubled, a sentence each."""
    found: list[str] = []
    events, store = EventStore(database), ArtifactStore(artifacts)
    asked: Counter[tuple[str, str]] = Counter()
    for conversation in conversations:
        stored = events.read(conversation)
        found += [f"{conversation}: {one}" for one in _inconsistent(stored)]
        seen = {number: digest for (name, number), digest in told.seen.items() if name == conversation}
        found += [
            f"{conversation}: what was seen up to event {number} has changed" for number in _changed(stored, seen)
        ]
        for one in stored:
            if isinstance(one.event, UserAsked):
                asked.update((conversation, token) for token in _TOKEN.findall(one.event.text))
            found += [f"artifact {sha256} is lost" for sha256 in referenced(one.event) if not _whole(store, sha256)]
        kept = WorkspaceStore(database).files(f"conversation:{conversation}")
        found += [f"file {path} is lost" for path, file in kept.items() if not _whole(store, file.sha256)]
        made = {
            artifact.name for one in stored if isinstance(one.event, CodeFinished) for artifact in one.event.artifacts
        }
        found += [f"{conversation}: {name} is not in the working folder" for name in made - set(kept)]
    found += [f"{key}: asked {asked[key]} times" for key in told.asked if asked[key] != 1]
    found += [f"sandbox {one.id} is noted as alive" for one in SandboxLog(database).alive()]
    if left := Leases(database).granted():
        found.append(f"{left} leases are held by nobody")
    return found


def _changed(stored: Sequence[StoredEvent], seen: Mapping[int, str]) -> Iterator[int]:
    """Of the numbers up to which somebody has seen the events, those up to which they are others now, or gone."""
    digest = ""
    known = set(seen)
    for number, one in enumerate(stored, 1):
        digest = chained(digest, (one,))
        if number in known:
            known.discard(number)
            if seen[number] != digest:
                yield number
    yield from known


def _whole(store: ArtifactStore, sha256: str) -> bool:
    try:
        return hashlib.sha256(store.read(sha256)).hexdigest() == sha256
    except KeyError:
        return False


_PAIRS = (("user_asked", "turn_ended"), ("code_started", "code_finished"), ("sandbox_opened", "sandbox_closed"))


def _inconsistent(stored: Sequence[StoredEvent]) -> Iterator[str]:
    if [one.seq for one in stored] != list(range(1, len(stored) + 1)):
        yield "numbers have gaps"
    events = [one.event for one in stored]
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        match event:
            case UserAsked() | TurnEnded():
                count[event.kind][event.turn] += 1
            case CodeStarted() | CodeFinished():
                count[event.kind][event.run] += 1
            case SandboxOpened() | SandboxClosed():
                count[event.kind][event.sandbox] += 1
            case _:
                pass
    for begun, ended in _PAIRS:
        for name in set(count[begun]) | set(count[ended]):
            if (count[begun][name], count[ended][name]) != (1, 1):
                yield f"{begun} {count[begun][name]} times and {ended} {count[ended][name]} times for {name}"
    yield from _misbilled(events)


def _misbilled(events: Sequence[Event]) -> Iterator[str]:
    """Every second of every sandbox costs once, and no conversation has two at a time."""
    opened: dict[str, datetime] = {}
    billed = 0.0
    for event in events:
        if isinstance(event, SandboxOpened):
            if opened:
                yield f"two sandboxes at once: {event.sandbox} and {tuple(opened)}"
            opened[event.sandbox] = event.at
        elif isinstance(event, SandboxClosed):
            billed += (event.at - opened.pop(event.sandbox, event.at)).total_seconds()
    cost = meter(events, datetime.now(UTC))
    if cost.running_since is not None or abs(cost.sandbox_seconds - billed) > 1e-3 or (billed and not cost.sandbox_usd):
        yield f"{cost} was billed for {billed} s"
