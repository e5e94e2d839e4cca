"""Forks sandboxes from one process that has the libraries loaded, each into namespaces of its own.

Three kinds of processes. The *guard* only waits: while it lives, so does the jail that all the others are
in, and with the app it dies. The *server* loads the libraries, answers the host and forks; it runs no code
of a conversation, and its death leaves the sandboxes alone. A sandbox's *first* process makes its
namespaces (see `nest`), forks the worker, and ends with it, which ends whatever else is in there.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any, NoReturn

_MOST_REQUEST = 4_096
_STDOUT, _STDERR, _CHANNEL, _HANDOVER, _FREE = 1, 2, 3, 4, 5
_HIGH = 100
_NUMBER = Struct("i")
_DESCRIPTORS_SPACE = 64
_MOST_SAID = 300


def main() -> None:
    """Guard on the first descriptor of the command line; serve on the second."""
    life, control = map(int, sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if os.fork():
        os.close(control)
        _guard(life)
    os.close(life)
    _serve(control)


def _guard(life: int) -> NoReturn:
    """Wait until the host closes its end, or is gone."""
    waiting = select.poll()
    waiting.register(life, select.POLLIN)
    waiting.poll()
    os._exit(0)


def _serve(descriptor: int) -> None:
    import json  # noqa: PLC0415  the guard, which lives as long as the jail, needs none of it
    import socket  # noqa: PLC0415

    from . import kernel, library, nest  # noqa: PLC0415

    control = socket.socket(fileno=descriptor)
    program = control.recv(_MOST_REQUEST)
    try:
        library.load()
    except Exception as error:  # noqa: BLE001  whatever a package does at its import, sandboxes start another way
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"[:_MOST_SAID]}).encode())
        return
    control.send(json.dumps({"data_bytes": _data_bytes()}).encode())
    flags, user = nest.namespaces(), os.getuid()
    request = bytearray(_MOST_REQUEST)
    while True:
        size, descriptors = _receive(control, request)
        if not size:
            os._exit(0)
        try:
            first = kernel.clone(flags)
        except OSError as error:
            control.send(json.dumps({"error": error.strerror}).encode())
        else:
            if not first:
                control.detach()
                _begin(json.loads(request[:size]), descriptors, user, program)
            handle = os.pidfd_open(first)
            socket.send_fds(control, [b"{}"], [handle])
            os.close(handle)
        request[:size] = bytes(size)
        for received in descriptors:
            os.close(received)


def _receive(control: socket.socket, request: bytearray) -> tuple[int, list[int]]:
    """A request, into memory that is wiped before the next: no sandbox finds in its own what another was told."""
    size, ancillary, _, _ = control.recvmsg_into([request], _DESCRIPTORS_SPACE)
    descriptors: list[int] = []
    for _, _, data in ancillary:
        descriptors += [number for (number,) in _NUMBER.iter_unpack(data)]
    return size, descriptors


def _begin(plan: dict[str, Any], descriptors: list[int], user: int, program: bytes) -> NoReturn:
    """The first process of a sandbox, from its first instruction to its end."""
    from . import nest  # noqa: PLC0415

    try:
        _keep_only(descriptors)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        nest.build(plan, user, program)
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 0)
        os.close(null)
        worker = os.fork()
    except OSError as error:
        os.write(_STDERR, f"the kernel refuses what a fork needs: {error.strerror}".encode())
        os._exit(1)
    if not worker:
        _work(plan)
    os.closerange(0, _FREE)
    while True:
        ended, status = os.wait()
        if ended == worker:
            os._exit(0 if status == 0 else 1)


def _work(plan: dict[str, Any]) -> NoReturn:
    from . import kernel, library, serve  # noqa: PLC0415

    kernel.may_be_looked_into(now=True)
    os.environ.update(plan["environment"])
    library.make_own()
    serve.serve(_CHANNEL, _HANDOVER, library.touch if plan["ahead"] else None)
    os._exit(0)


def _keep_only(descriptors: list[int]) -> None:
    """Have the four that the host sent, in their places, and no other."""
    import fcntl  # noqa: PLC0415

    raised = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, _HIGH) for descriptor in descriptors]
    for place, descriptor in zip((_CHANNEL, _HANDOVER, _STDOUT, _STDERR), raised, strict=True):
        os.dup2(descriptor, place)
    os.closerange(_FREE, os.sysconf("SC_OPEN_MAX"))


def _data_bytes() -> int:
    with open("/proc/self/status") as status:  # noqa: PTH123
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmData:"))
