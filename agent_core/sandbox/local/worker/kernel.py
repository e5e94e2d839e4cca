"""The system calls that making a nest of namespaces takes, and that Python lacks (some until 3.12)."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct

NEW_MOUNTS, NEW_GROUPS, NEW_NAMES = 0x00020000, 0x02000000, 0x04000000
NEW_IPC, NEW_USERS, NEW_PROCESSES, NEW_NETWORK = 0x08000000, 0x10000000, 0x20000000, 0x40000000

READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION = 1, 2, 4, 8
REMOUNT, BIND, RECURSIVE, PRIVATE = 32, 4_096, 16_384, 1 << 18

_CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220}
_DETACH = 2
_COLLAPSE = 25
_LARGE_PAGE = 2 << 20
_TRIES = 2
_UP_AND_RUNNING = 0x41
_SET_INTERFACE_FLAGS = 0x8914
_SET_DUMPABLE, _SET_SECCOMP, _DROP_BOUNDING, _NO_NEW_PRIVILEGES, _AMBIENT = 4, 22, 24, 38, 47
_CLEAR_AMBIENT, _FILTER = 4, 2
_CAPABILITY_VERSION = 0x20080522
_MOST_CAPABILITIES = 64

_libc = ctypes.PyDLL(None, use_errno=True)


def clone(flags: int) -> int:
    """Fork into new namespaces at once; 0 in the child, which is to fork the process that runs any code.

    It is the bare call: neither the C library's nor Python's handlers for a fork run here. Only for a
    process of one thread. Raises OSError.
    """
    number = _CLONE.get(os.uname().machine)
    if number is None:
        raise OSError(38, "this processor's number of clone is not known")
    zero = ctypes.c_long(0)
    answer = _libc.syscall(ctypes.c_long(number), ctypes.c_long(flags | signal.SIGCHLD), zero, zero, zero, zero)
    return _checked(int(answer), "clone")


def unshare(flags: int) -> None:
    """Move this process into new namespaces. Raises OSError."""
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, place: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount a file system. Raises OSError that names the place."""
    answer = _libc.mount(
        source.encode(), place.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), options.encode()
    )
    _checked(answer, f"mount {place}")


def enter_root(folder: str) -> None:
    """Make a mounted folder the root, and let go of all that was the root before. Raises OSError."""
    os.chdir(folder)
    _checked(_libc.syscall(ctypes.c_long(_pivot_root()), b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", _DETACH), "umount")
    os.chdir("/")


def raise_loopback() -> None:
    """Bring this network namespace's own loopback up. Raises OSError."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_INTERFACE_FLAGS, struct.pack("16sH22x", b"lo", _UP_AND_RUNNING))


def give_up_capabilities() -> None:
    """Empty every set of capabilities, for good. Raises OSError."""
    for capability in range(_MOST_CAPABILITIES):
        if _libc.prctl(_DROP_BOUNDING, capability, 0, 0, 0):
            break
    _checked(_libc.prctl(_AMBIENT, _CLEAR_AMBIENT, 0, 0, 0), "ambient capabilities")
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")
    _checked(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no_new_privs")


def may_be_looked_into(*, now: bool) -> None:
    """Whether others of the same user may read this process's memory. Raises OSError."""
    _checked(_libc.prctl(_SET_DUMPABLE, int(now), 0, 0, 0), "dumpable")


def load_filter(program: bytes) -> None:
    """Load a seccomp filter, for this process and all below it. Raises OSError."""
    buffer = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    _checked(_libc.prctl(_SET_SECCOMP, _FILTER, described, 0, 0), "seccomp")


def gather_memory() -> None:
    """Put this process's own memory into large pages, where the kernel can: a fork then copies far fewer entries."""
    with open("/proc/self/maps") as maps:  # noqa: PTH123
        lines = [line.split() for line in maps]
    for area, rights, _, _, file, *name in lines:
        if rights == "rw-p" and file == "0" and name in ([], ["[heap]"]):
            start, end = (int(address, 16) for address in area.split("-"))
            start, end = -(-start // _LARGE_PAGE) * _LARGE_PAGE, end // _LARGE_PAGE * _LARGE_PAGE
            for page in range(start, end, _LARGE_PAGE):
                _gather(page)


def _gather(page: int) -> None:
    for _ in range(_TRIES):
        if not _libc.madvise(ctypes.c_void_p(page), ctypes.c_size_t(_LARGE_PAGE), _COLLAPSE):
            return


def _pivot_root() -> int:
    return 155 if os.uname().machine == "x86_64" else 41


def _checked(answer: int, what: str) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return answer
