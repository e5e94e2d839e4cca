"""The proxy by itself, on a listener of the test's: what hostile clients and servers can make it do."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from agent_core.contract import Network
from agent_core.sandbox.base import Denial
from agent_core.sandbox.local.network.addresses import Reach
from agent_core.sandbox.local.network.proxy import Limits, Proxy
from tests.sandbox.servers import LOOPBACK, Names, serving

pytestmark = pytest.mark.anyio

QUICK = Limits(connections=4, head_seconds=0.4, connect_seconds=1, idle_seconds=0.5, total_seconds=3)
OPEN = Network(mode="open")


class Stand:
    """A proxy, the way to it, and what it has told."""

    def __init__(self, network: Network, names: Names, limits: Limits, reachable=LOOPBACK) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self.denied: list[Denial] = []
        self.proxy = Proxy(
            listener, network, reach=Reach(reachable), resolve=names, on_denied=self.denied.append, limits=limits
        )

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def say(self, data: bytes) -> bytes:
        """What comes back until the connection ends."""
        async with self.connection() as (reader, writer):
            writer.write(data)
            async with asyncio.timeout(8):
                with contextlib.suppress(ConnectionError):
                    return await reader.read()
        return b""


@contextlib.asynccontextmanager
async def standing(network=OPEN, known=None, limits=QUICK, reachable=LOOPBACK):
    stand = Stand(network, Names(known or {"a.test.org": ("127.0.0.1",)}), limits, reachable)
    try:
        yield stand
    finally:
        await stand.proxy.close()


@contextlib.asynccontextmanager
async def answering(answer: bytes, *, stay: bool = False):
    """A server that says one thing to whoever connects, and keeps what it got."""
    got: list[bytes] = []

    async def serve(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            got.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            while stay and await reader.read(65_536):
                pass
        writer.transport.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], got
    finally:
        server.close()


async def test_a_plain_request():
    """A plain request is passed on under the name of its address, one a connection."""
    with serving() as server:
        async with standing() as stand:
            said = await stand.say(
                b"GET http://a.test.org:%d/x HTTP/1.1\r\nHost: other.org\r\n\r\n"
                b"GET http://a.test.org:%d/second HTTP/1.1\r\n\r\n" % (server.port, server.port)
            )
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said.endswith(b"hello from a.test.org:%d" % server.port)
    assert said.count(b"HTTP/1.1 200") == 1
    assert b"\r\nConnection: close\r\n" in said
    assert [path for _, path, _ in server.asked] == ["/x"]


async def test_a_body_is_passed_as_long_as_it_said():
    """What follows the announced length does not reach the server."""
    with serving() as server:
        async with standing() as stand:
            head = b"POST http://a.test.org:%d/ HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" % server.port
            said = await stand.say(head + b"x" * 100_000 + b"GET /smuggled HTTP/1.1\r\nHost: b\r\n\r\n")
    assert said.endswith(b"got 100000")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"\0" * 500 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a.test.org\r\n\r\n", 400),
        (b"CONNECT a.test.org:443 HTTP/1.1\r\nX: " + b"x" * 70_000, 431),
        (b"GET http://a.test.org/ HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n", 400),
        (b"POST http://a.test.org/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"CONNECT a.test.org:1 HTTP/1.1\r\n\r\n", 502),
        (b"CONNECT unknown.test.org:443 HTTP/1.1\r\n\r\n", 502),
    ],
)
async def test_what_makes_no_sense(data, status):
    """It is answered with the reason, and is nobody's denial."""
    async with standing() as stand:
        said = await stand.say(data)
        assert stand.denied == []
    assert said.startswith(b"HTTP/1.1 %d Ringfence: " % status)


async def test_a_slow_head_is_given_up():
    """A client that sends a letter now and then is answered and dropped after the time for a head."""
    async with standing() as stand, stand.connection() as (reader, writer):
        began = asyncio.get_running_loop().time()
        for letter in b"GET http://a.te":
            writer.write(bytes([letter]))
            await asyncio.sleep(0.05)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 Ringfence: ")
        assert asyncio.get_running_loop().time() - began < 3


async def test_connections_beyond_the_most_wait():
    """Idle connections are given up, so one that waits behind them gets its turn."""
    async with standing(limits=Limits(connections=2, head_seconds=0.4)) as stand, contextlib.AsyncExitStack() as stack:
        for _ in range(6):
            await stack.enter_async_context(stand.connection())
        assert len(stand.proxy._serving) <= 2
        assert (await stand.say(b"x\r\n\r\n")).startswith(b"HTTP/1.1 400")
        assert len(stand.proxy._serving) <= 2


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
        b"",
    ],
)
async def test_bad_answers(answer):
    """What is no answer of HTTP is not passed on."""
    async with answering(answer) as (port, _), standing() as stand:
        said = await stand.say(b"GET http://a.test.org:%d/ HTTP/1.1\r\n\r\n" % port)
    assert said.startswith(b"HTTP/1.1 502 Ringfence: a.test.org:%d gave no answer" % port)


async def test_an_answer_in_two_parts():
    """A server's go-ahead is passed on before its answer."""
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nKeep-Alive: 9\r\n\r\n"
    async with answering(answer) as (port, got), standing() as stand:
        said = await stand.say(b"GET http://a.test.org:%d HTTP/1.0\r\n\r\n" % port)
    assert said == b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nConnection: close\r\n\r\n"
    assert got == [b"GET / HTTP/1.1\r\nHost: a.test.org:%d\r\nConnection: close\r\n\r\n" % port]


async def test_silence_ends_a_tunnel():
    """A tunnel in which nothing flows is closed; so is one that flows for too long."""
    async with answering(b"never", stay=True) as (port, _), standing() as stand:
        began = asyncio.get_running_loop().time()
        said = await stand.say(b"CONNECT a.test.org:%d HTTP/1.1\r\n\r\n" % port)
        assert said == b"HTTP/1.1 200 Connection established\r\n\r\n"
        assert 0.4 < asyncio.get_running_loop().time() - began < 3
        async with stand.connection() as (reader, writer):
            writer.write(b"CONNECT a.test.org:%d HTTP/1.1\r\n\r\n" % port)
            began = asyncio.get_running_loop().time()
            with contextlib.suppress(OSError):
                while not reader.at_eof() and asyncio.get_running_loop().time() - began < 8:
                    writer.write(b"x")
                    await writer.drain()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(100), 0.1)
            assert 2 < asyncio.get_running_loop().time() - began < 6


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "127.0.0.1", "10.0.0.5", "::1", "::ffff:127.0.0.1", "0.0.0.0", "fd00:ec2::254"]
)
@pytest.mark.parametrize("mode", ["open", "allowlist"])
async def test_a_name_that_leads_inside(address, mode):
    """A name is allowed, its address is not: refused without a connection, and told."""
    network = Network(mode=mode, domains=("rebind.test.org:80", "rebind.test.org"))
    async with standing(network, {"rebind.test.org": (address,)}, reachable=()) as stand:
        for head in (b"CONNECT rebind.test.org:443", b"GET http://rebind.test.org/"):
            said = await stand.say(head + b" HTTP/1.1\r\n\r\n")
            assert said.startswith(b"HTTP/1.1 403 Ringfence: rebind.test.org leads to a private address")
        assert [denial.host for denial in stand.denied] == ["rebind.test.org"] * 2


@pytest.mark.parametrize("literal", ["127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:7f00:1]", "0.0.0.0"])
async def test_open_is_not_open_to_this_machine(literal):
    """Also an address in the request itself is held against the list."""
    async with standing(reachable=()) as stand:
        said = await stand.say(b"CONNECT %s:80 HTTP/1.1\r\n\r\n" % literal.encode())
        assert said.startswith(b"HTTP/1.1 403 Ringfence: ")
        assert len(stand.denied) == 1


async def test_a_name_is_resolved_once():
    """The address that was checked is the one that is connected to, of several the first that answers."""
    with serving() as server:
        names = Names({"two.test.org": ("10.0.0.1", "127.0.0.2", "127.0.0.1")})
        stand = Stand(OPEN, names, QUICK)
        said = await stand.say(b"GET http://two.test.org:%d/ HTTP/1.1\r\n\r\n" % server.port)
        await stand.proxy.close()
    assert b"hello from two.test.org" in said
    assert names.asked == ["two.test.org"]


async def test_a_refused_name_is_never_resolved():
    """A question to a name service would be a way out too."""
    names = Names({})
    stand = Stand(Network(mode="allowlist", domains=("a.test.org",)), names, QUICK)
    for head in (b"CONNECT secret.evil.org:443", b"GET http://secret.evil.org/"):
        assert (await stand.say(head + b" HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403")
    stand.proxy.amend(Network())
    assert (await stand.say(b"CONNECT a.test.org:443 HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403")
    await stand.proxy.close()
    assert names.asked == []


async def test_an_edit_ends_what_it_forbids():
    """A tunnel to a host that is taken off the list is cut at once; one that stays allowed goes on."""
    async with answering(b"first", stay=True) as (port, _):
        both = Network(mode="allowlist", domains=(f"a.test.org:{port}", f"b.test.org:{port}"))
        known = {"a.test.org": ("127.0.0.1",), "b.test.org": ("127.0.0.1",)}
        async with standing(both, known, Limits()) as stand, contextlib.AsyncExitStack() as stack:
            tunnels = [await stack.enter_async_context(stand.connection()) for _ in range(2)]
            for (reader, writer), name in zip(tunnels, (b"a", b"b"), strict=True):
                writer.write(b"CONNECT %s.test.org:%d HTTP/1.1\r\n\r\nhello\r\n\r\n" % (name, port))
                assert (await reader.readuntil(b"first")).startswith(b"HTTP/1.1 200")
            stand.proxy.amend(Network(mode="allowlist", domains=(f"b.test.org:{port}",)))
            async with asyncio.timeout(2):
                with contextlib.suppress(ConnectionError):
                    assert await tunnels[0][0].read() == b""
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(tunnels[1][0].read(1), 0.2)


async def test_closing_ends_everything():
    """After closing nobody listens, and connections that were open are gone."""
    async with (
        answering(b"first", stay=True) as (port, _),
        standing(limits=Limits()) as stand,
        stand.connection() as (reader, writer),
    ):
        writer.write(b"CONNECT a.test.org:%d HTTP/1.1\r\n\r\nhello\r\n\r\n" % port)
        await reader.readuntil(b"first")
        await stand.proxy.close()
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await asyncio.open_connection("127.0.0.1", stand.port)


async def test_connections_are_paced():
    """After a burst, a sandbox gets so many connections a second: the loop has others to serve."""
    limits = Limits(per_second=20)
    async with standing(limits=limits) as stand:
        began = asyncio.get_running_loop().time()
        for _ in range(50):
            assert (await stand.say(b"x\r\n\r\n")).startswith(b"HTTP/1.1 400")
        assert asyncio.get_running_loop().time() - began > (50 - 2 * 20) / 20
