"""Requests to our part inside a container at Claude, each started by the model as a process of its own."""

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import resources
from typing import IO

from agent_core.contract import Contract
from agent_core.errors import FileTooLarge
from agent_core.sandbox.claude import verbatim
from agent_core.sandbox.claude.api import Api, spool
from agent_core.sandbox.claude.container import Container
from agent_core.sandbox.claude.inside.launcher import OVERRUN
from agent_core.sandbox.hosted import bundle
from agent_core.sandbox.hosted.call import Stuck
from agent_core.sandbox.hosted.remote import Hear, Remote

_LAUNCHER = "ringfence.py"
_ARCHIVE = "inside.zip"
_MIB = 1 << 20

Send = Callable[[str, str, IO[bytes]], Awaitable[None]]


class ClaudeRemote(Remote):
    """See `Remote`. `send` uploads a file for the container: its path there, its name and its content."""

    grace_seconds = verbatim.SPARE_SECONDS

    def __init__(self, api: Api, container: Container, send: Send, contract: Callable[[], Contract]) -> None:
        super().__init__("")
        self._api, self._container = api, container
        self._send, self._contract = send, contract
        self._numbers = itertools.count(1)
        self._arrived: list[str] = []
        self._made: tuple[str, ...] = ()
        self._begun = False

    async def execute(self, code: str, hear: Hear, seconds: float) -> None:
        """See `Remote.execute`. Output comes when it is over, what was meant as an error after the rest."""
        if not self._begun:
            launcher = resources.files("agent_core.sandbox.claude.inside").joinpath("launcher.py").read_bytes()
            await self._sent(_LAUNCHER, launcher)
            await self._sent(_ARCHIVE, bundle.archive())
            self._begun = True
        contract = self._contract()
        request = {
            "code": code,
            "seconds": seconds,
            "bring": self._arrived,
            "limits": bundle.limits(contract, disk_guard=True),
        }
        name = f"request-{next(self._numbers)}.json"
        await self._sent(name, json.dumps(request).encode())
        self._arrived, self._made = [], ()
        command = f'python3 "${{INPUT_DIR:-.}}/{_LAUNCHER}" {name}'
        ran = await verbatim.run(self._container, command, memory_mib=contract.resources.memory_mib)
        for stream, text in (("stdout", ran.stdout), ("stderr", ran.stderr)):
            if text:
                hear("stdout" if stream == "stdout" else "stderr", text)
        self._made = ran.files
        if ran.exit_code == OVERRUN:
            raise Stuck

    async def interrupt(self) -> None:
        """See `Remote.interrupt`. Nothing at Claude does that."""

    async def upload(self, name: str, data: bytes | AsyncIterator[bytes]) -> None:
        """See `Remote.upload`."""
        with spool() as content:
            if isinstance(data, bytes):
                content.write(data)
            else:
                async for piece in data:
                    content.write(piece)
            content.seek(0)
            await self._send(name, name, content)
        self._arrived.append(name)

    async def download(self, name: str, limit_bytes: int) -> bytes | None:
        """See `Remote.download`."""
        for file in self._made:
            try:
                found, content = await self._api.download(file, -(-limit_bytes // _MIB))
            except FileTooLarge:
                return None
            if found == name:
                return content if len(content) <= limit_bytes else None
        return None

    async def _sent(self, name: str, data: bytes) -> None:
        with spool() as content:
            content.write(data)
            content.seek(0)
            await self._send(name, name, content)
