"""Bytes by their SHA-256, each a file in a folder: what a conversation's events refer to."""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import structlog

from agent_core.errors import StoreUnavailable

_log = structlog.get_logger(__name__)

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_UNFINISHED = ".part"

GRACE_SECONDS = 600
"""How long a file may lie unreferenced: the event that will name it may not be written yet."""


class Artifacts(Protocol):
    """Keeps bytes, and gives them back by their SHA-256."""

    def put(self, content: bytes | Iterable[bytes]) -> tuple[str, int]:
        """See `ArtifactStore.put`."""

    def open(self, sha256: str) -> BinaryIO:
        """See `ArtifactStore.open`."""

    def read(self, sha256: str) -> bytes:
        """See `ArtifactStore.read`."""


class ArtifactStore:
    """A folder of files named by content. The same bytes are kept once. Safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with the_disk():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, content: bytes | Iterable[bytes], noted: Callable[[str], None] = lambda _: None) -> tuple[str, int]:
        """Keep bytes, given whole or in pieces, and return their SHA-256 and their number.

        They are kept, whole, when this returns; where the pieces raise, nothing is kept. `noted` is told of their
        SHA-256 before they are. Raises StoreUnavailable where they can't be kept.
        """
        with self._unfinished() as part:
            sha256, size = write((content,) if isinstance(content, bytes) else content, part)
            noted(sha256)
            self._keep(part, sha256)
        return sha256, size

    def path(self, sha256: str) -> Path:
        """Where the bytes lie in the folder, or would. Raises ValueError for anything but 64 hexadecimal digits."""
        return self._folder / key(sha256)

    def open(self, sha256: str) -> BinaryIO:
        """Open the bytes for reading, which goes on working whatever becomes of the file.

        Raises KeyError where they are not kept, ValueError for a bad name, StoreUnavailable.
        """
        try:
            with the_disk():
                return self.path(sha256).open("rb")
        except FileNotFoundError:
            raise KeyError(sha256) from None

    def read(self, sha256: str) -> bytes:
        """All of the bytes. Raises as `open` does."""
        with self.open(sha256) as file:
            return file.read()

    def delete(self, sha256: str) -> None:
        """Delete bytes, if they are kept. Raises ValueError as `path` does, StoreUnavailable."""
        with the_disk():
            self.path(sha256).unlink(missing_ok=True)

    def delete_unreferenced(self, keep: AbstractSet[str], grace_seconds: float = GRACE_SECONDS) -> int:
        """Delete what nothing refers to and was not put lately; return how many went. Raises StoreUnavailable."""
        newest = time.time() - grace_seconds
        deleted = 0
        for file in [path for path in self._folder.rglob("*") if path.is_file() and path.name not in keep]:
            # Looked at only now: the same bytes may have been put again since.
            if file.stat().st_mtime <= newest:
                file.unlink(missing_ok=True)
                deleted += 1
        return deleted

    def check(self) -> None:
        """See that bytes can be kept. Raises StoreUnavailable with what to do."""
        with self._unfinished() as part, the_disk():
            part.write_bytes(b"ringfence")

    @contextmanager
    def _unfinished(self) -> Iterator[Path]:
        """A new file of the folder, which is gone afterwards unless it was moved."""
        with the_disk():
            handle, name = tempfile.mkstemp(suffix=_UNFINISHED, dir=self._folder)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _keep(self, part: Path, sha256: str) -> None:
        target = self.path(sha256)
        with the_disk():
            for folder in (target.parent.parent, target.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            # Replacing a twin is harmless, and renews its time for `delete_unreferenced`.
            part.replace(target)
            for folder in (target.parent, target.parent.parent, self._folder):
                _sync_folder(folder)


def key(sha256: str) -> str:
    """The name of an artifact in every kind of store. Raises ValueError for anything but 64 hexadecimal digits."""
    if not _SHA256.match(sha256):
        raise ValueError("An artifact is named by the 64 hexadecimal digits of its SHA-256.")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


@contextmanager
def the_disk() -> Iterator[None]:
    """What the operating system refuses inside becomes a StoreUnavailable; a missing file stays one."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        _log.warning("artifacts_unavailable", reason=error.strerror)
        raise StoreUnavailable(
            f"The folder for files and charts doesn't work ({error.strerror}). "
            "Whoever runs Ringfence has to make room on its disk, or mend it; try again then."
        ) from error


def write(pieces: Iterable[bytes], path: Path) -> tuple[str, int]:
    """Write pieces to the disk; return their SHA-256 and their number of bytes. Raises StoreUnavailable."""
    digest, size = hashlib.sha256(), 0
    with the_disk():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            with the_disk():
                _write_all(handle, piece)
        with the_disk():
            os.fsync(handle)
    finally:
        os.close(handle)
    return digest.hexdigest(), size


def _write_all(handle: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(handle, left) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
