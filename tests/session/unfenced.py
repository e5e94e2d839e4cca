"""A provider that fences nothing in: code runs as a process of this machine. The attempts must see through it."""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from agent_core.contract import Contract, Language
from agent_core.sandbox.base import (
    Amendment,
    CodeError,
    Emit,
    Execution,
    FileEntry,
    Leftover,
    OnDenied,
    Output,
    Usage,
)

SECONDS = 20
MOST_BYTES = 12 << 20


class Unfenced:
    """Satisfies `agent_core.sandbox.base.Sandbox`."""

    def __init__(self, folder: Path) -> None:
        self.id = uuid4().hex
        self.alive = True
        self.allocated = None
        self._folder = folder

    async def run(
        self,
        code: str,
        language: Language = "python",
        *,
        emit: Emit,
        timeout_seconds: float | None = None,
        on_denied: OnDenied | None = None,
    ) -> Execution:
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"display = print\n{code}", cwd=self._folder, stdin=-3, stdout=-1, stderr=-2
        )
        assert process.stdout is not None
        try:
            out = await asyncio.wait_for(process.stdout.readexactly(MOST_BYTES), SECONDS)
        except asyncio.IncompleteReadError as whole:
            out = whole.partial
            await asyncio.wait([asyncio.ensure_future(process.wait())], timeout=5)
        except TimeoutError:
            out = b""
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            # Of a pipe that is full asyncio reads no more, and an end that it has not read it waits for.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.stdout.read(), SECONDS)
            await process.wait()
        emit(Output("stdout", out.decode(errors="replace")))
        code_error = CodeError("Error", "it failed", "") if process.returncode else None
        return Execution(process.returncode or 0, time.monotonic() - began, error=code_error)

    async def write(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        assert isinstance(data, bytes)
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    async def read(self, path: str, *, limit_bytes: int) -> bytes:
        return (self._folder / path).read_bytes()[:limit_bytes]

    async def list(self) -> tuple[FileEntry, ...]:
        files = [path for path in self._folder.iterdir() if path.is_file()]
        return tuple(FileEntry(path.name, path.stat().st_size, path.stat().st_mtime) for path in files)

    async def usage(self) -> Usage:
        return Usage(datetime.now(UTC), 0.0, 1.0, 1)

    async def amend(self, contract: Contract) -> Amendment:
        return Amendment()

    async def close(self) -> None:
        self.alive = False


class UnfencedProvider:
    """Satisfies `agent_core.sandbox.base.Provider`."""

    name = "local"

    async def available(self) -> str | None:
        return None

    @asynccontextmanager
    async def open(self, contract: Contract) -> AsyncIterator[Unfenced]:
        with tempfile.TemporaryDirectory() as folder:
            yield Unfenced(Path(folder))

    async def leftovers(self) -> tuple[Leftover, ...]:
        return ()

    async def end(self, sandbox_id: str) -> None:
        pass

    async def warm(self) -> None:
        pass

    async def aclose(self) -> None:
        pass
