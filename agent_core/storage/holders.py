"""Which app process holds something, and whether that process is still there."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import psutil

BEAT_SECONDS = 5
"""How often what a process holds should be noted."""

_SILENT = timedelta(seconds=12 * BEAT_SECONDS)
_CLOCK_SLACK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Holder:
    """An app process on some host. `process_started` tells it from a later one of the same number."""

    host: str
    pid: int
    process_started: float
    """Epoch seconds."""

    @property
    def label(self) -> str:
        """Fits into a label of a provider: "host/pid/started"."""
        return f"{self.host}/{self.pid}/{self.process_started}"

    @classmethod
    def of_label(cls, label: str) -> "Holder | None":
        """The holder that a label names; None where it names none."""
        try:
            host, pid, started = label.rsplit("/", 2)
            return cls(host, int(pid), float(started))
        except ValueError:
            return None

    def gone(self, last_seen: datetime, now: datetime) -> bool:
        """Whether it has ended; of another host's process we know only its silence, of a minute."""
        if self.host != socket.gethostname():
            return now - last_seen > _SILENT
        try:
            process = psutil.Process(self.pid)
            started = process.create_time()
            if process.status() == psutil.STATUS_ZOMBIE:  # killed, and its parent has not asked about it yet
                return True
        except psutil.NoSuchProcess:
            return True
        return abs(started - self.process_started) > _CLOCK_SLACK_SECONDS


def this_process() -> Holder:
    """The process that asks."""
    return _holder(os.getpid())


@cache
def _holder(pid: int) -> Holder:
    return Holder(socket.gethostname(), pid, psutil.Process(pid).create_time())
