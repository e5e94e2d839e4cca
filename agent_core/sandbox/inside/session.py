"""The other end of `HostedSandbox`: calls, their limits and results, and files, in the provider's own interpreter."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import signal
import stat
import struct
import sys
import threading

from agent_core.sandbox.inside import kernel
from agent_core.sandbox.inside.pump import Pump
from agent_core.sandbox.local.worker import files, notebook, streams
from agent_core.sandbox.local.worker.imports import AfterImport
from agent_core.sandbox.local.worker.repl import Outcome, Repl
from agent_core.sandbox.local.worker.screen import Screen
from agent_core.sandbox.local.worker.shell import Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_LENGTHS = struct.Struct(">II")
_WATCH_SECONDS = 0.25
_INPUTS = "inputs"
_SLACK = 1 << 20
"""Bytes that others may write while a call runs."""
_ROOM = 2 << 20
"""Bytes on the disk that are kept for the end of a call."""
_KEPT = (".zip", ".room")


class Results:
    """The worker's channel, as a file: the host fetches it after the call."""

    def __init__(self, room: str) -> None:
        self.path, self.left = "", 0
        self._room = room

    def begin(self, path: str, most_bytes: int) -> None:
        """A new call with a file of its own, and with room for its end where code fills the disk."""
        self.path, self.left = path, most_bytes
        with contextlib.suppress(OSError), open(self._room, "ab") as file:  # noqa: PTH123
            os.posix_fallocate(file.fileno(), 0, _ROOM)

    def send(self, header: dict[str, Any], body: bytes = b"", *, last: bool = False) -> None:
        """Add a frame, unless there are too many. The `last` one may use the room that is kept for it."""
        if len(body) > self.left:
            return
        self.left -= len(body)
        text = json.dumps(header).encode()
        if last:
            with contextlib.suppress(OSError):
                os.truncate(self._room, 0)
        try:
            self._add(_LENGTHS.pack(len(text), len(body)) + text + body)
        except OSError as error:
            sys.stderr.write(f"[A result is left out: {error.strerror}.]\n")

    def _add(self, frame: bytes) -> None:
        """Whole or not at all: what comes after it is read too."""
        with open(self.path, "ab", buffering=0) as file:  # noqa: PTH123
            begun = file.tell()
            try:
                while frame:
                    frame = frame[file.write(frame) :]
            except OSError:
                file.truncate(begun)
                raise


class Session:
    """What the host asks of one interpreter."""

    def __init__(self, home: str, limits: dict[str, int], mark: str) -> None:
        self._home, self._mark = home, mark
        self._root, self._private = f"{home}/work", f"{home}/.ringfence"
        kernel.unprivileged(home)
        os.makedirs(f"{self._root}/{_INPUTS}", exist_ok=True)  # noqa: PTH103
        os.chmod(f"{self._root}/{_INPUTS}", 0o555)  # noqa: PTH101, S103  nobody may write
        files._ROOT = self._root  # noqa: SLF001
        os.chdir(self._root)
        sys.path.append(self._root)
        self._owner, self._ended, self._running = os.getpid(), "", False
        self._results = Results(f"{self._private}/end.room")
        self._pump = Pump(limits["output_bytes"], self._flood)
        self._screen = Screen(self._results)  # type: ignore[arg-type]
        self._repl, self._shell = Repl(self._screen), Shell()
        self._repl._names.update(kernel.names())  # noqa: SLF001
        self._shell._folder = self._root  # noqa: SLF001
        patches = self._screen.patches()
        sys.meta_path.insert(0, AfterImport(patches))
        sys.meta_path.append(notebook.Finder(self._screen.display))
        kernel.settle(patches)
        self._reserved = _reserved()
        self._disk_before = self._disk_now = _used(self._root)
        self.limit(limits)

    def limit(self, limits: dict[str, int]) -> None:
        """Guards, which a process may raise again up to what the container allows."""
        self._most_memory, self._most_disk = limits["data_bytes"], limits["disk_bytes"]
        for kind, name in (
            (resource.RLIMIT_DATA, "data_bytes"),
            (resource.RLIMIT_FSIZE, "file_bytes"),
            (resource.RLIMIT_NPROC, "processes"),
        ):
            _, most = resource.getrlimit(kind)
            value = limits[name] + (self._reserved if kind == resource.RLIMIT_DATA else 0)
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(kind, (value, most))

    def run(self, call: str, language: str, code: str, artifact_bytes: int, seconds: float) -> None:
        """One call, within its time. Its results and its end are in the file of the call's name."""
        self._clear()
        self._disk_now = _used(self._root)
        out, err, modules = sys.stdout, sys.stderr, sys.modules.get("__main__")
        before = set(_below(self._owner))
        self._results.begin(f"{self._private}/{call}", 4 * artifact_bytes + (16 << 20))
        self._screen.begin(call, artifact_bytes)
        self._pump.begin(out, err)
        sys.stdout, sys.stderr = self._pump.out, self._pump.err
        sys.modules["__main__"] = self._repl._module  # noqa: SLF001
        stdin, sys.stdin = sys.stdin, open(os.devnull)  # noqa: PTH123, SIM115
        self._ended, outcome = "", Outcome(1)
        over = threading.Event()
        threading.Thread(target=self._watch, args=(over,), daemon=True).start()
        previous = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGALRM)}
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            with contextlib.suppress(KeyboardInterrupt), kernel.outside_loop():
                self._running = True
                signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01))
                outcome = self._repl.run(code) if language == "python" else self._shell.run(code)
            self._running = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            streams.flush()
            if os.getpid() != self._owner:
                os._exit(outcome.exit_code)
            if not self._ended and self._disk_is_full(self._disk_now):
                self._ended = "disk_full"
            started = [pid for pid in _below(self._owner) if pid not in before and pid != self._shell._pid]  # noqa: SLF001
            if self._ended:
                _kill(started)
            self._pump.end()
        finally:
            self._running = False
            over.set()
            sys.stdout, sys.stderr, sys.stdin = out, err, stdin
            if modules is not None:
                sys.modules["__main__"] = modules
            for number, handler in previous.items():
                signal.signal(number, handler)
        shell = self._shell._pid  # noqa: SLF001
        done = {
            "op": "done",
            "call": call,
            "exit_code": outcome.exit_code,
            "kept": outcome.kept,
            "ended": self._ended,
            "background": sum(pid != shell for pid in _below(self._owner)),
        }
        self._results.left = 1 << 20
        self._results.send(done, json.dumps(outcome.error).encode() if outcome.error else b"", last=True)

    def place(self, arrived: str, path: str) -> None:
        """Give a file that has arrived its name. Says the errno."""
        parts = path.split("/")
        source = f"{self._private}/{arrived}"
        frozen = parts[0] == _INPUTS and len(parts) > 1
        try:
            if self._disk_is_full(0):
                raise OSError(errno.ENOSPC, "")  # noqa: TRY301
            if frozen:
                os.chmod(source, 0o444)  # noqa: PTH101
                self._freeze(parts, 0o755)
            with files._folder(parts[:-1], make=True) as folder:  # noqa: SLF001
                os.replace(source, parts[-1], dst_dir_fd=folder)
            number = 0
        except OSError as error:
            number = error.errno or 2
            with contextlib.suppress(OSError):
                os.unlink(source)  # noqa: PTH108
        finally:
            if frozen:
                self._freeze(parts, 0o555)
        self._say({"errno": number})

    def take(self, path: str, name: str) -> None:
        """Put a regular file under a private name, without copying it. Says the errno and its size."""
        self._clear()
        parts, size, number = path.split("/"), 0, 0
        target = f"{self._private}/{name}"
        try:
            with files._folder(parts[:-1], make=False) as folder:  # noqa: SLF001
                os.link(parts[-1], target, src_dir_fd=folder, follow_symlinks=False)
            status = os.lstat(target)
            if not stat.S_ISREG(status.st_mode):
                os.unlink(target)  # noqa: PTH108
                number = 2
            size = status.st_size
        except OSError as error:
            number = 2 if error.errno in {1, 13, 18} else error.errno or 2
        self._say({"errno": number, "size": size})

    def rejoin(self, mark: str) -> None:
        """Say where it is to a host that has not put it here; nothing to one that speaks otherwise."""
        self._say({"pid": self._owner, "home": self._home} if mark == self._mark else {})

    def entries(self) -> None:
        """Say the files below the working folder."""
        for start in range(0, len(found := files.entries()), 50):
            self._say(found[start : start + 50])

    def _say(self, answer: object) -> None:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    def _clear(self) -> None:
        for name in os.listdir(self._private):  # noqa: PTH208
            if not name.endswith(_KEPT):
                with contextlib.suppress(OSError):
                    os.unlink(f"{self._private}/{name}")  # noqa: PTH108

    def _freeze(self, parts: list[str], mode: int) -> None:
        for count in range(1, len(parts)):
            with contextlib.suppress(FileNotFoundError):
                os.chmod("/".join([self._root, *parts[:count]]), mode)  # noqa: PTH101

    def _flood(self) -> None:
        if not self._ended:
            self._ended = "flood"
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _watch(self, over: threading.Event) -> None:
        """End what a call has started where all processes together need more than the contract has."""
        while not over.wait(_WATCH_SECONDS):
            below = _below(self._owner)
            if sum(map(_memory, [self._owner, *below])) > self._most_memory:
                self._cut(below, "out_of_memory")
            elif self._disk_is_full(self._disk_now):
                self._cut(below, "disk_full")

    def _cut(self, below: list[int], why: str) -> None:
        if not self._ended:
            self._ended = why
            _kill([pid for pid in below if pid != self._shell._pid])  # noqa: SLF001
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _disk_is_full(self, before: int) -> bool:
        """Whether more was written than the guard allows, and more than there was `before`."""
        return bool(self._most_disk) and _used(self._root) > max(self._disk_before + self._most_disk, before + _SLACK)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if not self._running or os.getpid() != self._owner:
            return
        self._ended = self._ended or ("timeout" if number == signal.SIGALRM else "stopped")
        raise KeyboardInterrupt


def _below(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{name}/stat") as file:  # noqa: PTH123
                    fields = file.read().rpartition(")")[2].split()
                if fields[0] != "Z":
                    children.setdefault(int(fields[1]), []).append(int(name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _memory(pid: int) -> int:
    """A process's share of memory in bytes; what forked processes still share counts once."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/smaps_rollup") as file:  # noqa: PTH123
        for line in file:
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) << 10
    return 0


def _reserved() -> int:
    """Bytes that count as data and are not in use, such as the stacks of a kernel's threads: nobody asked for them."""
    kib = {}
    with open("/proc/self/status") as file:  # noqa: PTH123
        for line in file:
            name, _, value = line.partition(":")
            if name in {"VmData", "RssAnon"}:
                kib[name] = int(value.split()[0])
    return max(0, kib.get("VmData", 0) - kib.get("RssAnon", 0)) << 10


def _used(folder: str) -> int:
    """Bytes that are taken on the disk of a folder."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


session: Session | None = None


def begin(home: str, limits: dict[str, int], mark: str = "") -> None:
    """Once in an interpreter's life. Says its process. By its mark the host knows which version of this it is."""
    global session  # noqa: PLW0603
    sink = sys.stdout
    session = Session(home, limits, mark)
    sink.write(json.dumps({"pid": os.getpid()}) + "\n")
    sink.flush()
