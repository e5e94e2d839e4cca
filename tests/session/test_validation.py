"""The runs of the validate page, and the operator's gate: what was not checked opens no sandbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from agent_core.contract import Billing, Contract, Timeout
from agent_core.errors import ProviderUnavailable
from agent_core.events import ContractDenied, SandboxOpened
from agent_core.session import Deployment
from agent_core.session.validation import Kind, Run
from tests.session.conftest import OWNER, ask, ended, file, run, settings, settle, wait_for
from tests.session.test_live import edited, events_of
from tests.session.unfenced import Unfenced, UnfencedProvider

GATE = "validation: {required_within_hours: 24}"
CODE = "```python\nprint('ran')\n```"
KIND: Kind = "attempts"


def gated(home: Path, policy: str = GATE) -> Deployment:
    home.mkdir(exist_ok=True)
    (home / "policy.yaml").write_text(policy)
    return Deployment(settings(home))


def finish(deployment: Deployment, owner: str = OWNER) -> Run:
    wait_for(lambda: not getattr(deployment.validations.run(owner), "running", True))
    found = deployment.validations.run(owner)
    assert found is not None
    return found


def test_a_run_tells_how_far_it_is_and_ends_with_what_it_found(home: Path) -> None:
    """A second run of the same person has to wait; another person's doesn't. Its sandbox is gone afterwards."""
    deployment = Deployment(settings(home))
    try:
        contract = Contract()
        assert deployment.validations.run(OWNER) is None
        assert deployment.validations.start(OWNER, "attempts", contract, 3)
        assert not deployment.validations.start(OWNER, "attempts", contract, 3)
        assert deployment.validations.start("another", "attempts", contract, 1)
        over = finish(deployment)
        assert (over.problem, over.done > 5, over.of) == ("", True, over.done + 1)
        report = deployment.validations.attempts(OWNER)
        assert report is not None
        assert all(attempt.harmless for attempt in report.attempts)
        assert report.contract_version == 3
        finish(deployment, "another")
        assert run(deployment.create(OWNER), "print('a place is free')").stdout == "a place is free"
    finally:
        deployment.close()


class Broken(UnfencedProvider):
    """Can't open anything."""

    @asynccontextmanager
    async def open(self, contract: Contract) -> AsyncIterator[Unfenced]:  # noqa: ARG002
        raise ProviderUnavailable("Nothing can be opened here.")
        yield


def test_a_run_that_can_t_be_made_says_why_and_the_next_can_begin(home: Path) -> None:
    deployment = Deployment(settings(home), providers={"local": Broken()})
    try:
        for _ in range(2):
            assert deployment.validations.start(OWNER, "attempts", Contract(), 1)
            assert finish(deployment).problem == "Nothing can be opened here."
        beyond = Contract(timeout=Timeout(call_seconds=30), billing=Billing(rate_card="e2b"), provider="e2b")
        assert deployment.validations.start(OWNER, "attempts", beyond, 1)
        assert finish(deployment).problem != ""
    finally:
        deployment.close()


def test_without_a_run_that_passed_no_sandbox_opens_and_the_chat_says_where_to_go(home: Path) -> None:
    """Neither a question nor an upload opens one; the denial names the policy; a run opens the gate."""
    deployment = gated(home)
    try:
        conversation = deployment.create(OWNER)
        events = ask(conversation, CODE, file("a.csv", b"a\n1\n"))
        turn = ended(events)
        assert (turn.outcome, turn.error, turn.input_tokens) == ("failed", "clause_refused", 0)
        (denied,) = [event for event in events if isinstance(event, ContractDenied)]
        assert "Open the Validate page and run the checks" in denied.message
        conversation.upload([file("b.csv", b"b\n1\n")])
        settle(conversation)
        assert events_of(conversation, SandboxOpened) == []
        assert conversation.snapshot().withheld == denied.message

        assert deployment.validations.start(OWNER, KIND, conversation.snapshot().contract, 1)
        assert finish(deployment).problem == ""
        assert conversation.snapshot().withheld == ""
        assert run(conversation, "print('ran')").stdout == "ran"
    finally:
        deployment.close()


def test_an_edit_of_what_is_checked_closes_the_gate_and_of_what_is_not_leaves_it_open(home: Path) -> None:
    """The running sandbox is held to the edit at once; its next call waits for a run under the new contract."""
    deployment = gated(home)
    try:
        conversation = deployment.create(OWNER)
        contract = conversation.snapshot().contract
        deployment.validations.start(OWNER, KIND, contract, 1)
        finish(deployment)
        assert run(conversation, "kept = 1\nprint(kept)").stdout == "1"
        conversation.amend(edited(contract, "billing", conversation_budget_usd=Decimal("0.75")))
        assert run(conversation, "print(kept)").stdout == "1"
        conversation.amend(edited(contract, "timeout", call_seconds=45))
        assert ended(ask(conversation, CODE)).error == "clause_refused"
        conversation.amend(contract)
        assert run(conversation, "print(kept)").stdout == "1"
    finally:
        deployment.close()


def test_a_provider_that_lets_something_through_stays_closed(home: Path) -> None:
    """What got through is found on the provider itself, and a run that found it opens nothing."""
    home.mkdir()
    (home / "policy.yaml").write_text(GATE)
    deployment = Deployment(settings(home), providers={"local": UnfencedProvider()})
    try:
        conversation = deployment.create(OWNER)
        deployment.validations.start(OWNER, KIND, conversation.snapshot().contract, 1)
        finish(deployment)
        assert "Validate" in conversation.snapshot().withheld
    finally:
        deployment.close()


@pytest.mark.parametrize("rule", ["{required_within_hours: 0}", "{required_within_hours: soon}", "{within_hours: 1}"])
def test_a_mistake_in_the_rule_stops_the_start(home: Path, rule: str) -> None:
    with pytest.raises(Exception, match=r"validation\.(required_)?within_hours"):
        gated(home, f"validation: {rule}")
