"""Runs the probes on a provider, under a contract."""

from collections.abc import Collection

from agent_core.contract import Contract
from agent_core.sandbox.base import Provider
from agent_core.validation.base import Group, OnProgress, Report


async def validate(
    provider: Provider,
    contract: Contract,
    contract_version: int,
    *,
    progress: OnProgress,
    only: Collection[Group] = (),
) -> Report:
    """Try everything on fresh sandboxes of this provider. `only` names groups; all, where it names none.

    Raises what `Provider.open` does.
    """
    raise AssertionError(provider, contract, contract_version, progress, only)
