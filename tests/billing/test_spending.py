"""Money in a running deployment: refused before it is spent, cut off when it is gone, and never lost by a crash."""

import math
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from agent_core.billing.meter import meter
from agent_core.billing.rates import rate_card
from agent_core.contract import Billing, Contract
from agent_core.events import (
    CodeFinished,
    ContractDenied,
    SandboxAmended,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
)
from agent_core.session import Conversation, Deployment
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from tests.session.conftest import OWNER, ask, ended, run, settings, settle, wait_for
from tests.session.test_live import SLOW, edited, events_of, running

PAID = Contract(billing=Billing(rate_card="e2b"))
ALMOST_NOTHING = Decimal("0.000001")
A_SECOND = rate_card("e2b").usd_per_second(PAID.resources.vcpus, PAID.resources.memory_mib)


@pytest.fixture
def paid(deployment: Deployment) -> Conversation:
    return deployment.create(OWNER, PAID)


def lower(conversation: Conversation) -> float:
    """Lower the budget below what was spent, and return the seconds until the sandbox was gone."""
    conversation.amend(
        edited(conversation.snapshot().contract, "billing", conversation_budget_usd=ALMOST_NOTHING), by="owner"
    )
    began = time.monotonic()
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none", 10)
    return time.monotonic() - began


def told(conversation: Conversation) -> list[tuple[str, str, int]]:
    return [(event.clause, event.error, event.version) for event in events_of(conversation, ContractDenied)]


def test_a_budget_lowered_below_what_was_spent_closes_a_resting_sandbox_at_once(paid: Conversation) -> None:
    run(paid, "1")
    assert lower(paid) < 2
    assert events_of(paid, SandboxClosed)[-1].reason == "budget"
    assert told(paid) == [("billing", "budget_exhausted", 2)]


def test_a_budget_lowered_in_the_middle_of_a_call_ends_the_call_and_the_sandbox(paid: Conversation) -> None:
    paid.ask(SLOW.replace("range(20)", "range(600)"))
    wait_for(lambda: running(paid))
    assert lower(paid) < 3
    settle(paid, 15)
    (finished,) = events_of(paid, CodeFinished)
    assert (finished.error, finished.seconds < 30) == ("budget_exhausted", True)
    assert "Raise it in the contract panel to go on." in finished.message
    assert events_of(paid, SandboxClosed)[-1].reason == "budget"
    assert told(paid)[0] == ("billing", "budget_exhausted", 2)
    assert len(events_of(paid, SandboxOpened)) == 1


def test_a_raised_budget_lets_it_go_on(paid: Conversation) -> None:
    run(paid, "1")
    lower(paid)
    assert ended(ask(paid, "```python\n1\n```")).error == "budget_exhausted"
    paid.amend(edited(paid.snapshot().contract, "billing", conversation_budget_usd=Decimal(1)))
    assert run(paid, "print('goes on')").stdout == "goes on"


def test_the_budget_of_a_day_is_the_persons_over_all_conversations(deployment: Deployment, paid: Conversation) -> None:
    """What one conversation spent is gone for the next; another person's day is another's."""
    run(paid, "1")
    paid.restart_sandbox()
    wait_for(lambda: paid.snapshot().sandbox.phase == "none", 10)
    spent = paid.snapshot().cost.total_usd
    assert spent > 0
    thrifty = edited(PAID, "billing", daily_budget_usd=ALMOST_NOTHING)
    second = deployment.create(OWNER, thrifty)
    refused = ended(ask(second, "```python\n1\n```"))
    assert (refused.error, "budget of this day is used up" in refused.message) == ("budget_exhausted", True)
    assert events_of(second, SandboxOpened) == []
    richer = deployment.create("another", edited(PAID, "billing", daily_budget_usd=Decimal(1)))
    assert run(richer, "print('my own day')").stdout == "my own day"


def test_a_rate_card_that_is_changed_in_the_middle_counts_from_then_on(deployment: Deployment) -> None:
    """Free seconds stay free, and later ones cost what the card in force says."""
    conversation = deployment.create(OWNER)
    run(conversation, "import time; time.sleep(1.2)")
    assert conversation.snapshot().cost.total_usd == 0
    conversation.amend(edited(conversation.snapshot().contract, "billing", rate_card="e2b"))
    run(conversation, "import time; time.sleep(1.2)")
    conversation.restart_sandbox()
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none", 10)
    (opened,), (amended,), (closed,) = (
        events_of(conversation, kind) for kind in (SandboxOpened, SandboxAmended, SandboxClosed)
    )
    free = math.ceil((amended.at - opened.at).total_seconds())
    whole = math.ceil((closed.at - opened.at).total_seconds())
    assert whole > free >= 2
    assert conversation.snapshot().cost.sandbox_usd == (whole - free) * A_SECOND


def test_memory_that_comes_with_the_next_sandbox_costs_with_the_next_sandbox(paid: Conversation) -> None:
    """A running sandbox that could not be made larger is not paid as if it were."""
    run(paid, "1")
    paid.amend(edited(PAID, "resources", memory_mib=2_048))
    wait_for(lambda: bool(events_of(paid, SandboxAmended)), 10)
    (amended,) = events_of(paid, SandboxAmended)
    assert ("resources" in amended.pending, amended.memory_mib) == (True, 1_024)
    assert paid.snapshot().cost.usd_per_second == A_SECOND
    paid.restart_sandbox()
    wait_for(lambda: paid.snapshot().sandbox.phase == "none", 10)
    run(paid, "1")
    assert events_of(paid, SandboxOpened)[-1].memory_mib == 2_048


SPENDING = """
import sys, time
from pathlib import Path
from agent_core.config import Settings
from agent_core.contract import Billing, Contract
from agent_core.session import Deployment
deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": sys.argv[1]}))
conversation = deployment.create("local", Contract(billing=Billing(rate_card="e2b")))
conversation.ask("```python\\nimport time\\nprint('tick', flush=True)\\ntime.sleep(60)\\n```")
while not (conversation.snapshot().draft and "tick" in conversation.snapshot().draft.output):
    time.sleep(0.05)
time.sleep(2.5)
print("spending", flush=True)
time.sleep(60)
"""


def test_after_kill_9_the_meter_is_the_fold_over_the_stored_events_to_the_cent(home: Path) -> None:
    """Each paid second until the last sign of life is there, none after it, and no other way of counting differs."""
    process = subprocess.Popen(
        [sys.executable, "-c", SPENDING, str(home)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "spending\n"
    killed = datetime.now(UTC)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()

    deployment = Deployment(settings(home))
    try:
        (summary,) = deployment.conversations(OWNER)
        shown = deployment.get(summary.id, OWNER).snapshot()
    finally:
        deployment.close()
    database = Database.open(settings(home).database_url)
    try:
        stored = [one.event for one in EventStore(database).read(summary.id)]
    finally:
        database.close()
    assert shown.cost == meter(stored, datetime.now(UTC))
    (opened,) = [event for event in stored if isinstance(event, SandboxOpened)]
    (closed,) = [event for event in stored if isinstance(event, SandboxClosed)]
    assert sum(event.model_cost_usd for event in stored if isinstance(event, TurnEnded)) == 0
    seconds = math.ceil((closed.at - opened.at).total_seconds())
    assert seconds >= 2
    assert shown.cost.total_usd == seconds * A_SECOND
    assert closed.at <= killed
    assert (killed - closed.at).total_seconds() < 6
