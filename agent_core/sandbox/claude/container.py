"""One container at Claude, and the conversation with the model that works in it."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import structlog

from agent_core.contract import Contract
from agent_core.errors import ProviderUnavailable, RateLimited, RingfenceError, SandboxCrashed
from agent_core.sandbox.answering import Hear, Part, Question, Returned, Running, Waiting
from agent_core.sandbox.claude.api import Api
from agent_core.sandbox.claude.errors import ContainerGone, StoppedWaiting, Trouble, trouble
from agent_core.sandbox.claude.parts import Answer

_log = structlog.get_logger(__name__)

MOST_TRIES = 3
LONGEST_WAIT_SECONDS = 30.0
"""A provider that asks for a longer wait than this is not asked again."""
_FIRST_WAIT_SECONDS = 1.0
_JITTER = 0.25
_UNREADABLE = "Claude's answer could not be read. Ask again."

Message = Mapping[str, Any]


class Container:
    """What keeps the container's id, and the files that it has not been given yet.

    The id comes with the end of the first answer; until then each request gets a new container, and all files.
    """

    def __init__(self, api: Api, contract: Contract, made: Callable[[str], None]) -> None:
        self.contract = contract
        self.dead = False
        self.made = False
        self._spare_seconds = 0.0
        self._api, self._told = api, made
        self._id: str | None = None
        self._files: dict[str, str] = {}
        self._given: set[str] = set()

    def add(self, path: str, file: str) -> str | None:
        """Have the container get a file with the next request. Returns the file that it takes the place of."""
        before, self._files[path] = self._files.get(path), file
        return before

    async def ask(self, question: Question, hear: Hear, *, spare_seconds: float = 0.0) -> str:
        """See `Hosted.ask`. A command may take so many seconds more than the contract has for a call."""
        self._spare_seconds = spare_seconds
        talk = [*question.messages[:-1], self._with_files(question.messages[-1])]
        try:
            for _ in range(question.most_steps):
                answer, content = await self._patiently(question, talk, hear)
                if answer.stop_reason != "pause_turn":
                    return answer.stop_reason
                talk = [*talk, {"role": "assistant", "content": content}]
        except BaseException:
            # Its id comes with the end of an answer: what was begun without one can't be reached again.
            self.dead = self.dead or self._id is None
            raise
        raise ProviderUnavailable("The answer took too many steps, so it was stopped. Ask it to go on.")

    def _with_files(self, message: Message) -> Message:
        new = [file for file in self._files.values() if self._id is None or file not in self._given]
        uploads = [{"type": "container_upload", "file_id": file} for file in new]
        return {**message, "content": [{"type": "text", "text": message["content"]}, *uploads]} if uploads else message

    async def _patiently(self, question: Question, talk: Sequence[Message], hear: Hear) -> tuple[Answer, list[Any]]:
        wait = _FIRST_WAIT_SECONDS
        for attempt in range(1, MOST_TRIES + 1):
            answer = Answer()
            try:
                return answer, await self._once(answer, question, talk, hear)
            except _Failed as failed:
                for part in answer.broken_off():
                    await hear(part)
                seconds = wait if failed.why.after_seconds is None else failed.why.after_seconds
                seconds *= 1 + random.uniform(0, _JITTER)  # noqa: S311  nothing is kept secret by it
                if not failed.why.again or answer.spoke or attempt == MOST_TRIES or seconds > LONGEST_WAIT_SECONDS:
                    self._end_if_gone(failed.why.error)
                    raise failed.why.error from None
                _log.warning("hosted_asked_again", kind=failed.why.error.kind, attempt=attempt)
                limited = isinstance(failed.why.error, RateLimited)
                await hear(
                    Waiting(attempt, MOST_TRIES - 1, seconds, "rate_limited" if limited else "provider_unavailable")
                )
                await asyncio.sleep(seconds)
                wait *= 2
        raise AssertionError  # the last try returns or raises

    async def _once(self, answer: Answer, question: Question, talk: Sequence[Message], hear: Hear) -> list[Any]:
        """One request; the blocks of its answer. Raises _Failed, StoppedWaiting."""
        if self.dead:
            raise SandboxCrashed
        named, sent = self._id, set(self._files.values())
        try:
            async with AsyncExitStack() as stack:
                with _failing(container=named is not None):
                    stream = await stack.enter_async_context(self._api.stream(question, talk, named))
                self.made = self.made or bool(sent)
                await self._read(stream, answer, hear)
        finally:
            if answer.container is not None:
                self._id = answer.container
                self._given |= sent
        self.made = self.made or self._id is not None
        return answer.blocks

    async def _read(self, events: AsyncIterator[Mapping[str, Any]], answer: Answer, hear: Hear) -> None:
        """Pass the parts on, and stop waiting for a command that runs longer than the contract allows."""
        began: float | None = None
        while True:
            limit = self.contract.timeout.call_seconds + self._spare_seconds
            left = None if began is None else began + limit - time.monotonic()
            try:
                async with asyncio.timeout(None if left is None else max(0.0, left)):
                    with _failing():
                        event = await anext(events, None)
            except TimeoutError:
                assert began is not None  # there is no other limit, and those of the connection are translated
                self.dead = True
                raise StoppedWaiting(limit, time.monotonic() - began) from None
            if event is None:
                break
            for part in answer.parts(event):
                self._take_note(part)
                began = _waited_for_since(part, began)
                await hear(part)
        if not answer.stop_reason:
            raise _Failed(Trouble(ProviderUnavailable(_UNREADABLE), again=True))

    def _take_note(self, part: Part) -> None:
        self.made = self.made or isinstance(part, Running)
        for file in part.files if isinstance(part, Returned) else ():
            self._told(file)

    def _end_if_gone(self, error: RingfenceError) -> None:
        if isinstance(error, ContainerGone):
            self.dead = True


class _Failed(Exception):
    """A request failed, and why."""

    def __init__(self, why: Trouble) -> None:
        super().__init__()
        self.why = why


@contextlib.contextmanager
def _failing(*, container: bool = False) -> Iterator[None]:
    """What the SDK raises, as _Failed."""
    try:
        yield
    except RingfenceError:
        raise
    except Exception as error:
        why = trouble(error, container=container)
        if why is None and not isinstance(error, ValueError | RuntimeError):
            raise
        raise _Failed(why or Trouble(ProviderUnavailable(_UNREADABLE))) from None


def _waited_for_since(part: Part, began: float | None) -> float | None:
    match part:
        case Running():
            return time.monotonic()
        case Returned():
            return None
        case _:
            return began
