"""A sandbox whose running call can be cut short from outside, with a reason."""

import asyncio
from collections.abc import AsyncIterable, Callable, Coroutine
from typing import Any, Literal, TypeVar

from agent_core.contract import Contract, Language
from agent_core.errors import RingfenceError
from agent_core.sandbox.answering import Hosted
from agent_core.sandbox.base import Amendment, Emit, Execution, FileEntry, OnDenied, Sandbox, Size, Usage

T = TypeVar("T")
Phase = Literal["idle", "running"]


class GuardedSandbox:
    """A sandbox that knows whether a call is under way, and can end that call by the contract."""

    def __init__(self, inner: Sandbox, provider: str, phase: Callable[[Phase], None]) -> None:
        self.provider = provider
        self._inner = inner
        self._phase = phase
        self._call: asyncio.Task[Any] | None = None
        self._cut: RingfenceError | None = None

    @property
    def id(self) -> str:
        """The inner sandbox's id."""
        return self._inner.id

    @property
    def alive(self) -> bool:
        """Whether the inner sandbox is."""
        return self._inner.alive

    @property
    def allocated(self) -> Size | None:
        """As `Sandbox.allocated`."""
        return self._inner.allocated

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return self._call is not None

    async def run(
        self,
        code: str,
        language: Language = "python",
        *,
        emit: Emit,
        timeout_seconds: float | None = None,
        on_denied: OnDenied | None = None,
    ) -> Execution:
        """As `Sandbox.run`; raises the error given to `cut` when the call is cut short."""
        return await self.guarded(
            self._inner.run(code, language, emit=emit, timeout_seconds=timeout_seconds, on_denied=on_denied)
        )

    @property
    def hosted(self) -> Hosted | None:
        """The inner sandbox, where its code runs where the model is."""
        return self._inner if isinstance(self._inner, Hosted) else None

    async def guarded(self, call: Coroutine[Any, Any, T]) -> T:
        """Do something that counts as a call; raises the error given to `cut` when it is cut short."""
        self._cut = None
        task = asyncio.create_task(call, name="sandbox-call")
        self._call = task
        self._phase("running")
        try:
            return await task
        except asyncio.CancelledError:
            if self._cut is not None:
                raise self._cut from None
            raise
        finally:
            self._call = None
            self._phase("idle")

    async def look(self, code: str, seconds: float) -> str:
        """Run a short program that is no run of the conversation, and return what it printed. Raises as `run` does."""
        said: list[str] = []
        await self._inner.run(code, emit=lambda output: said.append(output.text), timeout_seconds=seconds)
        return "".join(said)

    async def cut(self, error: RingfenceError) -> None:
        """End the running call; whoever awaits it gets `error`."""
        if self._call is not None:
            self._cut = error
            self._call.cancel()
            await asyncio.wait([self._call])

    async def write(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """As `Sandbox.write`."""
        await self._inner.write(path, data)

    async def read(self, path: str, *, limit_bytes: int) -> bytes:
        """As `Sandbox.read`."""
        return await self._inner.read(path, limit_bytes=limit_bytes)

    async def list(self) -> tuple[FileEntry, ...]:
        """As `Sandbox.list`."""
        return await self._inner.list()

    async def usage(self) -> Usage:
        """As `Sandbox.usage`."""
        return await self._inner.usage()

    async def amend(self, contract: Contract) -> Amendment:
        """As `Sandbox.amend`."""
        return await self._inner.amend(contract)

    async def close(self) -> None:
        """As `Sandbox.close`."""
        await self._inner.close()
