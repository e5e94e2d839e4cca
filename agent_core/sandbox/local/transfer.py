"""Files to and from the worker: one request, its pieces, and how it ended."""

import asyncio
import secrets
from collections.abc import Callable

from agent_core.sandbox.base import FileEntry
from agent_core.sandbox.local.link import Link, first_of
from agent_core.sandbox.local.messages import Entries, Filed, Message

PIECE_BYTES = 1 << 20
_SECONDS = 120.0


class Unreachable(Exception):
    """The worker ended, or did not answer in time."""


async def write(link: Link, path: str, data: bytes) -> int:
    """Write a file in pieces; returns the errno, 0 where it worked. Raises Unreachable."""
    starts = range(0, max(len(data), 1), PIECE_BYTES)
    for start in starts:
        header = {"op": "write", "path": path, "first": start == 0, "last": start == starts[-1]}
        number = await _ask(link, header, data[start : start + PIECE_BYTES], lambda _: None)
        if number:
            return number
    return 0


async def entries(link: Link) -> tuple[FileEntry, ...]:
    """The files below the working folder. Raises Unreachable."""
    found: list[FileEntry] = []

    def take(message: Message) -> None:
        match message:
            case Entries(files=files):
                found.extend(files)
            case _:
                pass

    await _ask(link, {"op": "list"}, b"", take)
    return tuple(found)


async def _ask(link: Link, header: dict[str, object], body: bytes, take: Callable[[Message], None]) -> int:
    call = secrets.token_hex(8)
    finished: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def hear(message: Message) -> None:
        match message:
            case Filed(call=name, errno=number) if name == call and not finished.done():
                finished.set_result(number)
            case Entries(call=name) if name == call:
                take(message)
            case _:
                pass

    link.on_message = hear
    try:
        async with asyncio.timeout(_SECONDS):
            await link.send({**header, "call": call}, body)
            await first_of(finished, link.ended, seconds=_SECONDS)
    except TimeoutError as error:
        raise Unreachable from error
    finally:
        link.on_message = lambda _: None
    if not finished.done():
        raise Unreachable
    return finished.result()
