"""Several app processes on one database and one bucket: whichever is asked, the same happens, once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agent_core.contract import Concurrency, Contract
from agent_core.errors import ClauseRefused
from agent_core.events import CodeFinished, CodeStarted, ContractChanged, SandboxClosed, SandboxOpened, TurnEnded
from agent_core.session import Conversation, Deployment
from tests.bucket import ObjectStore, object_store
from tests.emulators.messages import Answer, Call, MessagesEndpoint, Say
from tests.postgresql import PostgreSQL, postgresql
from tests.session.conftest import ask, ended, file, run, settings, settle, wait_for


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PostgreSQL, ObjectStore]]:
    with postgresql() as database, object_store() as objects:
        yield database, objects


@pytest.fixture
def variables(servers: tuple[PostgreSQL, ObjectStore], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What all processes share; each has a home of its own."""
    database, objects = servers
    for name, value in objects.environment.items():
        monkeypatch.setenv(name, value)
    return {"DATABASE_URL": database.database(), "RINGFENCE_ARTIFACTS": objects.bucket()}


@pytest.fixture
def here(tmp_path: Path, variables: dict[str, str]) -> Iterator[Deployment]:
    opened = Deployment(settings(tmp_path / "here", **variables))
    yield opened
    opened.close()


@pytest.fixture
def there(tmp_path: Path, variables: dict[str, str]) -> Iterator[Deployment]:
    opened = Deployment(settings(tmp_path / "there", **variables))
    yield opened
    opened.close()


@pytest.fixture
def claude(tmp_path: Path, variables: dict[str, str], url: str) -> Iterator[Deployment]:
    """One more process, in which a scripted model plans."""
    opened = Deployment(settings(tmp_path / "claude", **variables, ANTHROPIC_API_KEY="sk-a", ANTHROPIC_BASE_URL=url))
    yield opened
    opened.close()


def kinds(conversation: Conversation, *wanted: type) -> list[object]:
    return [stored.event for stored in conversation.snapshot().events if isinstance(stored.event, wanted)]


def test_a_conversation_is_one_whichever_process_is_asked(here: Deployment, there: Deployment, owner: str) -> None:
    """Variables, files, contract versions, artifacts and the sandbox are the same; no turn runs twice."""
    mine = here.create(owner)
    ask(mine, "```python\nx = 41\nopen('made.txt', 'w').write('made')\n```")
    theirs = there.get(mine.id, owner)
    assert theirs.snapshot().events == mine.snapshot().events
    assert theirs.snapshot().sandbox.id == mine.snapshot().sandbox.id

    told = ask(theirs, "```python\nprint(x + 1, open('inputs/a.csv').read())\n```", file("a.csv", b"from there"))
    assert next(event for event in told if isinstance(event, CodeFinished)).stdout.split() == ["42", "from", "there"]
    (made,) = next(event for event in kinds(mine, CodeFinished) if event.artifacts).artifacts
    assert theirs.read_artifact(made.sha256) == b"made"

    contract = theirs.snapshot().contract
    longer = contract.model_copy(update={"timeout": contract.timeout.model_copy(update={"call_seconds": 77})})
    assert theirs.amend(longer) == 2
    assert mine.amend(longer.model_copy(update={"name": "Renamed here"})) == 3
    assert theirs.snapshot().contract.name == "Renamed here"
    with pytest.raises(ClauseRefused):
        theirs.amend(longer.model_copy(update={"languages": contract.languages.model_copy(update={"allowed": ("r",)})}))
    assert [event.version for event in kinds(theirs, ContractChanged)] == [1, 2, 3]

    theirs.remove_file("a.csv")
    wait_for(lambda: len(kinds(theirs, SandboxClosed)) == 1)
    assert run(theirs, "import os; print(os.listdir('inputs'), open('made.txt').read())").stdout.strip() == "[] made"
    assert len(kinds(mine, SandboxOpened)) == 2
    assert theirs.snapshot().events == mine.snapshot().events
    assert [stored.seq for stored in mine.snapshot().events] == list(range(1, mine.snapshot().last + 1))


def test_a_running_turn_is_seen_and_stopped_and_deleted_from_elsewhere(
    here: Deployment, there: Deployment, owner: str
) -> None:
    mine = here.create(owner)
    theirs = there.get(mine.id, owner)
    mine.ask("```python\nimport time; time.sleep(600)\n```")
    wait_for(lambda: theirs.snapshot().sandbox.phase == "running")
    seen = theirs.snapshot()
    assert seen.busy
    assert seen.draft is not None
    assert seen.draft.running == kinds(theirs, CodeStarted)[0].run
    assert not theirs.ask("Another question")
    assert not theirs.upload([file("a.csv", b"a\n1\n")])
    theirs.stop()
    settle(theirs)
    assert ended([stored.event for stored in theirs.snapshot().events]).outcome == "stopped"
    assert not mine.busy
    there.delete(mine.id, owner)
    assert here.conversations(owner) == ()
    with pytest.raises(KeyError):
        here.get(mine.id, owner)


def test_an_answer_is_seen_to_grow_from_elsewhere(
    there: Deployment, claude: Deployment, endpoint: MessagesEndpoint, owner: str
) -> None:
    """Its words, and what running code writes, before any of it is an event."""
    said = "It grows, word by word, while it is watched."
    code = "import time; print('begun', flush=True); time.sleep(600)"
    endpoint.then(Answer((Say(said), Call("mcp__sandbox__execute_code", {"code": code})), piece=4, pause_seconds=0.3))
    mine = claude.create(owner)
    theirs = there.get(mine.id, owner)
    mine.ask("Grow")
    seen: list[str] = []

    def output() -> str:
        draft = theirs.snapshot().draft
        seen.append(draft.text if draft else "")
        return draft.output if draft else ""

    wait_for(lambda: output() == "begun\n")
    grown = list(dict.fromkeys(text for text in seen if text))
    assert len(grown) > 1
    assert all(said.startswith(text) for text in grown)
    assert grown == sorted(grown, key=len)
    theirs.stop()
    settle(theirs)
    assert theirs.snapshot().draft is None
    wait_for(lambda: there._drafts.read(mine.id) is None)


def test_a_resting_sandbox_makes_room_also_for_another_process(here: Deployment, there: Deployment, owner: str) -> None:
    alone = Contract(concurrency=Concurrency(per_user=1, per_deployment=1))
    first = here.create(owner, alone)
    run(first, "x = 1")
    assert run(there.create(owner, alone), "print('in')").stdout.strip() == "in"
    assert [event.reason for event in kinds(first, SandboxClosed)] == ["made_room"]


WORKER = """
import os, sys
from tests.session.conftest import run
from agent_core.session import Deployment
deployment = Deployment.start()
conversation = deployment.create(sys.argv[1])
run(conversation, "open('kept.txt', 'w').write('kept')")
conversation.ask("```python\\nimport time; print('begun', flush=True); time.sleep(600)\\n```")
print(conversation.id, flush=True)
sys.stdin.read()
"""


def test_when_a_process_is_killed_in_the_middle_of_a_turn_another_goes_on(
    there: Deployment, tmp_path: Path, variables: dict[str, str], owner: str
) -> None:
    """The conversation says what happened, its files are there, and nothing of the dead process stays."""
    environment = {**os.environ, **variables, "RINGFENCE_HOME": str(tmp_path / "killed"), "PYTHONPATH": "."}
    root = Path(__file__).parents[2]
    argv = [sys.executable, "-c", WORKER, owner]
    killed = subprocess.Popen(argv, env=environment, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with killed:
        assert killed.stdout is not None
        conversation = there.get(killed.stdout.readline().strip(), owner)
        wait_for(lambda: "begun" in getattr(conversation.snapshot().draft, "output", ""))
        began = conversation._log.asked_at(conversation._log.state.open_turn or "")
        wait_for(lambda: there._planners.bill(conversation.id, began, conversation._log.state)[1].model_calls > 0)
        family = psutil.Process(killed.pid).children(recursive=True)
        assert family
        killed_at = time.monotonic()
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        wait_for(lambda: not conversation.busy and not conversation.snapshot().busy)
        recovered = time.monotonic() - killed_at
    events = [stored.event for stored in conversation.snapshot().events]
    last = [event for event in events if isinstance(event, TurnEnded)][-1]
    assert last.outcome == "failed"
    assert "stopped in the middle of this turn" in last.message
    assert last.input_tokens > 0  # what the model was asked before is paid for
    assert [event.reason for event in events if isinstance(event, SandboxClosed)] == ["app_stopped"]
    assert [event.error for event in events if isinstance(event, CodeFinished)] == [None, "stopped"]
    wait_for(lambda: not any(process.is_running() for process in family), 10)
    assert run(conversation, "print(open('kept.txt').read())").stdout.strip() == "kept"
    print(f"taken over {recovered:.1f} s after the kill")
