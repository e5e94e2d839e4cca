"""Contracts to start from."""

from decimal import Decimal

from agent_core.contract.clauses import (
    Billing,
    Concurrency,
    Contract,
    Filesystem,
    Languages,
    Lifecycle,
    Network,
    Resources,
    Timeout,
)

LOCKED_DOWN = Contract(
    name="Locked down",
    lifecycle=Lifecycle(mode="ephemeral", idle_seconds=120, max_seconds=600),
    concurrency=Concurrency(per_user=1, per_deployment=4),
    network=Network(mode="deny"),
    filesystem=Filesystem(disk_mib=128, largest_file_mib=50, largest_artifact_mib=10),
    resources=Resources(vcpus=0.5, memory_mib=512, processes=16),
    timeout=Timeout(call_seconds=20, turn_seconds=120),
    billing=Billing(conversation_budget_usd=Decimal("0.25"), daily_budget_usd=Decimal("1.00")),
    languages=Languages(allowed=("python",)),
)

TEAM_ANALYSIS = Contract()

OPEN_RESEARCH = Contract(
    name="Open research",
    lifecycle=Lifecycle(mode="session", idle_seconds=3_600, max_seconds=28_800),
    concurrency=Concurrency(per_user=5, per_deployment=16),
    network=Network(mode="open"),
    filesystem=Filesystem(disk_mib=4_096, largest_file_mib=1_024, largest_artifact_mib=200),
    resources=Resources(vcpus=2, memory_mib=4_096, processes=256),
    timeout=Timeout(call_seconds=600, turn_seconds=3_600),
    billing=Billing(conversation_budget_usd=Decimal("10.00"), daily_budget_usd=Decimal("50.00")),
    languages=Languages(allowed=("python", "bash")),
)

PRESETS = (LOCKED_DOWN, TEAM_ANALYSIS, OPEN_RESEARCH)
"""From the strictest to the most open; the middle one is where a conversation begins."""
