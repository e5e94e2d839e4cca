"""Requests to the interpreter of one sandbox elsewhere, and files to and from it."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, Literal

from agent_core.contract import Contract
from agent_core.errors import SandboxCrashed
from agent_core.sandbox.hosted import bundle

Hear = Callable[[Literal["stdout", "stderr"], str], None]
SECONDS = 60.0
"""How long a request may take that runs nobody's code; less where the contract gives code itself less."""
GRACE_SECONDS = 10.0
"""How much longer than code such a request may take all the same."""
FILE_SECONDS = 600.0
SILENT_SECONDS = 30.0
"""How long nothing may come of a file."""
_REJOIN_SECONDS = 15.0


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
        self._seconds = SECONDS

    def hold_to(self, contract: Contract) -> None:
        """Wait for answers no longer than a contract has people wait for code."""
        self._seconds = min(SECONDS, contract.timeout.call_seconds + GRACE_SECONDS)

    async def begin(self, contract: Contract, *, disk_guard: bool = False) -> None:
        """Put our part into the interpreter. With a guard, what is written is kept to the disk of the contract."""
        await self.upload("inside.zip", bundle.archive())
        match await self.said(bundle.first(self.home, contract, disk_guard=disk_guard)):
            case [{"pid": int(pid)}]:
                self.pid = pid
            case _:
                raise SandboxCrashed("its interpreter did not start")
        self.hold_to(contract)

    async def rejoin(self, contract: Contract) -> None:
        """Find our part in an interpreter into which another process of the app has put it."""
        match await self.said(bundle.call("rejoin", bundle.mark()), _REJOIN_SECONDS):
            case [{"pid": int(pid), "home": str(home)}] if home.startswith("/"):
                self.home, self.private, self.pid = home, f"{home}/.ringfence", pid
            case _:
                raise SandboxCrashed("its interpreter is not as it was left")
        self.hold_to(contract)

    async def ask(self, method: str, *arguments: object) -> list[Any]:
        """One request of our part, and the JSON lines that it says."""
        return await self.said(bundle.call(method, *arguments), self._seconds)

    async def said(self, code: str, seconds: float = SECONDS) -> list[Any]:
        """The JSON lines that some code of ours says."""
        said: list[str] = []

        def hear(stream: Literal["stdout", "stderr"], text: str) -> None:
            if stream == "stdout":
                said.append(text)

        try:
            async with asyncio.timeout(seconds):
                await self.execute(code, hear, seconds)
            return [json.loads(line) for line in "".join(said).splitlines() if line]
        except TimeoutError:
            raise SandboxCrashed("its interpreter did not answer in time") from None
        except ValueError:
            raise SandboxCrashed("its interpreter did not answer as agreed") from None

    @staticmethod
    async def whole(pieces: AsyncIterable[bytes], limit_bytes: int) -> bytes | None:
        """A file as it comes, or None where it is larger. Raises TimeoutError where nothing comes any more."""
        data, clock = bytearray(), asyncio.get_running_loop().time
        async with asyncio.timeout(SILENT_SECONDS) as silence:
            async for piece in pieces:
                silence.reschedule(clock() + SILENT_SECONDS)
                data += piece
                if len(data) > limit_bytes:
                    return None
        return bytes(data)

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
