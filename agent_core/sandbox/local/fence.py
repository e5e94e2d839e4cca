"""The limits of one sandbox on memory, processes and processors, by the best means that this machine has."""

import contextlib
import math
import os
import random

from agent_core.contract import Contract
from agent_core.sandbox.local import processes
from agent_core.sandbox.local.cgroups import Group, Hierarchy

_MIB = 1 << 20
_HEADROOM_BYTES = 8 * _MIB
_SMALL_TMPFS_BYTES = 128 * _MIB
_INODE_BYTES = 1_024


def data_bytes(contract: Contract) -> int:
    """The limit for one process's own data: just below the sandbox's, so that MemoryError comes first."""
    return contract.resources.memory_mib * _MIB - _HEADROOM_BYTES


class Fence:
    """A group where groups can be made; else affinity, and readings for the watch to act on."""

    def __init__(self, hierarchy: Hierarchy | None, sandbox: str) -> None:
        """Without limits yet. Raises OSError."""
        self._group = Group(hierarchy, sandbox) if hierarchy else None
        self._version = hierarchy.version if hierarchy else 0
        self._admitted: list[int] = []
        self._processors = os.sched_getaffinity(0)

    def phrases(self) -> tuple[str, ...]:
        """How each limit is enforced."""
        group = f"cgroup v{self._version}"
        memory = group if self._holds("memory") else "watchdog"
        count = f"{group} and RLIMIT_NPROC" if self._holds("pids") else "RLIMIT_NPROC"
        cpu = group if self._holds("cpu") else "processor affinity (whole processors)"
        return (
            f"memory: {memory}, and RLIMIT_DATA for each process",
            f"processes: {count}",
            f"CPU: {cpu}",
            "disk: size of the tmpfs",
            "largest file: RLIMIT_FSIZE",
            "network: a network namespace of its own, whose only way out is a proxy of this app",
            "system calls: seccomp",
        )

    def limit(self, contract: Contract) -> None:
        """Set, or change, the limits. The group counts files in memory too, which have a limit of their own."""
        if self._group is not None:
            files = contract.filesystem.disk_mib * _MIB + _SMALL_TMPFS_BYTES
            self._group.limit(contract.resources, contract.resources.memory_mib * _MIB + files)
        if not self._holds("cpu"):
            self._processors = _some_processors(contract.resources.vcpus)
            for pid in self._admitted:
                self._place(pid)

    def admit(self, *pids: int) -> None:
        """Put processes behind the fence, unless they are. Their children are born there.

        Takes milliseconds for each that was not, in which the caller waits for the kernel.
        """
        self._admitted = [*dict.fromkeys((*self._admitted, *pids))]
        for pid in pids:
            if self._group is not None and not self._group.has(pid):
                self._group.admit(pid)
            if not self._holds("cpu"):
                self._place(pid)

    def has(self, pid: int) -> bool:
        """Whether it is in the group, if there is one."""
        return self._group is None or self._group.has(pid)

    def memory(self, first_pid: int, unless_below: int = 0) -> int:
        """Bytes in use: of the processes, and of the kernel for their many files.

        Where it is certain that they are fewer than `unless_below`, the answer may be too high.
        """
        used = self._group.memory() if self._group is not None else None
        files = _inodes(first_pid) * _INODE_BYTES
        if used is None:
            pids = processes.descendants(first_pid)
            used = processes.most_memory(pids) if unless_below else 0
            if used + files >= unless_below:
                used = processes.memory(pids)
        return used + files

    def out_of_memory_kills(self) -> int:
        """How often the kernel has killed here for want of memory."""
        return self._group.out_of_memory_kills() if self._group is not None else 0

    def remove(self) -> None:
        """Take the fence away; the processes are gone."""
        if self._group is not None:
            self._group.remove()

    def _holds(self, controller: str) -> bool:
        return self._group is not None and self._group.holds(controller)  # type: ignore[arg-type]

    def _place(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(pid, self._processors)


def _some_processors(vcpus: float) -> set[int]:
    available = sorted(os.sched_getaffinity(0))
    return set(random.sample(available, min(len(available), math.ceil(vcpus))))


def _inodes(first_pid: int) -> int:
    try:
        status = os.statvfs(f"/proc/{first_pid}/root/work")
    except OSError:
        return 0
    return status.f_files - status.f_ffree
