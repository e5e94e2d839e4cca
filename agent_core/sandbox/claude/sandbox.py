"""A container at Claude as a sandbox: its files go through the Files API, its code through the model."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterable, Mapping
from typing import IO

import structlog

from agent_core.contract import Contract, Language, effect
from agent_core.errors import CallTimeout, FileTooLarge, OutOfMemory, RingfenceError
from agent_core.sandbox.answering import Hear, Question
from agent_core.sandbox.base import Amendment, Emit, Execution, OnDenied
from agent_core.sandbox.claude.api import LARGEST_UPLOAD_MIB, Api, spool
from agent_core.sandbox.claude.container import Container
from agent_core.sandbox.claude.ledger import Ledger
from agent_core.sandbox.claude.models import check_model
from agent_core.sandbox.claude.remote import ClaudeRemote
from agent_core.sandbox.hosted.ending import to_its_end
from agent_core.sandbox.hosted.remote import Remote
from agent_core.sandbox.hosted.sandbox import HostedSandbox

_log = structlog.get_logger(__name__)

INPUTS = "inputs/"
_MIB = 1 << 20
_CLOSE_SECONDS = 15.0
_FORBIDDEN = frozenset('<>:"|?*\\/')
_LONGEST_NAME = 200
_SPARE_SECONDS = 600


class ClaudeSandbox(HostedSandbox):
    """See `Sandbox` and, for what a model is asked, `agent_core.sandbox.answering.Hosted`.

    As a `Sandbox` it has a model run given programs, each in a process of its own: variables do not last. That is
    for a check of the provider, which opens a container for itself; a chat asks the model, and runs nothing else.
    """

    enforced_by = ("container of Anthropic's",)

    def __init__(self, api: Api, contract: Contract, ledger: Ledger, holder: str) -> None:
        super().__init__(f"claude-{secrets.token_hex(8)}", contract)
        self._api, self._ledger, self._holder = api, ledger, holder
        self._given: dict[str, str] = {}
        self._sent: set[str] = set()
        self._container = Container(api, contract, self._note)
        self._speaks = ClaudeRemote(api, self._container, self._send, lambda: self._contract)

    @property
    def alive(self) -> bool:
        """See `Sandbox.alive`."""
        return super().alive and not self._container.dead

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

    async def give(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """See `Hosted.give`. The file is in the container from the next request on."""
        self._reach()
        limit = min(self._contract.filesystem.largest_file_mib, LARGEST_UPLOAD_MIB)
        name = self._given.get(path) or _name(path, set(self._given.values()))
        with spool() as content:
            await _fill(content, data, limit, path)
            content.seek(0)
            await self._send(path, name, content)
        self._given[path] = name

    async def fetch(self, file: str, *, limit_mib: int) -> tuple[str, bytes]:
        """See `Hosted.fetch`."""
        self._reach()
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
        """See `Sandbox.run`. Raises NotVerbatim where the model ran anything else."""
        check_model(self._api.model)
        limit, began = float(self._contract.timeout.call_seconds), time.monotonic()
        seconds = limit if timeout_seconds is None else min(limit, timeout_seconds)
        try:
            return await super().run(code, language, emit=emit, timeout_seconds=timeout_seconds, on_denied=on_denied)
        except CallTimeout as error:
            if not error.state_kept:
                raise
            raise CallTimeout(seconds, time.monotonic() - began, state_kept=False) from None
        except OutOfMemory as error:
            if not error.state_kept:
                raise
            raise OutOfMemory(self._contract.resources.memory_mib, state_kept=False) from None

    @property
    def _remote(self) -> Remote:
        return self._speaks

    async def _applied(self, contract: Contract) -> tuple[Contract, Amendment]:
        """What is held by this app holds now; the rest Anthropic decides."""
        old, self._container.contract = self._contract, contract
        changed = {name for name in Contract.model_fields if getattr(old, name) != getattr(contract, name)} - {"name"}
        now = {name for name in changed if effect("claude", name) == "now" or name in {"timeout", "lifecycle"}}
        return contract, Amendment(frozenset(now), frozenset(changed - now))

    async def _used(self) -> tuple[float | None, float | None]:
        return None, None

    async def _delete(self) -> None:
        """A container can't be ended, only left; its files at the Files API can. One that can't be expires there."""
        self._container.dead = True
        await to_its_end(self._delete_all())

    async def _delete_all(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await asyncio.gather(*(self._forget(file) for file in tuple(self._sent)))
        except TimeoutError:
            _log.warning("hosted_files_left", count=len(self._sent))

    async def _send(self, path: str, name: str, content: IO[bytes]) -> None:
        file = await self._api.upload(name, content, self._contract.lifecycle.max_seconds + _SPARE_SECONDS)
        self._note(file)
        if (replaced := self._container.add(path, file)) is not None:
            await self._forget(replaced)

    async def _forget(self, file: str) -> None:
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
