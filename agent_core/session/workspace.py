"""What the code left in its folder, carried from one sandbox to the next.

The same on every provider: the files are read out through the sandbox's own promises and written back
into the next one, so no folder of this machine is ever writable from inside.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

from agent_core.contract import Contract
from agent_core.errors import RingfenceError
from agent_core.sandbox.answering import Hosted
from agent_core.sandbox.base import Sandbox
from agent_core.storage.artifacts import Artifacts
from agent_core.storage.workspaces import KeptFile, WorkspaceStore

_CHUNK = 1 << 20


Write = Callable[[str, AsyncIterable[bytes]], Awaitable[None]]


def writer(sandbox: Sandbox | Hosted) -> Write:
    """What brings a file into a sandbox before it is asked anything."""
    return sandbox.give if isinstance(sandbox, Hosted) else sandbox.write


class Workspace:
    """One conversation's working folder, or its person's volume, as the contract says."""

    def __init__(self, conversation: str, owner: str, store: WorkspaceStore, artifacts: Artifacts) -> None:
        self._conversation = conversation
        self._owner = owner
        self._store = store
        self._artifacts = artifacts

    async def restore(self, write: Write, contract: Contract) -> None:
        """Write what was kept into a new sandbox. Raises what `write` does."""
        name = self._name(contract)
        for path, kept in self._store.files(name).items() if name else ():
            await write(path, pieces(self._artifacts, kept.sha256))

    def note(self, path: str, sha256: str, size: int, contract: Contract) -> None:
        """Keep a file that a call has just made, whose bytes are in the artifact store already."""
        if name := self._name(contract):
            self._store.put(name, {path: KeptFile(sha256, size)})

    async def save(self, sandbox: Sandbox, contract: Contract) -> None:
        """Keep all files of a sandbox that is about to be closed. One that is dead keeps what was noted."""
        name = self._name(contract)
        if name is None or not sandbox.alive:
            return
        try:
            limit = contract.filesystem.largest_file_mib << 20
            files = {
                entry.path: await self._keep(await sandbox.read(entry.path, limit_bytes=limit))
                for entry in await sandbox.list()
            }
        except (RingfenceError, FileNotFoundError):
            return
        self._store.replace(name, files)

    def _name(self, contract: Contract) -> str | None:
        if contract.filesystem.storage == "volume":
            return volume_of(self._owner)
        return folder_of(self._conversation) if contract.lifecycle.mode == "session" else None

    async def _keep(self, data: bytes) -> KeptFile:
        sha256, size = await asyncio.to_thread(self._artifacts.put, data)
        return KeptFile(sha256, size)


def folder_of(conversation: str) -> str:
    """The name that a conversation's working folder is kept under."""
    return f"conversation:{conversation}"


def volume_of(owner: str) -> str:
    """The name that a person's volume is kept under."""
    return f"person:{owner}"


async def pieces(artifacts: Artifacts, sha256: str, sent: Callable[[int], None] | None = None) -> AsyncIterator[bytes]:
    """An artifact's bytes, a MiB at a time; `sent` hears how many were taken. Raises as `ArtifactStore.open` does."""
    count = 0
    with await asyncio.to_thread(artifacts.open, sha256) as file:
        while piece := file.read(_CHUNK):
            yield piece
            count += len(piece)
            if sent is not None:
                sent(count)
