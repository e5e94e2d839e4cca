"""Opens sandboxes at E2B."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from agent_core.contract import Contract
from agent_core.errors import RingfenceError
from agent_core.sandbox.base import Leftover
from agent_core.sandbox.e2b import options, tiers
from agent_core.sandbox.e2b.errors import made_nothing, translated
from agent_core.sandbox.e2b.sandbox import E2BSandbox, kill
from agent_core.sandbox.hosted.ending import to_its_end

if TYPE_CHECKING:
    from e2b.sandbox.sandbox_api import SandboxInfo
    from e2b_code_interpreter import AsyncSandbox

TEMPLATE = "code-interpreter-v1"
_SECONDS = 20.0
_GRACE_SECONDS = 2.0
_MOST_LEFTOVERS = 1_000
_LOOK_SECONDS = (0.0, 0.5, 1.5)
"""A request that was given up may still make a sandbox, and the look for it may fail once."""


class E2BProvider:
    """See `agent_core.sandbox.base.Provider`.

    `template` is what sandboxes are made from; it sets their processors and memory, and must hold the contract.
    `domain` is another than E2B's own; `url` and `sandbox_url` are other endpoints of its API and its sandboxes.
    `deployment` and `holder` are the labels by which what a dead process left behind is found again.
    `start_seconds` is how long a sandbox may take to start.
    """

    name: str = "e2b"

    def __init__(
        self,
        key: SecretStr,
        *,
        tier: tiers.Tier = "hobby",
        template: str = TEMPLATE,
        domain: str | None = None,
        url: str | None = None,
        sandbox_url: str | None = None,
        deployment: str,
        holder: str,
        start_seconds: float = 120.0,
    ) -> None:
        self._key, self._tier, self._template = key, tier, template
        self._domain, self._url, self._sandbox_url = domain, url, sandbox_url
        self._deployment, self._holder = deployment, holder
        self._start_seconds = start_seconds
        self._open: set[E2BSandbox] = set()

    def __repr__(self) -> str:
        return f"E2BProvider(tier={self._tier!r}, deployment={self._deployment!r})"

    async def available(self) -> str | None:
        """See `Provider.available`."""
        if not self._key.get_secret_value():
            return "There is no key for E2B. Set E2B_API_KEY."
        try:
            await self._listed(1)
        except RingfenceError as error:
            return str(error)
        return None

    @asynccontextmanager
    async def open(self, contract: Contract) -> AsyncIterator[E2BSandbox]:
        """See `Provider.open`."""
        tiers.refuse(contract, self._tier)
        made = await self._create(contract)
        sandbox = E2BSandbox(made, contract, self._tier)
        self._open.add(sandbox)
        try:
            await sandbox.start()
            yield sandbox
        finally:
            self._open.discard(sandbox)
            await to_its_end(sandbox.close())

    async def leftovers(self) -> tuple[Leftover, ...]:
        """See `Provider.leftovers`."""
        found = await self._listed(_MOST_LEFTOVERS)
        return tuple(Leftover(str(one.sandbox_id), str((one.metadata or {}).get("holder", ""))) for one in found)

    async def end(self, sandbox_id: str) -> None:
        """See `Provider.end`."""
        if any(one.sandbox_id == sandbox_id for one in await self._listed(_MOST_LEFTOVERS)):
            await self._kill(sandbox_id)

    async def warm(self) -> None:
        """See `Provider.warm`: the SDK takes a second to import."""
        await asyncio.to_thread(__import__, "e2b_code_interpreter")

    async def aclose(self) -> None:
        """See `Provider.aclose`."""
        for sandbox in tuple(self._open):
            with contextlib.suppress(RingfenceError):
                await sandbox.close()

    @property
    def _access(self) -> dict[str, Any]:
        return {
            "api_key": self._key.get_secret_value(),
            "domain": self._domain,
            "api_url": self._url,
            "sandbox_url": self._sandbox_url,
            "debug": False,
            "retries": 0,
            "request_timeout": _SECONDS,
        }

    async def _create(self, contract: Contract) -> "AsyncSandbox":
        from e2b_code_interpreter import AsyncSandbox

        name = secrets.token_hex(8)
        marks = options.labels(self._deployment, self._holder, name)
        wanted = options.create(contract, marks=marks, template=self._template, tier=self._tier)
        access = {**self._access, "request_timeout": self._start_seconds + _SECONDS}
        task: asyncio.Task[AsyncSandbox] = asyncio.create_task(AsyncSandbox.create(**wanted, **access))
        try:
            with translated():
                async with asyncio.timeout(self._start_seconds):
                    return await asyncio.shield(task)
        except BaseException:
            await to_its_end(self._clear_away(task, name))
            raise

    async def _clear_away(self, task: "asyncio.Task[AsyncSandbox]", name: str) -> None:
        """End what a `create` that failed or was left half-way may have made: its label is known beforehand."""
        await asyncio.wait({task}, timeout=_GRACE_SECONDS)
        task.cancel()
        await asyncio.wait({task})
        failure = asyncio.CancelledError() if task.cancelled() else task.exception()
        if failure is None:
            with contextlib.suppress(Exception):
                await kill(task.result())
                return
        for pause in () if failure is not None and made_nothing(failure) else _LOOK_SECONDS:
            await asyncio.sleep(pause)
            with contextlib.suppress(Exception):
                if found := await self._listed(_MOST_LEFTOVERS, name):
                    for one in found:
                        await self._kill(str(one.sandbox_id))
                    return

    async def _kill(self, sandbox_id: str) -> None:
        from e2b_code_interpreter import AsyncSandbox

        with translated():
            async with asyncio.timeout(_SECONDS):
                await AsyncSandbox.kill(sandbox_id, **self._access)

    async def _listed(self, most: int, name: str | None = None) -> "list[SandboxInfo]":
        from e2b_code_interpreter import AsyncSandbox, SandboxQuery

        query = SandboxQuery(metadata=options.labels(self._deployment, name=name))
        found: list[SandboxInfo] = []
        with translated():
            async with asyncio.timeout(_SECONDS):
                pages = AsyncSandbox.list(query, limit=min(most, 100), **self._access)
                while pages.has_next and len(found) < most:
                    found += await pages.next_items()
        return found[:most]
