"""A provider elsewhere, as far as it is the same whoever it is: sandboxes are labelled, found again, and ended."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from agent_core.contract import Contract
from agent_core.errors import RingfenceError
from agent_core.sandbox.base import Leftover
from agent_core.sandbox.hosted.ending import to_its_end
from agent_core.sandbox.hosted.lasting import LastingSandbox

S = TypeVar("S", bound=LastingSandbox)
APP = "ringfence"
_MOST_LISTED = 1_000


def labels(deployment: str, **more: str) -> dict[str, str]:
    """What a sandbox is found again by."""
    return {"app": APP, "deployment": deployment, **more}


class HostedProvider(ABC, Generic[S]):
    """See `agent_core.sandbox.base.Provider`, and `Resuming`. What a subclass adds is said by its abstract methods.

    `deployment` and `holder` are the labels by which what a dead process left behind is found again.
    """

    def __init__(self, deployment: str, holder: str) -> None:
        self._deployment, self._holder = deployment, holder
        self._open: set[S] = set()

    @abstractmethod
    def _refuse(self, contract: Contract) -> None:
        """Raises ClauseRefused for what can't be had here, before anything is asked for."""

    @abstractmethod
    async def _create(self, contract: Contract) -> S:
        """A new sandbox, not ready yet. One that fails, or is cancelled, leaves none behind."""

    @abstractmethod
    async def _connect(self, sandbox_id: str, contract: Contract) -> S:
        """One that runs. Raises SandboxCrashed where there is none."""

    @abstractmethod
    async def _listed(self, most: int) -> Mapping[str, Mapping[str, str]]:
        """The labels of this deployment's sandboxes, by their ids."""

    @abstractmethod
    async def _end(self, sandbox_id: str) -> None:
        """End a sandbox of this deployment. One that is gone is no error."""

    @property
    @abstractmethod
    def _keyless(self) -> str | None:
        """What to do where there is no key."""

    async def available(self) -> str | None:
        """See `Provider.available`."""
        if self._keyless is not None:
            return self._keyless
        try:
            await self._listed(1)
        except RingfenceError as error:
            return str(error)
        return None

    @asynccontextmanager
    async def open(self, contract: Contract) -> AsyncIterator[S]:
        """See `Provider.open`."""
        self._refuse(contract)
        async with self._held(await self._create(contract)) as sandbox:
            await sandbox.start()
            yield sandbox

    @asynccontextmanager
    async def resume(self, sandbox_id: str, contract: Contract) -> AsyncIterator[S]:
        """See `Resuming.resume`."""
        self._refuse(contract)
        async with self._held(await self._connect(sandbox_id, contract)) as sandbox:
            await sandbox.rejoin()
            yield sandbox

    async def leftovers(self) -> tuple[Leftover, ...]:
        """See `Provider.leftovers`."""
        found = await self._listed(_MOST_LISTED)
        return tuple(Leftover(name, marks.get("holder", "")) for name, marks in found.items())

    async def end(self, sandbox_id: str) -> None:
        """See `Provider.end`."""
        if sandbox_id in await self._listed(_MOST_LISTED):
            await self._end(sandbox_id)

    async def aclose(self) -> None:
        """See `Provider.aclose`."""
        for sandbox in tuple(self._open):
            with contextlib.suppress(RingfenceError):
                await sandbox.close()

    @asynccontextmanager
    async def _held(self, sandbox: S) -> AsyncIterator[S]:
        self._open.add(sandbox)
        try:
            yield sandbox
        finally:
            self._open.discard(sandbox)
            await to_its_end(sandbox.close())
