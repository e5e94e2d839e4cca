"""Files of a sandbox, read by the host itself: nothing that runs inside takes part, or can say something else."""

import errno
import os
import stat
from io import FileIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def work(first: int) -> int:
    """The working folder, open, of the sandbox whose first process this is. Raises OSError."""
    return os.open(f"/proc/{first}/root/work", _FOLDER)


def find(folder: int, path: str) -> FileIO:
    """A regular file below an open folder. Raises OSError.

    `path` has been checked to stay inside. No symbolic link is followed, whatever becomes of the way meanwhile.
    """
    *way, name = path.split("/")
    place = os.dup(folder)
    try:
        for part in way:
            below = os.open(part, _FOLDER, dir_fd=place)
            os.close(place)
            place = below
        descriptor = os.open(name, _FILE, dir_fd=place)
    finally:
        os.close(place)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return FileIO(descriptor)


def content(file: FileIO, limit_bytes: int) -> bytes | None:
    """All of a file, which is closed, or None where it is larger than that. Raises OSError.

    As much as its size says at first: what goes on inside may still add to it, or cut it.
    """
    with file:
        left = os.fstat(file.fileno()).st_size
        if left > limit_bytes:
            return None
        pieces = []
        while left and (piece := file.read(left)):
            pieces.append(piece)
            left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
