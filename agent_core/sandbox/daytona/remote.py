"""Requests to the interpreter of one Daytona sandbox, and files to and from it."""

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Literal

from agent_core.contract import Contract
from agent_core.errors import SandboxCrashed
from agent_core.sandbox.daytona import bundle
from agent_core.sandbox.daytona.errors import translated

if TYPE_CHECKING:
    from daytona import AsyncSandbox

Hear = Callable[[Literal["stdout", "stderr"], str], None]
_SECONDS = 60.0
_SPARE_SECONDS = 30


class Remote:
    """The SDK has no deadlines of its own for most of what it does: each request here has one."""

    def __init__(self, sandbox: "AsyncSandbox", home: str) -> None:
        self.sandbox, self.home = sandbox, home
        self.private = f"{home}/.ringfence"
        self._pid = 0

    async def begin(self, contract: Contract) -> None:
        """Put our part into the interpreter."""
        with translated(opened=True):
            async with asyncio.timeout(_SECONDS):
                await self.sandbox.fs.upload_file_stream(bundle.archive(), f"{self.private}/inside.zip")
        match await self._said(bundle.first(self.home, contract)):
            case [{"pid": int(pid)}]:
                self._pid = pid
            case _:
                raise SandboxCrashed("its interpreter did not start")

    async def execute(self, code: str, hear: Hear, seconds: float) -> None:
        """Run code in the interpreter. What it raises itself is in nobody's interest: our part reports."""
        with translated(opened=True):
            # The callbacks are plain functions: the SDK never awaits one.
            result = await self.sandbox.code_interpreter.run_code(
                code,
                on_stdout=lambda message: hear("stdout", message.output),
                on_stderr=lambda message: hear("stderr", message.output),
                timeout=math.ceil(seconds) + _SPARE_SECONDS,
            )
        if result.error is not None:
            raise SandboxCrashed(f"its interpreter failed with {result.error.name[:80]}")

    async def ask(self, method: str, *arguments: object) -> list[Any]:
        """One request of our part, and the JSON lines that it says."""
        return await self._said(bundle.call(method, *arguments))

    async def interrupt(self) -> None:
        """Ask the running code to stop."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0):
                await self.sandbox.process.exec(f"kill -INT {self._pid}", timeout=2)

    async def upload(self, name: str, data: bytes | AsyncIterator[bytes]) -> None:
        """A file under a private name."""
        with translated(opened=True):
            async with asyncio.timeout(10 * _SECONDS):
                await self.sandbox.fs.upload_file_stream(data, f"{self.private}/{name}")

    async def download(self, name: str, limit_bytes: int) -> bytes | None:
        """A private file, or None where it is larger."""
        data = bytearray()
        with translated(opened=True):
            async with asyncio.timeout(10 * _SECONDS):
                pieces = await self.sandbox.fs.download_file_stream(f"{self.private}/{name}")
                async for piece in pieces:
                    data += piece
                    if len(data) > limit_bytes:
                        return None
        return bytes(data)

    async def _said(self, code: str) -> list[Any]:
        said: list[str] = []
        with translated(opened=True):
            async with asyncio.timeout(_SECONDS):
                await self.execute(
                    code, lambda stream, text: said.append(text) if stream == "stdout" else None, _SECONDS
                )
        try:
            return [json.loads(line) for line in "".join(said).splitlines() if line]
        except ValueError:
            raise SandboxCrashed("its interpreter did not answer as agreed") from None
