"""The host's end of a worker: its frames, its output and its end, on the running event loop."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

from agent_core.sandbox.frames import Decoder, Frame, Garbage, encode
from agent_core.sandbox.local.launch import Launched
from agent_core.sandbox.local.messages import Message, parse
from agent_core.sandbox.local.outputs import Stream

_READ_BYTES = 256 << 10
_READS_AT_ONCE = 4
_READS_TO_DRAIN = 64
_MOST_FRAMES = 20_000
_MIB = 1 << 20


class Link:
    """Callbacks are called on the loop. `ended` holds why the worker is out of reach, once it is."""

    def __init__(self, launched: Launched, artifact_mib: int) -> None:
        self.on_message: Callable[[Message], None] = lambda _: None
        self.on_output: Callable[[Stream, bytes], None] = lambda _, __: None
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        self._channel = launched.channel
        self._pipes: dict[Stream, int] = {"stdout": launched.stdout, "stderr": launched.stderr}
        self._decoder = Decoder(body_limit=0)
        self.allow(artifact_mib)
        self._loop.add_reader(self._channel, self._read_channel)
        for stream, descriptor in self._pipes.items():
            self._loop.add_reader(descriptor, self._read_pipe, stream)

    def allow(self, artifact_mib: int) -> None:
        """Set what the worker may send until the next request: a flood ends it."""
        self._decoder.body_limit = (3 * artifact_mib + 16) * _MIB
        self._frames_left, self._bytes_left = _MOST_FRAMES, 4 * self._decoder.body_limit

    async def send(self, header: dict[str, object], body: bytes = b"") -> None:
        """Send a request. An error means that the worker is gone, which `ended` tells."""
        with contextlib.suppress(OSError):
            await self._loop.sock_sendall(self._channel, encode(Frame(header, body)))

    def drain(self) -> None:
        """Read what has been written already."""
        for stream in tuple(self._pipes):
            for _ in range(_READS_TO_DRAIN):
                if not self._read_pipe(stream):
                    break

    def silence(self) -> None:
        """Drop what comes from now on: no request is under way."""
        self.on_message, self.on_output = lambda _: None, lambda _, __: None

    def give_up(self, reason: str) -> None:
        """Hold the worker for gone."""
        self._loop.remove_reader(self._channel)
        self._end(reason)

    def close(self) -> None:
        """Stop reading and give the descriptors back."""
        self.give_up("it was closed")
        self._channel.close()
        for stream in tuple(self._pipes):
            self._close_pipe(stream)

    def _read_channel(self) -> None:
        for _ in range(_READS_AT_ONCE):
            try:
                data = self._channel.recv(_READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.give_up("its process ended")
                return
            self._bytes_left -= len(data)
            for found in self._decoder.feed(data):
                if not self._take(found):
                    return

    def _take(self, found: Frame | Garbage) -> bool:
        self._frames_left -= 1
        if self._frames_left < 0 or self._bytes_left < 0:
            self.give_up("it sent more than a sandbox may")
            return False
        match found:
            case Garbage(fatal=True):
                self.give_up("what it sent makes no sense")
                return False
            case Frame():
                message = parse(found)
                if not isinstance(message, Garbage):
                    self.on_message(message)
        return True

    def _read_pipe(self, stream: Stream) -> bool:
        """Read once; whether there may be more."""
        if stream not in self._pipes:
            return False
        try:
            data = os.read(self._pipes[stream], _READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data:
            self.on_output(stream, data)
        else:
            self._close_pipe(stream)
        return bool(data)

    def _close_pipe(self, stream: Stream) -> None:
        if (descriptor := self._pipes.pop(stream, None)) is not None:
            self._loop.remove_reader(descriptor)
            os.close(descriptor)

    def _end(self, reason: str) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)


async def first_of(*futures: asyncio.Future[Any], seconds: float) -> None:
    """Wait until one of them is done, or the time is over. None of them is cancelled."""
    await asyncio.wait(futures, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)


async def to_its_end(work: Awaitable[object]) -> None:
    """Bring work to its end, however often the awaiting task is cancelled meanwhile. Raises what the work does."""
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            continue
