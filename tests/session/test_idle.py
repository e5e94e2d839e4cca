"""Idle conversations hold no process and no memory, and come back as they were."""

import gc
import json
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from agent_core.contract import PlannerSettings
from agent_core.events import CodeFinished
from agent_core.session import Conversation, Deployment
from agent_core.session.deployment import Idle
from agent_core.session.values import Snapshot
from tests.emulators.messages import Answer, MessagesEndpoint, Say
from tests.planning.stage import is_sdk
from tests.session.conftest import OWNER, ask, ended, file, run, settings, settle, wait_for
from tests.session.test_claude import KEY
from tests.session.test_live import edited

SOON = 0.3


@pytest.fixture
def claude(home: Path, url: str) -> Iterator[Deployment]:
    opened = Deployment(settings(home, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=url), idle=Idle(SOON, SOON))
    yield opened
    opened.close()


def sdk_processes() -> int:
    return sum(is_sdk(process) for process in psutil.Process().children(recursive=True))


def in_memory(deployment: Deployment, conversation_id: str) -> bool:
    gc.collect()
    return conversation_id in deployment._open or conversation_id in deployment._known


def let_go(deployment: Deployment, conversation_id: str) -> None:
    wait_for(lambda: not in_memory(deployment, conversation_id))


def shown(conversation: Conversation, code: str) -> str:
    """Run code past the planner, and return what it printed."""
    before = conversation.snapshot().last
    conversation.run_code(code, "python")
    settle(conversation)
    events = [stored.event for stored in conversation.snapshot(before).events]
    return next(event for event in events if isinstance(event, CodeFinished)).stdout


def lasting(snapshot: Snapshot) -> Snapshot:
    """What must be the same after reading it again; nothing of it is drawn from the clock."""
    return replace(snapshot, cost=replace(snapshot.cost, running_since=None))


def used(deployment: Deployment) -> tuple[Snapshot, "weakref.ref[Conversation]", str]:
    """A conversation with something of each kind in it, as it was left."""
    conversation = deployment.create(OWNER)
    ask(conversation, "How many?", file("towns.csv", b"town,people\nOslo,7\nBergen,3\n"))
    conversation.amend(edited(conversation.snapshot().contract, "timeout", call_seconds=33))
    conversation.plan(PlannerSettings(model="another", most_steps=7))
    shown(conversation, "open('note.txt', 'w').write('kept')")
    conversation.restart_sandbox()
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none")
    return lasting(conversation.snapshot()), weakref.ref(conversation), conversation.id


def test_idle_conversations_hold_no_process_and_go_on_in_the_same_context(
    claude: Deployment, endpoint: MessagesEndpoint
) -> None:
    """Two have a process each while they work, none a moment later, and the next question comes with the first."""
    before = sdk_processes()
    endpoint.otherwise = Answer((Say("word " * 40),), pause_seconds=0.02)
    conversations = [claude.create(OWNER) for _ in range(2)]
    for number, conversation in enumerate(conversations):
        conversation.ask(f"Question {number}?")
    wait_for(lambda: sdk_processes() - before == 2)
    wait_for(lambda: not any(conversation.busy for conversation in conversations))
    wait_for(lambda: sdk_processes() == before)
    endpoint.otherwise = Answer((Say("Again."),))
    ask(conversations[0], "And now?")
    said = json.dumps(endpoint.asked[-1].body["messages"])
    assert said.index("Question 0?") < said.index("word word") < said.index("And now?")
    assert "Question 1?" not in said


def test_a_conversation_leaves_the_memory_and_is_read_again_as_it_was(
    claude: Deployment, endpoint: MessagesEndpoint
) -> None:
    """Its events, files, contract, planner and cost, and what the model is told of it."""
    endpoint.otherwise = Answer((Say("Two towns."),))
    before, gone, name = used(claude)
    let_go(claude, name)
    assert gone() is None
    again = claude.get(name, OWNER)
    assert lasting(again.snapshot()) == before
    assert again.planning.model == "another"
    found = shown(again, "print(open('inputs/towns.csv').read(), open('note.txt').read())")
    assert "Bergen,3" in found
    assert "kept" in found
    ask(again, "Which?")
    told = json.dumps(endpoint.asked[-1].body["messages"])
    assert told.index("How many?") < told.index("Two towns.") < told.index("Which?")
    assert told.count("<files>") == 1


def test_what_a_tab_still_holds_stays_the_one_object(deployment: Deployment) -> None:
    """Nothing works on it, so it is not looked after; a question brings it back, and another tab gets the same one."""
    deployment._idle = Idle(SOON, SOON)
    conversation = deployment.create(OWNER)
    wait_for(lambda: conversation.id not in deployment._open)
    assert ended(ask(conversation, "```python\nprint(1)\n```")).outcome == "done"
    assert conversation.id in deployment._open
    other_tab = deployment.get(conversation.id, OWNER)
    assert other_tab is conversation


def test_one_with_a_sandbox_is_looked_after_however_idle_it_is(deployment: Deployment) -> None:
    """Its contract says when that one closes, and somebody has to do it."""
    deployment._idle = Idle(SOON, SOON)
    conversation = deployment.create(OWNER)
    contract = edited(conversation.snapshot().contract, "lifecycle", idle_seconds=10)
    conversation.amend(contract)
    run(conversation, "1")
    name = conversation.id
    time.sleep(SOON * 5)
    assert _phase(deployment, conversation) == "idle"
    assert name in deployment._open
    deployment._open[name]._hold._used_at = conversation._hold._used_at.replace(year=2020)
    wait_for(lambda: _phase(deployment, conversation) == "none")
    wait_for(lambda: name not in deployment._open)


def _phase(deployment: Deployment, conversation: Conversation) -> str:
    """Without using the conversation."""
    return conversation._hold.state.phase
