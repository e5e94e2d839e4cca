"""A sandbox at Daytona."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from agent_core.contract import Contract
from agent_core.errors import SandboxCrashed
from agent_core.sandbox.base import Amendment
from agent_core.sandbox.daytona import amendment, tiers
from agent_core.sandbox.daytona.errors import translated
from agent_core.sandbox.daytona.remote import Remote
from agent_core.sandbox.hosted.lasting import LastingSandbox

if TYPE_CHECKING:
    from daytona import AsyncSandbox

_MIB = 1 << 20
_CLOSE_SECONDS = 30.0


class DaytonaSandbox(LastingSandbox):
    """See `agent_core.sandbox.base.Sandbox`. Made by `DaytonaProvider.open`."""

    def __init__(self, sandbox: "AsyncSandbox", contract: Contract, tier: tiers.Tier) -> None:
        super().__init__(str(sandbox.id), contract)
        self._sandbox, self._tier = sandbox, tier
        self._speaks = Remote(sandbox, "")

    @property
    def _remote(self) -> Remote:
        return self._speaks

    async def start(self) -> None:
        """See `LastingSandbox.start`."""
        with translated(opened=True):
            async with asyncio.timeout(_CLOSE_SECONDS):
                home = await self._sandbox.get_work_dir()
        self._speaks = Remote(self._sandbox, home.rstrip("/"))
        await self._speaks.begin(self._contract)

    async def rejoin(self) -> None:
        """See `LastingSandbox.rejoin`."""
        if (since := self._sandbox.created_at) is not None:
            self._lives_since(datetime.fromisoformat(since))
        await self._speaks.rejoin(self._contract)

    async def _used(self) -> tuple[float | None, float | None]:
        now = await self._sandbox.get_metrics_latest()
        return now.mem_used / _MIB, now.disk_used / _MIB

    async def _applied(self, contract: Contract) -> tuple[Contract, Amendment]:
        return await amendment.apply(self._sandbox, self._speaks, self._contract, contract, self._tier)

    async def _delete(self) -> None:
        await delete(self._sandbox)


async def delete(sandbox: "AsyncSandbox") -> None:
    """Delete a sandbox at Daytona. One that is gone is no error; a refusal is tried once more."""
    for last in (False, True):
        try:
            with translated(opened=True):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await sandbox.delete()
        except SandboxCrashed:
            return
        except Exception:
            if last:
                raise
            await asyncio.sleep(0.2)
        else:
            return
