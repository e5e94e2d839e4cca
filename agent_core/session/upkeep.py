"""What a process does all the time beside its turns: beats, ticks, what others ask of it, and what the dead left."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from agent_core.background import BackgroundLoop
from agent_core.errors import ClauseRefused, RingfenceError
from agent_core.session.conversation import Conversation
from agent_core.session.elsewhere import TELL_SECONDS, told
from agent_core.session.gate import Gate
from agent_core.session.keys import Keys
from agent_core.session.orders import ORDERS, Answer
from agent_core.session.validation import Validations
from agent_core.session.values import Draft
from agent_core.storage.drafts import Drafts
from agent_core.storage.holders import BEAT_SECONDS
from agent_core.storage.requests import Request, RequestBox
from agent_core.storage.sandboxes import SandboxLog
from agent_core.storage.seats import Seats

_log = structlog.get_logger(__name__)

_TICK_SECONDS = 1.0
_ANSWER_SECONDS = 0.2
_SWEEP_SECONDS = 5.0


class Upkeep:
    """The loops of a deployment's process. `held` are the conversations that it writes."""

    def __init__(
        self,
        loop: BackgroundLoop,
        *,
        held: Mapping[str, Conversation],
        seats: Seats,
        requests: RequestBox,
        sandboxes: SandboxLog,
        drafts: Drafts,
        gate: Gate,
        runs: tuple[Validations, Keys],
        reclaim: Callable[[bool], Awaitable[None]],
    ) -> None:
        self._held = held
        self._seats = seats
        self._requests = requests
        self._sandboxes = sandboxes
        self._drafts = drafts
        self._told: dict[str, tuple[int, Draft]] = {}
        self._gate = gate
        self._runs = runs
        self._reclaim = reclaim
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._jobs = [
            loop.start(_forever(self._tick, _TICK_SECONDS)),
            loop.start(_forever(self._answer, _ANSWER_SECONDS)),
            loop.start(_forever(self._beat, BEAT_SECONDS)),
            loop.start(_forever(self._sweep, _SWEEP_SECONDS)),
            loop.start(_forever(self._tell, TELL_SECONDS)),
        ]

    @property
    def ended(self) -> bool:
        """Whether one of the loops runs no more, which it should as long as the process lives."""
        return any(job.done for job in self._jobs)

    def cancel(self) -> None:
        """End the loops."""
        for job in self._jobs:
            job.cancel()

    async def look_after_all(self) -> None:
        """One look after every conversation, to its end."""
        now = datetime.now(UTC)
        await asyncio.gather(*(conversation.tick(now) for conversation in tuple(self._held.values())))

    async def _tick(self) -> None:
        held = tuple(self._held.values())
        now = datetime.now(UTC)
        for conversation in held:
            self._start(f"tick {conversation.id}", conversation.tick(now))
        self._gate.settle()
        for run in self._runs:
            run.beat()
        alive = {one.id: sandbox for one in held if (sandbox := one.sandbox_id) is not None}
        self._sandboxes.beat(*alive.values())
        self._gate.beat(*alive)

    async def _answer(self) -> None:
        for request in self._requests.waiting(self._seats.process):
            conversation = self._held.get(request.conversation_id)
            if conversation is not None and self._requests.claim(request.id):
                self._start(f"request {request.id}", self._serve(conversation, request))

    async def _serve(self, conversation: Conversation, request: Request) -> None:
        try:
            answer = await conversation.serve(ORDERS.validate_json(request.body))
        except ClauseRefused as refused:
            answer = Answer(refusal=str(refused), clause=refused.clause)
        self._requests.answer(request.id, answer.model_dump_json())

    async def _tell(self) -> None:
        """Have the other processes, if there are any, know what the turns here show."""
        if not self._seats.others:
            return
        shown = {name: draft for name, one in tuple(self._held.items()) if (draft := one.draft) is not None}
        changed = {
            name: (seq, told(draft)) for name, (seq, draft) in shown.items() if self._told.get(name) != (seq, draft)
        }
        self._drafts.put({**dict.fromkeys(self._told.keys() - shown.keys()), **changed})
        self._told = shown

    async def _beat(self) -> None:
        """Apart from the sweep, which waits for providers: who doesn't beat is taken for dead."""
        if not self._seats.beat():
            _log.warning("taken_for_dead", process=self._seats.process)
            for conversation in tuple(self._held.values()):
                conversation.lose()

    async def _sweep(self) -> None:
        dead = self._seats.forget_the_dead()
        self._requests.forget_old()
        await self._reclaim(dead)

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Begin something that no other conversation has to wait for, unless the same is under way."""
        if name in self._tasks:
            work.close()
            return
        task = self._tasks[name] = asyncio.get_running_loop().create_task(_logged(name, work))
        task.add_done_callback(lambda _: self._tasks.pop(name))


async def _forever(work: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        await _logged(work.__name__, work())


async def _logged(name: str, work: Awaitable[None]) -> None:
    """A failure ends neither the loop nor the others' work: it is tried again the next time."""
    try:
        await work
    except RingfenceError as error:
        _log.warning("upkeep_waits", work=name, reason=str(error))
    except Exception:  # noqa: BLE001 - it is tried again, and the rest goes on
        _log.exception("upkeep_failed", work=name)
