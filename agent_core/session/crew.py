"""At most so many of the SDK's processes at once, each of about 220 MiB: turns that find none free wait in order."""

import asyncio
from collections import deque
from decimal import Decimal

import psutil

from agent_core.planning.base import Emit, Planner, Tokens, TurnResult

_PROCESS_BYTES = 250 << 20
_FEWEST, _MOST = 4, 32


def most_processes() -> int:
    """What a quarter of this machine's memory holds, between 4 and 32."""
    return max(_FEWEST, min(_MOST, psutil.virtual_memory().total // 4 // _PROCESS_BYTES))


class Crew:
    """The places that planners' processes take. Its coroutines run on the background loop."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most or most_processes()
        self._working: set[Member] = set()
        self._resting: dict[Member, None] = {}
        """Those whose process is kept for the next turn, the longest first."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._promised = 0
        """Places of those who were called in and have not come yet: nobody else gets these."""

    async def enter(self, member: "Member") -> None:
        """Take a place for a turn; a process that rests gives up its own. Raises CancelledError while it waits."""
        self._resting.pop(member, None)
        if self._taken >= self._most:
            await self._called()
        self._working.add(member)
        while self._resting and len(self._working) + len(self._resting) > self._most:
            longest = next(iter(self._resting))
            del self._resting[longest]
            await longest.inner.release()

    def rest(self, member: "Member") -> None:
        """The turn is over; the process may be kept until its place is wanted."""
        self._working.discard(member)
        self._resting[member] = None
        self._next()

    def leave(self, member: "Member") -> None:
        """There is no process any more."""
        self._working.discard(member)
        self._resting.pop(member, None)
        self._next()

    @property
    def _taken(self) -> int:
        return len(self._working) + self._promised

    async def _called(self) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called in self._waiting:
                self._waiting.remove(called)
            elif not called.cancelled():
                self._promised -= 1
                self._next()
            raise
        self._promised -= 1

    def _next(self) -> None:
        while self._waiting and self._taken < self._most:
            called = self._waiting.popleft()
            if not called.done():
                called.set_result(None)
                self._promised += 1


class Member:
    """A planner whose process has a place in the crew while it lives. Satisfies `Planner`."""

    def __init__(self, inner: Planner, crew: Crew) -> None:
        self.inner = inner
        self._crew = crew
        self._waits = False

    @property
    def used(self) -> TurnResult:
        """See `Planner.used`."""
        return TurnResult(Tokens(), Decimal(0)) if self._waits else self.inner.used

    async def turn(self, prompt: str, emit: Emit) -> TurnResult:
        """See `Planner.turn`."""
        self._waits = True
        await self._crew.enter(self)
        self._waits = False
        try:
            return await self.inner.turn(prompt, emit)
        finally:
            self._crew.rest(self)

    async def release(self) -> None:
        """See `Planner.release`."""
        await self.inner.release()
        self._crew.leave(self)

    async def close(self) -> None:
        """See `Planner.close`."""
        await self.inner.close()
        self._crew.leave(self)
