"""Requests to the interpreter of one sandbox elsewhere, and files to and from it."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

from agent_core.contract import Contract
from agent_core.errors import SandboxCrashed
from agent_core.sandbox.hosted import bundle

Hear = Callable[[Literal["stdout", "stderr"], str], None]
SECONDS = 60.0
"""How long a request may take that runs nobody's code."""
FILE_SECONDS = 600.0


class Remote(ABC):
    """Speaks to our part inside, by the provider's own means. Each request has a deadline of ours.

    A subclass raises ours in place of its SDK's errors.
    """

    grace_seconds = 1.5
    """How much longer than its time a call may take until it counts as stuck."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.private = f"{home}/.ringfence"
        self.pid = 0

    async def begin(self, contract: Contract, *, disk_guard: bool = False) -> None:
        """Put our part into the interpreter. With a guard, what is written is kept to the disk of the contract."""
        await self.upload("inside.zip", bundle.archive())
        match await self.said(bundle.first(self.home, contract, disk_guard=disk_guard)):
            case [{"pid": int(pid)}]:
                self.pid = pid
            case _:
                raise SandboxCrashed("its interpreter did not start")

    async def ask(self, method: str, *arguments: object) -> list[Any]:
        """One request of our part, and the JSON lines that it says."""
        return await self.said(bundle.call(method, *arguments))

    async def said(self, code: str) -> list[Any]:
        """The JSON lines that some code of ours says."""
        said: list[str] = []

        def hear(stream: Literal["stdout", "stderr"], text: str) -> None:
            if stream == "stdout":
                said.append(text)

        try:
            async with asyncio.timeout(SECONDS):
                await self.execute(code, hear, SECONDS)
            return [json.loads(line) for line in "".join(said).splitlines() if line]
        except TimeoutError:
            raise SandboxCrashed("its interpreter did not answer in time") from None
        except ValueError:
            raise SandboxCrashed("its interpreter did not answer as agreed") from None

    @abstractmethod
    async def execute(self, code: str, hear: Hear, seconds: float) -> None:
        """Run code in the interpreter. What it raises itself is in nobody's interest: our part reports."""

    @abstractmethod
    async def interrupt(self) -> None:
        """Ask the running code to stop, and raise nothing."""

    @abstractmethod
    async def upload(self, name: str, data: bytes | AsyncIterator[bytes]) -> None:
        """A file under a private name."""

    @abstractmethod
    async def download(self, name: str, limit_bytes: int) -> bytes | None:
        """A private file, or None where it is larger."""
