"""What becomes of a dead process's sandboxes: gone on with here where that can be, and else closed and ended."""

import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from agent_core.errors import RingfenceError
from agent_core.events import FileRemoved, SandboxAmended, SandboxOpened
from agent_core.sandbox.base import Provider, Resuming
from agent_core.session.log import State
from agent_core.session.providers import Providers
from agent_core.storage.errands import Errands
from agent_core.storage.events import EventStore, StoredEvent
from agent_core.storage.holders import Holder, this_process
from agent_core.storage.sandboxes import LoggedSandbox, SandboxLog

_log = structlog.get_logger(__name__)


class Orphans:
    """The sandboxes that no living process holds, as this process finds them. Thread-safe."""

    def __init__(self, sandboxes: SandboxLog, errands: Errands, events: EventStore, providers: Providers) -> None:
        self._sandboxes = sandboxes
        self._errands = errands
        self._events = events
        self._providers = providers
        self._dead: set[str] = set()
        self._adopted: dict[str, LoggedSandbox] = {}
        self._lock = threading.RLock()
        self._unseen = True
        self.settle()

    def settle(self) -> None:
        """Adopt what can be gone on with, for the holder of its conversation to do so, and close all else."""
        with self._lock:
            orphans = self._sandboxes.orphans()
            there = self._providers.remote() if orphans else ()
            resuming = {one.name for one in there if isinstance(one, Resuming)}
            for orphan in orphans if resuming else ():
                events = self._events.read(orphan.conversation_id)
                if goes_on(events, orphan, resuming, datetime.now(UTC)) and self._sandboxes.adopt(orphan):
                    self._adopted[orphan.conversation_id] = orphan
            self._note({one.id for one in self._sandboxes.close_orphans()} | set(self._errands.close_orphans()))

    @property
    def adopted(self) -> tuple[str, ...]:
        """The conversations whose sandboxes wait to be gone on with."""
        return tuple(self._adopted)

    def of(self, conversation_id: str) -> LoggedSandbox | None:
        """A conversation's adopted sandbox: from here on it is resumed, and `done` with, or given up."""
        return self._adopted.get(conversation_id)

    def done(self, orphan: LoggedSandbox) -> None:
        """It is like any other from now on."""
        self._adopted.pop(orphan.conversation_id, None)

    def give_up(self, orphan: LoggedSandbox) -> None:
        """Close one that can't be gone on with, and have it ended. Raises StoreUnavailable: then it waits."""
        self._sandboxes.give_up(orphan)
        self._note({orphan.id})
        self.done(orphan)

    async def reclaim(self, take: Callable[[str], Awaitable[bool]], *, here: Sequence[Provider]) -> None:
        """Have the conversations of adopted sandboxes taken, and end what else was left, `here` and elsewhere.

        A provider that doesn't answer waits.
        """
        self.settle()
        for conversation_id, orphan in tuple(self._adopted.items()):
            if not await take(conversation_id):
                self.give_up(orphan)
        there = self._providers.remote() if self._unseen or here else ()
        self._unseen = False
        for opened in (*here, *there):
            try:
                await self.end_at(opened)
            except RingfenceError as error:
                _log.warning("leftovers_not_ended", provider=opened.name, reason=str(error))

    async def end_at(self, provider: Provider) -> None:
        """End the provider's sandboxes whose app process is gone.

        Of a process on another host only those are ended that the database knows to be orphans: it may be alive.
        Raises what `Provider.leftovers` does.
        """
        now = datetime.now(UTC)
        here = this_process().host
        found = await provider.leftovers()
        alive = {one.id for one in self._sandboxes.alive()}
        for leftover in found:
            holder = Holder.of_label(leftover.holder)
            dead = holder is not None and holder.host == here and holder.gone(now, now)
            if leftover.id in alive or not (dead or leftover.id in self._dead):
                continue
            try:
                await provider.end(leftover.id)
            except RingfenceError as error:
                _log.warning("leftover_not_ended", provider=provider.name, sandbox=leftover.id, reason=str(error))
            else:
                _log.info("leftover_ended", provider=provider.name, sandbox=leftover.id)

    def _note(self, ids: set[str]) -> None:
        self._dead |= ids
        self._unseen = self._unseen or bool(ids)


def goes_on(events: Iterable[StoredEvent], orphan: LoggedSandbox, resuming: set[str], now: datetime) -> bool:
    """Whether a sandbox was at rest, is within its times, and is wholly under the contract in force."""
    state = State()
    limits: SandboxOpened | SandboxAmended | None = None
    removed = False
    for one in events:
        state.add(one.event)
        match one.event:
            case SandboxOpened() | SandboxAmended():
                limits, removed = one.event, removed and isinstance(one.event, SandboxAmended)
            case FileRemoved():
                removed = True
            case _:
                pass
    lifecycle, opened = state.contract.lifecycle, state.sandbox
    if opened is None or limits is None or opened.sandbox != orphan.id or opened.provider not in resuming:
        return False
    return (
        lifecycle.mode == "session"
        and state.open_turn is None
        and not removed
        and limits.contract_version == state.version
        and not (isinstance(limits, SandboxAmended) and limits.pending)
        and now - orphan.last_seen < timedelta(seconds=lifecycle.idle_seconds)
        and now - orphan.opened_at < timedelta(seconds=lifecycle.max_seconds)
    )
