"""Folders of one app process below the system's temporary folder, and of those that are gone."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from agent_core.sandbox.local import processes

_NAME = re.compile(r"^ringfence-sandboxes-(\d+)-(\d+)-(\d+)-")


def make() -> Path:
    """A new folder for this process alone."""
    pid = os.getpid()
    prefix = f"ringfence-sandboxes-{processes.pid_namespace(pid)}-{pid}-{processes.started(pid)}-"
    return Path(tempfile.mkdtemp(prefix=prefix))


def clear_leftovers(parent: Path | None = None) -> int:
    """Remove what killed app processes of this user and machine have left; returns how many there were.

    A process of another container, whose number means nothing here, keeps its folder.
    """
    removed = 0
    for path in (parent or Path(tempfile.gettempdir())).glob("ringfence-sandboxes-*"):
        match = _NAME.match(path.name)
        if match is None or path.is_symlink() or _owner(path) != os.geteuid():
            continue
        namespace, pid, start = map(int, match.groups())
        if namespace == processes.pid_namespace(os.getpid()) and processes.started(pid) != start:
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
    return removed


def _owner(path: Path) -> int | None:
    """None where another process has removed the folder meanwhile."""
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return None
