"""Opens sandboxes on this machine."""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from agent_core.contract import Contract
from agent_core.errors import ClauseRefused, ProviderUnavailable, RingfenceError, of_this_machine
from agent_core.sandbox.base import Leftover
from agent_core.sandbox.local import cgroups, folders, jails, probe, runtime
from agent_core.sandbox.local.forks import MOST_FORKS, Forks
from agent_core.sandbox.local.network.addresses import Range, Reach, Resolve, SystemResolver
from agent_core.sandbox.local.sandbox import LANGUAGES, LocalSandbox
from agent_core.sandbox.local.spare import Spare

_SANDBOXES = "sandboxes"


class LocalProvider:
    """See `agent_core.sandbox.base.Provider`.

    `groups="never"` enforces memory, processes and CPU without control groups even where there are some.
    `start="cold"` has every sandbox started by bubblewrap, with an interpreter of its own; that is also how
    those start that a fork server can't fork. Neither way gives less isolation.
    With `spare`, one sandbox is always forked ahead for whoever asks next.
    `reachable` are the operator's exceptions to the rule that no sandbox reaches an address that is not
    public. `resolve` finds the addresses of names, by the system's own means where it is left out.
    """

    name: str = "local"

    def __init__(
        self,
        groups: Literal["detect", "never"] = "detect",
        start: Literal["fork", "cold"] = "fork",
        *,
        reachable: tuple[Range, ...] = (),
        resolve: Resolve | None = None,
        most_forks: int = MOST_FORKS,
        spare: bool = False,
    ) -> None:
        self._reach = Reach(reachable)
        self._own_resolver = SystemResolver()
        self._resolve: Resolve = resolve or self._own_resolver
        self._start = start
        self._forks = Forks(most_forks)
        self._hierarchy = cgroups.detect() if groups == "detect" else None
        self._spare = Spare(self._forks, self._hierarchy) if spare and start == "fork" else None
        self._preparing: asyncio.Task[tuple[Path, runtime.Runtime]] | None = None
        self._leaving = threading.Event()
        self._folder: Path | None = None
        self._open: set[LocalSandbox] = set()

    async def available(self) -> str | None:
        """None when sandboxes can be opened here; else a sentence that says why not and what to do."""
        return await asyncio.to_thread(probe.why_not)

    @asynccontextmanager
    async def open(self, contract: Contract) -> AsyncIterator[LocalSandbox]:
        """See `Provider.open`."""
        _refuse(contract)
        if self._preparing is None and (reason := await self.available()) is not None:
            raise ProviderUnavailable(reason)
        ahead = None
        with of_this_machine():
            folder, prepared = await self._prepare()
            if self._spare:
                ahead = await self._spare.take(contract)
            sandbox = ahead or LocalSandbox(contract, folder / _SANDBOXES)
        try:
            await sandbox.start(prepared, self._forks, self._hierarchy, self._reach, self._resolve)
            self._open.add(sandbox)
            if self._spare:
                self._spare.prepare(contract, folder / _SANDBOXES)
            yield sandbox
        finally:
            self._open.discard(sandbox)
            await sandbox.close()
            await self._forks.tidy()

    async def leftovers(self) -> tuple[Leftover, ...]:
        """None: the kernel ends a sandbox with the process that opened it. What that leaves is cleared here."""
        await self._clear()
        return ()

    async def end(self, sandbox_id: str) -> None:
        """See `Provider.end`; there is never one."""

    async def warm(self) -> None:
        """See `Provider.warm`: takes seconds of a process's life, and a process does it once.

        From then on sandboxes are forked; those that are opened before it start one by one.
        """
        with contextlib.suppress(RingfenceError, OSError):
            if await self.available() is None:
                folder, prepared = await self._prepare()
                if self._start == "fork":
                    await self._forks.warm(prepared, folder / _SANDBOXES)
                    if self._spare:
                        self._spare.prepare(Contract(), folder / _SANDBOXES)

    async def aclose(self) -> None:
        """Close what is still open, and remove what the sandboxes share."""
        self._leaving.set()
        for sandbox in tuple(self._open):
            await sandbox.close()
        if self._spare:
            await self._spare.aclose()
        await self._forks.aclose()
        if self._preparing is not None and not self._preparing.done():
            await asyncio.wait([self._preparing])
        self._preparing = None
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = None
        self._leaving.clear()
        self._own_resolver.close()

    async def _prepare(self) -> tuple[Path, runtime.Runtime]:
        """Once for all who ask. That one of them stops waiting doesn't stop the work."""
        if self._preparing is None or _failed(self._preparing):
            self._preparing = asyncio.create_task(self._build(), name="sandbox-runtime")
            self._preparing.add_done_callback(_failed)  # nobody may be left to hear of it
        return await asyncio.shield(self._preparing)

    async def _clear(self) -> None:
        work: list[Callable[[], int]] = [jails.clear_leftovers, folders.clear_leftovers]
        if self._hierarchy is not None:
            work.append(partial(cgroups.clear_leftovers, self._hierarchy))
        await asyncio.gather(*map(asyncio.to_thread, work))

    async def _build(self) -> tuple[Path, runtime.Runtime]:
        await self._clear()
        folder = self._folder = folders.make()
        (folder / _SANDBOXES).mkdir()
        (folder / _SANDBOXES).chmod(0o755)
        return folder, await asyncio.to_thread(runtime.build, folder / "runtime", self._leaving.is_set)


def _failed(task: "asyncio.Task[tuple[Path, runtime.Runtime]]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _refuse(contract: Contract) -> None:
    if not set(contract.languages.allowed) & set(LANGUAGES):
        raise ClauseRefused("languages", "Sandboxes on this machine run Python and bash: allow one of them.")
