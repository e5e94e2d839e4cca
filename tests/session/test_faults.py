"""What goes wrong at a provider, as the person in the chat meets it: it is told, nothing leaks, nothing is lost."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from agent_core.events import CodeFinished, SandboxClosed, SandboxOpened
from agent_core.session import Deployment
from tests.session.conftest import OWNER, ask, ended, file, run, settings, wait_for
from tests.session.stands import STANDS, Stand

SLOW = "import time\nprint('begun', flush=True)\ntime.sleep(1)"


@pytest.fixture(scope="module", params=STANDS, ids=lambda stand: stand.name)
def stand(request: pytest.FixtureRequest) -> Stand:
    found: Stand = request.param
    return found


@pytest.fixture(scope="module")
def emulator(stand: Stand) -> Iterator[Any]:
    with stand.running() as running:
        yield running


@pytest.fixture(scope="module")
def deployment(stand: Stand, emulator: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    home = tmp_path_factory.mktemp("faults") / "home"
    opened = Deployment(settings(home), providers={stand.name: stand.impatient(emulator)})
    yield opened
    opened.close()
    assert emulator.alive() == ()


NAMES = sorted({name for stand in STANDS for name in stand.troubles})


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_is_told_leaks_nothing_loses_nothing_and_the_next_question_works(
    stand: Stand, emulator: Any, deployment: Deployment, name: str
) -> None:
    trouble = stand.troubles.get(name)
    if trouble is None:
        return  # the provider has no such thing
    conversation = deployment.create(OWNER, stand.contract())
    ask(conversation, "```python\nkept = 1\nopen('made.txt', 'w').write('made')\n```", file("a.csv", b"a\n1\n"))
    if trouble.opening:
        conversation.restart_sandbox()
    wait_for(lambda: (emulator.alive() == ()) == trouble.opening, 20)

    conversation.amend(stand.contract(trouble.call_seconds))
    trouble.begin(emulator)
    try:
        events = ask(conversation, f"```python\n{SLOW}\n```")
    finally:
        emulator.faults.clear()
        trouble.end(emulator)
    conversation.amend(stand.contract())
    (ran,) = [event for event in events if isinstance(event, CodeFinished)]
    said = f"{ran.message} {ended(events).message}"
    if trouble.says:
        assert re.search(trouble.says, said), said
        assert ran.error
        wait_for(lambda: (emulator.alive() == ()) != trouble.stays, 20)
        wait_for(lambda: (conversation.snapshot().cost.running_since is None) != trouble.stays, 20)
    else:
        assert ran.stdout.strip() == "begun", said
        conversation.restart_sandbox()
        wait_for(lambda: emulator.alive() == (), 20)
    assert "Traceback" not in said
    assert "scripted fault" not in said  # a provider's own words are hostile

    done = run(conversation, "print('kept' in globals(), open('made.txt').read(), open('inputs/a.csv').read())")
    assert done.stdout.split() == [str(trouble.stays), "made", "a", "1"], done.message
    all_events = [stored.event for stored in conversation.snapshot().events]
    opened = [event.sandbox for event in all_events if isinstance(event, SandboxOpened)]
    closed = [event.sandbox for event in all_events if isinstance(event, SandboxClosed)]
    assert closed == opened[:-1]
    conversation.restart_sandbox()
    wait_for(lambda: emulator.alive() == (), 20)
