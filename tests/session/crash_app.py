"""An app process that is to be killed, as its parent holds it: ready to start at once, and heard."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from agent_core.jail import MARK
from agent_core.sandbox.local import processes

ROOT = Path(__file__).parents[2]


@dataclass
class Told:
    """What all workers were promised."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    done: list[tuple[str, str, float]] = field(default_factory=list)
    seen: dict[tuple[str, int], str] = field(default_factory=dict)
    bugs: list[str] = field(default_factory=list)

    def take(self, line: str) -> None:
        match line.split():
            case ["asked", conversation, token]:
                self.asked.append((conversation, token))
            case ["done", conversation, token]:
                self.done.append((conversation, token, time.monotonic()))
            case ["seen", conversation, number, found]:
                self.seen[conversation, int(number)] = found
            case ["bug", *_]:
                self.bugs.append(line)
            case _:
                pass


class Worker:
    """A process of the app. Made, it has everything imported; `begin` starts it."""

    def __init__(self) -> None:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  it lasts as long as the worker
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.session.crash_worker"],
            env=keep,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self.ready = threading.Event()
        self._reader: threading.Thread | None = None

    def begin(self, variables: Mapping[str, str], conversations: Sequence[str], told: Told) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"variables": variables, "conversations": conversations}).encode() + b"\n")
        self.process.stdin.flush()
        self._reader = threading.Thread(target=self._read, args=(told,), daemon=True)
        self._reader.start()

    def family(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")[-3000:]

    def kill(self) -> None:
        self.process.kill()
        self._ended()

    def stop(self) -> int:
        self.process.terminate()
        self._ended()
        return self.process.returncode

    def _ended(self) -> None:
        self.process.wait(120)
        if self._reader is not None:
            self._reader.join(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def _read(self, told: Told) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line == b"ready\n":
                self.ready.set()
            elif line.endswith(b"\n"):
                told.take(line.decode())


def line_of(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


@dataclass(frozen=True)
class Traces:
    """What a process that lives can leave behind: the processes, groups and folders that carry its number."""

    pid: int
    started: int

    @classmethod
    def of(cls, worker: Worker) -> "Traces":
        started = processes.started(worker.process.pid)
        assert started is not None
        return cls(worker.process.pid, started)

    def left(self) -> list[str]:
        name = f"{self.pid}-{self.started}"
        folders = (found for _, below, _ in os.walk("/sys/fs/cgroup") for found in below)
        groups = (found for found in folders if found.startswith(f"ringfence-{name}-"))
        laid_out = Path(tempfile.gettempdir()).glob(f"ringfence-sandboxes-*-{name}-*")
        return [*groups, *map(str, laid_out), *self._jails()]

    def _jails(self) -> list[str]:
        here = f"-{self.pid}-{self.started}"
        found = []
        for process in psutil.process_iter(["pid"]):
            with contextlib.suppress(psutil.Error, ValueError, IndexError):
                words = process.cmdline()
                if words[words.index(MARK) + 1].endswith(here) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{process.pid}: {' '.join(words)[:200]}")
        return found
