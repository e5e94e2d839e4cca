"""A container at Claude as a sandbox: its files go through the Files API, its code through the model."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterable, Mapping
from datetime import UTC, datetime
from typing import IO

import structlog

from agent_core.contract import Contract, Language, effect
from agent_core.errors import ClauseRefused, FileTooLarge, RingfenceError, SandboxCrashed
from agent_core.sandbox.answering import Hear, Question
from agent_core.sandbox.base import Amendment, Emit, Execution, FileEntry, OnDenied, Size, Usage
from agent_core.sandbox.claude.api import LARGEST_UPLOAD_MIB, Api, spool
from agent_core.sandbox.claude.container import Container
from agent_core.sandbox.claude.ledger import Ledger
from agent_core.sandbox.claude.models import check_model
from agent_core.sandbox.hosted.ending import to_its_end
from agent_core.sandbox.local.messages import is_inside

_log = structlog.get_logger(__name__)

INPUTS = "inputs/"
_MIB = 1 << 20
_CLOSE_SECONDS = 15.0
_FORBIDDEN = frozenset('<>:"|?*\\/')
_LONGEST_NAME = 200
_SPARE_SECONDS = 600


class ClaudeSandbox:
    """See `Sandbox` and, for what a model is asked, `agent_core.sandbox.answering.Hosted`."""

    enforced_by = ("container of Anthropic's",)

    def __init__(self, api: Api, contract: Contract, ledger: Ledger, holder: str) -> None:
        self.id = f"claude-{secrets.token_hex(8)}"
        self._api, self._contract = api, contract
        self._ledger, self._holder = ledger, holder
        self._container = Container(api, contract)
        self._given: dict[str, str] = {}
        self._sent: set[str] = set()
        self._opened, self._began = datetime.now(UTC), time.monotonic()
        self._lock = asyncio.Lock()
        self._closed = False

    @property
    def allocated(self) -> Size | None:
        """See `Sandbox.allocated`."""
        return None

    @property
    def alive(self) -> bool:
        """See `Sandbox.alive`."""
        return not (self._closed or self._container.dead)

    @property
    def given(self) -> Mapping[str, str]:
        """See `Hosted.given`."""
        return dict(self._given)

    @property
    def made(self) -> bool:
        """See `Hosted.made`."""
        return self._container.made

    async def ask(self, question: Question, hear: Hear) -> str:
        """See `Hosted.ask`. Raises ProviderUnavailable, by name, for a model that does not run code."""
        self._reach()
        check_model(question.model or self._api.model)
        return await self._container.ask(question, hear)

    async def fetch(self, file: str, *, limit_mib: int) -> tuple[str, bytes]:
        """See `Hosted.fetch`."""
        self._reach()
        self._note(file)
        return await self._api.download(file, limit_mib)

    async def run(
        self,
        code: str,
        language: Language = "python",
        *,
        emit: Emit,
        timeout_seconds: float | None = None,
        on_denied: OnDenied | None = None,
    ) -> Execution:
        """See `Sandbox.run`."""
        raise NotImplementedError

    async def write(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """See `Sandbox.write`. The file is in the container from the next request on."""
        _check(path)
        self._reach()
        limit = min(self._contract.filesystem.largest_file_mib, LARGEST_UPLOAD_MIB)
        name = self._given.get(path) or _name(path, set(self._given.values()))
        with spool() as content:
            await _fill(content, data, limit, path)
            content.seek(0)
            file = await self._api.upload(name, content, self._contract.lifecycle.max_seconds + _SPARE_SECONDS)
        self._note(file)
        self._given[path] = name
        replaced = self._container.add(path, file)
        if replaced is not None:
            await self._delete(replaced)

    async def read(self, path: str, *, limit_bytes: int) -> bytes:
        """See `Sandbox.read`."""
        raise NotImplementedError

    async def list(self) -> tuple[FileEntry, ...]:
        """See `Sandbox.list`."""
        raise NotImplementedError

    async def usage(self) -> Usage:
        """See `Sandbox.usage`. What a container uses can't be seen."""
        resources = self._contract.resources
        return Usage(self._opened, time.monotonic() - self._began, resources.vcpus, resources.memory_mib)

    async def amend(self, contract: Contract) -> Amendment:
        """See `Sandbox.amend`. What is held by this app holds now; the rest Anthropic decides."""
        self._reach()
        old, self._contract = self._contract, contract
        self._container.contract = contract
        changed = {name for name in Contract.model_fields if getattr(old, name) != getattr(contract, name)} - {"name"}
        now = {name for name in changed if effect("claude", name) == "now" or name in {"timeout", "lifecycle"}}
        return Amendment(frozenset(now), frozenset(changed - now))

    async def close(self) -> None:
        """See `Sandbox.close`. Its files at the Files API are deleted; one that can't be expires there."""
        self._closed = True
        await to_its_end(self._delete_all())

    async def _delete_all(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await asyncio.gather(*(self._delete(file) for file in tuple(self._sent)))
        except TimeoutError:
            _log.warning("hosted_files_left", count=len(self._sent))

    async def _delete(self, file: str) -> None:
        try:
            await self._api.delete(file)
        except RingfenceError as error:
            _log.warning("hosted_file_left", reason=error.kind)
            return
        self._sent.discard(file)
        self._ledger.forget(file)

    def _note(self, file: str) -> None:
        if file not in self._sent:
            self._sent.add(file)
            self._ledger.note(file, self.id, self._holder)

    def _reach(self) -> None:
        if not self.alive:
            raise SandboxCrashed("it is closed" if self._closed else "")

    def _refuse_language(self, language: Language) -> None:
        if language not in self._contract.languages.allowed:
            allowed = ", ".join(self._contract.languages.allowed)
            raise ClauseRefused("languages", f"The contract doesn't allow {language}. It allows: {allowed}.")


def _check(path: str) -> None:
    if not is_inside(path):
        raise ValueError(f"{path[:200]!r} does not name a file inside the working folder.")


def _name(path: str, taken: set[str]) -> str:
    """A name that the Files API takes and no other file of the container has."""
    short = path.removeprefix(INPUTS)
    clean = "".join("_" if one in _FORBIDDEN or not one.isprintable() else one for one in short)[-_LONGEST_NAME:]
    name, number = clean, 2
    while name in taken:
        name, number = f"{number}_{clean}", number + 1
    return name


async def _fill(content: IO[bytes], data: bytes | AsyncIterable[bytes], limit_mib: int, path: str) -> None:
    left = limit_mib * _MIB
    async for piece in _pieces(data):
        left -= len(piece)
        if left < 0:
            raise FileTooLarge(limit_mib, path)
        content.write(piece)


async def _pieces(data: bytes | AsyncIterable[bytes]) -> AsyncIterable[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    async for piece in data:
        yield piece
