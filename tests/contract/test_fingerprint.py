"""What of a contract has to be checked again when it is edited."""

from hypothesis import given
from hypothesis import strategies as st

from agent_core.contract import Billing, Concurrency, Contract
from agent_core.contract.fingerprint import fingerprint
from tests.strategies import contracts

OUTSIDE = {"name", "billing", "concurrency"}


@given(contracts, st.text(min_size=1, max_size=80))
def test_name_money_and_places_don_t_count(contract: Contract, name: str) -> None:
    other = contract.model_copy(update={"name": name, "billing": Billing(), "concurrency": Concurrency(per_user=2)})
    assert fingerprint(other) == fingerprint(contract)


@given(contracts, contracts)
def test_every_other_clause_does(one: Contract, other: Contract) -> None:
    same = one.model_dump(exclude=OUTSIDE) == other.model_dump(exclude=OUTSIDE)
    assert (fingerprint(one) == fingerprint(other)) == same
