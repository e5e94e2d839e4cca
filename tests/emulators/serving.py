"""What every emulator is: an app on one loopback port, with faults on demand."""

import asyncio
import re
import socket
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from agent_core.planning.endpoint import Server
from agent_core.sandbox.local.provider import LocalProvider


@dataclass
class Fault:
    """What goes wrong, once or more often, with requests whose "METHOD path" the pattern finds.

    `kind`: "status" answers with it, "hang" never answers, "cut" ends a stream in the middle, "stall" lets it go
    silent there, "late" does the work and then never answers, "kill" ends the sandbox. What an interpreter is
    asked can be told by its code, as "CODE ...".
    """

    on: str
    kind: str = "status"
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "scripted fault"
    times: int = 1


class Serving(ABC):
    """An async context manager with `url`, the `faults` to come, what was `asked`, and `alive()`."""

    def __init__(self, port: int) -> None:
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.released = asyncio.Event()
        """Set at the end: nothing hangs any longer."""
        self._port = port
        self.url = ""
        self._timers: dict[str, asyncio.Task[None]] = {}

    @abstractmethod
    def alive(self) -> tuple[str, ...]:
        """The sandboxes that run."""

    @abstractmethod
    def _routes(self) -> list[BaseRoute]:
        """What is served."""

    @abstractmethod
    async def _remove(self, sandbox_id: str) -> None:
        """End a sandbox."""

    async def __aenter__(self) -> Self:
        self._provider = LocalProvider()
        self._listen(Starlette(routes=self._routes()))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.released.set()
        for timer in self._timers.values():
            timer.cancel()
        for sandbox_id in self.alive():
            await self._remove(sandbox_id)
        await self._silence()
        await self._provider.aclose()

    def _listen(self, app: Starlette) -> None:
        listener = socket.create_server(("127.0.0.1", self._port))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            ws="wsproto",
            ws_max_size=1 << 26,
        )
        config.timeout_graceful_shutdown = 1
        self._server = Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def _silence(self) -> None:
        self._server.should_exit = True
        await self._serving

    def _fault(self, request: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.search(fault.on, request):
                fault.times -= 1
                return fault
        return None
