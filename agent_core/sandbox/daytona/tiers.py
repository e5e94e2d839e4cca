"""What an account at Daytona may have, by its tier.

Source: https://www.daytona.io/docs/en/limits/ and .../network-limits/, as they were in July 2026.
"""

import math
from dataclasses import dataclass
from typing import Literal

from agent_core.contract import Contract
from agent_core.errors import ClauseRefused

Tier = Literal[1, 2, 3, 4]
EGRESS: Tier = 3
"""The first tier whose sandboxes' egress can be set."""
AS_OF = "2026-07"
SOURCE = "https://www.daytona.io/docs/en/limits/"
MOST_DOMAINS = 10
"""The number that the provider's last public source has; its documents speak of more."""
_MIB = 1_024


@dataclass(frozen=True, slots=True)
class Size:
    """Processors, and memory and disk in GiB: Daytona counts in whole ones."""

    vcpus: int
    memory_gib: int
    disk_gib: int


POOL: dict[Tier, Size] = {
    1: Size(10, 10, 30),
    2: Size(100, 200, 300),
    3: Size(250, 500, 2_000),
    4: Size(500, 1_000, 5_000),
}
"""What all running sandboxes of an organization may have together. One table gives tier 1 20 GiB of memory."""
MOST = Size(4, 8, 10)
"""The largest sandbox."""


def size(contract: Contract) -> Size:
    """The smallest size of Daytona's that holds the contract."""
    return Size(
        math.ceil(contract.resources.vcpus),
        math.ceil(contract.resources.memory_mib / _MIB),
        max(1, math.ceil(contract.filesystem.disk_mib / _MIB)),
    )


def refuse(contract: Contract, tier: Tier) -> None:
    """Raise ClauseRefused for what Daytona can't give, before anything is opened."""
    wanted = size(contract)
    if tier < EGRESS and contract.network.mode != "open":
        raise ClauseRefused(
            "network",
            f"Tier {tier} of Daytona can't change what a sandbox reaches: package indexes, code hosts, storage and "
            "other services of Daytona's own list stay open. Choose an open network, which is that list, or a key of "
            "tier 3 or 4.",
        )
    if contract.network.mode == "allowlist" and len(contract.network.domains) > MOST_DOMAINS:
        raise ClauseRefused("network", f"Daytona lets at most {MOST_DOMAINS} domains out: shorten the list.")
    if not {"python", "bash"} & set(contract.languages.allowed):
        raise ClauseRefused("languages", "Sandboxes at Daytona run Python and bash: allow one of them.")
    if wanted.vcpus > MOST.vcpus or wanted.memory_gib > MOST.memory_gib:
        raise ClauseRefused(
            "resources", f"A sandbox at Daytona has at most {MOST.vcpus} vCPUs and {MOST.memory_gib} GiB of memory."
        )
    if wanted.disk_gib > MOST.disk_gib:
        raise ClauseRefused("filesystem", f"A sandbox at Daytona has at most {MOST.disk_gib} GiB of disk.")
