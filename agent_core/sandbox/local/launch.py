"""Start a worker in its jail, with nothing inherited but its channel and the two pipes it writes to."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from agent_core.jail import UNPRIVILEGED_ID, Jail, command_by_descriptor, unnamed
from agent_core.sandbox.local import processes, seccomp
from agent_core.sandbox.local.runtime import Runtime

_PIPE_BYTES = 256 << 10
_INFO_BYTES = 8_192


class Keeper(Protocol):
    """What has started a jail, and can end it."""

    def first(self) -> int | None:
        """The jail's first process, by the host's number; None when it is gone already."""

    def early(self) -> int | None:
        """As `first`, where that is known before the worker is ready."""

    def handle(self) -> int | None:
        """A new descriptor that becomes readable when all is over; None when it is over."""

    def kill(self) -> None:
        """End the jail."""

    def release(self) -> None:
        """Give back what is held; all is over, or there is no more waiting for it."""


@dataclass(frozen=True, slots=True)
class Launched:
    """A jail that is starting. The descriptors are ours to close; none of them blocks."""

    channel: socket.socket
    handover: socket.socket
    """By which the worker gives us the listener of its network, once."""
    stdout: int
    stderr: int
    keeper: Keeper


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of what a worker speaks through: ours, and those to hand down."""

    channel: socket.socket
    handover: socket.socket
    stdout: int
    stderr: int
    theirs: tuple[int, int, int, int]
    """Channel, handover, stdout, stderr."""

    def launched(self, keeper: Keeper) -> Launched:
        """Ours, once theirs have been handed down."""
        return Launched(self.channel, self.handover, self.stdout, self.stderr, keeper)


@dataclass(frozen=True, slots=True)
class Inside:
    """The processes of a running jail, by the host's numbers."""

    first: int
    """The first of the pid namespace: when it dies, all die."""
    worker: int
    namespace: int


class Bubblewrap:
    """A jail that bubblewrap keeps, as a child of this process."""

    def __init__(self, process: subprocess.Popen[bytes], info: int) -> None:
        self._process, self._info = process, info

    def first(self) -> int | None:
        """See `Keeper.first`: bubblewrap has written it down."""
        try:
            return int(json.loads(os.read(self._info, _INFO_BYTES))["child-pid"])
        except (OSError, ValueError, KeyError):
            return None

    def early(self) -> None:
        """See `Keeper.early`: bubblewrap takes its time."""

    def handle(self) -> int | None:
        """See `Keeper.handle`."""
        try:
            return os.pidfd_open(self._process.pid)
        except ProcessLookupError:
            return None

    def kill(self) -> None:
        """See `Keeper.kill`."""
        end(self._process)

    def release(self) -> None:
        """See `Keeper.release`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        os.close(self._info)


@contextlib.contextmanager
def ends() -> Iterator[Ends]:
    """New ones. Theirs are closed at the end of the block; ours too, where it raises."""
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        channel, channel_end = socket.socketpair()
        handover, handover_end = socket.socketpair()
        (stdout, stdout_end), (stderr, stderr_end) = _pipe(), _pipe()
        for end, mine in ((channel_end, channel), (handover_end, handover)):
            theirs.callback(end.close)
            ours.callback(mine.close)
            mine.setblocking(False)  # noqa: FBT003
        for descriptor, mine_too in ((stdout_end, stdout), (stderr_end, stderr)):
            theirs.callback(os.close, descriptor)
            ours.callback(os.close, mine_too)
        handed = (channel_end.fileno(), handover_end.fileno(), stdout_end, stderr_end)
        yield Ends(channel, handover, stdout, stderr, handed)
        ours.pop_all()


def launch(runtime: Runtime, jail: Jail) -> Launched:
    """Start the worker. Call it on the thread that lives as long as the sandbox: the jail dies with it.

    Raises ProviderUnavailable where a program or a library is missing, OSError where the machine is full.
    """
    with ends() as both, contextlib.ExitStack() as theirs:
        channel, handover, stdout, stderr = both.theirs
        info, info_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        theirs.callback(os.close, info_end)
        ours = theirs.enter_context(contextlib.ExitStack())
        ours.callback(os.close, info)
        filter_fd = _memory("seccomp", seccomp.program())
        theirs.callback(os.close, filter_fd)
        jail = replace(jail, seccomp_fd=filter_fd, info_fd=info_end)
        inherited = (channel, handover, info_end, filter_fd)
        process = spawn(jail, runtime.argv(channel, handover), inherited, stdout=stdout, stderr=stderr)
        ours.pop_all()
        return both.launched(Bubblewrap(process, info))


def spawn(
    jail: Jail, inside: Sequence[str], inherited: Sequence[int], *, stdout: int, stderr: int
) -> subprocess.Popen[bytes]:
    """Run a command in a jail, which ends with the thread that calls this. Raises as `launch` does."""
    arguments_fd = os.memfd_create("arguments")
    try:
        command, packed = command_by_descriptor(jail, inside, arguments_fd)
        _fill(arguments_fd, packed)
        program, argv = unnamed(command)
        return subprocess.Popen(  # noqa: S603  a fixed program; what varies are folders of ours
            argv,
            executable=program,
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(*inherited, arguments_fd),
        )
    finally:
        os.close(arguments_fd)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a jail by its bubblewrap, whose first process inside would wait for ever where that one died too early."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    for child in processes.descendants(process.pid):
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
    process.kill()


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
    if (first := launched.keeper.first()) is None:
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
