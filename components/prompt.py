"""Has the web server's answers sent at once.

asyncio switches Nagle's algorithm off only for sockets that name their protocol, and Streamlit's listening socket
names none. An answer of two pieces, as every file is, would then wait for the browser to acknowledge the first, which
browsers put off for 40 ms; so would one message of the page's own channel right after another.
"""

import contextlib
import os
import socket
import stat
from pathlib import Path

_DESCRIPTORS = Path("/dev/fd")


def answer_at_once() -> None:
    """Set it on every listening socket of this process: each connection takes it over from there."""
    for path in _DESCRIPTORS.iterdir():
        with contextlib.suppress(OSError):
            _set(int(path.name))


def _set(descriptor: int) -> None:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return
    with socket.socket(fileno=os.dup(descriptor)) as found:
        listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if listens and found.family in {socket.AF_INET, socket.AF_INET6}:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
