"""From a contract to what the SDK is asked for."""

from typing import Any

from agent_core.contract import Contract, Network
from agent_core.sandbox.e2b import tiers
from agent_core.sandbox.surroundings import VARIABLES

EVERYTHING = "0.0.0.0/0"
_SPARE_SECONDS = 120
"""Our own clock closes a sandbox to the second; E2B's is for an app that has died."""
_ANYWHERE = "192.0.2.1"
"""Stands for a listed host inside: E2B reads its name from the connection, and finds its address outside."""


def create(contract: Contract, *, marks: dict[str, str], template: str, tier: tiers.Tier) -> dict[str, Any]:
    """A sandbox that is ended at its time-out and that only we can reach."""
    egress = network(contract.network)
    wanted: dict[str, Any] = {
        "template": template,
        "timeout": timeout(contract, tier),
        "metadata": marks,
        "envs": dict(VARIABLES),
        "lifecycle": {"on_timeout": "kill", "auto_resume": False},
        "network": {name: value for name, value in egress.items() if name != "allow_internet_access"},
    }
    wanted["network"]["allow_public_traffic"] = False
    if "allow_internet_access" in egress:
        wanted["allow_internet_access"] = egress["allow_internet_access"]
    return wanted


def network(clause: Network) -> dict[str, Any]:
    """The whole clause in the SDK's words: an update that leaves a part out takes it away."""
    if clause.mode == "open":
        return {"allow_internet_access": True}
    if clause.mode == "deny" or not clause.domains:
        return {"allow_internet_access": False, "deny_out": [EVERYTHING]}
    return {"allow_out": list(clause.domains), "deny_out": [EVERYTHING], "dns_servers": []}


def hosts(clause: Network) -> str:
    """Lines for /etc/hosts: without a name server the listed names are found there."""
    listed = clause.domains if clause.mode == "allowlist" else ()
    return "".join(f"{_ANYWHERE} {domain}\n" for domain in listed)


def timeout(contract: Contract, tier: tiers.Tier) -> int:
    """Seconds until E2B ends the sandbox by itself."""
    return min(contract.lifecycle.max_seconds + _SPARE_SECONDS, tiers.LIMITS[tier].session_seconds)
