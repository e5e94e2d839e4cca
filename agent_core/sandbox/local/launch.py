"""Start a worker in its jail, with nothing inherited but its channel and the two pipes it writes to."""

import contextlib
import fcntl
import json
import os
import socket
import subprocess
from dataclasses import dataclass, replace

from agent_core.jail import UNPRIVILEGED_ID, Jail, command_by_descriptor, unnamed
from agent_core.sandbox.local import processes, seccomp
from agent_core.sandbox.local.runtime import Runtime

_PIPE_BYTES = 256 << 10
_INFO_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Launched:
    """A jail that is starting. The descriptors are ours to close; none of them blocks."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    handover: socket.socket
    """By which the worker gives us the listener of its network, once."""
    stdout: int
    stderr: int
    info: int


@dataclass(frozen=True, slots=True)
class Inside:
    """The processes of a running jail, by the host's numbers."""

    first: int
    """The first of the pid namespace: when it dies, all die."""
    worker: int
    namespace: int


def launch(runtime: Runtime, jail: Jail) -> Launched:
    """Start the worker. Call it on the thread that lives as long as the sandbox: the jail dies with it.

    Raises ProviderUnavailable where a program or a library is missing, OSError where the machine is full.
    """
    with contextlib.ExitStack() as theirs:
        ours, channel = socket.socketpair()
        ours_once, handover = socket.socketpair()
        theirs.callback(channel.close)
        theirs.callback(handover.close)
        (stdout, stdout_end), (stderr, stderr_end), (info, info_end) = _pipe(), _pipe(), os.pipe()
        filter_fd, arguments_fd = _memory("seccomp", seccomp.program()), os.memfd_create("arguments")
        inherited = (channel.fileno(), handover.fileno(), info_end, filter_fd, arguments_fd)
        for descriptor in (stdout_end, stderr_end, *inherited[2:]):
            theirs.callback(os.close, descriptor)
        jail = replace(jail, seccomp_fd=filter_fd, info_fd=info_end)
        command, packed = command_by_descriptor(jail, runtime.argv(channel.fileno(), handover.fileno()), arguments_fd)
        _fill(arguments_fd, packed)
        program, argv = unnamed(command)
        process = subprocess.Popen(  # noqa: S603  a fixed program; what varies are folders of ours
            argv,
            executable=program,
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=stdout_end,
            stderr=stderr_end,
            pass_fds=inherited,
        )
    for end in (ours, ours_once):
        end.setblocking(False)  # noqa: FBT003
    os.set_blocking(info, False)
    return Launched(process, ours, ours_once, stdout, stderr, info)


def take_listener(launched: Launched) -> socket.socket | None:
    """The listener on the jail's own loopback, once the worker is ready; None when it gave none."""
    try:
        _, descriptors, _, _ = socket.recv_fds(launched.handover, 1, 1)
    except OSError:
        return None
    if not descriptors:
        return None
    os.set_inheritable(descriptors[0], False)  # noqa: FBT003
    listener = socket.socket(fileno=descriptors[0])
    listener.setblocking(False)  # noqa: FBT003
    return listener


def look_inside(launched: Launched) -> Inside | None:
    """The jail's processes, once the worker is ready; None when the jail is gone already."""
    try:
        first = int(json.loads(os.read(launched.info, _INFO_BYTES))["child-pid"])
    except (OSError, ValueError, KeyError):
        return None
    children, namespace = processes.descendants(first), processes.pid_namespace(first)
    return Inside(first, children[0], namespace) if children and namespace else None


def _pipe() -> tuple[int, int]:
    """A pipe for output. It belongs to the jail's user, so that /dev/stderr can be opened there."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    with contextlib.suppress(OSError):
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    if os.geteuid() == 0:
        os.fchown(write_end, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    return read_end, write_end


def _memory(name: str, data: bytes) -> int:
    descriptor = os.memfd_create(name)
    _fill(descriptor, data)
    return descriptor


def _fill(descriptor: int, data: bytes) -> None:
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
