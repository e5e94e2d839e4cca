from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.billing.budget import check, dollars, seconds_left, usd_per_second
from agent_core.billing.meter import Cost
from agent_core.contract import Billing, Contract
from agent_core.errors import BudgetExhausted

amounts = st.decimals(0, 20, places=4)


def contract(card: str = "e2b", conversation: str = "1.00", day: str = "10.00") -> Contract:
    return Contract(
        billing=Billing(
            rate_card=card,
            conversation_budget_usd=Decimal(conversation),
            daily_budget_usd=Decimal(day),
        )
    )


def spent(amount: str | Decimal) -> Cost:
    return Cost(model_usd=Decimal(amount))


def test_below_the_budget_all_is_well() -> None:
    check(spent("0.99"), contract(), Decimal("9.99"))


def test_at_the_conversations_budget_it_is_refused_with_both_figures() -> None:
    with pytest.raises(BudgetExhausted, match=r"budget of this conversation is used up: \$1.00 of \$1.00"):
        check(spent("1"), contract(), Decimal(0))


def test_at_the_days_budget_it_is_refused() -> None:
    with pytest.raises(BudgetExhausted, match=r"budget of this day is used up: \$10.50 of \$10.00"):
        check(spent(0), contract(), Decimal("10.5"))


def test_no_budget_allows_what_is_free_and_nothing_that_costs() -> None:
    check(spent(0), contract("local", "0", "0"), Decimal(0))
    with pytest.raises(BudgetExhausted):
        check(spent(0), contract("e2b", "0", "0"), Decimal(0))
    with pytest.raises(BudgetExhausted):
        check(spent("0.01"), contract("local", "0", "0"), Decimal("0.01"))


def test_what_is_free_lasts_for_ever() -> None:
    assert seconds_left(spent(0), contract("local"), Decimal(0)) is None


def test_the_nearer_budget_decides_how_long_is_left() -> None:
    rate = usd_per_second(contract())
    assert seconds_left(spent("0.5"), contract(), Decimal(0)) == int(Decimal("0.5") / rate)
    assert seconds_left(spent("0.5"), contract(), Decimal("9.9")) == int(Decimal("0.1") / rate)
    live = Cost(model_usd=Decimal("0.5"), usd_per_second=Decimal("0.1"))
    assert seconds_left(live, contract(), Decimal(0)) == 5


@given(amounts, amounts, st.sampled_from(["local", "e2b", "daytona"]))
def test_no_seconds_are_left_exactly_when_less_than_one_can_be_paid(cost: Decimal, day: Decimal, card: str) -> None:
    left = seconds_left(spent(cost), contract(card), day)
    try:
        check(spent(cost), contract(card), day)
    except BudgetExhausted:
        assert left in {0, None}
    else:
        if left is not None:
            rate = usd_per_second(contract(card))
            room = min(Decimal(1) - cost, Decimal(10) - day)
            assert left * rate <= room < (left + 1) * rate


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "0.00"),
        ("1", "1.00"),
        ("12.346", "12.35"),
        ("0.5", "0.50"),
        ("0.0042", "0.0042"),
        ("0.000037", "0.000037"),
    ],
)
def test_small_amounts_can_be_seen(amount: str, written: str) -> None:
    assert dollars(Decimal(amount)) == written
