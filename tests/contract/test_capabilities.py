from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent_core.contract import (
    FEATURES,
    LANGUAGES,
    MATRIX,
    PROVIDERS,
    Billing,
    Contract,
    Filesystem,
    Languages,
    Lifecycle,
    Network,
    Resources,
    check,
    effect,
    moved,
)
from agent_core.contract.capabilities import _demanded
from agent_core.errors import ClauseRefused
from tests.strategies import contracts


def refused(**changes: Any) -> ClauseRefused:
    with pytest.raises(ClauseRefused) as caught:
        check(Contract(**changes))
    return caught.value


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_matrix_has_a_sentence_for_every_feature_of_every_provider(provider: str) -> None:
    matrix = MATRIX[provider]
    assert set(matrix) == set(FEATURES)
    for capability in matrix.values():
        assert capability.sentence.endswith(".")
        assert capability.support in {"native", "guard", "unenforceable", "fixed"}


@given(contracts)
def test_every_contract_asks_only_for_features_that_are_in_the_matrix(contract: Contract) -> None:
    assert set(_demanded(contract)) <= set(FEATURES)


@given(contracts)
def test_a_contract_is_refused_exactly_when_a_clause_cannot_be_held(contract: Contract) -> None:
    assume(contract.provider == "local")
    if not {"javascript", "r"} & set(contract.languages.allowed):
        check(contract)
    else:
        with pytest.raises(ClauseRefused, match=r"\.\Z") as caught:
            check(contract)
        assert caught.value.clause == "languages"


@pytest.mark.parametrize(
    ("changes", "clause", "words"),
    [
        ({"languages": Languages(allowed=("r",))}, "languages", "Python and Bash only"),
        ({"provider": "e2b"}, "billing", "choose its rate card"),
        ({"provider": "claude"}, "filesystem", "5120 MiB"),
        ({"provider": "claude", "network": Network(mode="open")}, "network", "never has a network"),
    ],
)
def test_what_cannot_be_held_is_refused_with_its_clause(changes: dict[str, Any], clause: str, words: str) -> None:
    refusal = refused(**changes)
    assert refusal.clause == clause
    assert words in str(refusal)


def test_a_provider_s_own_sizes_are_accepted_and_no_others() -> None:
    own = {"filesystem": Filesystem(disk_mib=5_120), "billing": Billing(rate_card="claude")}
    hosted = {"provider": "claude", **own}
    check(Contract(**hosted, resources=Resources(vcpus=1, memory_mib=5_120)))
    assert refused(**hosted, resources=Resources(vcpus=2, memory_mib=5_120)).clause == "resources"
    assert refused(**hosted, resources=Resources(vcpus=1, memory_mib=1_024)).clause == "resources"


def test_e2b_and_daytona_are_held_to_a_list_of_domains_under_their_own_rate_card() -> None:
    for provider in ("e2b", "daytona"):
        network = Network(mode="allowlist", domains=("a.org",))
        check(Contract(provider=provider, network=network, billing=Billing(rate_card=provider)))


def test_languages_without_limits_are_refused_at_e2b() -> None:
    refusal = refused(provider="e2b", billing=Billing(rate_card="e2b"), languages=Languages(allowed=LANGUAGES))
    assert refusal.clause == "languages"


@pytest.mark.parametrize(
    ("provider", "clause", "expected"),
    [
        ("local", "provider", "next"),
        ("local", "name", "now"),
        ("local", "timeout", "now"),
        ("local", "billing", "now"),
        ("local", "concurrency", "now"),
        ("local", "lifecycle", "now"),
        ("local", "languages", "now"),
        ("local", "network", "now"),
        ("local", "resources", "next"),
        ("local", "filesystem", "next"),
        ("local", "filesystem.largest_artifact_mib", "now"),
        ("e2b", "network", "now"),
        ("e2b", "resources", "next"),
        ("e2b", "resources.processes", "now"),
        ("daytona", "network.deny", "now"),
        ("claude", "resources", "next"),
    ],
)
def test_when_an_edit_holds(provider: Any, clause: str, expected: str) -> None:
    assert effect(provider, clause) == expected


@given(st.sampled_from(PROVIDERS))
def test_every_clause_has_an_effect_and_an_unknown_one_has_none(provider: Any) -> None:
    assert {effect(provider, clause) for clause in Contract.model_fields} == {"now", "next"}
    with pytest.raises(KeyError):
        effect(provider, "weather")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_less_is_told_apart_only_where_more_waits(provider: str) -> None:
    assert all(one.effect == "next" for one in MATRIX[provider].values() if one.lowered == "now")
    assert [feature for feature, one in MATRIX["e2b"].items() if one.lowered == "now"] == ["resources.memory_mib"]
    lowered = {feature for feature, one in MATRIX["local"].items() if one.lowered == "now"}
    assert lowered == {"resources.memory_mib", "resources.processes", "filesystem.largest_file_mib"}


def test_the_life_of_a_sandbox_can_be_a_turn_everywhere() -> None:
    check(Contract(lifecycle=Lifecycle(mode="ephemeral")))


def test_what_a_provider_always_runs_can_not_be_left_out() -> None:
    contract = moved(Contract(), "claude")
    without = contract.model_copy(update={"languages": Languages(allowed=("python",))})
    with pytest.raises(ClauseRefused, match="always runs Bash"):
        check(without)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_contract_moves_to_a_provider_and_back(provider: Any) -> None:
    """It is one that the provider can be held to, and nothing is left of the provider's own sizes afterwards."""
    there = moved(Contract(), provider)
    check(there)
    assert moved(there, "local") == Contract(billing=Billing(rate_card="local"))
    sized = Contract(resources=Resources(memory_mib=2_048))
    assert moved(sized, "daytona").resources.memory_mib == 2_048
