"""Which app process holds something, and whether that process is still there."""

import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import psutil

BEAT_SECONDS = 5
"""How often what a process holds should be noted."""

_SILENT = timedelta(seconds=12 * BEAT_SECONDS)
"""By the clocks of two hosts, and also where the database was away in between."""
_WATCHED_SECONDS = 3.0 * BEAT_SECONDS
"""By this process's own clock, while it has looked without a break."""
_BREAK_SECONDS = 2.0 * BEAT_SECONDS
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
        """Whether it has ended.

        Of another host's process we know only its silence: of a minute, or of 15 seconds under this process's eyes,
        which neither a clock that is wrong nor a database that was away can feign.
        """
        if self.host != socket.gethostname():
            return now - last_seen > _SILENT or _watch.silent(self, last_seen, time.monotonic())
        try:
            process = psutil.Process(self.pid)
            started = process.create_time()
            if process.status() == psutil.STATUS_ZOMBIE:  # killed, and its parent has not asked about it yet
                return True
        except psutil.NoSuchProcess:
            return True
        return abs(started - self.process_started) > _CLOCK_SLACK_SECONDS


class SilenceWatch:
    """What this process has seen of others' beats. Safe to use from any thread."""

    def __init__(self) -> None:
        self._seen: dict[Holder, tuple[datetime, float, float]] = {}
        """The newest beat, when it was first seen and when it was last looked for, by the monotonic clock."""
        self._lock = threading.Lock()

    def silent(self, holder: Holder, last_seen: datetime, now: float) -> bool:
        """Whether there was no newer beat for 15 seconds of looking. Each look counts."""
        with self._lock:
            newest, since, looked = self._seen.get(holder, (last_seen, now, now))
            if last_seen > newest or now - looked > _BREAK_SECONDS:
                newest, since = max(last_seen, newest), now
            self._seen[holder] = newest, since, now
            return now - since > _WATCHED_SECONDS


_watch = SilenceWatch()


def this_process() -> Holder:
    """The process that asks."""
    return _holder(os.getpid())


@cache
def _holder(pid: int) -> Holder:
    return Holder(socket.gethostname(), pid, psutil.Process(pid).create_time())
