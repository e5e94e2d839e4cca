"""Which fork server forks the next sandbox, and whether one can: servers are renewed, replaced and done without."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent_core.contract import Contract
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.local.fence import data_bytes
from agent_core.sandbox.local.forkserver import ForkServer
from agent_core.sandbox.local.launch import Launched
from agent_core.sandbox.local.machine import NOT_STARTED, Machine
from agent_core.sandbox.local.runtime import Runtime

MOST_FORKS = 50
MOST_SECONDS = 1_800.0
"""Sandboxes of one server have the seed of their string hashes and their addresses in memory in common,
for both are drawn when an interpreter starts. So none forks for longer than this."""

_OWN_DATA_BYTES = 128 << 20
"""What the limit on memory must leave beside the libraries' data, which it counts, or a sandbox starts without them."""
_PAUSE_SECONDS = 60.0
"""After a server could not be started, times how often that has happened in a row."""

Trial = Callable[[ForkServer], Awaitable[None]]


class Forks:
    """Begins with `warm`. Whoever can't be served is told so by None, and `why_not` says why."""

    def __init__(self, most_forks: int = MOST_FORKS) -> None:
        self.why_not = "the fork server was not started"
        self.generation = 0
        """How many servers have been started."""
        self._servers: list[ForkServer] = []
        """The newest last; the others have been retired."""
        self._starting: asyncio.Task[None] | None = None
        self._runtime: Runtime | None = None
        self._sandboxes = Path()
        self._began = 0.0
        self._failures = 0
        self._not_before = 0.0
        self._most_forks = most_forks

    async def warm(self, runtime: Runtime, sandboxes: Path) -> None:
        """Start the first server and wait for it, unless there is one. What goes wrong is remembered in `why_not`."""
        self._runtime, self._sandboxes = runtime, sandboxes
        if self._current() is None:
            await asyncio.wait([self._start()])

    async def launch(
        self, contract: Contract, inputs: Path, environment: dict[str, str], *, ahead: bool = False
    ) -> Launched | None:
        """Fork a sandbox, or None. Nothing is waited for but a fork. See `ForkServer.fork`."""
        server = self._current()
        if server is None:
            self._start_if_wanted()
            if self._starting is not None and not self._starting.done():
                self.why_not = "the fork server is starting"
            return None
        if data_bytes(contract) < server.data_bytes + _OWN_DATA_BYTES:
            self.why_not = "the memory clause leaves too little beside the libraries"
            return None
        try:
            disk = contract.filesystem.disk_mib
            launched = await server.fork(disk, str(inputs.relative_to(self._sandboxes)), environment, ahead=ahead)
        except ProviderUnavailable as error:
            self.give_up(error)
            self._start_if_wanted()
            return None
        if server.forks >= self._most_forks or time.monotonic() - self._began > MOST_SECONDS:
            self._start_if_wanted()
        return launched

    def give_up(self, error: Exception) -> None:
        """Remember why a sandbox could not be forked."""
        self.why_not = str(error).removeprefix(NOT_STARTED).strip().rstrip(".") or "a fork did not answer"

    async def tidy(self) -> None:
        """Close the jails of retired servers that hold no sandbox any more."""
        while (server := next((one for one in self._servers if one.retired and not one.living), None)) is not None:
            self._servers.remove(server)
            await server.close()

    async def aclose(self) -> None:
        """End all servers, and what is left in their jails."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
            self._starting = None
        servers, self._servers, self._runtime = self._servers, [], None
        for server in servers:
            await server.close()

    def _current(self) -> ForkServer | None:
        newest = self._servers[-1] if self._servers else None
        return None if newest is None or newest.retired else newest

    def _start_if_wanted(self) -> None:
        if self._runtime is not None and time.monotonic() >= self._not_before:
            self._start()

    def _start(self) -> "asyncio.Task[None]":
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._renew(), name="fork-server")
        return self._starting

    async def _renew(self) -> None:
        assert self._runtime is not None
        try:
            server = await ForkServer.start(self._runtime, self._sandboxes)
        except ProviderUnavailable as error:
            self._failed(error)
            return
        try:
            await _try_out(server, self._sandboxes)
        except (ProviderUnavailable, OSError) as error:
            self._failed(error)
            await server.close()
            return
        except BaseException:
            await server.close()
            raise
        before = self._current()
        self._servers.append(server)
        self.generation += 1
        self._began, self._failures = time.monotonic(), 0
        if before is not None:
            await before.succeed()
        await self.tidy()

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._not_before = time.monotonic() + _PAUSE_SECONDS * self._failures
        self.give_up(error)


async def _try_out(server: ForkServer, sandboxes: Path) -> None:
    """Fork one sandbox and end it: what the kernel forbids shows here, and not to a person."""
    inputs = sandboxes / "trial"
    inputs.mkdir(exist_ok=True)
    launched = await server.fork(1, inputs.name, {})
    machine = await Machine.start(launched, Contract(), None, "trial")
    await machine.close()
    server.forks = 0
    with contextlib.suppress(OSError):
        inputs.rmdir()
