"""The sandbox's processes as the host sees them, and signals that can't reach a stranger."""

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """All processes below one, nearest first. What starts or ends meanwhile may be missed."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop(0))
        found += children
        waiting += children
    return found


def pid_namespace(pid: int) -> int | None:
    """The number of a process's pid namespace; None when it is gone, or not ours to see."""
    try:
        return Path(f"/proc/{pid}/ns/pid").stat().st_ino
    except OSError:
        return None


def send(number: signal.Signals, pids: Iterable[int], namespace: int) -> None:
    """Signal those of the processes that are in a pid namespace, however their numbers are reused."""
    for pid in pids:
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(pid)
            try:
                if pid_namespace(pid) == namespace:
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)


def started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is no such process."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(status.rpartition(")")[2].split()[19])


def leads_a_shell(pid: int, parent: int) -> bool:
    """Whether a process is a bash that this parent has put at the head of a group of its own."""
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    except OSError:
        return False
    fields = rest.split()
    return name.endswith("(bash") and fields[1] == str(parent) and fields[2] == str(pid)


def memory(pids: Iterable[int]) -> int:
    """Bytes that belong to processes alone: anonymous and shared memory, each shared page counted in parts."""
    return sum(_memory(pid) for pid in pids)


def most_memory(pids: Iterable[int]) -> int:
    """As `memory`, but a shared page counts for each process that has it: more, and read in a fraction of the time."""
    return sum(_resident(pid) for pid in pids)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  half the cost of a path
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as children:  # noqa: PTH123
                found += map(int, children.read().split())
    return found


def _memory(pid: int) -> int:
    return _sum_of(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))


def _resident(pid: int) -> int:
    return _sum_of(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:"))


def _sum_of(path: str, names: tuple[str, ...]) -> int:
    """Bytes, of lines that give KiB; 0 where the process is gone."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(names)) << 10
