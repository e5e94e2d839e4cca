"""The person's files: a folder on the host that the sandbox sees read-only."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterable
from pathlib import Path

from agent_core.errors import of_this_machine

FOLDER = "inputs/"


class Inputs:
    """Files appear in the sandbox whole: each is written beside the folder first, then moved in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "inputs"
        self._incoming = folder / "incoming"
        self._numbers = itertools.count()
        self.folder.mkdir(parents=True)
        self._incoming.mkdir()
        for each in (folder, self.folder):
            each.chmod(0o755)

    def move(self, folder: Path) -> Path:
        """Give the folder that holds both another name; a sandbox sees its own as before. Raises OSError."""
        self.folder.parent.rename(folder)
        self.folder, self._incoming = folder / self.folder.name, folder / self._incoming.name
        return folder

    async def write(self, name: str, data: bytes | AsyncIterable[bytes], limit_bytes: int) -> bool:
        """Add or replace a file, a piece after the other. `name` has been checked to stay inside.

        False, and nothing is added or replaced, where there is more than the limit. Raises ProviderUnavailable, and
        nothing is either, where this machine's disk is full.
        """
        arriving = self._incoming / str(next(self._numbers))
        try:
            with of_this_machine():
                if not await _written(arriving, data, limit_bytes):
                    return False
                await asyncio.to_thread(self._put, arriving, name)
        finally:
            await asyncio.to_thread(arriving.unlink, missing_ok=True)
        return True

    def _put(self, arriving: Path, name: str) -> None:
        arriving.chmod(0o644)
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        for folder in target.relative_to(self.folder).parents:
            (self.folder / folder).chmod(0o755)
        os.replace(arriving, target)  # noqa: PTH105

    def read(self, name: str, limit_bytes: int) -> bytes | None:
        """A file's bytes, or None where it is larger. Raises FileNotFoundError."""
        path = self.folder / name
        if not path.is_file():
            raise FileNotFoundError(name)
        return path.read_bytes() if path.stat().st_size <= limit_bytes else None


async def _written(path: Path, data: bytes | AsyncIterable[bytes], limit_bytes: int) -> bool:
    """Whether all of the data is in the file: never more than a piece of it is in memory."""
    with await asyncio.to_thread(path.open, "wb") as file:
        if isinstance(data, bytes):
            return len(data) <= limit_bytes and await asyncio.to_thread(file.write, data) == len(data)
        total = 0
        async for piece in data:
            total += len(piece)
            if total > limit_bytes:
                return False
            await asyncio.to_thread(file.write, piece)
    return True
