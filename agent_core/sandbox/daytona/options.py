"""From a contract to what the SDK is asked for."""

import math
from typing import TYPE_CHECKING, Any

from agent_core.contract import Contract, Network
from agent_core.sandbox.daytona import tiers
from agent_core.sandbox.surroundings import VARIABLES

if TYPE_CHECKING:
    from daytona import CreateSandboxFromImageParams, CreateSandboxFromSnapshotParams

_PACKAGES = ("pandas", "numpy", "matplotlib", "plotly", "openpyxl", "pyarrow", "tabulate")
_SPARE_MINUTES = 2
"""Our own clock closes a sandbox to the second; Daytona's is for an app that has died."""


def create(
    contract: Contract, name: str, *, marks: dict[str, str], image: str | None, snapshot: str | None, tier: tiers.Tier
) -> "CreateSandboxFromImageParams | CreateSandboxFromSnapshotParams":
    """A sandbox that is deleted when it stops. A snapshot has processors, memory and disk of its own."""
    from daytona import (
        CreateSandboxFromImageParams,
        CreateSandboxFromSnapshotParams,
        Image,
        Resources,
    )

    shared: dict[str, Any] = {
        "name": name,
        "language": "python",
        "labels": marks,
        "env_vars": dict(VARIABLES),
        "ephemeral": True,
        "auto_stop_interval": minutes(contract.lifecycle.idle_seconds),
        "ttl_minutes": minutes(contract.lifecycle.max_seconds),
        **(network(contract.network) if tier >= tiers.EGRESS else {}),
    }
    if snapshot is not None:
        return CreateSandboxFromSnapshotParams(snapshot=snapshot, **shared)
    size = tiers.size(contract)
    built = image or Image.debian_slim("3.12").pip_install(list(_PACKAGES))
    wanted = Resources(cpu=size.vcpus, memory=size.memory_gib, disk=size.disk_gib)
    return CreateSandboxFromImageParams(image=built, resources=wanted, **shared)


def network(clause: Network) -> dict[str, Any]:
    """The clause in the SDK's words; an empty list takes an earlier one away."""
    allowed = ",".join(clause.domains) if clause.mode == "allowlist" else ""
    blocked = clause.mode == "deny" or (clause.mode == "allowlist" and not clause.domains)
    return {"network_block_all": blocked, "domain_allow_list": allowed}


def minutes(seconds: int) -> int:
    """Whole minutes, never fewer than the contract has."""
    return math.ceil(seconds / 60) + _SPARE_MINUTES
