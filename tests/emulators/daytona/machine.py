"""One emulated sandbox: a local sandbox, and in it an interpreter that speaks JSON lines as Daytona's worker does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from agent_core.contract import Contract, Filesystem, Languages, Network, Resources, Timeout
from agent_core.errors import OutOfMemory, OutputLimit, RingfenceError
from agent_core.sandbox.local.provider import LocalProvider

HOME = "/work"
_DAEMON = """
import contextlib, io, json, os, sys, traceback, types

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


class Machine:
    """Its resources are those that it was created with; its state is one of Daytona's words."""

    def __init__(self, provider: LocalProvider, asked: dict[str, Any], number: int) -> None:
        self.id, self.asked = f"sbx-{number:04d}", asked
        self.name = asked.get("name") or self.id
        self.state = "starting"
        self.cpu, self.memory, self.disk = asked.get("cpu") or 1, asked.get("memory") or 1, asked.get("disk") or 3
        self.network = {name: asked.get(name) for name in ("networkBlockAll", "networkAllowList", "domainAllowList")}
        self.running: asyncio.Task[None] | None = None
        self._provider, self._context, self._sandbox = provider, None, None

    @property
    def contract(self) -> Contract:
        domains = tuple(name for name in (self.network["domainAllowList"] or "").split(",") if name)
        mode = "deny" if self.network["networkBlockAll"] else "allowlist" if domains else "open"
        return Contract(
            network=Network(mode=mode, domains=domains),
            filesystem=Filesystem(
                disk_mib=self.disk * 1024, largest_file_mib=self.disk * 1024, largest_artifact_mib=64
            ),
            resources=Resources(vcpus=self.cpu, memory_mib=self.memory * 1024, processes=256),
            timeout=Timeout(call_seconds=86_400, turn_seconds=86_400),
            languages=Languages(allowed=("python", "bash")),
        )

    async def start(self) -> None:
        context = self._provider.open(self.contract)
        self._sandbox = await context.__aenter__()
        self._context = context
        denied = bool(self.network["networkBlockAll"])
        done = await self._sandbox.run(_DAEMON.format(denied=denied), emit=lambda _: None)
        assert done.error is None, done.error.traceback
        self.state = "started"

    async def end(self, state: str = "destroyed") -> None:
        self.state = state
        context, self._context = self._context, None
        if context is not None:
            with suppress(RingfenceError):
                await context.__aexit__(None, None, None)

    async def amend(self) -> None:
        await self._sandbox.amend(self.contract)

    async def execute(self, code: str) -> AsyncIterator[dict[str, Any]]:  # noqa: C901
        """The interpreter's lines; at the end {"close": code, "reason": text}."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        rest = ""

        def hear(output) -> None:
            nonlocal rest
            if output.stream != "stdout":
                return
            *lines, rest = (rest + output.text).split("\n")
            for line in lines:
                with suppress(ValueError):
                    queue.put_nowait(json.loads(line))

        async def work() -> None:
            end = {"close": 1000, "reason": ""}
            try:
                code_ = f"__import__('sys').modules['emulated_daemon'].run({code!r})"
                await self._sandbox.run(code_, emit=hear)
            except asyncio.CancelledError:
                if not self._sandbox.alive:
                    end = {"close": 1001, "reason": "worker process ended"}
            except OutOfMemory:
                end = {"close": 1001, "reason": "worker process ended: out of memory"}
            except OutputLimit:
                pass
            except RingfenceError:
                end = {"close": 1001, "reason": "worker process ended"}
            queue.put_nowait(end)

        task = self.running = asyncio.create_task(work())
        try:
            while "close" not in (chunk := await queue.get()):
                yield chunk
            yield chunk
        finally:
            await asyncio.wait({task})
            self.running = None

    async def command(self, command: str) -> dict[str, Any]:
        if command.startswith("kill -INT ") and self.running is not None:
            self.running.cancel()
            return {"exitCode": 0, "result": ""}
        said: list[str] = []
        done = await self._sandbox.run(command, "bash", emit=lambda output: said.append(output.text))
        return {"exitCode": done.exit_code, "result": "".join(said)}

    async def write(self, path: str, data: bytes) -> None:
        await self._sandbox.write(path.removeprefix(HOME + "/"), data)

    async def read(self, path: str) -> bytes:
        return await self._sandbox.read(path.removeprefix(HOME + "/"), limit_bytes=1 << 30)

    async def metrics(self) -> dict[str, Any]:
        used = await self._sandbox.usage()
        mib = 1 << 20
        return {
            "cpuCount": self.cpu,
            "cpuUsedPct": 1.0,
            "memTotal": self.memory << 30,
            "memUsed": int((used.memory_used_mib or 0) * mib),
            "memCache": 0,
            "diskTotal": self.disk << 30,
            "diskUsed": int((used.disk_used_mib or 0) * mib),
            "timestamp": "2026-11-24T00:00:00Z",
        }

    def described(self, url: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "organizationId": "org",
            "name": self.name,
            "snapshot": self.asked.get("snapshot"),
            "user": "daytona",
            "env": {},
            "labels": self.asked.get("labels") or {},
            "public": False,
            "kvm": False,
            **self.network,
            "networkBlockAll": bool(self.network["networkBlockAll"]),
            "target": "us",
            "cpu": self.cpu,
            "gpu": 0,
            "memory": self.memory,
            "disk": self.disk,
            "state": self.state,
            "desiredState": "started",
            "errorReason": "failed to start" if self.state == "error" else None,
            "recoverable": False,
            "autoStopInterval": self.asked.get("autoStopInterval"),
            "autoDeleteInterval": self.asked.get("autoDeleteInterval"),
            "volumes": [],
            "createdAt": "2026-11-24T00:00:00Z",
            "updatedAt": "2026-11-24T00:00:00Z",
            "toolboxProxyUrl": f"{url}/toolbox",
        }
