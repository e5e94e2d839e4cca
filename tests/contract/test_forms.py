import json
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agent_core.contract import PRESETS, Billing, Contract, Filesystem, Timeout
from agent_core.contract.forms import (
    LONGEST_DOCUMENT,
    ContractInvalid,
    from_markdown,
    from_yaml,
    json_schema,
    to_markdown,
    to_yaml,
)
from agent_core.contract.terms import TERMS
from agent_core.errors import ClauseRefused
from tests.strategies import contracts

HOSTILE_NAMES = [
    "| a | b |",
    '"quoted"',
    "# x",
    "yes",
    "1.0",
    "null",
    "a\nb",
    "<script>",
    " x ",
    "\\u0041",
    "-",
    "\x85",
]


@given(contracts)
@example(Contract(name="| a | b |"))
def test_a_contract_survives_both_forms(contract: Contract) -> None:
    assert from_yaml(to_yaml(contract)) == contract
    assert from_markdown(to_markdown(contract)) == contract


def test_a_page_with_titles_of_before_is_still_read() -> None:
    contract = Contract(name="Of last year", filesystem=Filesystem(disk_mib=300), billing=Billing(rate_card="e2b"))
    page = to_markdown(contract).replace("| Files |", "| Filesystem |").replace("| Budget |", "| Billing |")
    assert page.count("| Filesystem |") == 4
    assert page.count("| Billing |") == 3
    assert from_markdown(page) == contract


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_never_breaks_a_form(name: str) -> None:
    contract = Contract(name=name)
    assert from_yaml(to_yaml(contract)) == contract
    assert from_markdown(to_markdown(contract)) == contract


def test_the_yaml_of_the_standard_contract_is_easy_to_read() -> None:
    assert to_yaml(Contract()) == (
        "name: Team analysis\nprovider: local\n"
        "lifecycle:\n  mode: session\n  idle_seconds: 900\n  max_seconds: 3600\n"
        "concurrency:\n  per_user: 3\n  per_deployment: 8\n"
        "network:\n  mode: deny\n  domains: []\n"
        "filesystem:\n  storage: ephemeral\n  disk_mib: 512\n  largest_file_mib: 200\n  largest_artifact_mib: 50\n"
        "resources:\n  vcpus: 1.0\n  memory_mib: 1024\n  processes: 64\n"
        "timeout:\n  call_seconds: 60\n  turn_seconds: 600\n"
        "billing:\n  rate_card: local\n  conversation_budget_usd: 1.00\n  daily_budget_usd: 10.00\n"
        "languages:\n  allowed: [python, bash]\n"
    )


def test_the_page_has_a_paragraph_and_a_row_for_each_term() -> None:
    page = to_markdown(Contract())
    assert page.startswith("# Team analysis\n\nCode runs alone on this machine")
    assert "| Time-out | Seconds per call | 60 |" in page
    assert "| Network | Allowed domains | (none) |" in page
    assert "| Languages | Allowed | python, bash |" in page
    assert page.count("\n| ") == len(TERMS) + 1


def test_what_is_left_out_is_as_in_the_standard_contract() -> None:
    assert from_yaml("") == Contract()
    assert from_yaml("timeout: {call_seconds: 5}") == Contract(timeout=Timeout(call_seconds=5))
    assert from_markdown("| Time-out | Seconds per call | 5 |") == Contract(timeout=Timeout(call_seconds=5))


def test_money_keeps_its_cents() -> None:
    contract = from_yaml("billing: {conversation_budget_usd: 0.1, daily_budget_usd: '2.30'}")
    assert contract.billing.conversation_budget_usd == Decimal("0.1")
    assert contract.billing.daily_budget_usd == Decimal("2.30")


@pytest.mark.parametrize(
    ("text", "clause", "sentence"),
    [
        ("timeout: {call_seconds: 0}", "timeout", "Time-out, seconds per call: must be between 1 and 86400 (got 0)."),
        (
            "timeout: {call_seconds: soon}",
            "timeout",
            "Time-out, seconds per call: must be a whole number (got 'soon').",
        ),
        ("timeout: {call_seconds: 1.5}", "timeout", "Time-out, seconds per call: must be a whole number (got 1.5)."),
        ("resources: {vcpus: many}", "resources", "Resources, vCPUs: must be a number (got 'many')."),
        ("resources: {vcpus: .nan}", "resources", "Resources, vCPUs: must be between 0.1 and 64 (got nan)."),
        ("resources: {vcpus: 0.01}", "resources", "Resources, vCPUs: must be between 0.1 and 64 (got 0.01)."),
        (
            "billing: {daily_budget_usd: -1}",
            "billing",
            "Budget per day in $: must be between 0 and 100000 (got -1).",
        ),
        (
            "billing: {daily_budget_usd: 0.0000001}",
            "billing",
            "Budget per day in $: must have at most 6 decimals (got 1e-07).",
        ),
        ("provider: mars", "provider", "Provider: must be local, e2b, daytona or claude (got 'mars')."),
        ("network: {mode: shut}", "network", "Network, mode: must be deny, allowlist or open (got 'shut')."),
        (
            "network: {mode: allowlist}",
            "network",
            "Network: An allowlist needs at least one domain; to allow none, choose 'deny'.",
        ),
        (
            "network: {domains: ['not a name']}",
            "network",
            "Network, allowed domains: 'not a name' is not a domain name such as example.org or *.example.org.",
        ),
        ("network: {domains: example.org}", "network", "Network, allowed domains: must be a list (got 'example.org')."),
        (
            "languages: {allowed: [cobol]}",
            "languages",
            "Languages, allowed: must be python, bash, javascript or r (got 'cobol').",
        ),
        ("languages: {allowed: []}", "languages", "Languages, allowed: Allow at least one language."),
        (
            "lifecycle: {idle_seconds: 900, max_seconds: 60}",
            "lifecycle",
            "Lifecycle: The idle time can't be longer than the longest life of a sandbox.",
        ),
        ("name: ''", "name", "Name: must have between 1 and 80 characters (got '')."),
        ("name: [a]", "name", "Name: must be a text (got ['a'])."),
        ("timeout: 60", "timeout", "Time-out: must be a list of terms, each with its value (got 60)."),
        (
            "timeout: {call_second: 60}",
            "timeout",
            "The clause Time-out has no 'call_second'; did you mean call_seconds?",
        ),
        (
            "timeout: {limit: 60}",
            "timeout",
            "The clause Time-out has no 'limit': it has call_seconds and turn_seconds.",
        ),
        ("timout: {call_seconds: 5}", "contract", "A contract has no 'timout'; did you mean timeout?"),
        ("2024-01-01: x", "contract", "The contract: keys should be strings (got datetime.date(2024, 1, 1))."),
        ("- a", "contract", "A contract is a list of clauses, such as “timeout:”, each with its terms."),
        ("just words", "contract", "A contract is a list of clauses, such as “timeout:”, each with its terms."),
        ("name: a\nname: b", "contract", "Line 1: “name” is given twice."),
    ],
)
def test_a_mistake_is_told_in_a_plain_sentence(text: str, clause: str, sentence: str) -> None:
    with pytest.raises(ContractInvalid) as caught:
        from_yaml(text)
    assert caught.value.problems == (sentence,)
    assert str(caught.value) == sentence
    assert caught.value.clause == clause
    assert caught.value.kind == "clause_refused"
    assert isinstance(caught.value, ClauseRefused)


def test_every_mistake_is_told() -> None:
    with pytest.raises(ContractInvalid) as caught:
        from_yaml("{timeout: {call_seconds: 0, turn_seconds: x}, provider: mars}")
    assert len(caught.value.problems) == 3


def test_very_many_mistakes_are_told_in_part() -> None:
    with pytest.raises(ContractInvalid) as caught:
        from_yaml("\n".join(f"key{number}: 1" for number in range(2_000)))
    assert len(caught.value.problems) == 31
    assert caught.value.problems[-1] == "There are 1,970 more mistakes."


@pytest.mark.parametrize("part", ["a{0}: &a{0} [*a{1}, *a{1}]", "a{0}: &a{0} {{<<: [*a{1}, *a{1}]}}"])
def test_a_text_that_is_made_of_itself_fills_no_memory(part: str) -> None:
    """Twice the one before, forty times over: a sentence at once, and not the end of the app."""
    lines = ["a0: &a0 {x: 1}", *(part.format(number, number - 1) for number in range(1, 40)), "name: *a39"]
    with pytest.raises(ContractInvalid, match="too many references"):
        from_yaml("\n".join(lines))


@pytest.mark.parametrize(
    "text",
    ["a: b: c", "{", "\t- x", "a: !!python/object:os.system x", "&a [*a]", "\x00", "a: &x 1\nb: *y", "[" * 3_000],
)
def test_what_is_no_yaml_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ContractInvalid, match=r"\.\Z"):
        from_yaml(text)


@pytest.mark.parametrize("read", [from_yaml, from_markdown])
def test_a_text_that_is_far_too_long_is_not_read(read: Any) -> None:
    with pytest.raises(ContractInvalid, match="too long"):
        read("#" * (LONGEST_DOCUMENT + 1))


def test_a_page_without_the_table_or_with_an_unknown_term_is_refused() -> None:
    with pytest.raises(ContractInvalid, match="no table"):
        from_markdown("# Hello\n\nwords")
    with pytest.raises(ContractInvalid, match="no term “Weather” in a clause “Time-out”"):
        from_markdown("| Time-out | Weather | fine |")
    with pytest.raises(ContractInvalid, match="must be between 1 and 86400"):
        from_markdown(to_markdown(Contract()).replace("| Seconds per call | 60 |", "| Seconds per call | 0 |"))


@given(st.text())
def test_reading_any_text_gives_a_contract_or_a_sentence(text: str) -> None:
    for read in (from_yaml, from_markdown):
        try:
            assert isinstance(read(text), Contract)
        except ContractInvalid as refusal:
            assert refusal.problems  # noqa: PT017


def test_the_schema_names_every_field_for_people_and_holds_its_bounds() -> None:
    schema = json_schema()
    json.dumps(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    seconds = schema["$defs"]["Timeout"]["properties"]["call_seconds"]
    assert (seconds["title"], seconds["minimum"], seconds["maximum"]) == ("Seconds per call", 1, 86_400)
    described = [
        field for part in (schema, *schema["$defs"].values()) for field in part["properties"].values()
        if "description" in field
    ]  # fmt: skip
    assert len(described) == len(TERMS)


def test_presets_read_back_from_what_other_tools_would_write() -> None:
    for preset in PRESETS:
        assert from_yaml(yaml.safe_dump(preset.model_dump(mode="json"))) == preset
