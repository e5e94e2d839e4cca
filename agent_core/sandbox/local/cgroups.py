"""Control groups: where this process may make them, and one for each sandbox.

Groups are named after the app's process, so that the next one can clear away what a killed app left.
"""

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from agent_core.contract import Resources
from agent_core.sandbox.local import processes

Controller = Literal["memory", "pids", "cpu"]
CONTROLLERS: tuple[Controller, ...] = ("memory", "pids", "cpu")
_PERIOD_MICROSECONDS = 100_000
_NAME = re.compile(r"^ringfence-(\d+)-(\d+)-")
_REMOVAL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Folders in which this process may make groups, by controller."""

    version: Literal[1, 2]
    parents: Mapping[Controller, Path]


@cache
def detect() -> Hierarchy | None:
    """What can be used here: version 2 where memory is delegated to us, else version 1, else nothing."""
    own = _groups("self")
    mounts = list(_mounts())
    return _version_2(own, mounts) or _version_1(own, mounts)


class Group:
    """One sandbox's groups."""

    def __init__(self, hierarchy: Hierarchy, sandbox: str) -> None:
        self._name = f"{_prefix()}{sandbox}"
        self._version = hierarchy.version
        self._folders = {controller: parent / self._name for controller, parent in hierarchy.parents.items()}
        for folder in self._unique():
            folder.mkdir()

    def holds(self, controller: Controller) -> bool:
        """Whether this limit is enforced by the group."""
        return controller in self._folders

    def limit(self, resources: Resources, memory_bytes: int) -> None:
        """Set, or change, the limits."""
        quota = max(1_000, int(resources.vcpus * _PERIOD_MICROSECONDS))
        if self._version == 2:  # noqa: PLR2004  cgroup v2
            self._write("memory", "memory.max", memory_bytes)
            self._write_if_there("memory", "memory.swap.max", 0)
            self._write("pids", "pids.max", resources.processes + 1)
            self._write("cpu", "cpu.max", f"{quota} {_PERIOD_MICROSECONDS}")
            return
        self._limit_memory_1(memory_bytes)
        self._write("pids", "pids.max", resources.processes + 1)
        self._write("cpu", "cpu.cfs_period_us", _PERIOD_MICROSECONDS)
        self._write("cpu", "cpu.cfs_quota_us", quota)

    def has(self, pid: int) -> bool:
        """Whether a process is in, with every controller."""
        groups = _groups(pid)
        names = self._folders if self._version == 1 else ("",)
        return all(groups.get(name, "").endswith(f"/{self._name}") for name in names)

    def admit(self, pid: int) -> None:
        """Move a process in; its children are born there. The kernel takes milliseconds for it."""
        for folder in self._unique():
            (folder / "cgroup.procs").write_text(str(pid))

    def out_of_memory_kills(self) -> int:
        """How often the kernel has killed for want of memory in this group."""
        name = "memory.oom_control" if self._version == 1 else "memory.events"
        return self._fields(name).get("oom_kill", 0)

    def memory(self) -> int | None:
        """Bytes of anonymous memory in use; files and their cache are not counted."""
        fields = self._fields("memory.stat")
        return fields.get("total_rss" if self._version == 1 else "anon")

    def remove(self) -> None:
        """Remove the groups. Processes in them are expected to be gone, or going."""
        for folder in self._unique():
            _remove(folder)

    def _limit_memory_1(self, memory_bytes: int) -> None:
        """Memory with swap must never be below memory alone, so the order depends on the direction."""
        names = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]
        folder = self._folders.get("memory")
        if folder is None:
            return
        current = int((folder / names[0]).read_text())
        for name in names if memory_bytes < current else reversed(names):
            self._write_if_there("memory", name, memory_bytes)

    def _write(self, controller: Controller, name: str, value: object) -> None:
        if controller in self._folders:
            (self._folders[controller] / name).write_text(str(value))

    def _write_if_there(self, controller: Controller, name: str, value: object) -> None:
        if controller in self._folders and (self._folders[controller] / name).exists():
            self._write(controller, name, value)

    def _fields(self, name: str) -> dict[str, int]:
        folder = self._folders.get("memory")
        if folder is None:
            return {}
        with contextlib.suppress(OSError):
            return {key: int(value) for key, value in map(str.split, (folder / name).read_text().splitlines())}
        return {}

    def _unique(self) -> list[Path]:
        return list(dict.fromkeys(self._folders.values()))


def clear_leftovers(hierarchy: Hierarchy) -> int:
    """Remove the groups of app processes that are gone; returns how many there were."""
    found = [folder for parent in dict.fromkeys(hierarchy.parents.values()) for folder in parent.glob("ringfence-*")]
    matches = [(folder, match) for folder in found if (match := _NAME.match(folder.name))]
    left = [folder for folder, match in matches if processes.started(int(match[1])) != int(match[2])]
    _remove(*left)
    return len(left)


def _remove(*folders: Path) -> None:
    """Remove groups, and kill what is in them. Those that last are left after a while, for all of them together."""
    deadline = time.monotonic() + _REMOVAL_SECONDS
    left = [folder for folder in folders if not _gone(folder)]
    while left and time.monotonic() < deadline:
        for folder in left:
            _kill_all(folder)
        time.sleep(0.005)
        left = [folder for folder in left if not _gone(folder)]


def _gone(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _kill_all(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for pid in (folder / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)


def _prefix() -> str:
    pid = os.getpid()
    return f"ringfence-{pid}-{processes.started(pid)}-"


def _groups(pid: int | Literal["self"]) -> dict[str, str]:
    """A process's groups by controller; that of version 2 has no name."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return {}
    groups: dict[str, str] = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), path))
    return groups


def _mounts() -> Iterator[tuple[str, Path, str, list[str]]]:
    """Type, mount point, root and options of each mounted hierarchy."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        before, _, after = line.partition(" - ")
        kind, _, options = after.split()[:3]
        fields = before.split()
        if kind in {"cgroup", "cgroup2"}:
            yield kind, Path(fields[4]), fields[3], options.split(",")


def _version_2(own: dict[str, str], mounts: list[tuple[str, Path, str, list[str]]]) -> Hierarchy | None:
    for kind, point, root, _ in mounts:
        if kind != "cgroup2" or "" not in own:
            continue
        parent = _below(point, root, own[""])
        if usable := _delegated(parent):
            return Hierarchy(2, dict.fromkeys(usable, parent))
    return None


def _delegated(parent: Path) -> list[Controller]:
    """The controllers that a new group under `parent` has, when memory and pids are among them."""
    probe = parent / f"{_prefix()}probe"
    try:
        probe.mkdir()
    except OSError:
        return []
    try:
        if not (probe / "memory.max").exists():
            (parent / "cgroup.subtree_control").write_text("+memory +pids")
            with contextlib.suppress(OSError):
                (parent / "cgroup.subtree_control").write_text("+cpu")
        files = {"memory": "memory.max", "pids": "pids.max", "cpu": "cpu.max"}
        usable: list[Controller] = [name for name in CONTROLLERS if os.access(probe / files[name], os.W_OK)]
    except OSError:
        return []
    finally:
        with contextlib.suppress(OSError):
            probe.rmdir()
    return usable if {"memory", "pids"} <= set(usable) else []


def _version_1(own: dict[str, str], mounts: list[tuple[str, Path, str, list[str]]]) -> Hierarchy | None:
    parents: dict[Controller, Path] = {}
    for kind, point, root, options in mounts:
        for controller in CONTROLLERS:
            if kind == "cgroup" and controller in options and controller in own and controller not in parents:
                parent = _below(point, root, own[controller])
                if os.access(parent, os.W_OK) and os.access(parent / "cgroup.procs", os.W_OK):
                    parents[controller] = parent
    return Hierarchy(1, parents) if parents else None


def _below(point: Path, root: str, path: str) -> Path:
    """The folder of a group, where the mount may show only a part of the hierarchy."""
    inside = path[len(root) :] if root != "/" and path.startswith(root) else path
    return point / inside.lstrip("/")
