"""The planner whose code runs where the model is: Claude's hosted code execution.

It holds no process and no transcript. What the model is told of earlier turns is read from the conversation's
events each time, whichever planner answered them. It knows no provider: `HostedBench` hands it the container.
"""

from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from typing import Any, Protocol

from agent_core.contract import PlannerSettings
from agent_core.errors import RingfenceError, SandboxCrashed
from agent_core.events import Event
from agent_core.planning.base import (
    CodeDelta,
    Emit,
    Retrying,
    TextDelta,
    TextDone,
    ThinkingDelta,
    ThinkingDone,
    Tokens,
    TurnResult,
)
from agent_core.planning.history import messages, turns
from agent_core.planning.models import PRICES, Price
from agent_core.planning.partial import PartialStrings
from agent_core.planning.translate import add
from agent_core.tools.hosted import (
    Hosted,
    Part,
    Piece,
    Question,
    Returned,
    Running,
    Runs,
    Spent,
    Waiting,
    Whole,
    Writing,
)
from agent_core.tools.workbench import Workbench

_CUT_OFF = {
    "max_tokens": "The answer was cut off because it got too long. Ask it to go on.",
    "model_context_window_exceeded": "The conversation is too long for the model. Start a new one.",
    "refusal": "The model declined to answer this.",
}


class HostedBench(Workbench, Protocol):
    """A conversation whose sandbox is a hosted container."""

    async def hosted(self, work: Callable[[Hosted, str], Coroutine[Any, Any, str]]) -> str:
        """Do work with the container, opened when there is none, and its id. The contract can cut it short.

        Raises what `Workbench.sandbox` and the work do.
        """

    def events(self) -> Sequence[Event]:
        """The whole conversation until now."""


class HostedPlanner:
    """See `agent_core.planning.base.Planner`. `settings` and `system_prompt` are read for each turn.

    `anthropic` says that the models and prices are Anthropic's own; elsewhere the price is unknown and counts as none.
    """

    def __init__(
        self,
        bench: HostedBench,
        *,
        settings: Callable[[], PlannerSettings],
        system_prompt: Callable[[Hosted], str],
        anthropic: bool = True,
    ) -> None:
        self._bench = bench
        self._settings = settings
        self._anthropic = anthropic
        self._price: Price | None = None
        self._system_prompt = system_prompt
        self._tokens = Tokens()
        self._calls = 0

    @property
    def used(self) -> TurnResult:
        """See `Planner.used`."""
        cost = self._price.cost(self._tokens) if self._price else Decimal(0)
        return TurnResult(self._tokens, cost, self._calls)

    async def turn(self, prompt: str, emit: Emit) -> TurnResult:
        """See `Planner.turn`. A container that has expired is replaced by another, once."""
        self._tokens, self._calls = Tokens(), 0
        settings = self._settings()
        self._price = PRICES.get(settings.model) if self._anthropic else None
        before = [turn for turn in turns(self._bench.events()) if turn.outcome]
        talk = tuple(messages(before, prompt))

        def question(hosted: Hosted) -> Question:
            effort = settings.effort if self._anthropic else None
            return Question(self._system_prompt(hosted), talk, settings.model, effort, settings.most_steps)

        answering = _Answering(self, self._bench, question, emit)
        try:
            stopped = await self._bench.hosted(answering.ask)
        except SandboxCrashed:
            if answering.heard:
                raise
            stopped = await self._bench.hosted(answering.ask)
        used = self.used
        if stopped in _CUT_OFF:
            return TurnResult(used.tokens, used.cost_usd, used.model_calls, "provider_unavailable", _CUT_OFF[stopped])
        return used

    async def release(self) -> None:
        """See `Planner.release`. There is no process."""

    async def close(self) -> None:
        """See `Planner.close`."""

    def spend(self, spent: Spent) -> None:
        """Count what a request has used."""
        self._calls += spent.calls
        self._tokens = add(self._tokens, Tokens(spent.input, spent.output, spent.cache_read, spent.cache_write))


class _Answering:
    """One turn's parts, on their way to signals and events."""

    def __init__(
        self, planner: HostedPlanner, bench: HostedBench, question: Callable[[Hosted], Question], emit: Emit
    ) -> None:
        self._planner = planner
        self._bench = bench
        self._question = question
        self._emit = emit
        self._written = PartialStrings(())
        self._runs: Runs | None = None
        self.heard = False
        """Whether the model has said anything yet."""

    async def ask(self, hosted: Hosted, sandbox: str) -> str:
        """Have it answered, with the container. Raises what `Hosted.ask` does."""
        self._runs = Runs(self._bench, hosted, sandbox)
        failure: RingfenceError | None = None
        try:
            return await hosted.ask(self._question(hosted), self._hear)
        except RingfenceError as error:
            failure = error
            raise
        finally:
            self._runs.break_off(failure)

    async def _hear(self, part: Part) -> None:
        assert self._runs is not None
        match part:
            case Piece(kind, text):
                self.heard = True
                self._emit(TextDelta(text) if kind == "text" else ThinkingDelta(text))
            case Whole(kind, text):
                self._emit(TextDone(text) if kind == "text" else ThinkingDone(text))
            case Writing(piece, begins):
                self._write(piece, begins=begins)
            case Running():
                self.heard = True
                self._runs.begin(part)
            case Returned():
                await self._runs.end(part)
            case Waiting(attempt, most, seconds, reason):
                self._emit(Retrying(attempt, most, seconds, reason))
            case Spent():
                self._planner.spend(part)

    def _write(self, piece: str, *, begins: bool) -> None:
        if begins:
            self._written = PartialStrings(("command", "code", "file_text"))
        before = self._code()
        self._written.feed(piece)
        if (code := self._code()) and code != before:
            self._emit(CodeDelta(code, "python" if self._written["code"] else "bash"))

    def _code(self) -> str:
        try:
            return self._written["file_text"] or self._written["code"] or self._written["command"]
        except KeyError:
            return ""
