"""An emulated machine: a local sandbox, and in it an interpreter that speaks JSON lines as a provider's worker does."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from agent_core.contract import Contract, Filesystem, Languages, Network, Resources, Timeout
from agent_core.errors import OutOfMemory, OutputLimit, RingfenceError
from agent_core.sandbox.base import Usage
from agent_core.sandbox.local.provider import LocalProvider

HOME = "/work"
_DAEMON = """
import contextlib, io, json, os, sys, time, traceback, types

for name in ("LANG", "TZ", "MPLBACKEND", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(name, None)
os.environ.update({environment!r})
time.tzset()
if "http_proxy" in os.environ and {denied!r}:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, "r", closefd=False)))
sys.__stdout__ = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8")
sys.__stderr__ = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w", closefd=False)), encoding="utf-8")


def emit(chunk):
    sys.__stdout__.write(json.dumps(chunk) + "\\n")
    sys.__stdout__.flush()


class Emitter(io.TextIOBase):
    def __init__(self, kind):
        self.kind = kind

    def write(self, text):
        emit({{"type": self.kind, "text": text}})
        return len(text)


names = {{"__name__": "__main__", "__builtins__": __builtins__}}


def run(code):
    with contextlib.redirect_stdout(Emitter("stdout")), contextlib.redirect_stderr(Emitter("stderr")):
        try:
            exec(compile(code, "<string>", "exec"), names)
        except BaseException as error:
            text = traceback.format_exc()
            emit({{"type": "error", "name": type(error).__name__, "value": str(error), "traceback": text}})


module = sys.modules["emulated_daemon"] = types.ModuleType("emulated_daemon")
module.run = run
"""


def contract(network: Network, *, vcpus: float, memory_mib: int, disk_mib: int) -> Contract:
    """What the machine's own sandbox is held to: the sizes that its provider has given it, and little else."""
    return Contract(
        network=network,
        filesystem=Filesystem(disk_mib=disk_mib, largest_file_mib=disk_mib, largest_artifact_mib=64),
        resources=Resources(vcpus=vcpus, memory_mib=memory_mib, processes=256),
        timeout=Timeout(call_seconds=86_400, turn_seconds=86_400),
        languages=Languages(allowed=("python", "bash")),
    )


class Machine:
    """The home folder is `home`; paths are below it."""

    home = HOME

    def __init__(self, provider: LocalProvider) -> None:
        self._provider, self._context, self._sandbox = provider, None, None
        self._running: asyncio.Task[None] | None = None

    async def start(self, held: Contract, *, denied: bool, environment: Mapping[str, str]) -> None:
        context = self._provider.open(held)
        self._sandbox = await context.__aenter__()
        self._context = context
        done = await self._sandbox.run(
            _DAEMON.format(denied=denied, environment=dict(environment)), emit=lambda _: None
        )
        assert done.error is None, done.error.traceback

    @property
    def gone(self) -> bool:
        return self._context is None

    async def end(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            with suppress(RingfenceError):
                await context.__aexit__(None, None, None)

    async def amend(self, held: Contract) -> None:
        await self._sandbox.amend(held)

    async def execute(self, code: str) -> AsyncIterator[dict[str, Any]]:
        """The interpreter's lines; at the end {"ended": why it died, or nothing}."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        if self._running is not None:
            await asyncio.wait({self._running})
        self._running = asyncio.create_task(self._run(code, queue))
        while "ended" not in (chunk := await queue.get()):
            yield chunk
        yield chunk

    async def _run(self, code: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        rest, why = "", ""

        def hear(output) -> None:
            nonlocal rest
            if output.stream != "stdout":
                return
            *lines, rest = (rest + output.text).split("\n")
            for line in lines:
                with suppress(ValueError):
                    queue.put_nowait(json.loads(line))

        try:
            called = f"__import__('sys').modules['emulated_daemon'].run({code!r})"
            await self._sandbox.run(called, emit=hear)
        except asyncio.CancelledError:
            why = "" if self._sandbox.alive else "interrupted"
        except OutOfMemory:
            why = "out of memory"
        except OutputLimit:
            pass
        except RingfenceError:
            why = "ended"
        queue.put_nowait({"ended": why})

    def interrupt(self) -> None:
        if self._running is not None:
            self._running.cancel()

    async def command(self, command: str) -> tuple[int, str]:
        """Exit code and output."""
        if command.startswith("kill -INT "):
            self.interrupt()
            return 0, ""
        said: list[str] = []
        done = await self._sandbox.run(command, "bash", emit=lambda output: said.append(output.text))
        return done.exit_code, "".join(said)

    async def write(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        await self._sandbox.write(path.removeprefix(HOME + "/"), data)

    async def read(self, path: str) -> bytes:
        return await self._sandbox.read(path.removeprefix(HOME + "/"), limit_bytes=1 << 30)

    async def usage(self) -> Usage:
        return await self._sandbox.usage()
