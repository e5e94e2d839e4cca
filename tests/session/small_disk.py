"""A disk of a few MiB that a program finds in a folder, and that can really be full: for root too, and nobody else feels it."""

import errno
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent_core.jail import bubblewrap

_PIECES = (1 << 20, 4096, 1)


def on_small_disks(folders: Sequence[Path], mib: int, argv: Sequence[str]) -> list[str]:
    """The command line that runs another where each folder is the root of an empty disk of its own.

    bubblewrap mounts them in namespaces that it makes, as it does for sandboxes: wherever these run, this does.
    """
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    disks = [word for folder in folders for word in ("--size", str(mib << 20), "--tmpfs", str(folder))]
    return [str(bubblewrap()), "--dev-bind", "/", "/", *disks, "--die-with-parent", "--", *argv]


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Nothing more goes on the folder's disk, also where others make room meanwhile."""
    ending = threading.Event()
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        _fill(file.fileno())
        keeping = threading.Thread(target=_keep, args=(file.fileno(), ending))
        keeping.start()
        try:
            yield
        finally:
            ending.set()
            keeping.join()
            filler.unlink()


def _keep(descriptor: int, ending: threading.Event) -> None:
    while not ending.wait(0.01):
        _fill(descriptor)


def _fill(descriptor: int) -> None:
    for size in _PIECES:
        try:
            while os.write(descriptor, bytes(size)):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
