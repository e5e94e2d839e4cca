"""Apply a new contract to a running sandbox at Daytona, and say how far that was possible."""

import asyncio
from typing import TYPE_CHECKING

from agent_core.contract import Contract
from agent_core.sandbox.base import Amendment
from agent_core.sandbox.daytona import options, tiers
from agent_core.sandbox.daytona.errors import translated
from agent_core.sandbox.daytona.remote import Remote
from agent_core.sandbox.hosted import bundle

if TYPE_CHECKING:
    from daytona import AsyncSandbox

_AT_ONCE = ("concurrency", "timeout", "billing", "languages")
_SECONDS = 60.0


async def apply(
    sandbox: "AsyncSandbox", remote: Remote, old: Contract, new: Contract, tier: tiers.Tier
) -> tuple[Contract, Amendment]:
    """The contract that holds now, clause by clause, and what is told about it.

    Raises ClauseRefused, RateLimited, ProviderUnavailable, SandboxCrashed: then the old contract holds.
    """
    tiers.refuse(new, tier)
    changed = {name for name in Contract.model_fields if getattr(old, name) != getattr(new, name)} - {"name"}
    now = {name for name in changed if name in _AT_ONCE}
    with translated(opened=True):
        async with asyncio.timeout(_SECONDS):
            if "network" in changed:
                if tier >= tiers.EGRESS:
                    await sandbox.update_network_settings(**options.network(new.network))
                now.add("network")
            if "lifecycle" in changed:
                await sandbox.set_autostop_interval(options.minutes(new.lifecycle.idle_seconds))
                await sandbox.set_ttl(options.minutes(new.lifecycle.max_seconds))
                now.add("lifecycle")
            if "resources" in changed and await _grown(sandbox, old, new):
                now.add("resources")
    filesystem = new.filesystem.model_copy(update={"disk_mib": old.filesystem.disk_mib})
    if "filesystem" in changed and filesystem == new.filesystem:
        now.add("filesystem")
    held = old.model_copy(update={**{name: getattr(new, name) for name in now}, "filesystem": filesystem})
    if now & {"resources"} or "filesystem" in changed:
        await remote.ask("limit", bundle.limits(held))
    return held, Amendment(frozenset(now), frozenset(changed - now))


async def _grown(sandbox: "AsyncSandbox", old: Contract, new: Contract) -> bool:
    """Whether the sandbox has the size now: a running one can grow, and not shrink."""
    from daytona import Resources

    had, wanted = tiers.size(old), tiers.size(new)
    if wanted.vcpus < had.vcpus or wanted.memory_gib < had.memory_gib:
        return False
    if (wanted.vcpus, wanted.memory_gib) != (had.vcpus, had.memory_gib):
        await sandbox.resize(Resources(cpu=wanted.vcpus, memory=wanted.memory_gib))
    return True
