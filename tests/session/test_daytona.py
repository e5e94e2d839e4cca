"""Conversations whose code runs at Daytona: the whole app over the real SDK and an emulated Daytona."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_core.background import BackgroundLoop
from agent_core.contract import Billing, Contract
from agent_core.events import CodeFinished, SandboxClosed, SandboxOpened
from agent_core.session import Deployment
from tests.emulators.daytona import Emulator, Fault
from tests.session.conftest import OWNER, ask, ended, file, run, settings, wait_for

DAYTONA = Contract(provider="daytona", billing=Billing(rate_card="daytona"))
LOCAL = Contract()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    loop = BackgroundLoop()
    running = Emulator()
    loop.run(running.__aenter__())
    yield running
    loop.run(running.__aexit__(None, None, None))
    loop.close()


@pytest.fixture
def variables(emulator: Emulator) -> dict[str, str]:
    return {"DAYTONA_API_KEY": emulator.key, "DAYTONA_API_URL": emulator.url, "RINGFENCE_DAYTONA_TIER": "3"}


@pytest.fixture
def deployment(home: Path, variables: dict[str, str]) -> Iterator[Deployment]:
    opened = Deployment(settings(home, **variables))
    yield opened
    opened.close()


def test_a_conversation_goes_to_daytona_and_back_with_its_files(deployment: Deployment, emulator: Emulator) -> None:
    """Uploads and made files come along; variables don't, and the chat says that the sandbox closed."""
    conversation = deployment.create(OWNER, LOCAL)
    ask(conversation, "```python\nkept = 1\nopen('made.txt', 'w').write('made here')\n```", file("a.csv", b"a\n1\n2\n"))
    for contract in (DAYTONA, LOCAL):
        conversation.amend(contract)
        done = run(conversation, "print('kept' in globals(), open('made.txt').read(), open('inputs/a.csv').read())")
        assert done.stdout.split() == ["False", "made", "here", "a", "1", "2"], done.message
    events = [stored.event for stored in conversation.snapshot().events]
    assert [event.provider for event in events if isinstance(event, SandboxOpened)] == ["local", "daytona", "local"]
    assert [event.reason for event in events if isinstance(event, SandboxClosed)] == ["contract_changed"] * 2
    assert conversation.snapshot().cost.sandbox_usd > 0
    assert emulator.alive() == ()


FAULTS = {
    "no key": (Fault("POST sandbox$", status=401), "auth"),
    "no such thing": (Fault("POST sandbox$", status=404), None),
    "too many requests": (
        Fault("POST sandbox$", status=429, headers={"Retry-After-sandbox-create": "60"}),
        "rate_limited",
    ),
    "an error of theirs": (Fault("POST sandbox$", status=503, times=9), "provider_unavailable"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_and_the_next_question_works(deployment: Deployment, emulator: Emulator, fault: str) -> None:
    """The chat says what it was, nothing is left running or metered, and the conversation goes on."""
    happens, kind = FAULTS[fault]
    conversation = deployment.create(OWNER, DAYTONA)
    emulator.faults.append(happens)
    events = ask(conversation, "```python\nprint(1)\n```")
    errors = [event.error for event in events if isinstance(event, CodeFinished)] + [ended(events).error]
    assert any(errors)
    assert kind is None or kind in errors
    assert emulator.alive() == ()
    assert conversation.snapshot().cost.running_since is None
    emulator.faults.clear()
    assert run(conversation, "print('goes', 'on')").stdout.strip() == "goes on"


def test_a_short_wait_is_waited_for_and_told(deployment: Deployment, emulator: Emulator) -> None:
    """The turn says that it waits, and then goes on as if nothing had been."""
    conversation = deployment.create(OWNER, DAYTONA)
    emulator.faults.append(Fault("POST sandbox$", status=429, headers={"Retry-After-sandbox-create": "2"}))
    conversation.ask("```python\nprint('after', 'all')\n```")
    said = set()
    while conversation.busy:
        if (draft := conversation.snapshot().draft) is not None:
            said.add(draft.status)
        time.sleep(0.05)
    assert any(status.startswith("Daytona asks to wait") for status in said), said
    (done,) = [stored.event for stored in conversation.snapshot().events if isinstance(stored.event, CodeFinished)]
    assert done.stdout.strip() == "after all"


LEAVER = """
import sys
from pathlib import Path
from agent_core.config import Settings
from agent_core.session import Deployment
from tests.session.test_daytona import DAYTONA
from tests.session.conftest import OWNER, run
deployment = Deployment(Settings.from_environment())
conversation = deployment.create(OWNER, DAYTONA)
run(conversation, "x = 1")
print(conversation.id, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_app_left_is_ended_at_the_next_start(
    home: Path, variables: dict[str, str], emulator: Emulator
) -> None:
    """It ends at Daytona too, and its conversation says when it was last seen."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    killed = subprocess.Popen(
        [sys.executable, "-c", LEAVER], env={**keep, **variables, "RINGFENCE_HOME": str(home), "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with killed:
        conversation_id = killed.stdout.readline().strip()
        assert len(emulator.alive()) == 1
        killed.send_signal(signal.SIGKILL)
    assert len(emulator.alive()) == 1
    again = Deployment(settings(home, **variables))
    try:
        wait_for(lambda: emulator.alive() == ())
        events = [stored.event for stored in again.get(conversation_id, OWNER).snapshot().events]
        assert [event.reason for event in events if isinstance(event, SandboxClosed)] == ["app_stopped"]
    finally:
        again.close()


def test_another_deployment_s_sandboxes_are_left_alone(
    tmp_path: Path, deployment: Deployment, variables: dict[str, str], emulator: Emulator
) -> None:
    """Two deployments may use one account at Daytona."""
    run(deployment.create(OWNER, DAYTONA), "x = 1")
    other = Deployment(settings(tmp_path / "other", **variables))
    run(other.create(OWNER, DAYTONA), "x = 1")
    other.close()
    assert len(emulator.alive()) == 1
