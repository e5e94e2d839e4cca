"""The descriptors 1 and 2 as pipes of our own, so that what child processes write is heard too.

The interpreter's own channel is its standard output: it is moved to another descriptor first. A thread passes
text on in pieces far below the longest line that the channel takes.
"""

from __future__ import annotations

import _thread
import codecs
import os
import select
import sys
import threading

from agent_core.sandbox.local.worker import streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PIECE = 32_768
_PATIENCE_SECONDS = 5.0


class Pump:
    """Passes on what is written during a call, up to a limit, and says when that is reached."""

    def __init__(self, most_bytes: int, on_flood: Callable[[], None]) -> None:
        self._most, self._on_flood = most_bytes, on_flood
        self._left = 0
        self._sinks: dict[str, Any] | None = None
        self._drained = threading.Event()
        _move_channel()
        self._pipes = {_replace(1): "stdout", _replace(2): "stderr"}
        self._wake, self._waker = os.pipe()
        self.out, self.err = streams.Stream(1), streams.Stream(2, at_once=True)
        self.out.other, self.err.other = self.err, self.out
        # A Jupyter kernel gives what a `threading.Thread` writes to the request that started it, which is over by then.
        _thread.start_new_thread(self._serve, ())

    def begin(self, out: Any, err: Any) -> None:
        """A call begins: what is written goes to these two."""
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in ("stdout", "stderr")}
        self._left = self._most
        self._sinks = {"stdout": out, "stderr": err}

    def end(self) -> None:
        """Pass on what was written until now, and no more."""
        self._drained.clear()
        os.write(self._waker, b".")
        self._drained.wait(_PATIENCE_SECONDS)
        sinks, self._sinks = self._sinks, None
        for sink in (sinks or {}).values():
            sink.flush()

    def _serve(self) -> None:
        poll = select.poll()
        for descriptor in (*self._pipes, self._wake):
            poll.register(descriptor, select.POLLIN)
        asked = False
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(0 if asked else None)}
            for descriptor in sorted(ready & self._pipes.keys()):
                self._pass_on(self._pipes[descriptor], os.read(descriptor, _PIECE))
            if self._wake in ready:
                os.read(self._wake, 1)
                asked = True
            elif asked and not ready:
                asked = False
                self._drained.set()

    def _pass_on(self, stream: str, data: bytes) -> None:
        if self._sinks is None:
            return
        kept = data[: self._left]
        self._left -= len(kept)
        text = self._decoders[stream].decode(kept)
        if text:
            self._sinks[stream].write(text)
            self._sinks[stream].flush()
        if len(kept) < len(data):
            self._on_flood()


def _move_channel() -> None:
    """Let the interpreter's own streams use other descriptors than 0, 1 and 2."""
    for number, stream in enumerate((sys.__stdin__, sys.__stdout__, sys.__stderr__)):
        raw: Any = getattr(getattr(stream, "buffer", None), "raw", None)
        if raw is None or raw.closed or raw.fileno() != number:
            continue
        stream.flush()  # type: ignore[union-attr]
        raw.__init__(os.dup(number), "r" if number == 0 else "w", closefd=False)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _replace(descriptor: int) -> int:
    reading, writing = os.pipe()
    os.dup2(writing, descriptor)
    os.close(writing)
    return reading
