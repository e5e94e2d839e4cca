"""Conversations whose code runs elsewhere: the whole app over the real SDK and an emulated provider."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_core.background import BackgroundLoop
from agent_core.contract import Contract, Filesystem
from agent_core.events import CodeFinished, Event, SandboxClosed, SandboxOpened, SandboxResumed
from agent_core.session import Conversation, Deployment
from tests.emulators import daytona, e2b
from tests.emulators.serving import Fault, Serving
from tests.session.conftest import OWNER, ask, file, run, settings, wait_for

LOCAL = Contract()


@dataclass(frozen=True)
class Elsewhere:
    """A provider, and its emulator."""

    name: str
    title: str
    emulator: type[Serving]
    key: str
    variables: tuple[str, ...]
    """Those that hold the emulator's address."""
    tier: dict[str, str]
    create: str
    wait: str
    """The header that says how long."""
    sizes: tuple[float, int]
    """What a sandbox under the usual contract is metered as."""

    @property
    def contract(self) -> Contract:
        return Contract.model_validate({"provider": self.name, "billing": {"rate_card": self.name}})


PLACES = {
    "daytona": Elsewhere(
        "daytona",
        "Daytona",
        daytona.Emulator,
        "DAYTONA_API_KEY",
        ("DAYTONA_API_URL",),
        {"RINGFENCE_DAYTONA_TIER": "3"},
        "POST sandbox$",
        "Retry-After-sandbox-create",
        (LOCAL.resources.vcpus, LOCAL.resources.memory_mib),
    ),
    "e2b": Elsewhere(
        "e2b",
        "E2B",
        e2b.Emulator,
        "E2B_API_KEY",
        ("E2B_API_URL", "E2B_SANDBOX_URL"),
        {},
        "POST v2/sandboxes$",
        "Retry-After",
        (2.0, 2_048),
    ),
}


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> Elsewhere:
    return PLACES[request.param]


@pytest.fixture(scope="module")
def emulator(place: Elsewhere) -> Iterator[Serving]:
    loop = BackgroundLoop()
    running = place.emulator()
    loop.run(running.__aenter__())
    yield running
    loop.run(running.__aexit__(None, None, None))
    loop.close()


@pytest.fixture(scope="module")
def variables(place: Elsewhere, emulator: Serving) -> dict[str, str]:
    return {place.key: emulator.key, **dict.fromkeys(place.variables, emulator.url), **place.tier}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]) -> Iterator[Deployment]:
    opened = Deployment(settings(tmp_path_factory.mktemp("hosted") / "home", **variables))
    yield opened
    opened.close()


Create = Callable[..., Conversation]


@pytest.fixture
def create(deployment: Deployment, emulator: Serving, owner: str) -> Iterator[Create]:
    """Conversations of this test's person, whose sandboxes end with the test."""
    made: list[Conversation] = []

    def one(contract: Contract, whose: str = owner) -> Conversation:
        made.append(deployment.create(whose, contract))
        return made[-1]

    yield one
    for conversation in made:
        conversation.restart_sandbox()
    wait_for(lambda: emulator.alive() == ())


def test_a_conversation_goes_there_and_back_with_its_files(create: Create, place: Elsewhere, emulator: Serving) -> None:
    """Uploads and made files come along; variables don't, and the chat says that the sandbox closed."""
    conversation = create(LOCAL)
    ask(conversation, "```python\nkept = 1\nopen('made.txt', 'w').write('made here')\n```", file("a.csv", b"a\n1\n2\n"))
    for contract in (place.contract, LOCAL):
        conversation.amend(contract)
        done = run(conversation, "print('kept' in globals(), open('made.txt').read(), open('inputs/a.csv').read())")
        assert done.stdout.split() == ["False", "made", "here", "a", "1", "2"], done.message
    events = [stored.event for stored in conversation.snapshot().events]
    opened = [event for event in events if isinstance(event, SandboxOpened)]
    assert [event.provider for event in opened] == ["local", place.name, "local"]
    assert (opened[1].vcpus, opened[1].memory_mib) == place.sizes
    assert [event.reason for event in events if isinstance(event, SandboxClosed)] == ["contract_changed"] * 2
    assert conversation.snapshot().cost.sandbox_usd > 0
    assert emulator.alive() == ()


def test_a_person_s_volume_goes_along(create: Create, place: Elsewhere) -> None:
    """What a sandbox there leaves on it, the person's next one finds, here and there; nobody else's does."""
    kept = Filesystem(**{**place.contract.filesystem.model_dump(), "storage": "volume"})
    there = place.contract.model_copy(update={"filesystem": kept})
    first = create(there)
    run(first, "open('notes.txt', 'w').write('remember')\nNone")
    first.restart_sandbox()
    wait_for(lambda: first.snapshot().sandbox.phase == "none")
    here = LOCAL.model_copy(update={"filesystem": LOCAL.filesystem.model_copy(update={"storage": "volume"})})
    for contract in (there, here):
        assert run(create(contract), "print(open('notes.txt').read())").stdout.strip() == "remember"
    stranger = create(there, "another")
    assert run(stranger, "import os; print(os.path.exists('notes.txt'))").stdout.strip() == "False"


def test_a_short_wait_is_waited_for_and_told(create: Create, place: Elsewhere, emulator: Serving) -> None:
    """The turn says that it waits, and then goes on as if nothing had been."""
    conversation = create(place.contract)
    emulator.faults.append(Fault(place.create, status=429, headers={place.wait: "2"}))
    conversation.ask("```python\nprint('after', 'all')\n```")
    said = set()
    while conversation.busy:
        if (draft := conversation.snapshot().draft) is not None:
            said.add(draft.status)
        time.sleep(0.05)
    assert any(status.startswith(f"{place.title} asks to wait") for status in said), said
    (done,) = [stored.event for stored in conversation.snapshot().events if isinstance(stored.event, CodeFinished)]
    assert done.stdout.strip() == "after all"


LEAVER = """
import sys
from agent_core.config import Settings
from agent_core.session import Deployment
from tests.session.test_hosted import PLACES
from tests.session.conftest import OWNER, ask, wait_for
deployment = Deployment(Settings.from_environment())
resting, working = (deployment.create(OWNER, PLACES[sys.argv[1]].contract) for _ in range(2))
ask(resting, "```python\\nx = 1\\nopen('made.txt', 'w').write('made')\\n```")
working.ask("```python\\nprint('begun', flush=True)\\nimport time; time.sleep(60)\\n```")
wait_for(lambda: (draft := working.snapshot().draft) is not None and "begun" in draft.output)
print(resting.id, working.id, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_app_left_is_gone_on_with_or_ended_at_the_next_start(
    home: Path, place: Elsewhere, variables: dict[str, str], emulator: Serving
) -> None:
    """One that rested goes on, with what it knows, and is paid for once; of one at work nobody knows what it did."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    killed = subprocess.Popen(
        [sys.executable, "-c", LEAVER, place.name], env={**keep, **variables, "RINGFENCE_HOME": str(home), "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with killed:
        resting_id, working_id = killed.stdout.readline().split()
        assert len(emulator.alive()) == 2
        killed.send_signal(signal.SIGKILL)
    assert len(emulator.alive()) == 2
    again = Deployment(settings(home, **variables))
    try:
        working, resting = again.get(working_id, OWNER), again.get(resting_id, OWNER)
        assert resting.snapshot().sandbox.phase != "none"  # or an open page would wait for nothing
        wait_for(lambda: len(emulator.alive()) == 1)
        assert [event.reason for event in _events(working) if isinstance(event, SandboxClosed)] == ["app_stopped"]
        wait_for(lambda: any(isinstance(event, SandboxResumed) for event in _events(resting)))
        assert run(resting, "print(x, open('made.txt').read())").stdout.split() == ["1", "made"]
        (opened,) = [event for event in _events(resting) if isinstance(event, SandboxOpened)]
        assert emulator.alive() == (opened.sandbox,)
        lived = (datetime.now(UTC) - opened.at).total_seconds()
        assert resting.snapshot().cost.sandbox_seconds == pytest.approx(lived, abs=1)
        assert again.spend(OWNER).total.sandbox_seconds < lived + working.snapshot().cost.sandbox_seconds + 2
    finally:
        again.close()
    assert emulator.alive() == ()
    (closed,) = [event for event in _events(resting) if isinstance(event, SandboxClosed)]
    assert closed.seconds == pytest.approx((closed.at - opened.at).total_seconds(), abs=0.01)


def _events(conversation: Conversation) -> list[Event]:
    return [stored.event for stored in conversation.snapshot().events]


def test_another_deployment_s_sandboxes_are_left_alone(
    tmp_path: Path, create: Create, place: Elsewhere, variables: dict[str, str], emulator: Serving
) -> None:
    """Two deployments may use one account."""
    run(create(place.contract), "x = 1")
    other = Deployment(settings(tmp_path / "other", **variables))
    run(other.create(OWNER, place.contract), "x = 1")
    other.close()
    assert len(emulator.alive()) == 1
