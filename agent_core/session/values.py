"""What the screen reads from a session."""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal

from agent_core.billing.meter import Cost
from agent_core.contract import Contract, Language
from agent_core.storage.events import StoredEvent


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file on its way in. `content` is read once, in pieces, before the call returns."""

    name: str
    content: BinaryIO
    size: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a running turn has made that is not an event yet. Empty strings where there is nothing."""

    turn: str
    status: str
    """A short phrase: "Thinking", "Writing code", "Opening a sandbox", "Running code"."""
    since: datetime
    """When this status began."""
    text: str = ""
    thinking: str = ""
    code: str = ""
    language: Language = "python"
    output: str = ""
    """The end of what the running code has written so far."""
    running: str | None = None
    """The id of the run under way; its CodeStarted event is in the transcript already."""


@dataclass(frozen=True, slots=True)
class SandboxState:
    """The conversation's sandbox as it is now."""

    phase: Literal["none", "opening", "idle", "running"]
    id: str | None = None
    opened_at: datetime | None = None
    contract_version: int | None = None
    enforced_by: tuple[str, ...] = ()
    pending: frozenset[str] = frozenset()
    """Clauses of the contract in force that hold only with the next sandbox."""
    ahead: int | None = None
    """How many others come first while this one waits for a sandbox; None while it doesn't wait."""


@dataclass(frozen=True, slots=True)
class Closing:
    """When a resting sandbox closes if nothing is asked of it."""

    at: datetime
    extendable: bool
    """Whether its rest ends first, which can be extended, and not its longest life."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One consistent reading of a conversation."""

    events: tuple[StoredEvent, ...]
    """Those after the number that was asked for."""
    last: int
    """The number of the newest event."""
    busy: bool
    draft: Draft | None
    contract: Contract
    contract_version: int
    sandbox: SandboxState
    cost: Cost
    suggestions: tuple[str, ...]
    """Questions that fit the data, for an empty or waiting conversation."""
    closing: Closing | None = None
    """None while a turn runs, and where there is no sandbox."""
    withheld: str = ""
    """Why the operator lets no sandbox open before this contract was checked; empty where it was, or need not be."""


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A line in the list of conversations."""

    id: str
    title: str
    updated_at: datetime
    busy: bool
    pinned: bool = False
