"""sys.stdout and sys.stderr: the descriptors 1 and 2, which the host reads, kept in order between them."""

import fcntl
import io
import sys
import termios
from time import monotonic, sleep

_PATIENCE_SECONDS = 0.1
_STEP_SECONDS = 0.0001


class Stream(io.TextIOWrapper):
    """Text to one descriptor, line by line.

    The host reads two pipes and can't see which was written first, so a writer waits until the other
    pipe is empty. This holds for what child processes and C code wrote before, too. What goes to stderr,
    which is little, is waited for at once, so that a child's output comes after it.
    """

    def __init__(self, descriptor: int, *, at_once: bool = False) -> None:
        raw = io.FileIO(descriptor, "w", closefd=False)
        super().__init__(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self.other: Stream | None = None
        self._descriptor = descriptor
        self._at_once = at_once

    def write(self, text: str) -> int:
        """Write after everything that the other stream was given."""
        if self.other is not None:
            self.other.settle()
        count = super().write(text)
        if self._at_once:
            self.settle()
        return count

    def settle(self) -> None:
        """Flush, and wait (briefly, whatever the host does) until the host has read it."""
        self.flush()
        unread = bytearray(4)
        fcntl.ioctl(self._descriptor, termios.FIONREAD, unread)
        if any(unread):
            self._wait(unread)

    def _wait(self, unread: bytearray) -> None:
        deadline = monotonic() + _PATIENCE_SECONDS
        while any(unread) and monotonic() < deadline:
            sleep(_STEP_SECONDS)
            fcntl.ioctl(self._descriptor, termios.FIONREAD, unread)


def install() -> None:
    """Replace sys.stdout and sys.stderr."""
    out, err = Stream(1), Stream(2, at_once=True)
    out.other, err.other = err, out
    sys.stdout = sys.__stdout__ = out  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = err  # type: ignore[misc]


def flush() -> None:
    """Flush whatever the code has made of sys.stdout and sys.stderr."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
