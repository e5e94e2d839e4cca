"""A conversation's events in memory, beside the store, and what they add up to."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce

import structlog

from agent_core.billing.meter import Cost, Meter
from agent_core.contract import HOSTED, Contract, PlannerSettings
from agent_core.errors import SeatLost, StoreUnavailable
from agent_core.events import (
    CodeFinished,
    CodeStarted,
    ContractChanged,
    Event,
    FileProfile,
    FileRemoved,
    FileUploaded,
    PlannerChanged,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
    Upload,
    UserAsked,
)
from agent_core.session.bell import Bell
from agent_core.storage.events import EventStore, StoredEvent

_log = structlog.get_logger(__name__)

_PAUSES = (0.0, 0.05, 0.25)
"""Seconds before each try: a connection that was lost is made anew at once, a server takes longer."""
_LATELY = 200
"""Events among which one is looked for that may have been kept."""


@dataclass(slots=True)
class State:
    """What the events so far add up to."""

    contract: Contract = field(default_factory=Contract)
    version: int = 0
    planner: PlannerSettings | None = None
    """None until somebody chooses."""
    files: dict[str, tuple[Upload, FileProfile | None]] = field(default_factory=dict)
    unbriefed: list[str] = field(default_factory=list)
    """Files that the planner has not been told of."""
    removed: list[str] = field(default_factory=list)
    """Files that are gone, which the planner has not been told of."""
    open_turn: str | None = None
    past_planner: bool = False
    """Whether the newest turn went past the planner."""
    open_run: str | None = None
    sandbox: SandboxOpened | None = None
    """The one that is alive, in whichever process."""
    asked: int = 0
    _elsewhere: bool = False
    """Whether the open turn is planned by somebody else, who tells the planner nothing."""

    def add(self, event: Event) -> None:
        """Fold one event in."""
        match event:
            case ContractChanged():
                self.contract, self.version = event.contract, event.version
            case PlannerChanged():
                self.planner = event.settings
            case FileUploaded() | FileRemoved():
                self._file(event)
            case UserAsked():
                self.open_turn, self.asked, self.past_planner = event.turn, self.asked + 1, event.past_planner
                self._elsewhere = self.contract.provider in HOSTED
            case CodeStarted() | CodeFinished():
                self.open_run = event.run if isinstance(event, CodeStarted) else None
            case SandboxOpened() | SandboxClosed():
                self.sandbox = event if isinstance(event, SandboxOpened) else None
            case TurnEnded():
                self.open_turn = None
                if event.outcome == "done" and not self.past_planner and not self._elsewhere:
                    self.unbriefed, self.removed = [], []
            case _:
                pass

    def _file(self, event: FileUploaded | FileRemoved) -> None:
        name = event.name if isinstance(event, FileRemoved) else event.upload.name
        self.unbriefed = [other for other in self.unbriefed if other != name]
        self.removed = [other for other in self.removed if other != name]
        if isinstance(event, FileUploaded):
            self.files[name] = (event.upload, event.profile)
            self.unbriefed.append(name)
        else:
            self.files.pop(name, None)
            self.removed.append(name)


class Log:
    """Appends to the store first, then to memory; safe to use from any thread.

    Only who has the conversation's seat appends; everybody else reads on with `refresh`.
    """

    def __init__(self, conversation: str, store: EventStore) -> None:
        self.lock = threading.RLock()
        self.bell = Bell()
        """Rung when something is to be seen: an event, or more of what the running turn shows."""
        self.state = State()
        self._conversation = conversation
        self._store = store
        self._meter = Meter()
        self._day = Meter(since=_midnight(datetime.now(UTC)))
        self._events: list[StoredEvent] = []
        self._owed: list[Event] = []
        self._unsure = False
        self.seat: str | None = None
        """The word under which events are appended; None while this process may not."""
        self._take(store.read(conversation))

    def append(self, *events: Event) -> None:
        """Record what is about to be done, in order, all or none. Raises StoreUnavailable, and SeatLost."""
        with self.lock:
            for pause in _PAUSES:
                time.sleep(pause)
                try:
                    self._commit(events)
                except StoreUnavailable:
                    self._unsure = True
                    if pause == _PAUSES[-1]:
                        raise
                except SeatLost:
                    self.seat = None
                    raise
                else:
                    return

    def owe(self, *events: Event) -> None:
        """Record what has happened already: at once, or with the next `append` or `settle` that succeeds."""
        with self.lock:
            try:
                self.append(*events)
            except StoreUnavailable:
                self._owed.extend(events)
            except SeatLost:
                _log.warning("facts_dropped", conversation=self._conversation, kinds=[event.kind for event in events])

    def settle(self) -> None:
        """Record what is owed, if the store takes it by now."""
        with self.lock:
            if self.seat is not None and not self.settled:
                self.owe()

    @property
    def settled(self) -> bool:
        """Whether nothing is owed, or may not have been kept."""
        return not self._owed and not self._unsure

    def refresh(self) -> None:
        """Read on: what another process has appended. Raises StoreUnavailable."""
        with self.lock:
            self._take(self._store.read(self._conversation, self.last))

    def after(self, seq: int) -> tuple[StoredEvent, ...]:
        """The events with a number above `seq`."""
        with self.lock:
            return tuple(self._events[seq:])

    def references(self) -> frozenset[str]:
        """The content hashes that the events refer to."""
        return self._store.references(self._conversation)

    @property
    def last(self) -> int:
        """The newest event's number; 0 when there is none."""
        return len(self._events)

    @property
    def newest(self) -> Event | None:
        """The newest event."""
        return self._events[-1].event if self._events else None

    def has_turn(self, turn: str) -> bool:
        """Whether a turn was begun."""
        with self.lock:
            return any(isinstance(one.event, UserAsked) and one.event.turn == turn for one in self._events)

    def asked_at(self, turn: str) -> datetime:
        """When a turn was begun. Raises StopIteration for an unknown one."""
        with self.lock:
            found = (one.event for one in reversed(self._events))
            return next(event.at for event in found if isinstance(event, UserAsked) and event.turn == turn)

    def cost(self) -> Cost:
        """What the conversation has cost until now."""
        with self.lock:
            return self._meter.cost(datetime.now(UTC))

    def cost_today(self) -> Cost:
        """What it has cost since midnight UTC."""
        now = datetime.now(UTC)
        with self.lock:
            if self._day.since != _midnight(now):
                events = (stored.event for stored in self._events)
                self._day = reduce(Meter.add, events, Meter(since=_midnight(now)))
            return self._day.cost(now)

    def _commit(self, events: tuple[Event, ...]) -> None:
        if self.seat is None:
            raise SeatLost
        if self._unsure:
            # A connection that was lost at the end of a transaction doesn't tell whether it was kept.
            self.refresh()
            kept = {one.event.model_dump_json() for one in self._events[-_LATELY:]}
            self._owed = [event for event in self._owed if event.model_dump_json() not in kept]
            events = tuple(event for event in events if event.model_dump_json() not in kept)
        stored = self._store.append(self._conversation, *self._owed, *events, seat=self.seat)
        if stored and stored[0].seq != self.last + 1:
            # What a dead process left was closed in between.
            stored = self._store.read(self._conversation, self.last)
        self._take(stored)
        self._owed, self._unsure = [], False

    def _take(self, stored: tuple[StoredEvent, ...]) -> None:
        for one in stored:
            self._events.append(one)
            self.state.add(one.event)
            self._meter = self._meter.add(one.event)
            self._day = self._day.add(one.event)
        if stored:
            self.bell.ring()


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
