"""Apply a new contract to a running sandbox at E2B, and say how far that was possible."""

import asyncio
from typing import TYPE_CHECKING

from agent_core.contract import Contract
from agent_core.sandbox.base import Amendment
from agent_core.sandbox.e2b import options, tiers
from agent_core.sandbox.e2b.errors import translated
from agent_core.sandbox.e2b.remote import Remote
from agent_core.sandbox.hosted import bundle

if TYPE_CHECKING:
    from e2b_code_interpreter import AsyncSandbox

_AT_ONCE = frozenset({"concurrency", "timeout", "billing", "languages", "filesystem"})
_SECONDS = 60.0


async def apply(
    sandbox: "AsyncSandbox", remote: Remote, old: Contract, new: Contract, *, tier: tiers.Tier, lived: float
) -> tuple[Contract, Amendment]:
    """The contract that holds now, clause by clause, and what is told about it. `lived`: seconds since it opened.

    Raises ClauseRefused, RateLimited, ProviderUnavailable, SandboxCrashed: then the old contract holds.
    """
    tiers.refuse(new, tier)
    changed = {name for name in Contract.model_fields if getattr(old, name) != getattr(new, name)} - {"name"}
    now = changed & _AT_ONCE
    with translated(opened=True):
        async with asyncio.timeout(_SECONDS):
            if "network" in changed:
                await sandbox.update_network(options.network(new.network))
                now |= {"network"}
            if "lifecycle" in changed:
                await sandbox.set_timeout(max(1, options.timeout(new, tier) - int(lived)))
                now |= {"lifecycle"}
    if "network" in changed and options.hosts(old.network) != options.hosts(new.network):
        await remote.name_hosts(options.hosts(new.network))
    if "resources" in changed and _only_less(old, new):
        now |= {"resources"}
    held = old.model_copy(update={name: getattr(new, name) for name in now})
    if now & {"resources", "filesystem"}:
        await remote.ask("limit", bundle.limits(held, disk_guard=True))
    return held, Amendment(frozenset(now), frozenset(changed - now))


def _only_less(old: Contract, new: Contract) -> bool:
    """Whether the guards inside suffice: a machine that is larger comes with the next sandbox."""
    return new.resources.vcpus == old.resources.vcpus and new.resources.memory_mib <= old.resources.memory_mib
