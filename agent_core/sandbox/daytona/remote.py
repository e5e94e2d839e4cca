"""Requests to the interpreter of one Daytona sandbox, and files to and from it."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from agent_core.errors import SandboxCrashed
from agent_core.sandbox.daytona.errors import translated
from agent_core.sandbox.hosted import remote
from agent_core.sandbox.hosted.remote import Hear

if TYPE_CHECKING:
    from daytona import AsyncSandbox

_SPARE_SECONDS = 30


class Remote(remote.Remote):
    """The SDK has no deadlines of its own for most of what it does."""

    def __init__(self, sandbox: "AsyncSandbox", home: str) -> None:
        super().__init__(home)
        self.sandbox = sandbox

    async def execute(self, code: str, hear: Hear, seconds: float) -> None:
        """See `hosted.Remote.execute`."""
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

    async def interrupt(self) -> None:
        """See `hosted.Remote.interrupt`."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0):
                await self.sandbox.process.exec(f"kill -INT {self.pid}", timeout=2)

    async def upload(self, name: str, data: bytes | AsyncIterator[bytes]) -> None:
        """See `hosted.Remote.upload`."""
        with translated(opened=True):
            async with asyncio.timeout(remote.FILE_SECONDS):
                await self.sandbox.fs.upload_file_stream(data, f"{self.private}/{name}")

    async def download(self, name: str, limit_bytes: int) -> bytes | None:
        """See `hosted.Remote.download`."""
        with translated(opened=True):
            async with asyncio.timeout(remote.SILENT_SECONDS):
                pieces = await self.sandbox.fs.download_file_stream(f"{self.private}/{name}")
            async with asyncio.timeout(remote.FILE_SECONDS):
                return await self.whole(pieces, limit_bytes)
