"""A sandbox at E2B."""

import asyncio
import time
from datetime import datetime
from typing import TYPE_CHECKING

from agent_core.contract import Contract
from agent_core.errors import ClauseRefused, SandboxCrashed
from agent_core.sandbox.base import Amendment, Size
from agent_core.sandbox.e2b import amendment, options, tiers
from agent_core.sandbox.e2b.errors import translated
from agent_core.sandbox.e2b.remote import Remote
from agent_core.sandbox.hosted.lasting import LastingSandbox

if TYPE_CHECKING:
    from e2b_code_interpreter import AsyncSandbox

_MIB = 1 << 20
_SECONDS = 30.0
_HOME = "import json, os; print(json.dumps({'home': os.getcwd()}))"


class E2BSandbox(LastingSandbox):
    """See `agent_core.sandbox.base.Sandbox`. Made by `E2BProvider.open`."""

    def __init__(self, sandbox: "AsyncSandbox", contract: Contract, tier: tiers.Tier) -> None:
        super().__init__(str(sandbox.sandbox_id), contract)
        self._sandbox, self._tier = sandbox, tier
        self._speaks = Remote(sandbox, "")
        self._machine: Size | None = None

    @property
    def _remote(self) -> Remote:
        return self._speaks

    async def start(self) -> None:
        """See `LastingSandbox.start`."""
        await self._measure()
        match await self._speaks.said(_HOME):
            case [{"home": str(home)}] if home.startswith("/"):
                self._speaks = Remote(self._sandbox, home.rstrip("/"))
            case _:
                raise SandboxCrashed("its interpreter did not answer as agreed")
        if lines := options.hosts(self._contract.network):
            await self._speaks.name_hosts(lines)
        await self._speaks.begin(self._contract, disk_guard=True)

    async def rejoin(self) -> None:
        """See `LastingSandbox.rejoin`."""
        self._lives_since(await self._measure())
        await self._speaks.rejoin(self._contract)

    async def _measure(self) -> datetime:
        """Since when there is such a machine."""
        with translated(opened=True):
            async with asyncio.timeout(_SECONDS):
                told = await self._sandbox.get_info()
        self._machine = Size(float(told.cpu_count), int(told.memory_mb))
        _check_size(self._machine, self._contract)
        since: datetime = told.started_at
        return since

    @property
    def allocated(self) -> Size | None:
        """See `Sandbox.allocated`: the template's machine."""
        return self._machine

    async def _used(self) -> tuple[float | None, float | None]:
        samples = await self._sandbox.get_metrics()
        return (samples[-1].mem_used / _MIB, samples[-1].disk_used / _MIB) if samples else (None, None)

    async def _applied(self, contract: Contract) -> tuple[Contract, Amendment]:
        lived = time.monotonic() - self._began
        return await amendment.apply(
            self._sandbox, self._speaks, self._contract, contract, tier=self._tier, lived=lived
        )

    async def _delete(self) -> None:
        await kill(self._sandbox)


async def kill(sandbox: "AsyncSandbox") -> None:
    """End a sandbox at E2B. One that is gone is no error; a refusal is tried once more."""
    for last in (False, True):
        try:
            with translated():
                async with asyncio.timeout(_SECONDS):
                    await sandbox.kill()
        except Exception:
            if last:
                raise
            await asyncio.sleep(0.2)
        else:
            return


def _check_size(allocated: Size, contract: Contract) -> None:
    wanted = contract.resources
    if allocated.vcpus < wanted.vcpus or allocated.memory_mib < wanted.memory_mib:
        raise ClauseRefused(
            "resources",
            f"The E2B template has {allocated.vcpus:g} vCPUs and {allocated.memory_mib} MiB of memory, less than the "
            "contract: lower its resources, or set RINGFENCE_E2B_TEMPLATE to a larger one.",
        )
