"""A conversation's events, arranged as messages. Pure: live and replayed events arrange alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from agent_core.billing.runs import run_costs
from agent_core.events import (
    CodeFinished,
    CodeStarted,
    ContractDenied,
    Event,
    FileRefused,
    FileRemoved,
    FileUploaded,
    TurnEnded,
    UserAsked,
)
from agent_core.storage.events import StoredEvent

Side = Literal["person", "files", "agent"]


@dataclass(frozen=True, slots=True)
class Run:
    """A call into the sandbox; `finished` is None while it runs, or when it never finished."""

    started: CodeStarted
    finished: CodeFinished | None = None
    usd: Decimal | None = None
    """What its own seconds cost; None where no price is known."""

    @classmethod
    def without_start(cls, finished: CodeFinished) -> "Run":
        """A run whose beginning is not among the events."""
        started = CodeStarted(
            at=finished.at, turn=finished.turn, run=finished.run, code="", language="python", contract_version=1
        )
        return cls(started, finished)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to draw, with the number of the event that opened it."""

    seq: int
    content: Event | Run
    denied: ContractDenied | None = None
    """The denial that this run, or this turn, ended with; it is said here and not again."""


@dataclass(frozen=True, slots=True)
class Message:
    """Consecutive entries of one side; each question is a message of its own."""

    side: Side
    entries: tuple[Entry, ...]


def entries(events: Sequence[StoredEvent]) -> tuple[Entry, ...]:
    """Events in order, with the end of each run beside its beginning, and a denial beside what it ended."""
    denials = _denials(events)
    said = {denial.seq for denial in denials.values()}
    denied = {end: denial.event for end, denial in denials.items() if isinstance(denial.event, ContractDenied)}
    ends = {stored.event.run: stored for stored in events if isinstance(stored.event, CodeFinished)}
    begun = {stored.event.run for stored in events if isinstance(stored.event, CodeStarted)}
    costs = run_costs(stored.event for stored in events)
    found: list[Entry] = []
    for stored in events:
        event = stored.event
        if isinstance(event, CodeStarted):
            end = ends.get(event.run)
            finished = end.event if end and isinstance(end.event, CodeFinished) else None
            run = Run(event, finished, costs.get(event.run))
            found.append(Entry(stored.seq, run, denied.get(end.seq) if end else None))
        elif not (isinstance(event, CodeFinished) and event.run in begun) and stored.seq not in said:
            found.append(Entry(stored.seq, event, denied.get(stored.seq)))
    return tuple(found)


def _denials(events: Sequence[StoredEvent]) -> dict[int, StoredEvent]:
    """Denials in the words that a run or a turn ended with, by the number of that end.

    A run's denial comes right after it, a turn's before it.
    """
    found: dict[int, StoredEvent] = {}
    runs: dict[tuple[str | None, str], int] = {}
    waiting: dict[tuple[str | None, str], StoredEvent] = {}
    for stored in events:
        event = stored.event
        match event:
            case CodeFinished():
                runs[event.turn, event.message] = stored.seq
            case ContractDenied() if (key := (event.turn, event.message)) in runs:
                found[runs.pop(key)] = stored
            case ContractDenied():
                waiting[event.turn, event.message] = stored
            case TurnEnded() if (key := (event.turn, event.message)) in waiting:
                found[stored.seq] = waiting.pop(key)
            case _:
                pass
    return found


def messages(found: Sequence[Entry]) -> tuple[Message, ...]:
    """Entries gathered into messages."""
    out: list[Message] = []
    for entry in found:
        side = _side(entry.content)
        if out and out[-1].side == side and side != "person":
            out[-1] = Message(side, (*out[-1].entries, entry))
        else:
            out.append(Message(side, (entry,)))
    return tuple(out)


def last_turns(found: Sequence[Entry], turns: int) -> tuple[Entry, ...]:
    """The entries of the last turns, with the files that came just before the first of them."""
    starts = [index for index, entry in enumerate(found) if isinstance(entry.content, UserAsked)]
    if len(starts) <= turns:
        return tuple(found)
    first = starts[-turns]
    while isinstance(found[first - 1].content, FileUploaded | FileRefused | FileRemoved):
        first -= 1
    return tuple(found[first:])


def files_here(found: Sequence[Entry]) -> frozenset[int]:
    """The entries of files that are still in the conversation."""
    here: dict[str, int] = {}
    for entry in found:
        if isinstance(entry.content, FileUploaded):
            here[entry.content.upload.name] = entry.seq
        elif isinstance(entry.content, FileRemoved):
            here.pop(entry.content.name, None)
    return frozenset(here.values())


def open_run(found: Sequence[Entry]) -> Run | None:
    """The run that is under way, if the newest one has not finished."""
    for entry in reversed(found):
        if isinstance(entry.content, Run):
            return entry.content if entry.content.finished is None else None
    return None


def _side(content: Event | Run) -> Side:
    """Questions are the person's, files stand by themselves, and all else is told on the agent's side."""
    match content:
        case UserAsked():
            return "person"
        case FileUploaded() | FileRefused() | FileRemoved():
            return "files"
        case _:
            return "agent"
