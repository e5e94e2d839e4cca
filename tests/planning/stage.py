"""A planner with the SDK's real process, a scripted endpoint, one tool and a store in memory."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import uvicorn

from agent_core.contract import PlannerSettings
from agent_core.planning.base import Signal, TextDone, TurnResult
from agent_core.planning.claude import ClaudePlanner
from agent_core.planning.endpoint import App, Endpoint, Server
from agent_core.tools.base import Text, Tool, ToolResult
from tests.emulators.messages import Call, MessagesEndpoint

TOOL = "mcp__sandbox__execute_code"

SCHEMA = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "language": {"type": "string"}},
    "required": ["code"],
}


def call(code: str, id_: str = "toolu_1", language: str = "python") -> Call:
    return Call(TOOL, {"code": code, "language": language}, id_)


class Rows:
    """A `TranscriptStore` in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)

    def append(self, project_key: str, session_id: str, subpath: str, entries: Sequence[Mapping[str, Any]]) -> None:
        kept = self.rows[project_key, session_id, subpath]
        known = {entry["uuid"] for entry in kept if "uuid" in entry}
        kept.extend(dict(entry) for entry in entries if entry.get("uuid") not in known)

    def load(self, project_key: str, session_id: str, subpath: str = "") -> list[dict[str, Any]] | None:
        return self.rows.get((project_key, session_id, subpath)) or None


@dataclass
class Stage:
    """What a test holds."""

    endpoint: MessagesEndpoint
    socket: Path
    rows: Rows = field(default_factory=Rows)
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    run: Callable[[Mapping[str, Any]], Awaitable[ToolResult]] | None = None
    prompt: str = "You analyse data."
    settings: PlannerSettings = field(default_factory=lambda: PlannerSettings(model="claude-sonnet-4-6"))
    planners: list[ClaudePlanner] = field(default_factory=list)

    def planner(self, model: str = "", **changes: Any) -> ClaudePlanner:
        if model:
            self.settings = PlannerSettings(model=model)
        given: dict[str, Any] = {
            "socket": self.socket,
            "settings": lambda: self.settings,
            "tools": [Tool("execute_code", "Runs code.", SCHEMA, self._run)],
            "conversation_id": "conversation",
            "transcripts": self.rows,
            "system_prompt": lambda: self.prompt,
        }
        planner = ClaudePlanner(**{**given, **changes})
        self.planners.append(planner)
        return planner

    async def turn(self, planner: ClaudePlanner, prompt: str) -> TurnResult:
        return await planner.turn(prompt, self.signals.append)

    @property
    def said(self) -> list[str]:
        return [signal.text for signal in self.signals if isinstance(signal, TextDone)]

    async def _run(self, arguments: Mapping[str, Any]) -> ToolResult:
        self.calls.append(arguments)
        return await self.run(arguments) if self.run else ToolResult((Text("42"),))


_others: set[psutil.Process] = set()


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    _others.clear()
    _others.update(psutil.Process().children(recursive=True))
    messages = MessagesEndpoint()
    async with Endpoint(messages) as endpoint:
        stage = Stage(messages, endpoint.socket)
        try:
            yield stage
        finally:
            for planner in stage.planners:
                await planner.close()


@asynccontextmanager
async def on_loopback(app: App) -> AsyncIterator[str]:
    """Serve an app over TCP, as an upstream is, and yield its address."""
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_config=None, log_level="critical", timeout_graceful_shutdown=1
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


async def until(condition: Callable[[], object], timeout_seconds: float = 10) -> None:
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(timeout_seconds):
        while not condition():  # noqa: ASYNC110  # most of it is in another process
            await asyncio.sleep(0.01)


def planner_processes() -> list[psutil.Process]:
    """Every process below this one that belongs to a planner, the jail's own among them.

    Those that were there before the stage belong to others: tests of other folders share this process.
    """
    return [process for process in psutil.Process().children(recursive=True) if process not in _others]


def sdk_process() -> psutil.Process:
    """The SDK's program itself, inside the jail."""
    (found,) = [process for process in planner_processes() if is_sdk(process)]
    return found


def is_sdk(process: psutil.Process) -> bool:
    try:
        return process.cmdline()[:1] == ["/opt/claude"]
    except psutil.NoSuchProcess:
        return False


def end(processes: Sequence[psutil.Process]) -> None:
    """Kill what is left of some processes."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
