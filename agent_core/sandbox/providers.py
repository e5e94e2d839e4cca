"""From a provider's name to the provider. Each is imported when it is first asked for."""

from dataclasses import dataclass
from typing import assert_never

from agent_core.config import Settings
from agent_core.contract import ProviderName
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.base import Provider
from agent_core.sandbox.claude.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opens sandboxes elsewhere: they are labelled with it, and found again by it."""

    deployment: str
    holder: str
    """The app process; see `Leftover.holder`."""
    ledger: Ledger | None = None
    """Which files lie at Claude."""


def provider(name: ProviderName, settings: Settings, opener: Opener) -> Provider:
    """The provider of this name.

    Raises ProviderUnavailable for one that has no key, or that this version does not have.
    """
    match name:
        case "local":
            from agent_core.sandbox.local.provider import LocalProvider  # noqa: PLC0415

            return LocalProvider(start=settings.local_start, reachable=settings.reachable_networks, spare=True)
        case "daytona":
            if settings.daytona_api_key is None:
                raise ProviderUnavailable(
                    "There is no key for Daytona. Enter one in the contract, under Provider, or set DAYTONA_API_KEY "
                    "and start the app again."
                )
            from agent_core.sandbox.daytona.provider import DaytonaProvider  # noqa: PLC0415

            return DaytonaProvider(
                settings.daytona_api_key,
                tier=settings.daytona_tier,
                url=settings.daytona_api_url,
                deployment=opener.deployment,
                holder=opener.holder,
            )
        case "e2b":
            if settings.e2b_api_key is None:
                raise ProviderUnavailable(
                    "There is no key for E2B. Enter one in the contract, under Provider, or set E2B_API_KEY and start "
                    "the app again."
                )
            from agent_core.sandbox.e2b.provider import E2BProvider  # noqa: PLC0415

            return E2BProvider(
                settings.e2b_api_key,
                tier=settings.e2b_tier,
                template=settings.e2b_template,
                domain=settings.e2b_domain,
                url=settings.e2b_api_url,
                sandbox_url=settings.e2b_sandbox_url,
                deployment=opener.deployment,
                holder=opener.holder,
            )
        case "claude":
            if settings.builtin:
                raise ProviderUnavailable(
                    "Claude plans what it runs itself, and there is no key for it. Enter one in the contract, under "
                    "Provider, or set ANTHROPIC_API_KEY and start the app again."
                )
            from agent_core.sandbox.claude.provider import ClaudeProvider  # noqa: PLC0415

            return ClaudeProvider(
                settings.model,
                api_key=settings.anthropic_api_key,
                auth_token=settings.anthropic_auth_token,
                base_url=settings.anthropic_base_url,
                holder=opener.holder,
                ledger=opener.ledger,
            )
        case _:
            assert_never(name)


def remote(settings: Settings) -> tuple[ProviderName, ...]:
    """The providers that there are keys for, and whose sandboxes outlive the process that opened them."""
    keys: dict[ProviderName, object] = {
        "daytona": settings.daytona_api_key,
        "e2b": settings.e2b_api_key,
        "claude": not settings.builtin,
    }
    return tuple(name for name, key in keys.items() if key)
