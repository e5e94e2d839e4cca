"""The operator's policy holds on every road by which a contract could come into force."""

from decimal import Decimal
from pathlib import Path

import pytest

from agent_core.contract import PRESETS, Contract, Network, PolicyInvalid, Resources, Timeout, clamp
from agent_core.contract.forms import from_yaml, to_yaml
from agent_core.errors import ClauseRefused, ProviderUnavailable
from agent_core.events import ContractChanged, ContractDenied, SandboxOpened
from agent_core.session import Deployment
from tests.session.conftest import OWNER, ask, ended, run, settings, settle
from tests.session.test_live import edited, events_of

POLICY = """
models: [claude-sonnet-4-6]
provider: [local]
network: {mode: [deny]}
resources: {memory_mib: 1024, processes: {minimum: 16, maximum: 64}}
timeout: {call_seconds: 30}
billing: {conversation_budget_usd: 0.50}
languages: {allowed: [python]}
"""


def under(home: Path, policy: str) -> Deployment:
    home.mkdir(exist_ok=True)
    (home / "policy.yaml").write_text(policy)
    return Deployment(settings(home))


def test_every_road_to_a_wider_contract_is_closed(home: Path) -> None:
    """Opening, editing, a preset, an import, and what a contract of before the policy would allow."""
    deployment = under(home, POLICY)
    try:
        conversation = deployment.create(OWNER)
        begun = conversation.snapshot().contract
        assert (begun.timeout.call_seconds, begun.languages.allowed) == (30, ("python",))
        wide = edited(begun, "resources", memory_mib=2_048)
        for road in (
            lambda: deployment.create(OWNER, wide),
            lambda: conversation.amend(wide),
            lambda: conversation.amend(from_yaml(to_yaml(wide)), by="import"),
        ):
            with pytest.raises(ClauseRefused, match=r"2 GiB\. Allowed: at most 1 GiB, set by the operator's policy\."):
                road()
        for preset in PRESETS:
            if deployment.ceiling.excesses(preset):
                with pytest.raises(ClauseRefused, match="set by the operator's policy"):
                    conversation.amend(preset)
            conversation.amend(clamp(preset, conversation.ceiling))
            assert deployment.ceiling.excesses(conversation.snapshot().contract) == ()
        refused = edited(conversation.snapshot().contract, "timeout", call_seconds=31)
        version = conversation.snapshot().contract_version
        with pytest.raises(ClauseRefused) as refusal:
            conversation.amend(refused)
        assert refusal.value.clause == "timeout"
        assert conversation.snapshot().contract_version == version
        assert run(conversation, "print('runs')").stdout == "runs"
    finally:
        deployment.close()


def test_a_stored_contract_over_a_lowered_ceiling_opens_nothing_until_it_is_brought_down(home: Path) -> None:
    """Neither planner nor sandbox starts; an undo can't widen; one clause after the other can be brought down."""
    first = Deployment(settings(home))
    wide = Contract(resources=Resources(memory_mib=2_048), timeout=Timeout(call_seconds=300))
    conversation = first.create(OWNER, wide)
    run(conversation, "kept = 1")
    first.close()

    second = under(home, "resources: {memory_mib: 512}\ntimeout: {call_seconds: 60}\n")
    try:
        again = second.get(conversation.id, OWNER)
        opened = len(events_of(again, SandboxOpened))
        events = ask(again, "```python\nprint('must not run')\n```")
        assert ended(events).error == "clause_refused"
        assert ended(events).input_tokens == 0
        (denied,) = [event for event in events if isinstance(event, ContractDenied)]
        assert denied.clause == "resources"
        assert "the memory limit can't be 2 GiB. Allowed: at most 512 MiB" in denied.message
        assert len(events_of(again, SandboxOpened)) == opened

        with pytest.raises(ClauseRefused, match="call can't be 200 s"):
            again.amend(edited(wide, "timeout", call_seconds=200))
        again.amend(edited(wide, "timeout", call_seconds=60))
        assert ended(ask(again, "```python\n1\n```")).error == "clause_refused"
        again.amend(edited(again.snapshot().contract, "resources", memory_mib=512))
        assert run(again, "print('runs')").stdout == "runs"
        for version in events_of(again, ContractChanged)[:-1]:
            with pytest.raises(ClauseRefused, match="set by the operator's policy"):
                again.amend(version.contract)
    finally:
        second.close()


def test_uploading_opens_no_sandbox_beyond_the_ceiling_either(home: Path) -> None:
    """The look inside a file runs in a sandbox too."""
    first = Deployment(settings(home))
    conversation = first.create(OWNER)
    first.close()
    second = under(home, "resources: {memory_mib: 512}\n")
    try:
        again = second.get(conversation.id, OWNER)
        again.add_sample("penguins")
        settle(again)
        assert events_of(again, SandboxOpened) == []
    finally:
        second.close()


def test_a_model_outside_the_policy_stops_the_start_and_the_analyst_is_always_allowed(home: Path) -> None:
    under(home, POLICY).close()
    with pytest.raises(ProviderUnavailable, match=r"claude-opus-4-6 is not allowed.*RINGFENCE_MODEL"):
        Deployment(settings(home, ANTHROPIC_API_KEY="sk-ant-nothing", RINGFENCE_MODEL="claude-opus-4-6"))


@pytest.mark.parametrize("variables", [{}, {"RINGFENCE_POLICY": "elsewhere.yaml"}], ids=["usual", "named"])
def test_a_broken_policy_stops_the_start_before_anything_is_made(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """Whether it lies in the usual place or is named; one that is named must be there."""
    monkeypatch.chdir(tmp_path)
    home.mkdir()
    (home / "policy.yaml").write_text("timeout: {call_second: 5}")
    with pytest.raises(PolicyInvalid, match=r"policy\.yaml can't be used|elsewhere\.yaml can't be used"):
        Deployment(settings(home, **variables))
    assert [file.name for file in home.iterdir()] == ["policy.yaml"]


def test_a_default_of_the_policy_is_what_a_conversation_begins_with(home: Path) -> None:
    default = "default: {name: Our rules, billing: {conversation_budget_usd: 0.10}, network: {domains: [example.org]}}"
    deployment = under(home, default)
    try:
        contract = deployment.create(OWNER).snapshot().contract
        assert (contract.name, contract.billing.conversation_budget_usd) == ("Our rules", Decimal("0.10"))
        assert contract.network == Network(domains=("example.org",))
    finally:
        deployment.close()
