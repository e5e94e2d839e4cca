"""Apply a new contract to a running sandbox as far as Linux allows, and say how far that was."""

import contextlib
import os
import resource
import subprocess
from dataclasses import dataclass
from typing import Literal

from agent_core.contract import Contract
from agent_core.jail import UNPRIVILEGED_ID
from agent_core.sandbox.base import Amendment
from agent_core.sandbox.local.fence import Fence, data_bytes
from agent_core.sandbox.local.launch import Inside

_MIB = 1 << 20
_AT_ONCE = ("lifecycle", "concurrency", "network", "timeout", "billing", "languages")


@dataclass(frozen=True, slots=True)
class Applied:
    """The contract that holds now, clause by clause, and what is told about it."""

    contract: Contract
    amendment: Amendment


def apply(old: Contract, new: Contract, inside: Inside, fence: Fence) -> Applied:
    """Change what can be changed. A clause counts as holding now only if all of it does.

    A process's own limits can be lowered from outside but never raised again, so more memory, more
    processes and larger files come with the next sandbox.
    """
    changed = {name for name in Contract.model_fields if getattr(old, name) != getattr(new, name)} - {"name"}
    now = {name for name in changed if name in _AT_ONCE}
    held = old.model_copy(update={name: getattr(new, name) for name in now})
    if "resources" in changed:
        held = _resources(held, new, inside, fence)
        now |= {"resources"} if held.resources == new.resources else set()
    if "filesystem" in changed:
        held, whole = _filesystem(held, new, inside)
        now |= {"filesystem"} if whole else set()
    return Applied(held, Amendment(frozenset(now), frozenset(changed - now)))


def _resources(held: Contract, new: Contract, inside: Inside, fence: Fence) -> Contract:
    """Processors as they are wanted, and of memory and processes whatever is less; all as it was where that fails."""
    old = held.resources
    lowered = {
        "memory_mib": min(old.memory_mib, new.resources.memory_mib),
        "processes": min(old.processes, new.resources.processes),
    }
    wanted = held.model_copy(update={"resources": new.resources.model_copy(update=lowered)})
    try:
        if lowered["memory_mib"] < old.memory_mib:
            _lower(inside.worker, "data", data_bytes(wanted))
        if lowered["processes"] < old.processes:
            _lower(inside.worker, "nproc", lowered["processes"])
        fence.limit(wanted)
    except OSError:
        with contextlib.suppress(OSError):
            fence.limit(held)
        return held
    return wanted


def _filesystem(held: Contract, new: Contract, inside: Inside) -> tuple[Contract, bool]:
    """The largest file and artifact now, and the disk's size with the next sandbox."""
    clause = held.filesystem.model_copy(update={"largest_artifact_mib": new.filesystem.largest_artifact_mib})
    largest = new.filesystem.largest_file_mib
    if largest < clause.largest_file_mib:
        with contextlib.suppress(OSError):
            _lower(inside.worker, "fsize", largest * _MIB)
            clause = clause.model_copy(update={"largest_file_mib": largest})
    return held.model_copy(update={"filesystem": clause}), clause == new.filesystem


def _lower(pid: int, name: Literal["data", "nproc", "fsize"], value: int) -> None:
    """Lower a limit of the worker. Raises OSError where that is not possible.

    A root without CAP_SYS_RESOURCE, as in most containers, may not do it: the jail's own user may.
    """
    try:
        resource.prlimit(pid, getattr(resource, f"RLIMIT_{name.upper()}"), (value, value))
    except PermissionError:
        if os.geteuid() != 0:
            raise
        identity = [f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups"]
        argv = ["setpriv", *identity, "prlimit", f"--pid={pid}", f"--{name}={value}:{value}"]
        if subprocess.run(argv, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False).returncode:  # noqa: S603
            raise
