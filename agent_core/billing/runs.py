"""What each run's own seconds cost at the price of its sandbox: a part of what its sandbox's life costs."""

from collections.abc import Iterable
from decimal import Decimal

from agent_core.billing.meter import price
from agent_core.events import CodeFinished, Event, SandboxAmended, SandboxOpened


def run_costs(events: Iterable[Event]) -> dict[str, Decimal]:
    """Dollars by the id of the run, at the price in force when it ended; a run without a sandbox is left out."""
    open_now: dict[str, SandboxOpened] = {}
    costs: dict[str, Decimal] = {}
    for event in events:
        match event:
            case SandboxOpened():
                open_now[event.sandbox] = event
            case SandboxAmended() if event.sandbox in open_now:
                prices = event.model_dump(include={"at", "vcpus", "memory_mib", "rate_card"})
                open_now[event.sandbox] = open_now[event.sandbox].model_copy(update=prices)
            case CodeFinished() if event.sandbox in open_now:
                costs[event.run] = price(open_now[event.sandbox]) * Decimal(str(event.seconds))
            case _:
                pass
    return costs
