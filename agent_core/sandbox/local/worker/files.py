"""Files below the working folder, for the host: regular files only, and never through a symbolic link."""

from __future__ import annotations

import contextlib
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Entry = tuple[str, int, float]

_ROOT = "/work"
_INPUTS = "inputs"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_DEPTH = 50
_MOST_FILES = 10_000


def write(path: str, data: bytes, *, first: bool, last: bool) -> None:
    """Add a piece to a file; it takes its name with the last piece."""
    parts = path.split("/")
    with _folder(parts[:-1], make=True) as folder:
        part = f".{parts[-1][:60]}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_TRUNC if first else os.O_APPEND)
        try:
            descriptor = os.open(part, flags, 0o644, dir_fd=folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            if last:
                os.replace(part, parts[-1], src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(part, dir_fd=folder)
            raise


def entries(most: int = _MOST_FILES) -> list[Entry]:
    """Regular files below the working folder, without the inputs, up to so many."""
    found: list[Entry] = []
    with _folder([], make=False) as folder:
        _walk(folder, "", 0, found, most)
    return found


def _walk(folder: int, prefix: str, depth: int, found: list[Entry], most: int) -> None:
    if depth > _MOST_DEPTH:
        return
    with os.scandir(folder) as listing:
        items = sorted(listing, key=lambda item: item.name)
    for item in items:
        if len(found) >= most or (not depth and item.name == _INPUTS):
            continue
        with contextlib.suppress(OSError):
            status = os.stat(item.name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                found.append((prefix + item.name, status.st_size, status.st_mtime))
            elif stat.S_ISDIR(status.st_mode):
                below = os.open(item.name, _FOLDER, dir_fd=folder)
                try:
                    _walk(below, f"{prefix}{item.name}/", depth + 1, found, most)
                finally:
                    os.close(below)


@contextlib.contextmanager
def _folder(parts: list[str], *, make: bool) -> Iterator[int]:
    descriptor = os.open(_ROOT, _FOLDER)
    try:
        for part in parts:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, dir_fd=descriptor)
            below = os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)
