"""Bytes between a client and a server, as long as they flow."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from agent_core.sandbox.local.network.requests import Forward

_PIECE_BYTES = 64 << 10
_FINISH_SECONDS = 5.0
_ANSWER_HEADERS = ("connection:", "keep-alive:", "proxy-connection:", "upgrade:", "proxy-authenticate:")

Beat = Callable[[], None]
"""Called whenever bytes have flowed."""


class BadAnswer(Exception):
    """The server's answer is not one of HTTP."""


class Wire:
    """One end of a connection, of which no more is read ahead than a head may have bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        """Send bytes, as fast as the other end takes them."""
        self.writer.write(data)
        await self.writer.drain()

    async def finish(self) -> None:
        """Close once what is on its way has been taken, if that does not last."""
        self.writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_FINISH_SECONDS):
                await self.writer.wait_closed()

    async def drop(self) -> None:
        """Close at once. A connection that has been closed already stays so."""
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


async def tunnel(client: Wire, server: Wire, beat: Beat) -> None:
    """Pass bytes both ways until both ends have said that there are no more."""
    await _together(_pump(client, server, beat), _pump(server, client, beat))


async def exchange(client: Wire, server: Wire, request: Forward, beat: Beat) -> None:
    """Pass one request on, with its body, and the answer back. Raises BadAnswer before any of it is passed."""
    await server.send(request.head)
    sending = asyncio.create_task(_send_exactly(client, server, request.length, beat))
    try:
        await _answer(client, server, beat)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _answer(client: Wire, server: Wire, beat: Beat) -> None:
    while True:
        try:
            head = await server.reader.readuntil(b"\r\n\r\n")
        except (asyncio.LimitOverrunError, asyncio.IncompleteReadError) as error:
            raise BadAnswer from error
        lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        status = lines[0].split(b" ", 2)
        if len(status) < 2 or not lines[0].startswith(b"HTTP/1.") or status[1] == b"101":  # noqa: PLR2004
            raise BadAnswer
        beat()
        if status[1].startswith(b"1"):
            await client.send(head)
            continue
        kept = [line for line in lines if not line.decode("latin-1").lower().startswith(_ANSWER_HEADERS)]
        await client.send(b"\r\n".join([*kept, b"Connection: close", b"", b""]))
        await _pump(server, client, beat)
        return


async def _pump(source: Wire, target: Wire, beat: Beat) -> None:
    while data := await source.reader.read(_PIECE_BYTES):
        beat()
        await target.send(data)
    if target.writer.can_write_eof():
        target.writer.write_eof()


async def _send_exactly(source: Wire, target: Wire, length: int, beat: Beat) -> None:
    left = length
    while left and (data := await source.reader.read(min(left, _PIECE_BYTES))):
        left -= len(data)
        beat()
        await target.send(data)


async def _together(*work: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
