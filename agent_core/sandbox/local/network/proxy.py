"""The host's end of a sandbox's network: each connection is answered by the contract in force at that moment."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass

from agent_core.contract import Network
from agent_core.sandbox.base import Denial
from agent_core.sandbox.local.network.addresses import Address, Reach, Resolve, addresses
from agent_core.sandbox.local.network.relay import BadAnswer, Wire, exchange, tunnel
from agent_core.sandbox.local.network.requests import MOST_HEAD_BYTES, Connect, Forward, Malformed, named, parse
from agent_core.sandbox.local.network.rules import refusal

_PAUSE_SECONDS = 0.2
_LINGER_SECONDS = 1.0
_LINGER_BYTES = 1 << 20
_MOST_ADDRESSES = 4
_RESOLVED_AT_ONCE = 4
_PRIVATE = "leads to a private address, which no contract opens"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one sandbox can make the proxy hold. Times are seconds."""

    connections: int = 32
    """More wait until one ends: each takes two of the app's descriptors."""
    per_second: float = 100
    """New connections, once as many have come at once: the proxy runs on the loop that all share."""
    head_seconds: float = 10
    connect_seconds: float = 10
    """For finding the name's addresses and connecting to one, together."""
    idle_seconds: float = 120
    total_seconds: float = 3_600


class _Refused(Exception):
    """The host's name may be reached, and its addresses may not."""


class Proxy:
    """Answers on a listener until it is closed. Runs on the loop that makes it."""

    def __init__(
        self,
        listener: socket.socket,
        network: Network,
        *,
        reach: Reach,
        resolve: Resolve,
        on_denied: Callable[[Denial], None],
        limits: Limits = Limits(),
    ) -> None:
        self._listener, self._network, self._limits = listener, network, limits
        self._reach, self._resolve, self._on_denied = reach, resolve, on_denied
        self._room = asyncio.Semaphore(limits.connections)
        self._allowance, self._counted_at = limits.per_second, asyncio.get_running_loop().time()
        self._resolving = asyncio.Semaphore(_RESOLVED_AT_ONCE)
        self._serving: set[asyncio.Task[None]] = set()
        self._passing: dict[asyncio.Task[None], tuple[str, int]] = {}
        self._accepting = asyncio.create_task(self._accept(), name="sandbox-network")

    def amend(self, network: Network) -> None:
        """Answer by another clause from now on, and end the open connections that it does not allow."""
        self._network = network
        for task, (host, port) in tuple(self._passing.items()):
            if refusal(network, host, port) is not None:
                task.cancel()

    async def close(self) -> None:
        """End every connection, and answer no more."""
        tasks = (self._accepting, *self._serving)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._room.acquire()
            await self._pace()
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except OSError:
                self._room.release()
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            task = asyncio.create_task(self._serve(connection))
            self._serving.add(task)
            task.add_done_callback(self._served)

    async def _pace(self) -> None:
        rate, now = self._limits.per_second, asyncio.get_running_loop().time()
        self._allowance = min(rate, self._allowance + (now - self._counted_at) * rate) - 1
        self._counted_at = now
        if self._allowance < 0:
            await asyncio.sleep(-self._allowance / rate)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        self._passing.pop(task, None)
        self._room.release()
        if not task.cancelled():
            task.exception()

    async def _serve(self, connection: socket.socket) -> None:
        try:
            client = Wire(*await asyncio.open_connection(sock=connection, limit=MOST_HEAD_BYTES))
        except BaseException:
            connection.close()
            raise
        try:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._limits.total_seconds):
                    await self._answer(client)
                    await client.finish()
        finally:
            await client.drop()

    async def _answer(self, client: Wire) -> None:
        try:
            async with asyncio.timeout(self._limits.head_seconds):
                head = await client.reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            await _say(client, 431, "the request's head is too long")
        except asyncio.IncompleteReadError:
            return
        except TimeoutError:
            await _say(client, 408, "the request did not come in time")
        else:
            await self._obey(client, head)

    async def _obey(self, client: Wire, head: bytes) -> None:
        match parse(head):
            case Malformed(status, problem):
                await _say(client, status, problem)
            case request:
                await self._pass(client, request)

    async def _pass(self, client: Wire, request: Connect | Forward) -> None:
        host, port = request.host, request.port
        if (reason := refusal(self._network, host, port)) is not None:
            await self._deny(client, Denial(host, port, reason))
            return
        if (task := asyncio.current_task()) is not None:
            self._passing[task] = (host, port)
        try:
            server = await self._connected(host, port)
        except _Refused:
            await self._deny(client, Denial(host, port, _PRIVATE))
        except (OSError, TimeoutError):
            await _say(client, 502, f"{named(host, port)} could not be reached")
        else:
            await self._relay(client, server, request)

    async def _relay(self, client: Wire, server: Wire, request: Connect | Forward) -> None:
        idle, loop = self._limits.idle_seconds, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(idle) as limit:

                def beat() -> None:
                    limit.reschedule(loop.time() + idle)

                match request:
                    case Connect():
                        await client.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                        await tunnel(client, server, beat)
                    case Forward():
                        await exchange(client, server, request, beat)
        except BadAnswer:
            await _say(client, 502, f"{named(request.host, request.port)} gave no answer that is one of HTTP")
        finally:
            await server.drop()

    async def _connected(self, host: str, port: int) -> Wire:
        """Connect to an address that has been checked: the name is not resolved a second time."""
        async with asyncio.timeout(self._limits.connect_seconds):
            found = addresses([host]) or await self._found(host, port)
            allowed = [address for address in found if self._reach.allows(address)]
            if found and not allowed:
                raise _Refused
            return await _first(allowed[:_MOST_ADDRESSES], port)

    async def _found(self, host: str, port: int) -> list[Address]:
        async with self._resolving:
            return addresses(await self._resolve(host, port))

    async def _deny(self, client: Wire, denial: Denial) -> None:
        self._on_denied(denial)
        await _say(client, 403, f"{denial.host} {denial.reason}")


async def _first(candidates: list[Address], port: int) -> Wire:
    failure: OSError = OSError("no address")
    for address in candidates:
        try:
            return Wire(*await asyncio.open_connection(str(address), port, limit=MOST_HEAD_BYTES))
        except OSError as error:
            failure = error
    raise failure


async def _say(client: Wire, status: int, problem: str) -> None:
    """Answer with the reason in the status line too: of a refused tunnel, clients show nothing else."""
    line = f"Ringfence: {problem}"
    body = f"{line}.\n".encode("ascii", "replace")
    head = f"HTTP/1.1 {status} {line}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    await client.send(head.encode("ascii", "replace") + b"Connection: close\r\n\r\n" + body)
    client.writer.write_eof()
    # A client that is still sending would lose the answer if the connection were closed under it.
    left = _LINGER_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            while left > 0 and (data := await client.reader.read(left)):
                left -= len(data)
