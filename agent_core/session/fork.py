"""A conversation gone on with from an earlier point, in a conversation of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from agent_core.events import (
    ContractDenied,
    ConversationForked,
    Event,
    PlannerRetried,
    SandboxAmended,
    SandboxClosed,
    SandboxOpened,
    SandboxResumed,
    TurnEnded,
    UserAsked,
)
from agent_core.storage.events import StoredEvent, referenced
from agent_core.storage.workspaces import KeptFile


def forked(events: Sequence[StoredEvent], up_to: int, origin: ConversationForked) -> tuple[Event, ...]:
    """The events of whole turns up to a number, as another conversation begins with them.

    Sandboxes and costs stay with the source: they were opened and paid for once.
    """
    copied: list[Event] = []
    begun = 0
    open_turn = False
    for stored in events:
        if stored.seq > up_to:
            break
        match stored.event:
            case SandboxOpened() | SandboxAmended() | SandboxResumed() | SandboxClosed():
                continue
            case ContractDenied() | PlannerRetried():
                continue
            case UserAsked():
                begun, open_turn = len(copied), True
                copied.append(stored.event)
            case TurnEnded() as ended:
                open_turn = False
                copied.append(_free(ended))
            case other:
                copied.append(other)
    return (*(copied[:begun] if open_turn else copied), origin)


def next_question(events: Sequence[StoredEvent], copied: Sequence[Event]) -> datetime | None:
    """When the first question was asked that was not copied; None where all were."""
    turns = {event.turn for event in copied if isinstance(event, UserAsked)}
    left = (one.event for one in events if isinstance(one.event, UserAsked) and one.event.turn not in turns)
    return next((event.at for event in left), None)


def kept(files: Mapping[str, KeptFile], events: Sequence[Event]) -> dict[str, KeptFile]:
    """Of the files in a working folder, those that were made by then and are as they were."""
    known = frozenset[str]().union(*map(referenced, events))
    return {path: file for path, file in files.items() if file.sha256 in known}


def _free(ended: TurnEnded) -> TurnEnded:
    nothing = TurnEnded(turn=ended.turn, outcome=ended.outcome, seconds=ended.seconds)
    costs = {name: getattr(nothing, name) for name in ("input_tokens", "output_tokens", "cache_read_tokens")}
    return ended.model_copy(update={**costs, "model_cost_usd": nothing.model_cost_usd})
