"""No contract goes beyond the operator's bounds, and a policy that is written wrong says so in plain words."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.contract import (
    NO_CEILING,
    PRESETS,
    Billing,
    Ceiling,
    Contract,
    Languages,
    Network,
    PolicyInvalid,
    Resources,
    Timeout,
    check,
    clamp,
    read_policy,
    standard,
)
from agent_core.contract.ceiling import Range, covers, own_bounds
from agent_core.contract.terms import TERMS
from agent_core.errors import ClauseRefused, ProviderUnavailable
from tests.strategies import contracts, domains

EXAMPLE = Path(__file__).parents[2] / "docs" / "policy.example.yaml"
NUMBERS = tuple(term for term in TERMS if isinstance(NO_CEILING.rule(term.path), Range))


def ceiling(**clauses: Any) -> Ceiling:
    return Ceiling.model_validate(clauses)


TIGHT = ceiling(
    provider=["local"],
    lifecycle={"mode": ["session"], "idle_seconds": 600, "max_seconds": 7_200},
    concurrency={"per_user": 2, "per_deployment": 5},
    network={"mode": ["deny"], "domains": ["*.example.org", "api.example.com"]},
    filesystem={"storage": ["ephemeral"], "disk_mib": 1_024, "largest_file_mib": 512, "largest_artifact_mib": 64},
    resources={"vcpus": 2, "memory_mib": {"minimum": 512, "maximum": 2_048}, "processes": 128},
    timeout={"call_seconds": 120, "turn_seconds": 600},
    billing={"rate_card": ["local"], "conversation_budget_usd": 2, "daily_budget_usd": "5.50"},
    languages={"allowed": ["python"]},
)


def policy(folder: Path, text: str) -> Ceiling:
    file = folder / "policy.yaml"
    file.write_text(text)
    return read_policy(file)


@given(contracts)
def test_without_a_policy_every_contract_is_allowed(contract: Contract) -> None:
    NO_CEILING.check(contract)
    assert clamp(contract, NO_CEILING) is contract
    assert all(NO_CEILING.allowed(term.path) == "" for term in TERMS)


@given(contracts)
def test_a_clamped_contract_keeps_to_the_ceiling_and_clamping_twice_changes_nothing(contract: Contract) -> None:
    clamped = clamp(contract, TIGHT)
    TIGHT.check(clamped)
    assert clamp(clamped, TIGHT) == clamped
    within = {term.path for term in TERMS} - {excess.term.path for excess in TIGHT.excesses(contract)}
    mended = {"lifecycle.idle_seconds", "lifecycle.max_seconds", "network.mode"}
    suited = {"billing.rate_card"} if contract.provider != "local" else set()
    for term in TERMS:
        if term.path in within - mended - suited:
            assert term.of(clamped) == term.of(contract)


@given(st.sampled_from(NUMBERS), st.data())
def test_every_number_can_be_bounded_above_and_below(term: Any, data: st.DataObject) -> None:
    clause, _, field = term.path.partition(".")
    low, high = own_bounds(clause, field)
    whole = st.integers(int(low) + 1, int(high))
    bound, value = data.draw(whole), data.draw(whole)
    contract = Contract().model_copy(
        update={clause: getattr(Contract(), clause).model_copy(update={field: type(low)(value)})}
    )
    for side, beyond in (("maximum", value > bound), ("minimum", value < bound)):
        limited = ceiling(**{clause: {field: {side: bound}}})
        found = [excess.term.path for excess in limited.excesses(contract)]
        assert found == ([term.path] if beyond else [])
        assert limited.bounds(clause, field)[side == "maximum"] == bound


@pytest.mark.parametrize(
    ("contract", "clause", "words"),
    [
        (Contract(resources=Resources(memory_mib=4_096)), "resources", ("memory limit", "4 GiB", "512 MiB to 2 GiB")),
        (Contract(timeout=Timeout(call_seconds=300)), "timeout", ("limit for a call", "5 min", "at most 120 s")),
        (Contract(network=Network(mode="open")), "network", ("access to the network", "open", "none")),
        (
            Contract(network=Network(domains=("evil.net",))),
            "network",
            ("evil.net", "*.example.org and api.example.com"),
        ),
        (Contract(languages=Languages(allowed=("python", "bash"))), "languages", ("hold Bash", "Python")),
        (Contract(billing=Billing(daily_budget_usd=Decimal(6))), "billing", ("$6.00", "at most $5.50")),
    ],
)
def test_a_refusal_names_clause_value_bound_and_who_set_it(
    contract: Contract, clause: str, words: tuple[str, ...]
) -> None:
    within = clamp(Contract(), TIGHT)
    changed = within.model_copy(update={clause: getattr(contract, clause)})
    with pytest.raises(ClauseRefused, match=r"set by the operator's policy\.") as refusal:
        TIGHT.check(changed)
    assert refusal.value.clause == clause
    assert all(word in str(refusal.value) for word in words), str(refusal.value)


@given(contracts, contracts)
def test_an_edit_is_allowed_exactly_when_no_term_that_it_changes_is_beyond(old: Contract, new: Contract) -> None:
    beyond = [excess for excess in TIGHT.excesses(new) if excess.term.of(old) != excess.term.of(new)]
    if beyond:
        with pytest.raises(ClauseRefused):
            TIGHT.check_edit(old, new)
    else:
        TIGHT.check_edit(old, new)


@pytest.mark.parametrize(
    ("pattern", "domain", "covered"),
    [
        ("example.org", "example.org", True),
        ("example.org", "www.example.org", False),
        ("example.org", "*.example.org", False),
        ("*.example.org", "www.example.org", True),
        ("*.example.org", "*.example.org", True),
        ("*.example.org", "*.data.example.org", True),
        ("*.example.org", "example.org", False),
        ("*.example.org", "badexample.org", False),
        ("*.example.org", "example.org.evil.net", False),
        ("*.data.example.org", "*.example.org", False),
    ],
)
def test_a_pattern_covers_the_names_below_it_only(pattern: str, domain: str, covered: bool) -> None:
    assert covers(pattern, domain) is covered


@given(domains, domains, domains)
def test_covering_is_reflexive_and_transitive(first: str, second: str, third: str) -> None:
    assert covers(first, first)
    if covers(first, second) and covers(second, third):
        assert covers(first, third)


def test_a_list_is_asked_item_by_item() -> None:
    assert TIGHT.allows("languages.allowed", "python")
    assert not TIGHT.allows("languages.allowed", "bash")
    assert not TIGHT.allows("languages.allowed", ("python", "bash"))
    assert TIGHT.allows("network.domains", "data.example.org")
    assert not TIGHT.allows("provider", "e2b")
    assert TIGHT.allows("name", "anything")


def test_models_outside_the_policy_are_refused_with_those_inside() -> None:
    limited = ceiling(models=["claude-sonnet-4-6"])
    limited.check_model("claude-sonnet-4-6")
    with pytest.raises(ProviderUnavailable, match=r"claude-opus-4-6 is not allowed.*RINGFENCE_MODEL to claude-sonnet"):
        limited.check_model("claude-opus-4-6")


def test_the_presets_can_be_brought_within_any_ceiling_that_is_read() -> None:
    for preset in PRESETS:
        TIGHT.check(clamp(preset, TIGHT))


@pytest.mark.parametrize("provider", ["claude", "e2b", "daytona"])
def test_a_policy_of_another_provider_gives_a_contract_that_it_can_hold(tmp_path: Path, provider: str) -> None:
    begins = standard(policy(tmp_path, f"provider: [{provider}]"))
    assert begins.provider == provider
    check(begins)


def test_the_example_bounds_every_term_and_its_default_keeps_to_it() -> None:
    assert read_policy(EXAMPLE).excesses(standard(read_policy(EXAMPLE))) == ()
    named = {term.path for term in TERMS if read_policy(EXAMPLE).allowed(term.path)}
    assert named == {term.path for term in TERMS} - {"name"}


def test_without_a_file_nothing_is_bounded() -> None:
    assert read_policy(None) == NO_CEILING


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Write clauses with their bounds"),
        ("[timeout]", "Write clauses with their bounds"),
        ("timeout: 5", "timeout: must be a list of terms"),
        ("timeout: {call_second: 5}", "timeout.call_second: there is no such field"),
        ("weather: fine", "weather: there is no such field"),
        ("timeout: {call_seconds: lots}", "timeout.call_seconds.maximum: must be a whole number (got 'lots')"),
        ("timeout: {call_seconds: 5.5}", "must be a whole number (got 5.5)"),
        ("timeout: {call_seconds: yes}", "timeout.call_seconds.maximum: write a number"),
        ("timeout: {call_seconds: 0}", "timeout.call_seconds.maximum: must be between 1 and 86400 (got 0)"),
        ("timeout: {call_seconds: {minimum: 50, maximum: 4}}", "the minimum, 50, must not be above the maximum, 4"),
        ("resources: {vcpus: .inf}", "resources.vcpus.maximum: must be a number"),
        ("resources: {memory_mib: 512, memory_mib: 1024}", "“memory_mib” is given twice"),
        ("provider: [locl]", "provider: write 'local'"),
        ("provider: []", "provider: name at least one"),
        ("models: claude-opus-4-6", "models: must be a list"),
        ("network: {domains: ['*']}", "network.domains: write names such as example.org"),
        ("network: {domains: [EXAMPLE.org]}", "network.domains: write names such as example.org"),
        ("lifecycle: {idle_seconds: {minimum: 100}, max_seconds: 50}", "No contract keeps to it"),
        ("network: {mode: [allowlist], domains: []}", "An allowlist needs at least one domain"),
        ("provider: [e2b]\nbilling: {rate_card: [local]}", "the rate card can't be E2B"),
        ("timeout: {call_seconds: 50}\ndefault: {timeout: {call_seconds: 60}}", "default: Time-out: the time limit"),
        ("a: b: c", "Line 1"),
        ("\x00", "not YAML"),
    ],
)
def test_a_policy_that_is_written_wrong_says_where_and_what_to_write(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PolicyInvalid) as error:
        policy(tmp_path, text)
    assert words in str(error.value)
    assert str(error.value).startswith(f"The policy {tmp_path / 'policy.yaml'} can't be used. ")


def test_a_policy_that_is_not_there_or_no_text_is_refused_and_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="Set RINGFENCE_POLICY to a file that is there"):
        read_policy(tmp_path / "absent.yaml")
    (tmp_path / "policy.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyInvalid, match="not a text in UTF-8"):
        read_policy(tmp_path / "policy.yaml")


@given(st.text(max_size=200))
def test_any_text_is_a_ceiling_or_one_plain_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any-policy.yaml"
    file.write_text(text, "utf-8", "ignore")
    try:
        found = read_policy(file)
    except PolicyInvalid:
        return
    assert found.excesses(standard(found)) == ()
