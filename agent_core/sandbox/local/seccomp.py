"""The system calls that code in the sandbox is refused."""

import errno
import os
from functools import cache
from itertools import chain

from agent_core.errors import ProviderUnavailable

_REFUSED = {
    "other processes, and the kernel's own state": (
        "ptrace",
        "process_vm_readv",
        "process_vm_writev",
        "process_madvise",
        "kcmp",
        "pidfd_getfd",
        "bpf",
        "perf_event_open",
        "userfaultfd",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
        "keyctl",
        "add_key",
        "request_key",
        "lookup_dcookie",
        "kexec_load",
        "kexec_file_load",
        "init_module",
        "finit_module",
        "delete_module",
        "syslog",
        "acct",
        "swapon",
        "swapoff",
        "reboot",
    ),
    "namespaces and mounts": (
        "mount",
        "umount2",
        "pivot_root",
        "chroot",
        "unshare",
        "setns",
        "open_tree",
        "move_mount",
        "fsopen",
        "fsconfig",
        "fsmount",
        "fspick",
        "mount_setattr",
        "open_by_handle_at",
        "name_to_handle_at",
    ),
    "the machine": (
        "settimeofday",
        "clock_settime",
        "clock_adjtime",
        "adjtimex",
        "sethostname",
        "setdomainname",
        "iopl",
        "ioperm",
        "modify_ldt",
        "vm86",
        "vm86old",
        "quotactl",
        "quotactl_fd",
        "nfsservctl",
        "vhangup",
        "fanotify_init",
        "personality",
    ),
    "memory that belongs to no process, and that no limit but a cgroup would count": (
        "memfd_create",
        "memfd_secret",
        "shmget",
        "msgget",
        "semget",
    ),
    "placement, which a limit of ours may rest on": (
        "sched_setaffinity",
        "sched_setscheduler",
        "sched_setattr",
        "move_pages",
        "migrate_pages",
        "mbind",
        "set_mempolicy",
    ),
}
"""By what they would reach."""
_FAMILIES = (16, 17, 38, 40)
"""AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK."""
_NEW_NAMESPACES = 0x7E020080
"""CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} and NEWTIME."""
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C


@cache
def program() -> bytes:
    """The filter, as the BPF program that bubblewrap loads.

    Raises ProviderUnavailable where libseccomp is missing.
    """
    try:
        import pyseccomp  # noqa: PLC0415  it loads the system's library when it is imported
    except ModuleNotFoundError as error:
        raise ProviderUnavailable("pyseccomp is missing: install the project's requirements again.") from error
    except (ImportError, OSError, RuntimeError) as error:
        raise ProviderUnavailable(
            "The system's libseccomp library is missing: install it (the package is libseccomp2 on Debian and Ubuntu, "
            "libseccomp on Fedora)."
        ) from error
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse, absent = pyseccomp.ERRNO(errno.EPERM), pyseccomp.ERRNO(errno.ENOSYS)
    for name in chain.from_iterable(_REFUSED.values()):
        _add(rules, refuse, name)
    _add(rules, absent, "clone3")
    bit = 1
    while bit <= _NEW_NAMESPACES:
        if bit & _NEW_NAMESPACES:
            _add(rules, refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, bit, bit))
        bit <<= 1
    for family in _FAMILIES:
        _add(rules, refuse, "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    for request in (_TIOCSTI, _TIOCLINUX):
        _add(rules, refuse, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
    return _exported(rules)


def _add(rules: object, action: int, name: str, *arguments: object) -> None:
    try:
        rules.add_rule(action, name, *arguments)  # type: ignore[attr-defined]
    except (ValueError, RuntimeError, OSError):
        return  # this architecture, or this library, does not know the call


def _exported(rules: object) -> bytes:
    descriptor = os.memfd_create("seccomp")
    with os.fdopen(descriptor, "w+b") as file:
        rules.export_bpf(file)  # type: ignore[attr-defined]
        file.seek(0)
        return file.read()
