"""One sandbox that stands ready: forked ahead, it waits in namespaces of its own for whoever asks next.

It is what a fork on demand makes, made earlier: nobody's code has run in it, and it is given away once. Who
asks for other limits than those it was made with gets a fork on demand.
"""

import asyncio
import contextlib
from pathlib import Path

from agent_core.contract import Contract, Filesystem, Resources
from agent_core.errors import RingfenceError
from agent_core.sandbox.local.cgroups import Hierarchy
from agent_core.sandbox.local.forks import Forks
from agent_core.sandbox.local.sandbox import LocalSandbox

Making = asyncio.Task[LocalSandbox | None]


class Spare:
    """Begins with `prepare`. It belongs to one fork server, and is dropped when that is replaced.

    The concurrency clause doesn't count it, for nobody holds it: who takes it has been given a place before.
    """

    def __init__(self, forks: Forks, hierarchy: Hierarchy | None) -> None:
        self._forks, self._hierarchy = forks, hierarchy
        self._making: Making | None = None
        self._kind: tuple[int, Resources, Filesystem] | None = None
        self._dropping: set[asyncio.Task[None]] = set()

    def prepare(self, contract: Contract, folder: Path) -> None:
        """Have one made for a contract like this, unless it is there, and drop any other. Nothing is waited for."""
        kind = self._kind_for(contract)
        if self._making is not None:
            if kind == self._kind and not _failed(self._making):
                return
            self._drop(self._making)
        self._kind = kind
        self._making = asyncio.create_task(self._make(contract, folder), name="spare-sandbox")

    async def take(self, contract: Contract) -> LocalSandbox | None:
        """The one that stands ready, or soon will, now under this contract; None where it would not do."""
        making = self._making
        if making is None or self._kind != self._kind_for(contract):
            return None
        self._making = None
        try:
            sandbox = await asyncio.shield(making)
        except asyncio.CancelledError:
            self._drop(making)
            raise
        if sandbox is None or not sandbox.alive:
            self._drop(making)
            return None
        try:
            sandbox.assign(contract)
        except OSError:
            self._drop(making)
            return None
        return sandbox

    async def aclose(self) -> None:
        """End the one there is, and wait for those that are being dropped."""
        if self._making is not None:
            self._drop(self._making)
            self._making = None
        await asyncio.gather(*self._dropping)

    def _kind_for(self, contract: Contract) -> tuple[int, Resources, Filesystem]:
        return self._forks.generation, contract.resources, contract.filesystem

    async def _make(self, contract: Contract, folder: Path) -> LocalSandbox | None:
        with contextlib.suppress(RingfenceError, OSError):
            sandbox = LocalSandbox(contract, folder, ahead=True)
            try:
                if await sandbox.prepare(self._forks, self._hierarchy):
                    return sandbox
            except BaseException:
                await sandbox.close()
                raise
            await sandbox.close()
        return None

    def _drop(self, making: Making) -> None:
        task = asyncio.create_task(self._end(making))
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)

    async def _end(self, making: Making) -> None:
        if (sandbox := await making) is not None:
            await sandbox.close()
            await self._forks.tidy()


def _failed(making: Making) -> bool:
    """Whether it came to nothing, as on a machine that was too busy."""
    return making.done() and not making.cancelled() and making.exception() is None and making.result() is None
