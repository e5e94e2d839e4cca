"""Opens containers at Claude."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from agent_core.contract import Contract
from agent_core.errors import RingfenceError
from agent_core.sandbox.base import Leftover
from agent_core.sandbox.claude.api import Api
from agent_core.sandbox.claude.ledger import Ledger, NoLedger
from agent_core.sandbox.claude.models import check_model
from agent_core.sandbox.claude.sandbox import ClaudeSandbox


class ClaudeProvider:
    """See `agent_core.sandbox.base.Provider`.

    Opening one costs nothing: Anthropic makes the container with the first request that needs it. `model` is asked
    where a question names none.
    """

    name: str = "claude"

    def __init__(
        self,
        model: str,
        *,
        api_key: SecretStr | None,
        auth_token: SecretStr | None = None,
        base_url: str,
        holder: str,
        ledger: Ledger | None = None,
        answer_seconds: float = 300,
    ) -> None:
        self._api = Api(model, api_key=api_key, auth_token=auth_token, base_url=base_url, answer_seconds=answer_seconds)
        self._ledger = ledger or NoLedger()
        self._holder = holder
        self._open: set[ClaudeSandbox] = set()

    def __repr__(self) -> str:
        return f"ClaudeProvider(model={self._api.model!r})"

    async def available(self) -> str | None:
        """See `Provider.available`."""
        try:
            check_model(self._api.model)
        except RingfenceError as error:
            return str(error)
        return await self._api.available()

    @asynccontextmanager
    async def open(self, contract: Contract) -> AsyncIterator[ClaudeSandbox]:
        """See `Provider.open`."""
        sandbox = ClaudeSandbox(self._api, contract, self._ledger, self._holder)
        self._open.add(sandbox)
        try:
            yield sandbox
        finally:
            self._open.discard(sandbox)
            await sandbox.close()

    async def leftovers(self) -> tuple[Leftover, ...]:
        """See `Provider.leftovers`. Of a container only its files can be ended."""
        found = {sent.sandbox: sent.holder for sent in self._ledger.all()}
        mine = {sandbox.id for sandbox in self._open}
        return tuple(Leftover(sandbox, holder) for sandbox, holder in found.items() if sandbox not in mine)

    async def end(self, sandbox_id: str) -> None:
        """See `Provider.end`."""
        for sent in self._ledger.all():
            if sent.sandbox == sandbox_id:
                await self._api.delete(sent.file)
                self._ledger.forget(sent.file)

    async def warm(self) -> None:
        """See `Provider.warm`. There is nothing to do."""

    async def aclose(self) -> None:
        """See `Provider.aclose`."""
        for sandbox in tuple(self._open):
            with contextlib.suppress(RingfenceError):
                await sandbox.close()
        await self._api.aclose()
