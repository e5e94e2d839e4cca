"""Editing, stopping and crashing while a turn runs."""

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

from agent_core.contract import Billing, Contract
from agent_core.errors import ClauseRefused
from agent_core.events import CodeFinished, CodeStarted, ContractChanged, ContractDenied, SandboxClosed, UserAsked
from agent_core.session import Conversation, Deployment
from tests.session.conftest import OWNER, ask, ended, run, settings, settle, wait_for


def events_of(conversation: Conversation, kind: type) -> list:
    return [stored.event for stored in conversation.snapshot().events if isinstance(stored.event, kind)]


def edited(contract: Contract, clause: str, **values: object) -> Contract:
    return contract.model_copy(update={clause: getattr(contract, clause).model_copy(update=values)})


def running(conversation: Conversation) -> bool:
    draft = conversation.snapshot().draft
    return draft is not None and "tick" in draft.output


SLOW = "```python\nimport time\nfor n in range(20):\n    print('tick', n, flush=True)\n    time.sleep(0.1)\n```"


def test_an_edit_in_the_middle_of_a_turn_neither_stops_nor_doubles_it(conversation: Conversation) -> None:
    """Twenty ticks, once each, with an edit of the contract between the first and the last."""
    conversation.ask(SLOW)
    wait_for(lambda: running(conversation))
    version = conversation.amend(edited(conversation.snapshot().contract, "timeout", call_seconds=30))
    settle(conversation)
    (finished,) = events_of(conversation, CodeFinished)
    assert finished.stdout.split("\n") == [f"tick {n}" for n in range(20)]
    assert len(events_of(conversation, UserAsked)) == 1
    assert version == 2


def test_stop_ends_the_call_at_once_and_the_next_question_works(conversation: Conversation) -> None:
    """Stop interrupts the code, says so, and keeps the variables."""
    run(conversation, "kept = 'kept'")
    conversation.ask(SLOW)
    wait_for(lambda: running(conversation))
    began = time.monotonic()
    conversation.stop()
    settle(conversation, 10)
    assert time.monotonic() - began < 5
    events = [stored.event for stored in conversation.snapshot().events]
    assert events_of(conversation, CodeFinished)[-1].error == "stopped"
    assert ended(events[::-1]).outcome == "stopped"
    assert run(conversation, "print(kept)").stdout == "kept"


def test_a_shorter_time_limit_holds_for_the_next_call(conversation: Conversation) -> None:
    """An edit applies to the running sandbox: its variables are still there."""
    run(conversation, "kept = 1")
    conversation.amend(edited(conversation.snapshot().contract, "timeout", call_seconds=1))
    finished = run(conversation, "import time; time.sleep(30)")
    assert finished.error == "timeout"
    assert "1 s" in finished.message
    assert run(conversation, "print(kept)").stdout == "1"


def test_a_refused_edit_leaves_the_contract_in_force(conversation: Conversation) -> None:
    """What the provider can't enforce makes no version."""
    contract = conversation.snapshot().contract
    with pytest.raises(ClauseRefused) as refusal:
        conversation.amend(edited(contract, "languages", allowed=("r",)))
    assert refusal.value.clause == "languages"
    assert conversation.snapshot().contract == contract
    assert len(events_of(conversation, ContractChanged)) == 1


def test_the_budget_ends_the_call_and_closes_the_sandbox(deployment: Deployment) -> None:
    """At a price of a real provider and a budget of almost nothing, the running call is ended and the person told."""
    billing = Billing(rate_card="e2b", conversation_budget_usd=Decimal("0.000030"))
    conversation = deployment.create(OWNER, Contract(billing=billing))
    events = ask(conversation, "```python\nimport time; time.sleep(30)\n```")
    denied = [event for event in events if isinstance(event, ContractDenied)]
    assert [(event.clause, event.error) for event in denied][:1] == [("billing", "budget_exhausted")]
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none", 10)
    assert events_of(conversation, SandboxClosed)[-1].reason == "budget"
    assert "budget" in ended(ask(conversation, "```python\n1\n```")).message


def test_an_idle_sandbox_is_closed(deployment: Deployment) -> None:
    """After the idle seconds of the contract the sandbox is gone, and the next question opens another."""
    contract = edited(Contract(), "lifecycle", idle_seconds=10)
    conversation = deployment.create(OWNER, contract)
    run(conversation, "1")
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none", 20)
    assert events_of(conversation, SandboxClosed)[-1].reason == "idle"
    assert run(conversation, "print('again')").stdout == "again"


CRASHING = """
import sys, time
from pathlib import Path
from agent_core.config import Settings
from agent_core.session import Deployment
deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": sys.argv[1]}))
conversation = deployment.create("local")
conversation.ask("```python\\nimport time\\nprint('tick', flush=True)\\ntime.sleep(60)\\n```")
while not (conversation.snapshot().draft and "tick" in conversation.snapshot().draft.output):
    time.sleep(0.05)
print("running", flush=True)
time.sleep(60)
"""


def test_a_killed_app_loses_nothing_and_leaves_no_process(home: Path) -> None:
    """After kill -9 in the middle of a turn, the events are there, the turn is closed, and no orphan lives."""
    process = subprocess.Popen(
        [sys.executable, "-c", CRASHING, str(home)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert children
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []

    deployment = Deployment(settings(home))
    try:
        (summary,) = deployment.conversations(OWNER)
        conversation = deployment.get(summary.id, OWNER)
        assert len(events_of(conversation, CodeStarted)) == 1
        assert events_of(conversation, CodeFinished)[0].error == "stopped"
        assert events_of(conversation, SandboxClosed)[0].reason == "app_stopped"
        assert ended([stored.event for stored in conversation.snapshot().events]).outcome == "failed"
        assert run(conversation, "print('goes on')").stdout == "goes on"
    finally:
        deployment.close()


def test_a_resting_sandbox_makes_room_for_the_persons_next_one(deployment: Deployment) -> None:
    """At the person's cap the one that rested longest is closed, its files are kept, and nobody waits."""
    contract = edited(Contract(), "concurrency", per_user=1)
    first, second = deployment.create(OWNER, contract), deployment.create(OWNER, contract)
    run(first, "open('kept.txt', 'w').write('kept')\nNone")
    assert run(second, "print('room')").stdout == "room"
    assert events_of(first, SandboxClosed)[-1].reason == "made_room"
    assert run(first, "print(open('kept.txt').read())").stdout == "kept"


def test_a_busy_sandbox_is_waited_for_and_the_place_is_shown(deployment: Deployment) -> None:
    """At the cap with a call under way the next one waits, says so, and goes on when the place is free."""
    contract = edited(Contract(), "concurrency", per_user=1)
    first, second = deployment.create(OWNER, contract), deployment.create(OWNER, contract)
    first.ask(SLOW)
    wait_for(lambda: running(first))
    second.ask("```python\nprint('my turn')\n```")
    wait_for(lambda: "Waiting for a sandbox, next in line" in (getattr(second.snapshot().draft, "status", "")), 10)
    settle(first)
    settle(second)
    assert events_of(second, CodeFinished)[-1].stdout == "my turn"
