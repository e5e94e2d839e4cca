"""What is laid out on the host before the probes run: files, sockets and a process that no sandbox may find."""

import asyncio
import contextlib
import ctypes
import os
import pwd
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psutil

import agent_core
from agent_core.config import in_environment

INPUT = "probe.csv"
"""The file that is uploaded into each sandbox that is asked."""
_VARIABLE = "RINGFENCE_CANARY_TOKEN"
_NAMESPACES = ("pid", "mnt", "net", "user", "ipc", "uts")
_FIRST_PERSON = 1_000
"""Numbers below belong to the system's own users."""
_IPC_CREAT, _IPC_RMID = 0o1000, 0


@dataclass
class Traps:
    """What was laid, and what fell into it. Every name and every secret is made anew for each run."""

    marker: str
    """In the name or the content of everything that a probe might leave behind."""
    secret: str
    files: tuple[Path, ...] = ()
    told: dict[str, Any] = field(default_factory=dict)
    """What the probes are told, as JSON can hold it."""
    reached: list[str] = field(default_factory=list)
    """Which listeners were reached."""


@asynccontextmanager
async def laid() -> AsyncIterator[Traps]:
    """Lay the traps, and clear them away at the end."""
    traps = Traps(f"ringfence-canary-{secrets.token_hex(8)}", secrets.token_hex(16))
    async with AsyncExitStack() as stack:
        stack.enter_context(_files(traps))
        stack.enter_context(in_environment(_VARIABLE, traps.secret))
        stack.enter_context(_segment(traps))
        beacon = f"ringfence-beacon-{secrets.token_hex(8)}"
        stack.enter_context(_process(beacon, traps.files[0]))
        stack.enter_context(_inheritable(traps.files[0]))
        listeners = await stack.enter_async_context(_listeners(traps))
        traps.told = {
            "marker": traps.marker,
            "secret": traps.secret,
            "beacon": beacon,
            "input": INPUT,
            "files": [str(path) for path in traps.files if not path.is_relative_to("/dev/shm")],  # noqa: S108
            "shared": [str(path) for path in traps.files if path.is_relative_to("/dev/shm")],  # noqa: S108
            "credentials": [str(traps.files[0])],
            "folders": [str(Path(agent_core.__file__).parent)],
            "homes": [str(Path.home())],
            "users": [one.pw_name for one in pwd.getpwall() if _FIRST_PERSON <= one.pw_uid < 1 << 15],
            "namespaces": namespaces("self"),
            "addresses": _addresses(),
            "leader": os.getsid(0),
            **traps.told,
            **listeners,
        }
        yield traps


@contextmanager
def _files(traps: Traps) -> Iterator[None]:
    places = (Path.home(), Path(tempfile.gettempdir()), Path("/dev/shm"))  # noqa: S108
    laid: list[Path] = []
    try:
        for place in places:
            path = place / f".{traps.marker}"
            with contextlib.suppress(OSError):
                path.write_text(traps.secret, encoding="ascii")
                laid.append(path)
        traps.files = tuple(laid)
        yield
    finally:
        for path in laid:
            path.unlink(missing_ok=True)


@contextmanager
def _segment(traps: Traps) -> Iterator[None]:
    """Shared memory of the old kind, which is found by its number alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    number = secrets.randbelow(1 << 30) + 1
    made = libc.shmget(number, 4_096, _IPC_CREAT | 0o600)
    traps.told["segment"] = number
    try:
        yield
    finally:
        if made >= 0:
            libc.shmctl(made, _IPC_RMID, None)


@contextmanager
def _inheritable(path: Path) -> Iterator[None]:
    """An open file that a child has too unless all are closed on the way."""
    with path.open("rb") as file:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003  the name says it
        yield


@contextmanager
def _process(word: str, path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", "import time; time.sleep(600)", word, str(path)]
    with ExitStack() as stack:
        running = stack.enter_context(subprocess.Popen(command, env={}, stdin=subprocess.DEVNULL))  # noqa: S603
        stack.callback(running.kill)
        yield


@asynccontextmanager
async def _listeners(traps: Traps) -> AsyncIterator[Mapping[str, Any]]:
    """On all addresses of the host, as a file, and by a name without one. Each answers, so that it can be heard."""

    def serve(name: str) -> Any:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            traps.reached.append(name)
            writer.write(b"HTTP/1.0 200 OK\r\n\r\nreached")
            writer.close()

        return answer

    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        everywhere = await stack.enter_async_context(
            await asyncio.start_server(serve("a TCP port"), "0.0.0.0", 0)  # noqa: S104  to be found at each address
        )
        six = await _six(serve("a TCP port of IPv6"), stack)
        path = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "canary.sock")
        await stack.enter_async_context(await asyncio.start_unix_server(serve("a socket's file"), path))
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind(f"\0{traps.marker}")
        await stack.enter_async_context(await asyncio.start_unix_server(serve("an abstract socket"), sock=abstract))
        datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(traps), local_addr=("127.0.0.1", 0))
        stack.callback(datagrams.close)
        yield {
            "tcp": everywhere.sockets[0].getsockname()[1],
            "tcp6": six,
            "udp": datagrams.get_extra_info("sockname")[1],
            "sockets": [path],
            "services": [path],
            "abstract": traps.marker,
        }


async def _six(answer: Any, stack: AsyncExitStack) -> int:
    """The port, or 0 on a host without IPv6."""
    with contextlib.suppress(OSError):
        server = await stack.enter_async_context(await asyncio.start_server(answer, "::1", 0))
        return int(server.sockets[0].getsockname()[1])
    return 0


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, traps: Traps) -> None:
        self._traps = traps

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._traps.marker.encode() in data:
            self._traps.reached.append("a UDP port")
            self._transport.sendto(b"reached", addr)


def namespaces(process: int | str) -> dict[str, int]:
    """The numbers of a process's namespaces, by their names; those that can't be read are left out."""
    found = {}
    for name in _NAMESPACES:
        with contextlib.suppress(OSError):
            found[name] = Path(f"/proc/{process}/ns/{name}").stat().st_ino
    return found


def _addresses() -> list[str]:
    found = (one for addresses in psutil.net_if_addrs().values() for one in addresses)
    return [one.address for one in found if one.family == socket.AF_INET and not one.address.startswith("127.")][:4]
