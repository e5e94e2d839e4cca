"""Frames to and from the host, on a blocking socket: u32 header length, u32 body length, JSON, bytes.

What it takes is bound here, before any code runs: code that replaces a module's functions can't break it.
"""

from __future__ import annotations

from os import close, getpid, read, register_at_fork, write
from select import POLLIN, poll
from signal import SIGINT
from signal import signal as handle
from struct import Struct
from threading import Lock, current_thread, main_thread

from .codec import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_LENGTHS = Struct(">II")
_READ_BYTES = 1 << 20


class Wire:
    """The channel to the host. A forked child of this process has none: what it sends is dropped."""

    def __init__(self, channel: int) -> None:
        self.accepts_interrupts = False
        """Whether SIGINT stops the code that runs now. Between calls it is ignored."""
        self._channel: int | None = channel
        self._owner = getpid()
        self._lock = Lock()
        self._sending = False
        self._interrupted = False
        register_at_fork(after_in_child=self._abandon)

    @property
    def ours(self) -> bool:
        """False in a forked child, which must not go on serving."""
        return getpid() == self._owner

    def install_interrupt(self) -> None:
        """Take SIGINT; code may have replaced the handler."""
        handle(SIGINT, self._on_interrupt)

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Send one frame, whole: an interrupt waits until it is out."""
        if self._channel is None or not self.ours:
            return
        text = dumps(header)
        main = current_thread() is main_thread()
        if main:
            self._sending = True
        with self._lock:
            left = memoryview(_LENGTHS.pack(len(text), len(body)) + text + body)
            while left:
                left = left[write(self._channel, left) :]
        if main:
            self._sending = False
            if self._interrupted:
                self._interrupted = False
                raise KeyboardInterrupt

    def hears(self, milliseconds: int) -> bool:
        """Whether something comes within this time."""
        waiting = poll()
        if self._channel is not None:
            waiting.register(self._channel, POLLIN)
        return bool(waiting.poll(milliseconds))

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Wait for a frame. Raises EOFError when the host is gone."""
        header_length, body_length = _LENGTHS.unpack(self._exactly(_LENGTHS.size))
        header: dict[str, Any] = loads(self._exactly(header_length).decode())
        return header, bytes(self._exactly(body_length))

    def _abandon(self) -> None:
        if self._channel is not None:
            close(self._channel)
            self._channel = None

    def _exactly(self, size: int) -> bytearray:
        data = bytearray()
        if self._channel is None:
            raise EOFError
        while len(data) < size:
            piece = read(self._channel, min(size - len(data), _READ_BYTES))
            if not piece:
                raise EOFError
            data += piece
        return data

    def _on_interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        if not self.accepts_interrupts:
            return
        if self._sending:
            self._interrupted = True
        else:
            raise KeyboardInterrupt
