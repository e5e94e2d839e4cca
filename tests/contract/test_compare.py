"""One contract beside another version, the ceiling and what its provider can be held to, a row for each term."""

from hypothesis import given

from agent_core.contract import (
    Ceiling,
    Contract,
    Languages,
    Network,
    Resources,
    Row,
    Timeout,
    changed_clauses,
    check,
    compare,
)
from agent_core.contract.terms import TERMS
from agent_core.errors import ClauseRefused
from tests.strategies import contracts

CEILING = Ceiling.model_validate({"resources": {"memory_mib": 2_048}, "network": {"mode": ["deny", "allowlist"]}})


def row(rows: tuple[Row, ...], path: str) -> Row:
    return next(one for one in rows if one.path == path)


@given(contracts, contracts)
def test_there_is_a_row_for_each_term_and_it_differs_exactly_where_the_versions_do(
    old: Contract, new: Contract
) -> None:
    rows = compare(new, old)
    assert [one.path for one in rows] == [term.path for term in TERMS]
    assert {one.path.partition(".")[0] for one in rows if one.changed} == changed_clauses(old, new)
    assert all(one.before is not None for one in rows)


@given(contracts)
def test_what_is_beyond_is_exactly_what_the_ceiling_refuses(contract: Contract) -> None:
    beyond = {one.path for one in compare(contract, ceiling=CEILING) if one.beyond}
    assert beyond == {excess.term.path for excess in CEILING.excesses(contract)}


@given(contracts)
def test_a_contract_that_can_be_held_has_no_row_that_is_not_enforced(contract: Contract) -> None:
    unenforced = {one.path.partition(".")[0] for one in compare(contract) if not one.enforced}
    try:
        check(contract)
    except ClauseRefused as error:
        refused = {error.clause}
    else:
        refused = set()
    assert refused <= unenforced | {"billing"}
    assert bool(unenforced) <= bool(refused)


def test_a_row_says_value_version_bound_and_how_it_is_held() -> None:
    old = Contract()
    new = Contract(resources=Resources(memory_mib=4_096), timeout=Timeout(call_seconds=30))
    rows = compare(new, old, CEILING)
    memory = row(rows, "resources.memory_mib")
    assert (memory.before, memory.value, memory.changed) == ("1 GiB", "4 GiB", True)
    assert (memory.allowed, memory.beyond) == ("at most 2 GiB", True)
    assert (memory.support, memory.enforced, memory.clause) == ("native", True, "Resources")
    call = row(rows, "timeout.call_seconds")
    assert (call.before, call.value, call.allowed, call.beyond, call.effect) == ("60 s", "30 s", "", False, "now")
    assert not row(rows, "name").changed
    assert row(compare(new), "timeout.call_seconds").before is None


def test_a_fixed_value_and_the_weakest_of_several_are_told() -> None:
    hosted = Contract(provider="claude", languages=Languages(allowed=("python", "r")), network=Network(mode="open"))
    rows = compare(hosted)
    assert (row(rows, "resources.memory_mib").support, row(rows, "resources.memory_mib").enforced) == ("fixed", False)
    assert (row(rows, "languages.allowed").support, row(rows, "network.mode").enforced) == ("unenforceable", False)
