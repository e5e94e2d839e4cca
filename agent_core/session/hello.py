"""The shortest story of a provider: a sandbox opens, prints, closes, and the meter says what that cost."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from agent_core.billing.meter import meter
from agent_core.contract import Contract
from agent_core.contract.capabilities import check
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


async def hello(provider: Provider, contract: Contract) -> Hello:
    """Open a sandbox, run one line and close it.

    Raises what `Provider.open` and `Sandbox.run` do.
    """
    check(contract)
    said: list[Output] = []
    async with provider.open(contract) as sandbox:
        opened = SandboxOpened(
            sandbox=sandbox.id,
            provider=contract.provider,
            contract_version=1,
            vcpus=contract.resources.vcpus,
            memory_mib=contract.resources.memory_mib,
            rate_card=contract.billing.rate_card,
        )
        await sandbox.run(_CODE, emit=said.append)
    now = datetime.now(UTC)
    seconds = (now - opened.at).total_seconds()
    closed = SandboxClosed(sandbox=opened.sandbox, at=now, reason="closed_by_person", seconds=seconds)
    printed = "".join(output.text for output in said if output.stream == "stdout")
    return Hello(printed.strip(), seconds, meter((opened, closed), now).total_usd)
