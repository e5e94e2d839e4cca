"""Opens sandboxes at Daytona."""

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING

from pydantic import SecretStr

from agent_core.contract import Contract
from agent_core.errors import ClauseRefused, RingfenceError, SandboxCrashed
from agent_core.sandbox.daytona import options, tiers
from agent_core.sandbox.daytona.errors import made_nothing, translated
from agent_core.sandbox.daytona.sandbox import DaytonaSandbox, delete
from agent_core.sandbox.hosted.ending import to_its_end
from agent_core.sandbox.hosted.provider import HostedProvider, labels

if TYPE_CHECKING:
    from daytona import AsyncDaytona, AsyncSandbox

_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = (0.5, 1.5)
"""A request that was given up may still make a sandbox, and the look for it may fail once."""


class DaytonaProvider(HostedProvider[DaytonaSandbox]):
    """See `agent_core.sandbox.hosted.provider`.

    `url` is another endpoint than Daytona's own. With a `snapshot`, its processors, memory and disk are
    what a sandbox has: it must hold the contract. `start_seconds` is how long a sandbox may take to start.
    """

    name: str = "daytona"

    def __init__(
        self,
        key: SecretStr,
        *,
        tier: tiers.Tier = 1,
        url: str | None = None,
        image: str | None = None,
        snapshot: str | None = None,
        deployment: str,
        holder: str,
        start_seconds: float = 120.0,
    ) -> None:
        super().__init__(deployment, holder)
        self._key, self._tier, self._url = key, tier, url
        self._image, self._snapshot = image, snapshot
        self._start_seconds = start_seconds
        self._made: AsyncDaytona | None = None

    def __repr__(self) -> str:
        return f"DaytonaProvider(tier={self._tier}, deployment={self._deployment!r})"

    async def warm(self) -> None:
        """See `Provider.warm`."""
        with contextlib.suppress(RingfenceError):
            self._client()

    async def aclose(self) -> None:
        """See `Provider.aclose`."""
        await super().aclose()
        if self._made is not None:
            made, self._made = self._made, None
            await made.close()  # type: ignore[no-untyped-call]

    def _client(self) -> "AsyncDaytona":
        if self._made is None:
            from daytona import AsyncDaytona, DaytonaConfig

            config = DaytonaConfig(api_key=self._key.get_secret_value(), api_url=self._url, otel_enabled=False)
            with translated():
                self._made = AsyncDaytona(config)
        return self._made

    @property
    def _keyless(self) -> str | None:
        return None if self._key.get_secret_value() else "There is no key for Daytona. Set DAYTONA_API_KEY."

    def _refuse(self, contract: Contract) -> None:
        tiers.refuse(contract, self._tier)

    async def _create(self, contract: Contract) -> DaytonaSandbox:
        name = f"ringfence-{secrets.token_hex(8)}"
        marks = labels(self._deployment, holder=self._holder)
        params = options.create(
            contract, name, marks=marks, image=self._image, snapshot=self._snapshot, tier=self._tier
        )
        client = self._client()
        task: asyncio.Task[AsyncSandbox] = asyncio.create_task(client.create(params, timeout=self._start_seconds))
        try:
            with translated():
                async with asyncio.timeout(self._start_seconds + _SECONDS):
                    made = await task
            self._check_size(made, contract)
        except BaseException:
            refused = task.done() and not task.cancelled() and made_nothing(task.exception())
            await to_its_end(self._clear_away(name, () if refused else _LOOK_AGAIN_SECONDS))
            raise
        return DaytonaSandbox(made, contract, self._tier)

    async def _connect(self, sandbox_id: str, contract: Contract) -> DaytonaSandbox:
        return DaytonaSandbox(await self._found(sandbox_id), contract, self._tier)

    async def _end(self, sandbox_id: str) -> None:
        with contextlib.suppress(SandboxCrashed):
            await delete(await self._found(sandbox_id))

    async def _found(self, sandbox_id: str) -> "AsyncSandbox":
        with translated(opened=True):
            async with asyncio.timeout(_SECONDS):
                return await self._client().get(sandbox_id)

    async def _clear_away(self, name: str, again: tuple[float, ...]) -> None:
        """Delete what a `create` that failed or was left half-way may have made: its name is known beforehand."""
        for pause in (0.0, *again):
            await asyncio.sleep(pause)
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_SECONDS):
                    await delete(await self._client().get(name))
                return

    async def _listed(self, most: int) -> dict[str, dict[str, str]]:
        from daytona import ListSandboxesQuery

        query = ListSandboxesQuery(labels=labels(self._deployment), limit=min(most, 100))
        found: dict[str, dict[str, str]] = {}
        with translated():
            async with asyncio.timeout(_SECONDS):
                async for one in self._client().list(query):
                    found[str(one.id)] = dict(one.labels or {})
                    if len(found) >= most:
                        break
        return found

    def _check_size(self, made: "AsyncSandbox", contract: Contract) -> None:
        wanted = tiers.size(contract)
        if self._snapshot is not None and (
            made.cpu < wanted.vcpus or made.memory < wanted.memory_gib or made.disk < wanted.disk_gib
        ):
            raise ClauseRefused("resources", "The Daytona snapshot is smaller than the contract: lower its resources.")
