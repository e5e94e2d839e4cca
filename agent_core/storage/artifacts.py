"""Bytes by their SHA-256, each a file in a folder: what a conversation's events refer to."""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import BinaryIO

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_UNFINISHED = ".part"

GRACE_SECONDS = 600
"""How long a file may lie unreferenced: the event that will name it may not be written yet."""


class ArtifactStore:
    """A folder of files named by content. The same bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, content: bytes | Iterable[bytes]) -> tuple[str, int]:
        """Keep bytes, given whole or in pieces, and return their SHA-256 and their number.

        The file is on the disk, whole, when this returns; where the pieces raise, nothing is kept.
        """
        handle, name = tempfile.mkstemp(suffix=_UNFINISHED, dir=self._folder)
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                sha256, size = _copy(content, file)
                file.flush()
                os.fsync(file.fileno())
            self._keep(unfinished, sha256)
        finally:
            unfinished.unlink(missing_ok=True)
        return sha256, size

    def path(self, sha256: str) -> Path:
        """Where the bytes lie, or would. Raises ValueError for anything but 64 hexadecimal digits."""
        if not _SHA256.match(sha256):
            raise ValueError("An artifact is named by the 64 hexadecimal digits of its SHA-256.")
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def open(self, sha256: str) -> BinaryIO:
        """Open the bytes for reading. Raises KeyError where they are not kept, ValueError for a bad name."""
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError:
            raise KeyError(sha256) from None

    def read(self, sha256: str) -> bytes:
        """All of the bytes. Raises as `open` does."""
        with self.open(sha256) as file:
            return file.read()

    def delete_unreferenced(self, keep: AbstractSet[str], grace_seconds: float = GRACE_SECONDS) -> int:
        """Delete what nothing refers to and was not put lately; return how many files went."""
        newest = time.time() - grace_seconds
        deleted = 0
        for file in [path for path in self._folder.rglob("*") if path.is_file()]:
            if file.name not in keep and file.stat().st_mtime <= newest:
                file.unlink(missing_ok=True)
                deleted += 1
        return deleted

    def _keep(self, unfinished: Path, sha256: str) -> None:
        target = self.path(sha256)
        for folder in (target.parent.parent, target.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        # Replacing a twin is harmless, and renews its time for `delete_unreferenced`.
        unfinished.replace(target)
        for folder in (target.parent, target.parent.parent, self._folder):
            _sync_folder(folder)


def _copy(content: bytes | Iterable[bytes], file: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in (content,) if isinstance(content, bytes) else content:
        digest.update(piece)
        size += file.write(piece)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
