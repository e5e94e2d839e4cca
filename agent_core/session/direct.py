"""execute_code for a client that plans by itself: each call is a turn of the conversation, under its contract."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from agent_core.contract import LANGUAGES, Language
from agent_core.events import TurnEnded
from agent_core.session.conversation import Conversation
from agent_core.tools.base import Text, Tool, ToolResult
from agent_core.tools.execute_code import DESCRIPTION, NAME, SCHEMA
from agent_core.tools.outcome import Outcome, to_result


class Direct:
    """Calls come one after another, as the sandbox has one session; a call that is cancelled is stopped."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._lock = asyncio.Lock()
        self._calls: set[asyncio.Future[ToolResult]] = set()
        self.tool = Tool(NAME, DESCRIPTION, SCHEMA, self._run)
        """What the client is offered."""

    async def _run(self, arguments: Mapping[str, Any]) -> ToolResult:
        language = arguments.get("language", "python")
        if language not in LANGUAGES:
            return _failed(f"Choose a language of these: {', '.join(LANGUAGES)}.")
        # In a task of its own: whoever gives up on the call may not wait for its end, but the next call must.
        call = asyncio.ensure_future(self._in_turn(str(arguments.get("code", "")), cast("Language", language)))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            call.cancel()
            raise

    async def _in_turn(self, code: str, language: Language) -> ToolResult:
        async with self._lock:
            return await self._one(code, language)

    async def _one(self, code: str, language: Language) -> ToolResult:
        came: list[Outcome] = []
        before = self._conversation.snapshot().last
        if not self._conversation.run_code(code, language, came.append):
            return _failed("Something else runs in this conversation; try again when it has ended.")
        try:
            await self._over()
        except asyncio.CancelledError:
            self._conversation.stop()
            await self._over()
            raise
        if came:
            return to_result(came[0])
        events = [stored.event for stored in self._conversation.snapshot(before).events]
        return _failed(next(event.message for event in reversed(events) if isinstance(event, TurnEnded)))

    async def _over(self) -> None:
        await asyncio.to_thread(self._conversation.wait)


def _failed(message: str) -> ToolResult:
    return ToolResult((Text(message),), is_error=True)
