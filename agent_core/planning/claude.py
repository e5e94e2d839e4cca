"""The planner: the Claude Agent SDK's loop, with our tools alone, in a jail."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import structlog
from claude_agent_sdk import ClaudeAgentOptions, Message, ResultMessage, SessionStore

from agent_core.config import inherited
from agent_core.contract import PlannerSettings
from agent_core.errors import of_this_machine
from agent_core.planning.base import Emit, Tokens, TurnResult
from agent_core.planning.confined import CONFIG_FOLDER, PROJECT_KEY, Confined
from agent_core.planning.exchange import Exchange, ProcessEnded
from agent_core.planning.failures import NOT_CONFINED, PROCESS_ENDED, Failure, failure_of
from agent_core.planning.models import PRICES, check_model
from agent_core.planning.tools import SERVER, ToolServer
from agent_core.planning.transcripts import Mirror, Transcripts, TranscriptStore, resumable
from agent_core.planning.translate import Translator, tokens_of
from agent_core.tools.base import Tool

_log = structlog.get_logger(__name__)

_SESSIONS = uuid.UUID("5d3a3c1e-6c0f-5b5e-9a44-0c1b6f5a7d10")
_STOP_SECONDS = 20.0
_KEEP_SECONDS = 0.5
_LARGEST_MESSAGE = 128 << 20


def session_of(conversation_id: str) -> str:
    """The SDK's name for a conversation's session."""
    return str(uuid.uuid5(_SESSIONS, conversation_id))


class ClaudePlanner:
    """One conversation's agent loop, driven by the Claude Agent SDK.

    `socket` is where a Messages API answers. `settings` and `system_prompt` are read before each turn; when
    one has changed, the turn starts in a new process. `anthropic` says that the models and prices are
    Anthropic's own; elsewhere any model goes, its price is unknown and counts as none.

    A process is started by the first turn, released after `idle_seconds` without one, and resumed from
    `transcripts` by the next, also by another process of the app. A turn raises ProviderUnavailable
    for a model that is not offered.
    """

    def __init__(
        self,
        *,
        socket: Path,
        settings: Callable[[], PlannerSettings],
        tools: Sequence[Tool],
        conversation_id: str,
        transcripts: TranscriptStore,
        system_prompt: Callable[[], str],
        idle_seconds: float = 300,
        anthropic: bool = True,
    ) -> None:
        self._socket = socket
        self._settings = settings
        self._session_id = session_of(conversation_id)
        self._transcripts = Transcripts(transcripts)
        self._system_prompt = system_prompt
        self._idle_seconds = idle_seconds
        self._anthropic = anthropic
        self._server = ToolServer(tools, self._tool_raised)
        self._lock = asyncio.Lock()
        self._exchange: Exchange | None = None
        self._mirror = Mirror(self._transcripts)
        self._begun_with: tuple[PlannerSettings, str] | None = None
        self._translator = Translator()
        self._idle: asyncio.TimerHandle | None = None
        self._releasing: asyncio.Future[None] | None = None

    @property
    def used(self) -> TurnResult:
        """What the turn under way, or the newest one, has used: also of one that was stopped."""
        translator = self._translator
        return TurnResult(translator.tokens, self._cost(translator.tokens), translator.model_calls)

    async def turn(self, prompt: str, emit: Emit) -> TurnResult:
        """Take one user message to its end; see `Planner.turn`.

        Raises what a tool raised: the process has been ended then, and the conversation can go on.
        """
        async with self._lock:
            self._stay()
            self._translator = Translator()
            try:
                return await self._answered(prompt, emit)
            except BaseException:
                await _uninterrupted(self._abandon())
                raise
            finally:
                self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._idled)

    async def release(self) -> None:
        """Give back the process; see `Planner.release`."""
        async with self._lock:
            self._stay()
            await _uninterrupted(self._end())

    async def close(self) -> None:
        """End for good; see `Planner.close`."""
        await self.release()

    async def _answered(self, prompt: str, emit: Emit) -> TurnResult:
        heard = False

        def hear(message: Message) -> None:
            nonlocal heard
            heard = True
            for signal in self._translator.translate(message):
                emit(signal)

        for last_try in (False, True):
            try:
                exchange = await self._living()
                return await self._settled(await exchange.ask(prompt, hear))
            except ProcessEnded as error:
                _log.warning("planner_process_ended", reason=str(error), heard=heard)
                if heard or last_try or not error.confined:
                    return await self._failed(PROCESS_ENDED if error.confined else NOT_CONFINED)
                # It ended before it said a word: nothing was asked of the model, so nothing is asked twice.
                await _uninterrupted(self._end())
        raise AssertionError  # the last try returns

    async def _living(self) -> Exchange:
        settings, text = wanted = self._settings(), self._system_prompt()
        check_model(settings.model, anthropic=self._anthropic, remedy="Choose")
        if self._exchange is not None and (not self._exchange.alive or wanted != self._begun_with):
            await _uninterrupted(self._end())
        if self._exchange is None:
            self._begun_with = wanted
            self._exchange = await self._start(settings, text)
        self._mirror.message_kept.clear()
        return self._exchange

    async def _start(self, settings: PlannerSettings, system_prompt: str) -> Exchange:
        entries = await self._transcripts.load({"project_key": PROJECT_KEY, "session_id": self._session_id})
        known = entries if entries and resumable(entries) else []
        with of_this_machine():
            confined = await asyncio.to_thread(Confined, self._socket, self._session_id, known)
        self._mirror = Mirror(self._transcripts)
        return Exchange(self._options(settings, system_prompt, confined, resume=bool(known)), confined)

    def _options(
        self, settings: PlannerSettings, system_prompt: str, confined: Confined, *, resume: bool
    ) -> ClaudeAgentOptions:
        return ClaudeAgentOptions(
            model=settings.model,
            tools=[],
            mcp_servers={SERVER: self._server.config()},
            allowed_tools=self._server.names,
            strict_mcp_config=True,
            permission_mode="dontAsk",
            setting_sources=[],
            skills=[],
            system_prompt={"type": "custom", "prompt": system_prompt, "snapshot": False},
            verbatim_prompts=True,
            include_partial_messages=True,
            max_turns=settings.most_steps,
            max_buffer_size=_LARGEST_MESSAGE,
            effort=settings.effort if self._anthropic else None,
            thinking={"type": "adaptive", "display": "summarized"} if self._anthropic else {"type": "disabled"},
            session_store=cast("SessionStore", self._mirror),
            session_store_flush="eager",
            session_id=None if resume else self._session_id,
            resume=self._session_id if resume else None,
            cli_path=confined.program,
            # The SDK adds these to the whole environment of the app: what is empty here can't be read from its process.
            env={**dict.fromkeys(inherited(), ""), "CLAUDE_CONFIG_DIR": CONFIG_FOLDER},
            # Without this the SDK tells the model of the machine: its kernel, its shell, its folders.
            extra_args={"bare": None},
        )

    async def _settled(self, result: ResultMessage) -> TurnResult:
        if failure := failure_of(result, self._translator.answer_error):
            return await self._failed(failure)
        tokens = tokens_of(result.usage or {})
        return TurnResult(tokens, self._cost(tokens), self._translator.model_calls)

    async def _failed(self, failure: Failure) -> TurnResult:
        await _uninterrupted(self._end())
        used = self.used
        return TurnResult(used.tokens, used.cost_usd, used.model_calls, failure.kind, failure.message)

    def _cost(self, tokens: Tokens) -> Decimal:
        model = self._begun_with[0].model if self._begun_with else ""
        price = PRICES.get(model) if self._anthropic else None
        return price.cost(tokens) if price else Decimal(0)

    def _tool_raised(self, error: Exception) -> None:
        if self._exchange is not None:
            self._exchange.fail(error)

    async def _abandon(self) -> None:
        """Stop the process and the tool call under a turn that nobody waits for any more."""
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._mirror.message_kept.wait(), _KEEP_SECONDS if exchange.alive else 0)
        await asyncio.gather(exchange.kill(), self._server.stop(_STOP_SECONDS))

    async def _end(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await asyncio.gather(exchange.end(), self._server.stop(_STOP_SECONDS))

    def _stay(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _idled(self) -> None:
        if not self._lock.locked():
            self._releasing = asyncio.ensure_future(self.release())


async def _uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Await cleaning up to its end, also when the awaiting task is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise
