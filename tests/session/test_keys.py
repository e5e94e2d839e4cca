"""Keys that people bring for a visit: over the real SDK and an emulated Daytona."""

import gc
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent_core.config import OwnKey, Settings
from agent_core.errors import ProviderUnavailable
from agent_core.events import CodeFinished, ContractDenied, SandboxClosed
from agent_core.sandbox.daytona.provider import DaytonaProvider
from agent_core.sandbox.providers import Opener, provider
from agent_core.session import Deployment, keys
from agent_core.session.keys import KeyCheck
from tests.emulators.daytona import Emulator, Fault
from tests.session.conftest import OWNER, ask, ended, run, settings, settle, wait_for
from tests.session.test_hosted import PLACES, Elsewhere, emulator

__all__ = ["emulator"]
DAYTONA = PLACES["daytona"].contract
WRONG = "dtn_wrong_but_secret"


@pytest.fixture(scope="module")
def place() -> Elsewhere:
    return PLACES["daytona"]


@pytest.fixture
def deployment(home: Path, emulator: Emulator) -> Iterator[Deployment]:
    """Without a key of its own."""
    opened = Deployment(settings(home, DAYTONA_API_URL=emulator.url))
    opened.keys.arrived(OWNER)
    yield opened
    opened.close()
    assert emulator.alive() == ()


def checked(deployment: Deployment, owner: str = OWNER) -> KeyCheck:
    deployment.keys.start_check(owner, "daytona")
    wait_for(lambda: not getattr(deployment.keys.check(owner, "daytona"), "running", True))
    found = deployment.keys.check(owner, "daytona")
    assert found is not None
    return found


def test_a_key_opens_its_person_s_sandboxes_and_nobody_else_s(deployment: Deployment, emulator: Emulator) -> None:
    """Without it the chat says where to enter one; with it code runs; another person still has none."""
    conversation = deployment.create(OWNER, DAYTONA)
    assert "Enter one in the contract" in (deployment.unavailable("daytona", OWNER) or "")
    events = ask(conversation, "```python\nprint(1)\n```")
    assert "Enter one in the contract" in str([event.message for event in events if isinstance(event, CodeFinished)])
    deployment.keys.enter(OWNER, "daytona", f" {emulator.key}\n", "3")
    assert deployment.unavailable("daytona", OWNER) is None
    assert run(conversation, "print('by', 'mine')").stdout.strip() == "by mine"
    assert "no key" in (deployment.unavailable("daytona", "another") or "")
    assert deployment.keys.state("another", "daytona").whose == ""
    assert deployment.keys.state(OWNER, "daytona").whose == "yours"
    assert run(deployment.create(OWNER), "print('here')").stdout.strip() == "here"


def test_a_forgotten_key_closes_what_runs_by_it_and_is_nowhere(
    deployment: Deployment, emulator: Emulator, home: Path
) -> None:
    """Files are kept, the chat says why; then not even the memory of the process holds it."""
    conversation = deployment.create(OWNER, DAYTONA)
    deployment.keys.enter(OWNER, "daytona", emulator.key, "3")
    run(conversation, "open('made.txt', 'w').write('kept')")
    assert len(emulator.alive()) == 1
    deployment.keys.forget(OWNER, "daytona")
    wait_for(lambda: emulator.alive() == ())
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none")
    events = [stored.event for stored in conversation.snapshot().events]
    assert [event.reason for event in events if isinstance(event, SandboxClosed)] == ["key_forgotten"]
    assert conversation.snapshot().cost.running_since is None
    assert deployment.keys.state(OWNER, "daytona").whose == ""
    wait_for(lambda: not deployment._providers.retired)
    assert not held(emulator.key)
    conversation.amend(DAYTONA.model_copy(update={"provider": "local"}))
    assert run(conversation, "print(open('made.txt').read())").stdout.strip() == "kept"
    assert emulator.key not in "".join(repr(event) for event in events)
    assert not [path for path in home.rglob("*") if path.is_file() and emulator.key.encode() in path.read_bytes()]


def held(key: str) -> bool:
    """Whether a provider of this process still has the key."""
    gc.collect()
    providers = [one for one in gc.get_objects() if type(one) is DaytonaProvider]
    return any(one._key.get_secret_value() == key for one in providers)


def test_forgetting_stops_the_call_that_runs_by_it(deployment: Deployment, emulator: Emulator) -> None:
    conversation = deployment.create(OWNER, DAYTONA)
    deployment.keys.enter(OWNER, "daytona", emulator.key, "3")
    conversation.ask("```python\nimport time\ntime.sleep(60)\n```")
    wait_for(lambda: conversation.snapshot().sandbox.phase == "running")
    deployment.keys.forget(OWNER, "daytona")
    settle(conversation, 30)
    wait_for(lambda: emulator.alive() == ())
    assert ended([stored.event for stored in conversation.snapshot().events]).outcome == "stopped"


def test_a_key_goes_with_its_person_s_last_tab(
    deployment: Deployment, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reload keeps it. What is open by it lives on as the contract says, and can be closed."""
    monkeypatch.setattr(keys, "AWAY_SECONDS", 0.2)
    conversation = deployment.create(OWNER, DAYTONA)
    deployment.keys.enter(OWNER, "daytona", emulator.key, "3")
    run(conversation, "x = 1")
    deployment.keys.arrived(OWNER)
    deployment.keys.left(OWNER)
    time.sleep(1.5)  # longer than a beat and than the time that is left to a reload
    assert deployment.keys.state(OWNER, "daytona").whose == "yours"
    deployment.keys.left(OWNER)
    wait_for(lambda: deployment.keys.state(OWNER, "daytona").whose == "")
    assert run(conversation, "print(x)").stdout.strip() == "1"
    conversation.restart_sandbox()
    wait_for(lambda: emulator.alive() == ())
    wait_for(lambda: not deployment._providers.retired)
    events = ask(conversation, "```python\nprint(1)\n```")
    assert [event.error for event in events if isinstance(event, CodeFinished)] == ["provider_unavailable"]


def test_a_good_key_is_checked_and_the_money_flows(deployment: Deployment, emulator: Emulator) -> None:
    """It is metered, counts among the person's spending, and nothing is left; also where egress can't be closed."""
    for plan in ("3", "1"):
        deployment.keys.enter(OWNER, "daytona", emulator.key, plan)
        found = checked(deployment)
        assert found.problem == ""
        assert found.done is not None
        assert (found.done.printed, found.done.card) == ("1", "daytona")
        assert found.done.usd > 0
    spent = deployment.spend(OWNER)
    assert [one.title for one in spent.conversations] == ["Checks of keys"]
    assert spent.total.sandbox_usd > 0
    assert emulator.alive() == ()


PROBLEMS = {
    "refused": (Fault("POST sandbox$", status=401), "refused the key"),
    "no credit": (Fault("POST sandbox$", status=403), "out of credit"),
    "too many": (Fault("POST sandbox$", status=429, headers={"Retry-After-sandbox-create": "40"}), "40 s"),
    "an error of theirs": (Fault("POST sandbox$", status=500, times=9), "HTTP 500"),
    "the interpreter ends": (Fault("WS", kind="cut"), "ended unexpectedly"),
}


def test_a_check_that_fails_says_what_it_was(deployment: Deployment, emulator: Emulator) -> None:
    """And leaves nothing; the next one works."""
    deployment.keys.enter(OWNER, "daytona", emulator.key, "3")
    for fault, said in PROBLEMS.values():
        emulator.faults.append(fault)
        found = checked(deployment)
        assert found.done is None
        assert said in found.problem
        assert emulator.alive() == ()
        emulator.faults.clear()
    assert checked(deployment).problem == ""


def test_a_wrong_key_is_told_and_shown_nowhere(
    deployment: Deployment, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither log nor exception nor event nor file has it; what can't be a key is refused without being repeated."""
    caplog.set_level(logging.DEBUG)
    deployment.keys.enter(OWNER, "daytona", WRONG, "3")
    found = checked(deployment)
    assert "refused the key" in found.problem
    conversation = deployment.create(OWNER, DAYTONA)
    events = ask(conversation, "```python\nimport os\nprint(dict(os.environ))\n```")
    with pytest.raises(ProviderUnavailable) as refused:
        deployment.keys.enter(OWNER, "daytona", f"{WRONG} with blanks", "3")
    everything = f"{found} {events} {refused.value} {caplog.text} {deployment.keys.state(OWNER, 'daytona')}"
    assert WRONG not in everything
    assert not [path for path in home.rglob("*") if path.is_file() and WRONG.encode() in path.read_bytes()]
    assert not any(isinstance(event, ContractDenied) for event in events)


def test_what_a_killed_app_left_is_ended_when_its_key_comes_back(
    home: Path, deployment: Deployment, emulator: Emulator
) -> None:
    """Without the key nobody can; another deployment's are left alone."""
    gone = Settings.from_environment({"RINGFENCE_HOME": str(home), "DAYTONA_API_URL": emulator.url})
    with_key = gone.with_key("daytona", OwnKey(SecretStr(emulator.key), "3"))
    mine = deployment._providers._opener
    dead = f"{mine.holder.rsplit('/', 2)[0]}/999999999/1.0"
    loop = deployment._loop
    leavers = [provider("daytona", with_key, Opener(name, dead)) for name in (mine.deployment, "another")]
    opened = [one.open(DAYTONA) for one in leavers]
    for one in opened:
        loop.run(one.__aenter__())
    assert len(emulator.alive()) == 2
    deployment.keys.enter(OWNER, "daytona", emulator.key, "3")
    wait_for(lambda: len(emulator.alive()) == 1)
    for one in opened:
        loop.run(one.__aexit__(None, None, None))
    for leaver in leavers:
        loop.run(leaver.aclose())
