"""Jails that a killed app process has left.

The kernel ends a jail with its app, but for a moment: bubblewrap's first process inside waits to be told that it may
go on, and by then bubblewrap, which would tell it, dies with the app already. What waits so has nothing in it.
"""

import contextlib
import os
import signal
from pathlib import Path

from agent_core import jail
from agent_core.sandbox.local import processes


def clear_leftovers() -> int:
    """Kill what belongs to jails of app processes that are gone; returns how many processes there were.

    A jail of another container, whose numbers mean nothing here, is passed over.
    """
    here = processes.pid_namespace(os.getpid())
    return sum(_ended(int(name), here) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208


def _ended(pid: int, here: int | None) -> bool:
    with contextlib.suppress(OSError):
        if not _orphaned(pid, here):
            return False
        handle = os.pidfd_open(pid)
        try:
            if _orphaned(pid, here):  # still the same: its number can't go to another now
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                return True
        finally:
            os.close(handle)
    return False


def _orphaned(pid: int, here: int | None) -> bool:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    with contextlib.suppress(ValueError, IndexError):
        namespace, app, started = map(int, words[words.index(jail.MARK.encode()) + 1].split(b"-"))
        return namespace == here and processes.started(app) != started
    return False
