"""Private temporary folders that the next start of the app removes where this one was killed."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "ringfence-run-"
_LOCK = "lock"
_SHORT = "/tmp"  # noqa: S108  # the folders in it are private
_LONGEST = 80
"""Bytes; a socket in the folder must have a name that the kernel takes, at most 107."""
_YOUNG_SECONDS = 60.0


class PrivateFolder:
    """An empty folder that no other user can open. While this process lives, it holds the folder's lock."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        if len(os.fsencode(self.path)) > _LONGEST:
            self.path.rmdir()
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_SHORT))
        self._lock: int | None = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder with all that is in it. Removing twice is allowed."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep() -> None:
    """Remove the folders of processes that were killed before they could."""
    places = {Path(tempfile.gettempdir()), Path(_SHORT)}
    for folder in (found for place in places for found in place.glob(f"{_PREFIX}*")):
        try:
            _remove_if_abandoned(folder)
        except OSError:
            # Another user's, or another process is sweeping it.
            continue


def _remove_if_abandoned(folder: Path) -> None:
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        return
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        # A young lock may be on its way to being held.
        if time.time() - os.fstat(lock).st_mtime > _YOUNG_SECONDS:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
