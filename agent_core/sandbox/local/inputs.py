"""The person's files: a folder on the host that the sandbox sees read-only."""

import itertools
import os
from pathlib import Path

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

    def write(self, name: str, data: bytes) -> None:
        """Add or replace a file. `name` has been checked to stay inside."""
        arriving = self._incoming / str(next(self._numbers))
        arriving.write_bytes(data)
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
