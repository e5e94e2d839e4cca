"""Serves a Messages endpoint on a unix socket: the only thing that a planner's process can reach."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn

from agent_core.errors import ProviderUnavailable
from agent_core.planning.folders import PrivateFolder, sweep

App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
"""An ASGI application."""

_NAME = "endpoint.sock"


class Endpoint:
    """An ASGI app behind a unix socket in a private folder, for as long as the context lasts.

    The folder is closed to other users of the machine; a jail reaches the socket because it is bound
    into the jail by itself.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._folder: PrivateFolder | None = None
        self._server: Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def socket(self) -> Path:
        """Where the app listens. Raises RuntimeError outside of the context."""
        if self._folder is None:
            raise RuntimeError("The endpoint is not open.")
        return self._folder.path / _NAME

    async def __aenter__(self) -> Self:
        sweep()
        self._folder = PrivateFolder()
        config = uvicorn.Config(
            self._app,
            uds=str(self.socket),
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = Server(config)
        self._task = asyncio.create_task(self._server.serve(), name="messages-endpoint")
        try:
            await self._listening(self._server, self._task)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop serving and remove the socket. Closing twice is allowed."""
        if self._server and self._task:
            self._server.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
        if self._folder:
            self._folder.remove()
        self._server = self._task = self._folder = None

    async def _listening(self, server: "Server", task: asyncio.Task[None]) -> None:
        while not server.started:
            if task.done():
                failure = "The planner's endpoint could not be opened on this machine."
                raise ProviderUnavailable(failure) from task.exception()
            await asyncio.sleep(0.005)


class Server(uvicorn.Server):
    """A server that leaves the process's signal handlers alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield
