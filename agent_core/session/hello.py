"""The shortest story of a provider: a sandbox opens, prints, closes, and the meter says what that cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from agent_core.billing.meter import meter
from agent_core.contract import NO_CEILING, Ceiling, Contract, Network, ProviderName, clamp, moved
from agent_core.contract.capabilities import check
from agent_core.errors import ClauseRefused
from agent_core.events import SandboxClosed, SandboxOpened
from agent_core.sandbox.base import Output, Provider

_CODE = "print(1)"


@dataclass(frozen=True, slots=True)
class Hello:
    """What came back, and what it cost."""

    printed: str
    seconds: float
    """From the open sandbox to the closed one."""
    usd: Decimal
    """At the rate card of the provider."""
    card: str
    """That rate card."""


async def hello(provider: Provider, contract: Contract) -> Hello:
    """Open a sandbox, run one line and close it.

    Raises what `Provider.open` and `Sandbox.run` do.
    """
    check(contract)
    said: list[Output] = []
    async with provider.open(contract) as sandbox:
        size = sandbox.allocated or contract.resources
        opened = SandboxOpened(
            sandbox=sandbox.id,
            provider=contract.provider,
            contract_version=1,
            vcpus=size.vcpus,
            memory_mib=size.memory_mib,
            rate_card=contract.billing.rate_card,
        )
        await sandbox.run(_CODE, emit=said.append)
    now = datetime.now(UTC)
    seconds = (now - opened.at).total_seconds()
    closed = SandboxClosed(sandbox=opened.sandbox, at=now, reason="closed_by_person", seconds=seconds)
    printed = "".join(output.text for output in said if output.stream == "stdout")
    return Hello(printed.strip(), seconds, meter((opened, closed), now).total_usd, opened.rate_card)


async def hello_within(provider: Provider, name: ProviderName, ceiling: Ceiling = NO_CEILING) -> Hello:
    """The same under the strictest small contract that the provider, the account's plan and the ceiling allow.

    Raises what `hello` does, of the contract that was tried last.
    """
    refusal = ClauseRefused("provider", "The operator's policy leaves nothing to open a sandbox with.")
    for contract in _contracts(name, ceiling):
        try:
            return await hello(provider, contract)
        except ClauseRefused as error:
            refusal = error
    raise refusal


def _contracts(name: ProviderName, ceiling: Ceiling) -> Iterator[Contract]:
    """Some accounts can't close a sandbox's network, so an open one is tried where none is refused."""
    if not ceiling.allows("provider", name):
        return
    for mode in ("deny", "open"):
        if ceiling.allows("network.mode", mode):
            yield clamp(moved(Contract(network=Network.model_validate({"mode": mode})), name), ceiling)
