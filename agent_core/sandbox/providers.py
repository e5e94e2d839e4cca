"""From a provider's name to the provider. Each is imported when it is first asked for."""

from ipaddress import IPv4Network, IPv6Network
from typing import assert_never

from agent_core.contract import ProviderName
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.base import Provider

Range = IPv4Network | IPv6Network


def provider(name: ProviderName, *, reachable: tuple[Range, ...] = ()) -> Provider:
    """The provider of this name; `reachable` are the private addresses that local sandboxes may reach.

    Raises ProviderUnavailable for one that this version does not have.
    """
    match name:
        case "local":
            from agent_core.sandbox.local.provider import LocalProvider  # noqa: PLC0415

            return LocalProvider(reachable=reachable)
        case "e2b" | "daytona":
            raise ProviderUnavailable(
                f"Sandboxes of {name.capitalize()} are not available in this version. "
                "Choose the local provider in the contract."
            )
        case "claude":
            raise ProviderUnavailable(
                "Code execution hosted by Claude is not available in this version. "
                "Choose the local provider in the contract."
            )
        case _:
            assert_never(name)
