"""The conversation that a hostile model works in: as a tool sees any other, and gone when the run is over."""

import hashlib
from contextlib import AsyncExitStack
from typing import Self

from agent_core.contract import Contract
from agent_core.errors import RingfenceError
from agent_core.events import ContractDenied, Event
from agent_core.sandbox.base import Output, Provider, Sandbox


class HostileBench:
    """Satisfies `agent_core.tools.workbench.Workbench`. A context manager: its sandbox is closed at the end."""

    def __init__(self, provider: Provider, contract: Contract, version: int, uploads: dict[str, bytes]) -> None:
        self.turn = "hostile"
        self.contract = contract
        self.contract_version = version
        self.denials: list[ContractDenied] = []
        self.kept: dict[str, bytes] = {}
        """Artifacts by their sha256."""
        self.files: dict[str, tuple[str, int]] = {}
        """Those that were files of the working folder, by their paths."""
        self.progressed = 0
        """Characters of output that were passed on while code ran."""
        self._provider = provider
        self._uploads = uploads
        self._stack = AsyncExitStack()
        self._sandbox: Sandbox | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def sandbox(self) -> Sandbox:
        """The sandbox; a new one with the uploads in it where the one before is gone."""
        if self._sandbox is not None and self._sandbox.alive:
            return self._sandbox
        await self._stack.aclose()
        self._sandbox = await self._stack.enter_async_context(self._provider.open(self.contract))
        for name, data in self._uploads.items():
            await self._sandbox.write(f"inputs/{name}", data)
        return self._sandbox

    def record(self, *events: Event) -> None:
        """Keep what the contract has refused."""
        self.denials += [event for event in events if isinstance(event, ContractDenied)]

    def started(self, run: str) -> None:
        """Nothing follows a run here."""

    def finished(self, error: RingfenceError | None) -> None:
        """A sandbox that was lost is replaced when the next call asks for it."""

    def progress(self, output: Output) -> None:
        """Count what would have been shown."""
        self.progressed += len(output.text)

    async def keep(self, data: bytes) -> str:
        """Hold an artifact in memory."""
        sha256 = hashlib.sha256(data).hexdigest()
        self.kept[sha256] = data
        return sha256

    def made(self, path: str, sha256: str, size: int) -> None:
        """Take note of a file."""
        self.files[path] = (sha256, size)
