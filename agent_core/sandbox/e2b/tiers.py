"""What an account at E2B may have, by its tier, and what none may.

Source: https://e2b.dev/docs/sandbox and https://e2b.dev/pricing, as they were in December 2025; the two larger
counts of sandboxes at once are add-ons of the Pro tier, as https://usagepricing.com told of them in 2026.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from agent_core.contract import Contract
from agent_core.errors import ClauseRefused

Tier = Literal["hobby", "pro", "pro-600", "pro-1100"]
TIERS: tuple[Tier, ...] = get_args(Tier)
AS_OF = "2025-12"
SOURCE = "https://e2b.dev/docs/sandbox"
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Limits:
    """What a tier allows."""

    name: str
    session_seconds: int
    """The longest life of a sandbox."""
    at_once: int
    """Sandboxes that may run at the same time."""


LIMITS: dict[Tier, Limits] = {
    "hobby": Limits("Hobby", _HOUR, 20),
    "pro": Limits("Pro", 24 * _HOUR, 100),
    "pro-600": Limits("Pro", 24 * _HOUR, 600),
    "pro-1100": Limits("Pro", 24 * _HOUR, 1_100),
}
MOST_VCPUS = 8
MOST_MEMORY_MIB = 8_192
"""The largest sandbox that a template can be built for, on every tier."""


def refuse(contract: Contract, tier: Tier) -> None:
    """Raise ClauseRefused for what E2B can't give, before anything is opened."""
    limits = LIMITS[tier]
    if contract.lifecycle.max_seconds > limits.session_seconds:
        hours = limits.session_seconds // _HOUR
        raise ClauseRefused(
            "lifecycle",
            f"E2B ends a sandbox of the {limits.name} tier after {hours} h: choose a longest life of at most "
            f"{limits.session_seconds} s{', or a key of the Pro tier' if tier == 'hobby' else ''}.",
        )
    if contract.concurrency.per_deployment > limits.at_once:
        raise ClauseRefused(
            "concurrency",
            f"E2B runs at most {limits.at_once} sandboxes at once on this account: allow no more for everybody.",
        )
    if contract.resources.vcpus > MOST_VCPUS or contract.resources.memory_mib > MOST_MEMORY_MIB:
        raise ClauseRefused(
            "resources", f"A sandbox at E2B has at most {MOST_VCPUS} vCPUs and {MOST_MEMORY_MIB} MiB of memory."
        )
    if not {"python", "bash"} & set(contract.languages.allowed):
        raise ClauseRefused("languages", "Sandboxes at E2B run Python and bash here: allow one of them.")
    _refuse_names(contract)


def _refuse_names(contract: Contract) -> None:
    """Name servers stay out of reach, as they would let data out: a name must be known beforehand."""
    if contract.network.mode != "allowlist":
        return
    for domain in contract.network.domains:
        if domain.startswith("*."):
            raise ClauseRefused(
                "network", f"E2B lets out only names that are given in full: name the hosts of {domain} one by one."
            )
        if ":" in domain:
            raise ClauseRefused("network", f"E2B lets names out on ports 80 and 443 only: take the port off {domain}.")
