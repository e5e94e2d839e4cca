"""Whether there is money left under a contract. Refuses before spending."""

import math
from decimal import Decimal

from agent_core.billing.meter import Cost
from agent_core.billing.rates import rate_card
from agent_core.contract import Contract
from agent_core.errors import BudgetExhausted


def check(cost_so_far: Cost, contract: Contract, spent_today: Decimal) -> None:
    """Refuse what would cost money where a budget is used up.

    `spent_today` is the person's, over all conversations, this one included. A budget of $0 allows
    what is free. Raises BudgetExhausted.
    """
    price = usd_per_second(contract)
    for spent, budget, scope in _budgets(cost_so_far, contract, spent_today):
        if spent >= budget and (spent > 0 or price > 0):
            raise BudgetExhausted(dollars(spent), dollars(budget), scope)


def seconds_left(cost_so_far: Cost, contract: Contract, spent_today: Decimal) -> int | None:
    """Whole seconds until a budget is reached at the present rate; None where time costs nothing.

    The rate is that of the live sandbox, or of one under this contract where none is alive.
    """
    rate = cost_so_far.usd_per_second or usd_per_second(contract)
    if rate == 0:
        return None
    left = min(budget - spent for spent, budget, _ in _budgets(cost_so_far, contract, spent_today))
    return max(0, math.floor(left / rate))


def usd_per_second(contract: Contract) -> Decimal:
    """What a sandbox under this contract costs each second."""
    resources = contract.resources
    return rate_card(contract.billing.rate_card).usd_per_second(resources.vcpus, resources.memory_mib)


def dollars(amount: Decimal) -> str:
    """An amount as people write it, with the decimals that it takes to see small ones: 1.00, 0.0042."""
    if amount == 0 or amount >= 1:
        return f"{amount:.2f}"
    places = max(2, -amount.adjusted() + 1)
    return f"{amount:.{places}f}"


def _budgets(cost: Cost, contract: Contract, spent_today: Decimal) -> tuple[tuple[Decimal, Decimal, str], ...]:
    billing = contract.billing
    return (
        (cost.total_usd, billing.conversation_budget_usd, "conversation"),
        (spent_today, billing.daily_budget_usd, "day"),
    )
