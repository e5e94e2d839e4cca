"""A sandbox at Daytona."""

import asyncio
import contextlib
import errno
import os
import secrets
import time
from collections.abc import AsyncIterable, AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent_core.contract import Contract, Language
from agent_core.errors import CallTimeout, ClauseRefused, DiskFull, FileTooLarge, SandboxCrashed
from agent_core.sandbox.base import Amendment, Emit, Execution, FileEntry, OnDenied, Usage
from agent_core.sandbox.daytona import amendment, tiers
from agent_core.sandbox.daytona.call import Call, Stuck
from agent_core.sandbox.daytona.errors import translated
from agent_core.sandbox.daytona.remote import Remote
from agent_core.sandbox.local.messages import is_inside

if TYPE_CHECKING:
    from daytona import AsyncSandbox

_MIB = 1 << 20
_DISK = {errno.ENOSPC, errno.EDQUOT}
_LANGUAGES = ("python", "bash")
_CLOSE_SECONDS = 30.0


class DaytonaSandbox:
    """See `agent_core.sandbox.base.Sandbox`. Made by `DaytonaProvider.open`."""

    def __init__(self, sandbox: "AsyncSandbox", contract: Contract, tier: tiers.Tier) -> None:
        self.id = str(sandbox.id)
        self._sandbox, self._contract, self._tier = sandbox, contract, tier
        self._remote = Remote(sandbox, "")
        self._lock = asyncio.Lock()
        self._opened, self._began = datetime.now(UTC), time.monotonic()
        self._closed = self._dead = self._deleted = False

    async def start(self) -> None:
        """Make the interpreter ready."""
        with translated(opened=True):
            async with asyncio.timeout(_CLOSE_SECONDS):
                home = await self._sandbox.get_work_dir()
        self._remote = Remote(self._sandbox, home.rstrip("/"))
        await self._remote.begin(self._contract)

    @property
    def alive(self) -> bool:
        """See `Sandbox.alive`."""
        return not (self._closed or self._dead)

    async def run(
        self,
        code: str,
        language: Language = "python",
        *,
        emit: Emit,
        timeout_seconds: float | None = None,
        on_denied: OnDenied | None = None,  # noqa: ARG002  Daytona does not tell what it refused
    ) -> Execution:
        """See `Sandbox.run`."""
        async with self._lock:
            self._reach()
            self._refuse_language(language)
            limit = float(self._contract.timeout.call_seconds)
            seconds = limit if timeout_seconds is None else min(limit, timeout_seconds)
            began = time.monotonic()
            call = Call(self._remote, emit, self._contract)
            try:
                return await call.run(code, language, seconds)
            except Stuck:
                await self._die()
                raise CallTimeout(seconds, time.monotonic() - began, state_kept=False) from None
            except asyncio.CancelledError:
                if call.stuck:
                    await self._die()
                raise
            except SandboxCrashed:
                await self._die()
                raise

    async def write(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """See `Sandbox.write`."""
        _check(path)
        limit = self._contract.filesystem.largest_file_mib
        counted = _Counted(data, limit * _MIB)
        name = secrets.token_hex(8)
        async with self._lock:
            with self._dying():
                try:
                    await self._remote.upload(name, counted.pieces())
                except Exception:
                    if counted.over:
                        raise FileTooLarge(limit, path) from None
                    raise
                self._raise_for(await self._remote.ask("place", name, path), path)

    async def read(self, path: str, *, limit_bytes: int) -> bytes:
        """See `Sandbox.read`."""
        _check(path)
        name = secrets.token_hex(8)
        async with self._lock:
            with self._dying():
                size = self._raise_for(await self._remote.ask("take", path, name), path)
                content = await self._content(name, size, limit_bytes)
        if content is None:
            raise FileTooLarge(limit_bytes // _MIB, path)
        return content

    async def list(self) -> tuple[FileEntry, ...]:
        """See `Sandbox.list`."""
        async with self._lock:
            with self._dying():
                said = await self._remote.ask("entries")
        items = [item for line in said if isinstance(line, list) for item in line]
        return tuple(entry for item in items if (entry := _entry(item)) is not None)

    async def usage(self) -> Usage:
        """See `Sandbox.usage`; what Daytona does not tell is None."""
        resources = self._contract.resources
        memory = disk = None
        if self.alive:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(5):
                    now = await self._sandbox.get_metrics_latest()
                memory, disk = now.mem_used / _MIB, now.disk_used / _MIB
        seconds = time.monotonic() - self._began
        return Usage(self._opened, seconds, resources.vcpus, resources.memory_mib, memory, disk)

    async def amend(self, contract: Contract) -> Amendment:
        """See `Sandbox.amend`."""
        async with self._lock:
            with self._dying():
                self._contract, told = await amendment.apply(
                    self._sandbox, self._remote, self._contract, contract, self._tier
                )
        return told

    async def close(self) -> None:
        """See `Sandbox.close`."""
        self._closed = True
        await self._delete()

    async def _content(self, name: str, size: int, limit_bytes: int) -> bytes | None:
        """The SDK can't stream a file of no bytes."""
        if not size:
            return b""
        return await self._remote.download(name, limit_bytes) if size <= limit_bytes else None

    def _reach(self) -> None:
        if not self.alive:
            raise SandboxCrashed("it is closed" if self._closed else "it ended before")

    @contextlib.contextmanager
    def _dying(self) -> Any:
        self._reach()
        try:
            yield
        except SandboxCrashed:
            self._dead = True
            raise

    async def _die(self) -> None:
        self._dead = True
        with contextlib.suppress(Exception):
            await self._delete()

    async def _delete(self) -> None:
        if self._deleted:
            return
        await delete(self._sandbox)
        self._deleted = True

    def _refuse_language(self, language: Language) -> None:
        offered = [name for name in self._contract.languages.allowed if name in _LANGUAGES]
        if language not in offered:
            raise ClauseRefused(
                "languages",
                f"Code in {language} can't run in this sandbox. It runs {' and '.join(offered) or 'no language'}.",
            )

    def _raise_for(self, said: Any, path: str) -> int:
        match said:
            case [{"errno": int(number), **rest}]:
                pass
            case _:
                raise SandboxCrashed("its interpreter did not answer as agreed")
        if number in _DISK:
            raise DiskFull(self._contract.filesystem.disk_mib)
        if number:
            raise FileNotFoundError(number, os.strerror(number), path)
        size = rest.get("size", 0)
        return size if isinstance(size, int) else 0


async def delete(sandbox: "AsyncSandbox") -> None:
    """Delete a sandbox at Daytona. One that is gone is no error; a refusal is tried once more."""
    for last in (False, True):
        try:
            with translated(opened=True):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await sandbox.delete()
        except SandboxCrashed:
            return
        except Exception:
            if last:
                raise
            await asyncio.sleep(0.2)
        else:
            return


class _Counted:
    """Data in pieces, never all at once, up to a limit."""

    def __init__(self, data: bytes | AsyncIterable[bytes], limit_bytes: int) -> None:
        self._data, self._left, self.over = data, limit_bytes, False

    async def pieces(self) -> AsyncIterator[bytes]:
        if isinstance(self._data, bytes):
            self._count(self._data)
            view = memoryview(self._data)
            for start in range(0, len(view), _MIB):
                yield bytes(view[start : start + _MIB])
            return
        async for piece in self._data:
            self._count(piece)
            yield piece

    def _count(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            self.over = True
            raise ValueError


def _check(path: str) -> None:
    if not is_inside(path):
        raise ValueError(f"{path[:200]!r} does not name a file inside the working folder.")


def _entry(item: Any) -> FileEntry | None:
    match item:
        case [str(path), int(size), float() | int() as modified] if is_inside(path) and size >= 0:
            return FileEntry(path, size, float(modified))
        case _:
            return None
