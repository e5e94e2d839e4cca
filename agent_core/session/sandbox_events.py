"""What a conversation notes of its sandbox: how it opens, what an edit makes of it, and why it ends."""

from agent_core.contract import Contract
from agent_core.errors import BudgetExhausted, OutOfMemory, RingfenceError, SandboxExpired
from agent_core.events import SandboxAmended, SandboxOpened
from agent_core.sandbox.base import Amendment, Sandbox, Size

CloseReason = str
"""Of those that `SandboxClosed` knows."""


def opened(sandbox: Sandbox, contract: Contract, version: int) -> SandboxOpened:
    """It is alive under a version of the contract."""
    size = sandbox.allocated or contract.resources
    return SandboxOpened(
        sandbox=sandbox.id,
        provider=contract.provider,
        contract_version=version,
        vcpus=size.vcpus,
        memory_mib=size.memory_mib,
        rate_card=contract.billing.rate_card,
        enforced_by=tuple(getattr(sandbox, "enforced_by", ())),
    )


def amended(
    before: SandboxOpened | SandboxAmended, contract: Contract, version: int, amendment: Amendment, size: Size | None
) -> SandboxAmended:
    """It is under another version. What is priced is what it has: a size of the next sandbox costs with that one."""
    sized = before if "resources" in amendment.next_sandbox else size or contract.resources
    return SandboxAmended(
        sandbox=before.sandbox,
        contract_version=version,
        vcpus=sized.vcpus,
        memory_mib=sized.memory_mib,
        rate_card=before.rate_card if "billing" in amendment.next_sandbox else contract.billing.rate_card,
        pending=tuple(sorted(amendment.next_sandbox)),
    )


def reason_of(failure: RingfenceError | None) -> CloseReason:
    """Why a sandbox ends that a call has cost."""
    if isinstance(failure, BudgetExhausted):
        return "budget"
    if isinstance(failure, SandboxExpired):
        return "expired"
    if isinstance(failure, OutOfMemory):
        return "out_of_memory"
    return "timeout" if failure is not None and failure.kind == "timeout" else "crashed"
