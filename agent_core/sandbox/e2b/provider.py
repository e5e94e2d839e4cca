"""Opens sandboxes at E2B."""

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from agent_core.contract import Contract
from agent_core.sandbox.e2b import options, tiers
from agent_core.sandbox.e2b.errors import made_nothing, translated
from agent_core.sandbox.e2b.sandbox import E2BSandbox, kill
from agent_core.sandbox.hosted.ending import to_its_end
from agent_core.sandbox.hosted.provider import HostedProvider, labels

if TYPE_CHECKING:
    from e2b.sandbox.sandbox_api import SandboxInfo
    from e2b_code_interpreter import AsyncSandbox

TEMPLATE = "code-interpreter-v1"
_SECONDS = 20.0
_GRACE_SECONDS = 2.0
_MOST_MADE = 10
_LOOK_SECONDS = (0.0, 0.5, 1.5)
"""A request that was given up may still make a sandbox, and the look for it may fail once."""


class E2BProvider(HostedProvider[E2BSandbox]):
    """See `agent_core.sandbox.hosted.provider`.

    `template` is what sandboxes are made from; it sets their processors and memory, and must hold the contract.
    `domain` is another than E2B's own; `url` and `sandbox_url` are other endpoints of its API and its sandboxes.
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
        super().__init__(deployment, holder)
        self._key, self._tier, self._template = key, tier, template
        self._domain, self._url, self._sandbox_url = domain, url, sandbox_url
        self._start_seconds = start_seconds

    def __repr__(self) -> str:
        return f"E2BProvider(tier={self._tier!r}, deployment={self._deployment!r})"

    async def warm(self) -> None:
        """See `Provider.warm`: the SDK takes a second to import."""
        await asyncio.to_thread(__import__, "e2b_code_interpreter")

    @property
    def _keyless(self) -> str | None:
        return None if self._key.get_secret_value() else "There is no key for E2B. Set E2B_API_KEY."

    def _refuse(self, contract: Contract) -> None:
        tiers.refuse(contract, self._tier)

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

    async def _create(self, contract: Contract) -> E2BSandbox:
        from e2b_code_interpreter import AsyncSandbox

        name = secrets.token_hex(8)
        marks = labels(self._deployment, holder=self._holder, name=name)
        wanted = options.create(contract, marks=marks, template=self._template, tier=self._tier)
        access = {**self._access, "request_timeout": self._start_seconds + _SECONDS}
        task: asyncio.Task[AsyncSandbox] = asyncio.create_task(AsyncSandbox.create(**wanted, **access))
        try:
            with translated():
                async with asyncio.timeout(self._start_seconds):
                    return E2BSandbox(await asyncio.shield(task), contract, self._tier)
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
                if found := await self._listed(_MOST_MADE, name):
                    for one in found:
                        await self._end(one)
                    return

    async def _connect(self, sandbox_id: str, contract: Contract) -> E2BSandbox:
        from e2b_code_interpreter import AsyncSandbox

        with translated(opened=True):
            async with asyncio.timeout(_SECONDS):
                # Of one that runs, a time-out given here can lengthen the life, and never shorten it.
                found = await AsyncSandbox.connect(sandbox_id, timeout=1, **self._access)
        return E2BSandbox(found, contract, self._tier)

    async def _end(self, sandbox_id: str) -> None:
        from e2b_code_interpreter import AsyncSandbox

        with translated():
            async with asyncio.timeout(_SECONDS):
                await AsyncSandbox.kill(sandbox_id, **self._access)

    async def _listed(self, most: int, name: str | None = None) -> dict[str, dict[str, str]]:
        from e2b_code_interpreter import AsyncSandbox, SandboxQuery

        query = SandboxQuery(metadata=labels(self._deployment, **({"name": name} if name else {})))
        found: list[SandboxInfo] = []
        with translated():
            async with asyncio.timeout(_SECONDS):
                pages = AsyncSandbox.list(query, limit=min(most, 100), **self._access)
                while pages.has_next and len(found) < most:
                    found += await pages.next_items()
        return {str(one.sandbox_id): dict(one.metadata or {}) for one in found[:most]}
