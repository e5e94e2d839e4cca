"""A sandbox elsewhere, as far as it is the same whoever provides it."""

import asyncio
import contextlib
import errno
import os
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

from agent_core.contract import Contract, Language
from agent_core.errors import (
    CallTimeout,
    ClauseRefused,
    DiskFull,
    FileTooLarge,
    OutOfMemory,
    OutputLimit,
    SandboxCrashed,
)
from agent_core.sandbox.base import Amendment, Emit, Execution, FileEntry, OnDenied, Size, Usage
from agent_core.sandbox.hosted.call import Call, Stuck
from agent_core.sandbox.hosted.remote import Remote
from agent_core.sandbox.local.messages import is_inside

_MIB = 1 << 20
_DISK = {errno.ENOSPC, errno.EDQUOT}
_LANGUAGES = ("python", "bash")
_USAGE_SECONDS = 5.0


class HostedSandbox(ABC):
    """See `agent_core.sandbox.base.Sandbox`. What a subclass adds is said by its abstract methods."""

    def __init__(self, sandbox_id: str, contract: Contract) -> None:
        self.id = sandbox_id
        self._contract = contract
        self._lock = asyncio.Lock()
        self._opened, self._began = datetime.now(UTC), time.monotonic()
        self._closed = self._dead = self._deleted = False
        self._running: Call | None = None

    @property
    @abstractmethod
    def _remote(self) -> Remote:
        """What speaks to our part inside."""

    @abstractmethod
    async def _delete(self) -> None:
        """End it at the provider. One that is gone is no error."""

    @abstractmethod
    async def _applied(self, contract: Contract) -> tuple[Contract, Amendment]:
        """Apply a new contract as far as that is possible: what holds now, and what is told about it."""

    @abstractmethod
    async def _used(self) -> tuple[float | None, float | None]:
        """Memory and disk in use, in MiB, as far as the provider tells."""

    @property
    def allocated(self) -> Size | None:
        """See `Sandbox.allocated`."""
        return None

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
        on_denied: OnDenied | None = None,  # noqa: ARG002  no provider tells what it refused
    ) -> Execution:
        """See `Sandbox.run`."""
        async with self._lock:
            self._reach()
            self._refuse_language(language)
            limit = float(self._contract.timeout.call_seconds)
            seconds = limit if timeout_seconds is None else min(limit, timeout_seconds)
            began = time.monotonic()
            call = self._running = Call(self._remote, emit, self._contract)
            try:
                return await call.run(code, language, seconds)
            except Stuck:
                await self._die()
                raise CallTimeout(seconds, time.monotonic() - began, state_kept=False) from None
            except (asyncio.CancelledError, CallTimeout, OutOfMemory, OutputLimit):
                if call.lost:
                    await self._die()
                raise
            except SandboxCrashed:
                await self._die()
                raise
            finally:
                self._running = None

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
        """See `Sandbox.usage`; what the provider does not tell is None."""
        memory = disk = None
        if self.alive:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_USAGE_SECONDS):
                    memory, disk = await self._used()
        size, seconds = self.allocated or self._contract.resources, time.monotonic() - self._began
        return Usage(self._opened, seconds, size.vcpus, size.memory_mib, memory, disk)

    async def amend(self, contract: Contract) -> Amendment:
        """See `Sandbox.amend`. A call under way is held to a shorter time limit, and ends before the rest applies."""
        if self._running is not None:
            self._running.limit(float(contract.timeout.call_seconds))
        async with self._lock:
            with self._dying():
                self._contract, told = await self._applied(contract)
        return told

    async def close(self) -> None:
        """See `Sandbox.close`."""
        self._closed = True
        await self._ended()

    async def _content(self, name: str, size: int, limit_bytes: int) -> bytes | None:
        """A file of no bytes is not asked for: no SDK can be trusted to stream it."""
        if not size:
            return b""
        return await self._remote.download(name, limit_bytes) if size <= limit_bytes else None

    def _reach(self) -> None:
        if not self.alive:
            raise SandboxCrashed("it is closed" if self._closed else "it ended before")

    @contextlib.contextmanager
    def _dying(self) -> Iterator[None]:
        self._reach()
        try:
            yield
        except SandboxCrashed:
            self._dead = True
            raise

    async def _die(self) -> None:
        self._dead = True
        with contextlib.suppress(Exception):
            await self._ended()

    async def _ended(self) -> None:
        if self._deleted:
            return
        await self._delete()
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
