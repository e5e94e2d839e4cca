"""One turn: files in, the planner's work, and a true account of how it ended."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

import structlog

from agent_core.contract import HOSTED, Language
from agent_core.errors import BudgetExhausted, ClauseRefused, ErrorKind, RingfenceError
from agent_core.events import ContractDenied, TurnEnded
from agent_core.files.briefing import brief
from agent_core.planning.base import Planner, TurnResult
from agent_core.session.bench import Bench
from agent_core.session.draft import DraftBoard
from agent_core.session.hold import Hold
from agent_core.session.intake import Intake, Taken
from agent_core.session.log import Log
from agent_core.session.spending import Spending
from agent_core.tools.execute_code import call
from agent_core.tools.outcome import Outcome

_log = structlog.get_logger(__name__)

_BUG = "Something went wrong inside Ringfence, and it was logged. Your files and this conversation are safe; try again."


@dataclass(frozen=True, slots=True)
class Model:
    """Who plans, and whether its tokens cost money."""

    name: str
    billed: bool


class Turns:
    """Runs a conversation's turns, one at a time."""

    def __init__(
        self,
        *,
        log: Log,
        draft: DraftBoard,
        hold: Hold,
        spending: Spending,
        intake: Intake,
        bench: Bench,
        planner: Callable[[], Planner],
        model: Callable[[], Model],
    ) -> None:
        self._log = log
        self._draft = draft
        self._hold = hold
        self._spending = spending
        self._intake = intake
        self._bench = bench
        self._planner = planner
        self._model = model
        self._clock: asyncio.Timeout | None = None
        self._began = 0.0
        self._asked = False

    async def run(self, turn: str, question: str, taken: Taken) -> None:
        """Take one message to its end. However it ends, a TurnEnded event says so."""
        await self._to_its_end(turn, lambda: self._work(turn, question, taken))

    async def run_code(self, turn: str, code: str, language: Language, told: Callable[[Outcome], None]) -> None:
        """Run code past the planner, as a turn of its own; `told` gets what it came to, if it came to run."""

        async def work() -> TurnEnded:
            self._hold.permit()
            self._spending.check(self._log)
            told(await call(self._bench, {"code": code, "language": language}))
            return self._ended(turn, "done", None, "")

        await self._to_its_end(turn, work)

    async def _to_its_end(self, turn: str, work: Callable[[], Awaitable[TurnEnded]]) -> None:
        self._bench.turn = turn
        self._began = time.monotonic()
        self._asked = False
        ended = self._ended(turn, "failed", None, _BUG)
        try:
            ended = await self._bounded(turn, work)
        except asyncio.CancelledError:
            ended = self._ended(turn, "stopped", None, "Stopped.", self._used())
        except RingfenceError as error:
            ended = self._ended(turn, "failed", error.kind, str(error), self._used())
            self._deny(turn, error)
        except Exception:  # noqa: BLE001 - a turn always ends with an event, also by a bug
            _log.exception("turn_failed", turn=turn)
            ended = self._ended(turn, "failed", None, _BUG, self._used())
        finally:
            with self._log.lock:
                self._draft.end()
                self._log.owe(ended)
            if self._log.state.contract.lifecycle.mode == "ephemeral":
                await self._hold.close("turn_ended")

    async def look_inside(self, taken: Taken) -> None:
        """Bring files in without a question."""
        try:
            await self._intake.look_inside(taken.uploads)
        finally:
            self._draft.end()

    def reschedule(self) -> None:
        """The time-out clause was edited: the turn under way gets the new limit."""
        if self._clock is not None:
            seconds = self._log.state.contract.timeout.turn_seconds
            left = self._began + seconds - time.monotonic()
            self._clock.reschedule(asyncio.get_running_loop().time() + max(0.0, left))

    async def _bounded(self, turn: str, work: Callable[[], Awaitable[TurnEnded]]) -> TurnEnded:
        limit = self._log.state.contract.timeout.turn_seconds
        try:
            async with asyncio.timeout(limit) as self._clock:
                return await work()
        except TimeoutError:
            limit = self._log.state.contract.timeout.turn_seconds
            message = f"The turn was stopped after {limit} s, as long as the contract allows for a whole turn."
            self._denied(turn, "timeout", "timeout", message)
            return self._ended(turn, "failed", "timeout", message, self._used())
        finally:
            self._clock = None

    async def _work(self, turn: str, question: str, taken: Taken) -> TurnEnded:
        self._hold.permit()
        await self._intake.look_inside(taken.uploads)
        self._spending.check(self._log)
        self._draft.status("Thinking")
        self._asked = True
        state = self._log.state
        # Who is told everything anew each time is told of all files.
        told_anew = state.contract.provider in HOSTED
        files = [state.files[name] for name in (state.files if told_anew else state.unbriefed)]
        prompt = brief(question, files, state.removed)
        result = await self._planner().turn(prompt, self._draft.signal)
        if result.error is not None:
            return self._ended(turn, "failed", result.error, result.message, result)
        return self._ended(turn, "done", None, "", result)

    def _used(self) -> TurnResult | None:
        """What an unfinished turn has used at the endpoint; None when it never got there."""
        return self._planner().used if self._asked else None

    def _deny(self, turn: str, error: RingfenceError) -> None:
        match error:
            case BudgetExhausted():
                self._denied(turn, "billing", error.kind, str(error))
            case ClauseRefused():
                self._denied(turn, error.clause, error.kind, str(error))
            case _:
                pass

    def _denied(self, turn: str, clause: str, kind: ErrorKind, message: str) -> None:
        version = self._log.state.version
        self._log.owe(ContractDenied(turn=turn, clause=clause, error=kind, message=message, version=version))

    def _ended(
        self, turn: str, outcome: str, error: ErrorKind | None, message: str, result: TurnResult | None = None
    ) -> TurnEnded:
        model = self._model()
        return TurnEnded.model_validate(
            {
                "turn": turn,
                "outcome": outcome,
                "error": error,
                "message": message,
                "seconds": time.monotonic() - self._began,
                "input_tokens": result.tokens.input if result else 0,
                "output_tokens": result.tokens.output if result else 0,
                "cache_read_tokens": result.tokens.cache_read if result else 0,
                "cache_write_tokens": result.tokens.cache_write if result else 0,
                "model": model.name,
                "model_cost_usd": result.cost_usd if result and model.billed else Decimal(0),
            }
        )
