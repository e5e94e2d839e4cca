"""A nest of namespaces, made by the process that is first in it, before any code of a conversation runs.

The order is bubblewrap's, for the same reasons. `clone` makes all namespaces at once, so that they
belong to the new user namespace and no privilege outside of it is needed. With its capabilities in there
the process mounts a root of its own, pivots into it and lets go of the old one, which none of its
descriptors leads to. Then it forbids further user namespaces but one, enters that one, which holds no
power over the mounts, and drops every capability; the seccomp filter comes last.
"""

from __future__ import annotations

import os
import socket

from . import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ROOT = "/tmp"  # noqa: S108  the jail's own: the new root is mounted over it
_INPUTS = "/inputs"
"""Where the server's jail has the folders that hold each sandbox's inputs."""
_OWN = frozenset({"proc", "dev", "tmp", "work", "inputs"})
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = (("stdin", "0"), ("stdout", "1"), ("stderr", "2"))
_MASKED = ("kallsyms", "config.gz", "cmdline", "keys")
_HARMLESS = kernel.NO_SUID | kernel.NO_DEVICES
_SMALL_MIB = 64
_USER = 1_000


def namespaces() -> int:
    """The flags of all that a sandbox has of its own; the kernel may lack the one of control groups."""
    flags = kernel.NEW_USERS | kernel.NEW_MOUNTS | kernel.NEW_PROCESSES | kernel.NEW_NETWORK
    flags |= kernel.NEW_IPC | kernel.NEW_NAMES
    return flags | kernel.NEW_GROUPS if os.path.exists("/proc/self/ns/cgroup") else flags  # noqa: PTH110


def build(plan: dict[str, Any], user: int, program: bytes) -> None:
    """Turn the first process of new namespaces into the first of a sandbox. Raises OSError.

    `plan` says the size of the working folder and which folder of inputs is bound in it.
    """
    _be(0, user, _open_folder("/proc/self"))
    kernel.mount("none", "/", None, kernel.RECURSIVE | kernel.PRIVATE)
    _tmpfs("", 1, "0755")
    _carry_over()
    _make_devices()
    own = _make_proc()
    _tmpfs("/tmp", _SMALL_MIB, "1777", make=True)  # noqa: S108  the sandbox's own
    _make_work(plan)
    kernel.enter_root(_ROOT)
    for place in ("/dev", "/"):
        kernel.mount("none", place, None, kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY | _HARMLESS)
    kernel.raise_loopback()
    socket.sethostname("sandbox")
    _write(os.open("/proc/sys/user/max_user_namespaces", os.O_WRONLY), "1")
    _keep_settings()
    kernel.unshare(kernel.NEW_USERS)
    _be(_USER, 0, own)
    kernel.give_up_capabilities()
    kernel.may_be_looked_into(now=False)
    kernel.load_filter(program)
    os.chdir("/work")


def _be(inside: int, outside: int, own: int) -> None:
    """Be one user in a new user namespace, which has no other. `own` is this process's folder in /proc."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inside} {outside} 1"),
        ("gid_map", f"{inside} {outside} 1"),
    ):
        _write(os.open(name, os.O_WRONLY, dir_fd=own), text)
    os.close(own)


def _carry_over() -> None:
    """The interpreter and its libraries, as the server has them: read-only, which can't be undone in here."""
    for name in os.listdir("/"):  # noqa: PTH208  pathlib is slower
        if name in _OWN:
            continue
        if os.path.islink(f"/{name}"):  # noqa: PTH114
            os.symlink(os.readlink(f"/{name}"), f"{_ROOT}/{name}")  # noqa: PTH115, PTH211
        else:
            _bind(f"/{name}", f"/{name}")


def _make_devices() -> None:
    _tmpfs("/dev", 1, "0755", make=True)
    for name in _DEVICES:
        os.close(os.open(f"{_ROOT}/dev/{name}", os.O_CREAT | os.O_WRONLY))
        kernel.mount(f"/dev/{name}", f"{_ROOT}/dev/{name}", None, kernel.BIND)
    for name, number in _LINKS:
        os.symlink(f"/proc/self/fd/{number}", f"{_ROOT}/dev/{name}")  # noqa: PTH211
    os.symlink("/proc/self/fd", f"{_ROOT}/dev/fd")  # noqa: PTH211
    os.symlink("/proc/kcore", f"{_ROOT}/dev/core")  # noqa: PTH211
    os.symlink("pts/ptmx", f"{_ROOT}/dev/ptmx")  # noqa: PTH211
    os.mkdir(f"{_ROOT}/dev/pts")  # noqa: PTH102
    flags = kernel.NO_SUID | kernel.NO_EXECUTION
    kernel.mount("devpts", f"{_ROOT}/dev/pts", "devpts", flags, "newinstance,ptmxmode=0666,mode=620")
    _tmpfs("/dev/shm", _SMALL_MIB, "1777", make=True)  # noqa: S108  the sandbox's own


def _make_proc() -> int:
    """The sandbox's own processes, of which this first one is hidden; its folder is returned, open."""
    os.mkdir(f"{_ROOT}/proc")  # noqa: PTH102
    kernel.mount("proc", f"{_ROOT}/proc", "proc", _HARMLESS | kernel.NO_EXECUTION)
    for name in _MASKED:
        if os.path.exists(f"{_ROOT}/proc/{name}"):  # noqa: PTH110
            kernel.mount("/dev/null", f"{_ROOT}/proc/{name}", None, kernel.BIND)
    own = _open_folder(f"{_ROOT}/proc/1")
    kernel.mount("tmpfs", f"{_ROOT}/proc/1", "tmpfs", _HARMLESS | kernel.READ_ONLY, "size=4096,mode=0555")
    return own


def _make_work(plan: dict[str, Any]) -> None:
    _tmpfs("/work", int(plan["disk_mib"]), "0700", make=True)
    os.mkdir(f"{_ROOT}/work/inputs")  # noqa: PTH102
    _bind(f"{_INPUTS}/{plan['inputs']}", "/work/inputs", make=False)


def _keep_settings() -> None:
    """Even those settings of the kernel that belong to the sandbox's own namespaces stay as they are."""
    kernel.mount("/proc/sys", "/proc/sys", None, kernel.BIND)
    flags = kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY | _HARMLESS | kernel.NO_EXECUTION
    kernel.mount("none", "/proc/sys", None, flags)


def _tmpfs(place: str, mib: int, mode: str, *, make: bool = False) -> None:
    if make:
        os.mkdir(f"{_ROOT}{place}")  # noqa: PTH102
    kernel.mount("tmpfs", f"{_ROOT}{place}", "tmpfs", _HARMLESS, f"size={mib}m,mode={mode}")


def _bind(source: str, place: str, *, make: bool = True) -> None:
    """All that is mounted below comes along, with its flags, of which none can be taken away in here."""
    if make:
        os.mkdir(f"{_ROOT}{place}")  # noqa: PTH102
    kernel.mount(source, f"{_ROOT}{place}", None, kernel.BIND | kernel.RECURSIVE)


def _open_folder(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY)


def _write(descriptor: int, text: str) -> None:
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
