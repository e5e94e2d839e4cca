"""The local sandbox: one worker in one jail, driven from the event loop that opened it."""

import asyncio
import errno
import math
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from agent_core.contract import Contract, Language
from agent_core.errors import (
    ClauseRefused,
    DiskFull,
    FileTooLarge,
    OutOfMemory,
    ProviderUnavailable,
    SandboxCrashed,
)
from agent_core.jail import Bind, Jail, Tmpfs
from agent_core.sandbox.base import Amendment, Emit, Execution, FileEntry, OnDenied, Usage
from agent_core.sandbox.local import amendment, outside, transfer
from agent_core.sandbox.local.call import Call
from agent_core.sandbox.local.cgroups import Hierarchy
from agent_core.sandbox.local.forks import Forks
from agent_core.sandbox.local.inputs import FOLDER, Inputs
from agent_core.sandbox.local.launch import launch
from agent_core.sandbox.local.link import Link
from agent_core.sandbox.local.machine import Machine
from agent_core.sandbox.local.messages import is_inside
from agent_core.sandbox.local.network.addresses import Reach, Resolve
from agent_core.sandbox.local.network.denials import Denials
from agent_core.sandbox.local.network.proxy import Proxy
from agent_core.sandbox.local.runtime import Runtime

LANGUAGES: tuple[Language, ...] = ("python", "bash")
_MIB = 1 << 20
_DISK = {errno.ENOSPC, errno.EDQUOT}

T = TypeVar("T")


class LocalSandbox:
    """See `agent_core.sandbox.base.Sandbox`. Made by `LocalProvider.open`."""

    def __init__(self, contract: Contract, folder: Path, *, ahead: bool = False) -> None:
        """`ahead` of who asks for it, its folder says so: from outside it can be told that it is nobody's yet."""
        token = secrets.token_hex(6)
        self.id = f"local-{token}"
        self.enforced_by: tuple[str, ...] = ()
        """How each limit is enforced on this machine, a phrase each."""
        self._contract = contract
        self._folder = folder / (f"spare-{token}" if ahead else self.id)
        self._inputs = Inputs(self._folder)
        self._lock = asyncio.Lock()
        self._opened = datetime.now(UTC)
        self._began = time.monotonic()
        self._closed = False
        self._machine: Machine | None = None
        self._proxy: Proxy | None = None
        self._denials = Denials()
        self._running: Call | None = None
        self._asked_seconds: float | None = None
        self._files: tuple[FileEntry, ...] | None = None
        """What lies in the working folder, while it is certain that nothing runs that could change it."""

    async def prepare(self, forks: Forks, hierarchy: Hierarchy | None) -> bool:
        """Fork it before anyone asks for it; whether that was possible."""
        self._machine = await self._forked(forks, hierarchy, ahead=True)
        return self._machine is not None

    def assign(self, contract: Contract) -> None:
        """Give what has been prepared to whoever asks now, with a contract of the same limits. Raises OSError."""
        self._folder = self._inputs.move(self._folder.with_name(self.id))
        self._contract = contract
        self._opened, self._began = datetime.now(UTC), time.monotonic()

    async def start(
        self, runtime: Runtime, forks: Forks, hierarchy: Hierarchy | None, reach: Reach, resolve: Resolve
    ) -> None:
        """Start the worker, unless it was prepared, and the proxy that is its network. Raises ProviderUnavailable."""
        machine, how = self._machine or await self._forked(forks, hierarchy), "fork server"
        if machine is None:
            machine, how = await self._cold(runtime, hierarchy), f"bubblewrap ({forks.why_not})"
        self._machine = machine
        self.enforced_by = (*machine.fence.phrases(), f"start: {how}")
        if machine.listener is not None:
            self._proxy = Proxy(
                machine.listener,
                self._contract.network,
                reach=reach,
                resolve=resolve,
                on_denied=self._denials.add,
            )

    async def _forked(self, forks: Forks, hierarchy: Hierarchy | None, *, ahead: bool = False) -> Machine | None:
        launched = await forks.launch(self._contract, self._inputs.folder, dict(self._environment()), ahead=ahead)
        if launched is None:
            return None
        try:
            return await Machine.start(launched, self._contract, hierarchy, self.id)
        except ProviderUnavailable as error:
            forks.give_up(error)
            return None

    async def _cold(self, runtime: Runtime, hierarchy: Hierarchy | None) -> Machine:
        try:
            launched = launch(runtime, self._jail(runtime))
        except OSError as error:
            raise ProviderUnavailable(f"A local sandbox could not be started: {error.strerror}.") from error
        return await Machine.start(launched, self._contract, hierarchy, self.id)

    @property
    def alive(self) -> bool:
        """False once the sandbox is closed or has died."""
        return not self._closed and self._machine is not None and self._machine.alive

    @property
    def allocated(self) -> None:
        """See `Sandbox.allocated`: the contract's size is the sandbox's."""
        return

    async def run(
        self,
        code: str,
        language: Language = "python",
        *,
        emit: Emit,
        timeout_seconds: float | None = None,
        on_denied: OnDenied | None = None,
    ) -> Execution:
        """See `Sandbox.run`."""
        async with self._lock:
            machine = self._reach()
            self._refuse_language(language)
            self._asked_seconds = timeout_seconds
            machine.link.allow(self._contract.filesystem.largest_artifact_mib)
            call = Call(secrets.token_hex(8), machine.link, machine.inside, emit, self._contract)
            kills, self._running = machine.kills(), call
            machine.busy(now=True)
            self._denials.begin(on_denied)
            self._files = None
            try:
                execution = await call.run(code, language, self._limit())
            finally:
                self._running = None
                machine.busy(now=False)
                self._denials.end()
                if call.stuck:
                    machine.kill()
            judged = self._judged(machine, execution, kills)
            self._files = call.files if judged.background == 0 else None
            return judged

    async def write(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """See `Sandbox.write`."""
        _check(path)
        self._reach()
        limit = self._contract.filesystem.largest_file_mib
        if path.startswith(FOLDER):
            if not await self._inputs.write(path.removeprefix(FOLDER), data, limit * _MIB):
                raise FileTooLarge(limit, path)
        else:
            content = await _collected(data, limit * _MIB)
            if content is None:
                raise FileTooLarge(limit, path)
            try:
                self._raise_for(await self._ask(lambda link: transfer.write(link, path, content), limit), path)
            finally:
                self._files = None

    async def read(self, path: str, *, limit_bytes: int) -> bytes:
        """See `Sandbox.read`."""
        _check(path)
        self._reach()
        if path.startswith(FOLDER):
            content = await asyncio.to_thread(self._inputs.read, path.removeprefix(FOLDER), limit_bytes)
        else:
            content = await self._taken_out(path, limit_bytes)
        if content is None:
            raise FileTooLarge(limit_bytes // _MIB, path)
        return content

    async def list(self) -> tuple[FileEntry, ...]:
        """See `Sandbox.list`."""
        self._reach()
        if self._files is not None:
            return self._files
        return await self._ask(transfer.entries, 1)

    async def usage(self) -> Usage:
        """See `Sandbox.usage`."""
        resources = self._contract.resources
        memory = disk = None
        if self.alive and self._machine is not None:
            memory = self._machine.fence.memory(self._machine.inside.first) / _MIB
            disk = _disk_used(self._machine.inside.first)
        seconds = time.monotonic() - self._began
        return Usage(self._opened, seconds, resources.vcpus, resources.memory_mib, memory, disk)

    async def amend(self, contract: Contract) -> Amendment:
        """See `Sandbox.amend`. A call under way has the new time limit, and the time that it has had counts."""
        machine = self._reach()
        applied = amendment.apply(self._contract, contract, machine.inside, machine.fence)
        self._contract = applied.contract
        if self._running is not None:
            self._running.limit(self._limit())
        if self._proxy is not None:
            self._proxy.amend(applied.contract.network)
        if machine.watch is not None:
            machine.watch.limit_mib = applied.contract.resources.memory_mib
        return applied.amendment

    async def close(self) -> None:
        """See `Sandbox.close`."""
        if self._closed:
            return
        self._closed = True
        if self._proxy is not None:
            await self._proxy.close()
        if self._machine is not None:
            await self._machine.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _limit(self) -> float:
        """Seconds that a call has: the contract's, or fewer where fewer were asked for."""
        limit = float(self._contract.timeout.call_seconds)
        return limit if self._asked_seconds is None else min(limit, self._asked_seconds)

    def _jail(self, runtime: Runtime) -> Jail:
        return Jail(
            mounts=(
                *runtime.mounts,
                Tmpfs("/work", self._contract.filesystem.disk_mib),
                Bind(self._inputs.folder, "/work/inputs"),
            ),
            working_folder="/work",
            environment=(*runtime.environment, *self._environment()),
            readonly_after=(*runtime.readonly, "/dev", "/"),
        )

    def _environment(self) -> tuple[tuple[str, str], ...]:
        return (("LOKY_MAX_CPU_COUNT", str(max(1, math.ceil(self._contract.resources.vcpus)))),)

    def _reach(self) -> Machine:
        if self._closed or self._machine is None:
            raise SandboxCrashed("it is closed")
        if not self._machine.alive:
            raise SandboxCrashed(self._machine.link.ended.result())
        return self._machine

    async def _ask(self, request: Callable[[Link], Awaitable[T]], mib: int) -> T:
        async with self._lock:
            machine = self._reach()
            machine.link.allow(mib)
            try:
                return await request(machine.link)
            except transfer.Unreachable as error:
                machine.kill()
                raise SandboxCrashed("it did not answer") from error

    async def _taken_out(self, path: str, limit_bytes: int) -> bytes | None:
        async with self._lock:
            try:
                file = outside.find(self._reach().work, path)
                return await asyncio.to_thread(outside.content, file, limit_bytes)
            except OSError as error:
                raise FileNotFoundError(error.errno, os.strerror(error.errno or 0), path) from error

    def _refuse_language(self, language: Language) -> None:
        offered = [name for name in self._contract.languages.allowed if name in LANGUAGES]
        if language not in offered:
            raise ClauseRefused(
                "languages",
                f"Code in {language} can't run in this sandbox. It runs {' and '.join(offered) or 'no language'}.",
            )

    def _judged(self, machine: Machine, execution: Execution | None, kills_before: int) -> Execution:
        if machine.over_memory or machine.kills() > kills_before:
            if execution is None:
                machine.kill()
            limit, peak = self._contract.resources.memory_mib, machine.peak_mib()
            raise OutOfMemory(limit, peak if peak > limit else None, state_kept=machine.alive)
        if execution is None:
            reason = machine.link.ended.result()
            machine.kill()
            raise SandboxCrashed(reason)
        return self._denials.judged(execution)

    def _raise_for(self, number: int, path: str) -> None:
        if number in _DISK:
            raise DiskFull(self._contract.filesystem.disk_mib)
        if number == errno.EFBIG:
            raise FileTooLarge(self._contract.filesystem.largest_file_mib, path)
        if number:
            raise FileNotFoundError(number, os.strerror(number), path)


def _check(path: str) -> None:
    if not is_inside(path):
        raise ValueError(f"{path[:200]!r} does not name a file inside the working folder.")


async def _collected(data: bytes | AsyncIterable[bytes], limit_bytes: int) -> bytes | None:
    """All of the data, or None as soon as there is more than the limit."""
    if isinstance(data, bytes):
        return data if len(data) <= limit_bytes else None
    collected = bytearray()
    async for piece in data:
        collected += piece
        if len(collected) > limit_bytes:
            return None
    return bytes(collected)


def _disk_used(first_pid: int) -> float | None:
    try:
        status = os.statvfs(f"/proc/{first_pid}/root/work")
    except OSError:
        return None
    return (status.f_blocks - status.f_bfree) * status.f_frsize / _MIB
