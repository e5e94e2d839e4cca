"""Started as root with the standard library alone: binds folders where anyone may read them, drops root, and executes.

One process from beginning to end. A process that stayed behind as root, without root's capabilities,
could not pass on the death of the app to what runs under the other user, and the jail would outlive it.
"""

import ctypes
import os
import sys
from collections.abc import Sequence

COMPLAINT = "drop_root: "
"""What its one line of failure begins with."""

_NEW_NAMESPACE = 0x00020000
_BIND, _RECURSIVE, _PRIVATE, _NO_SUID, _NO_DEVICES = 4096, 16384, 1 << 18, 2, 4
_NO_NEW_PRIVILEGES = 38

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: Sequence[str]) -> None:
    """Takes: the user's number, the stage, pairs of source and place, `--`, and what to execute."""
    user, stage, *rest = arguments
    end = rest.index("--")
    pairs, command = rest[:end], rest[end + 1 :]
    _check(_libc.unshare(_NEW_NAMESPACE))
    _mount("none", "/", None, _RECURSIVE | _PRIVATE)
    _mount("tmpfs", stage, "tmpfs", _NO_SUID | _NO_DEVICES, "mode=755,size=1m")
    for source, place in zip(pairs[::2], pairs[1::2], strict=True):
        _bind(source, place)
    _become(int(user))
    os.execv(command[0], command)  # noqa: S606  the command is what the caller starts


def _bind(source: str, place: str) -> None:
    if os.path.isdir(source):  # noqa: PTH112  pathlib would double the start-up time
        os.mkdir(place)  # noqa: PTH102
    else:
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY))
    _mount(source, place, None, _BIND | _RECURSIVE)


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _check(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def _mount(source: str, place: str, kind: str | None, flags: int, options: str = "") -> None:
    kind_bytes = kind.encode() if kind else None
    _check(
        _libc.mount(os.fsencode(source), os.fsencode(place), kind_bytes, ctypes.c_ulong(flags), options.encode()),
        source,
    )


def _check(result: int, what: str = "") -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"{COMPLAINT}{error}")
