"""One living `query()`: one process, one task from its start to its end, any number of turns."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKError, Message, ResultMessage, query

from agent_core.jail import COMPLAINTS
from agent_core.planning.confined import Confined

# The SDK logs the end of each process that is stopped as an error, and may quote the conversation.
logging.getLogger("claude_agent_sdk").setLevel(logging.CRITICAL)

_GRACE_SECONDS = 3.0
_KILL_SECONDS = 10.0
_KILL_AGAIN_SECONDS = 0.1

Hear = Callable[[Message], None]


class ProcessEnded(Exception):
    """The SDK's process went away in the middle of a turn.

    `confined` is False where it never began, because the jail could not be made.
    """

    def __init__(self, reason: str, *, confined: bool) -> None:
        super().__init__(reason)
        self.confined = confined


class Exchange:
    """Messages to one process, and what it says to each of them.

    All of the SDK's generator is driven by one task, because its cancel scopes must be left in the task
    that entered them; that task is never cancelled, but ended from the other side.
    """

    def __init__(self, options: ClaudeAgentOptions, confined: Confined) -> None:
        self._confined = confined
        self._prompts: asyncio.Queue[str | None] = asyncio.Queue()
        self._hear: Hear | None = None
        self._result: asyncio.Future[ResultMessage] | None = None
        self._jail_complaint = ""
        options = replace(options, stderr=self._complaint)
        self._task = asyncio.create_task(self._run(options), name="planner-process")

    @property
    def alive(self) -> bool:
        """Whether another turn can be taken."""
        return not self._task.done()

    async def ask(self, prompt: str, hear: Hear) -> ResultMessage:
        """Take one turn. Raises ProcessEnded."""
        self._hear = hear
        self._result = asyncio.get_running_loop().create_future()
        self._prompts.put_nowait(prompt)
        try:
            if not self.alive:
                raise self._ended("ended before")
            return await self._result
        finally:
            self._hear = self._result = None

    async def end(self) -> None:
        """End the process as it likes it: by the end of its input. One that lingers is killed."""
        self._prompts.put_nowait(None)
        await asyncio.wait((self._task,), timeout=_GRACE_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """End the process now."""
        self._prompts.put_nowait(None)
        deadline = asyncio.get_running_loop().time() + _KILL_SECONDS
        while self.alive and asyncio.get_running_loop().time() < deadline:
            self._confined.kill()
            await asyncio.wait((self._task,), timeout=_KILL_AGAIN_SECONDS)
        self._confined.remove()

    def fail(self, error: Exception) -> None:
        """Let the turn under way raise an error."""
        if self._result is not None and not self._result.done():
            self._result.set_exception(error)

    async def _run(self, options: ClaudeAgentOptions) -> None:
        try:
            async for message in query(prompt=self._written(), options=options):
                self._take(message)
        except (ClaudeSDKError, OSError) as error:
            self.fail(self._ended(type(error).__name__))
        finally:
            self.fail(self._ended("ended"))

    async def _written(self) -> AsyncIterator[dict[str, Any]]:
        while (prompt := await self._prompts.get()) is not None:
            yield {"type": "user", "message": {"role": "user", "content": prompt}}

    def _take(self, message: Message) -> None:
        if self._hear is not None:
            self._hear(message)
        if isinstance(message, ResultMessage) and self._result is not None and not self._result.done():
            self._result.set_result(message)

    def _ended(self, reason: str) -> ProcessEnded:
        return ProcessEnded(self._jail_complaint or reason, confined=not self._jail_complaint)

    def _complaint(self, line: str) -> None:
        # What else the process writes there could quote the conversation, and is dropped.
        if line.startswith(COMPLAINTS):
            self._jail_complaint = line
