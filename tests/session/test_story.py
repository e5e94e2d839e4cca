"""The main job: a file, a question in plain words, and what comes back."""

import inspect
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from agent_core.contract import Contract, Filesystem
from agent_core.events import AgentSaid, CodeFinished, CodeStarted, FileUploaded, SandboxOpened, UserAsked
from agent_core.session import Conversation, Deployment
from tests.session.conftest import OWNER, ask, ended, file, run, settings, settle

SALES = b"""region,month,revenue
North,2024-01,100
South,2024-01,250
North,2024-02,150
South,2024-02,50
West,2024-02,75
"""


def kinds(events: list[object]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_question_about_a_file_is_answered_with_code_and_a_chart(conversation: Conversation) -> None:
    """Upload and question in one message: the file is profiled, code runs, the answer has the right number."""
    events = ask(conversation, "What is the total revenue by region?", file("sales.csv", SALES))

    assert ended(events).outcome == "done", events
    uploaded = next(event for event in events if isinstance(event, FileUploaded))
    assert uploaded.profile is not None
    assert [column.name for column in uploaded.profile.tables[0].columns] == ["region", "month", "revenue"]
    finished = next(event for event in events if isinstance(event, CodeFinished))
    assert (finished.error, finished.exit_code) == (None, 0)
    assert "chart" in {artifact.kind for artifact in finished.artifacts}
    assert "300" in " ".join(event.text for event in events if isinstance(event, AgentSaid))


def test_facts_come_in_the_order_they_happened(conversation: Conversation) -> None:
    """The question first, then the sandbox and the file, then code, then the end of the turn."""
    order = kinds(ask(conversation, "What is the total revenue by region?", file("sales.csv", SALES)))
    wanted = ["UserAsked", "SandboxOpened", "FileUploaded", "CodeStarted", "CodeFinished", "TurnEnded"]
    assert [order.index(kind) for kind in wanted] == sorted(order.index(kind) for kind in wanted)


def test_variables_survive_between_turns(conversation: Conversation) -> None:
    """Under a session lifecycle, what one call assigns the next can read."""
    run(conversation, "x = 41")
    assert run(conversation, "print(x + 1)").stdout == "42"


def test_an_ephemeral_lifecycle_forgets_between_turns(conversation: Conversation) -> None:
    """Each turn has a sandbox of its own when the contract says so, and files are there again."""
    contract = conversation.snapshot().contract
    lifecycle = contract.lifecycle.model_copy(update={"mode": "ephemeral"})
    conversation.amend(contract.model_copy(update={"lifecycle": lifecycle}))
    conversation.upload([file("a.csv", SALES)])
    settle(conversation)
    run(conversation, "x = 41")
    assert "NameError" in run(conversation, "print(x)").message
    assert run(conversation, "print(open('inputs/a.csv').readline().strip())").stdout == "region,month,revenue"


def test_a_file_that_code_writes_becomes_an_artifact(conversation: Conversation) -> None:
    """What the code leaves in its folder can be read back, byte for byte."""
    finished = run(conversation, "open('out.bin', 'wb').write(bytes(range(256)))\nNone")
    (artifact,) = finished.artifacts
    assert (artifact.name, artifact.size) == ("out.bin", 256)
    assert conversation.read_artifact(artifact.sha256) == bytes(range(256))


def test_bash_runs_too(conversation: Conversation) -> None:
    """The second language of the contract, with its own exit code."""
    assert run(conversation, "echo hello; exit 0", "bash").stdout.strip() == "hello"
    assert run(conversation, "(exit 3)", "bash").exit_code == 3


def test_a_language_outside_the_contract_is_refused_by_its_clause(conversation: Conversation) -> None:
    """A refusal names the clause, and is an event."""
    contract = conversation.snapshot().contract
    languages = contract.languages.model_copy(update={"allowed": ("python",)})
    conversation.amend(contract.model_copy(update={"languages": languages}))
    events = ask(conversation, "```bash\necho hello\n```")
    finished = next(event for event in events if isinstance(event, CodeFinished))
    assert (finished.error, finished.stdout) == ("clause_refused", "")
    assert "ContractDenied" in kinds(events)


def test_every_run_records_the_version_that_it_ran_under(conversation: Conversation) -> None:
    """An edit makes a version, and the next run says so."""
    contract = conversation.snapshot().contract
    timeout = contract.timeout.model_copy(update={"call_seconds": 30})
    version = conversation.amend(contract.model_copy(update={"timeout": timeout}))
    events = ask(conversation, "```python\n1\n```")
    started = next(event for event in events if isinstance(event, CodeStarted))
    assert (version, started.contract_version) == (2, 2)


def test_a_conversation_survives_a_restart_with_its_artifacts(home: Path) -> None:
    """A new deployment over the same folder shows the same events and the same bytes, and goes on."""
    first = Deployment(settings(home))
    conversation = first.create(OWNER)
    events = ask(conversation, "What is the total revenue by region?", file("sales.csv", SALES))
    before = conversation.snapshot()
    first.close()

    second = Deployment(settings(home))
    try:
        (summary,) = second.conversations(OWNER)
        again = second.get(summary.id, OWNER)
        after = again.snapshot()
        assert after.events[: before.last] == before.events
        (artifact, *_) = next(event for event in events if isinstance(event, CodeFinished)).artifacts
        assert len(again.read_artifact(artifact.sha256)) == artifact.size
        assert summary.title == "What is the total revenue by region?"
        assert ended(ask(again, "as a pie chart")).outcome == "done"
    finally:
        second.close()


def test_the_meter_counts_seconds_and_costs_nothing_at_home(conversation: Conversation) -> None:
    """Sandbox time counts from the opening; on one's own machine it is free, and so is the analyst."""
    events = ask(conversation, "```python\nimport time; time.sleep(0.5)\n```")
    assert "SandboxOpened" in kinds(events)
    cost = conversation.snapshot().cost
    assert cost.sandbox_seconds >= 0.5
    assert cost.total_usd == Decimal(0)


def test_another_person_reaches_nothing(shared: Deployment, conversation: Conversation) -> None:
    """A conversation and its artifacts are its owner's, by every method there is: those that come are tried too."""
    ask(conversation, "```python\n1\n```")
    assert shared.conversations("somebody else") == ()
    given = {"conversation_id": conversation.id, "owner": "somebody else", "up_to": 1, "pinned": True}
    before = conversation.snapshot()
    tried = set()
    for holder in (shared, shared.library):
        for name, method in inspect.getmembers(holder, inspect.ismethod):
            wanted = inspect.signature(method).parameters
            if not name.startswith("_") and "conversation_id" in wanted:
                with pytest.raises(KeyError):
                    method(**{word: given[word] for word in wanted})
                tried.add(name)
    assert {"get", "delete", "fork", "share", "pin"} <= tried
    with pytest.raises(KeyError):
        conversation.read_artifact("0" * 64)
    with pytest.raises(KeyError):
        shared.library.shared(conversation.id)
    assert conversation.snapshot().events == before.events


def test_deleting_removes_events_and_bytes_at_once(deployment: Deployment, home: Path) -> None:
    """Nothing of a deleted conversation can be opened again, and no byte is kept that was its own alone."""
    conversation, other = (deployment.create(OWNER) for _ in range(2))
    run(conversation, "open('own.txt', 'w').write('own')")
    for one in (conversation, other):
        one.upload([file("sales.csv", SALES)])
    settle(conversation)
    settle(other)
    copy = deployment.library.fork(other.id, OWNER, other.snapshot().last)
    own, shared = (sha256(content).hexdigest() for content in (b"own", SALES))

    def kept() -> set[str]:
        return {path.name for path in (home / "artifacts").rglob("*") if path.is_file()}

    assert kept() == {own, shared}
    for deleted, left in ((conversation.id, {shared}), (other.id, {shared}), (copy, set())):
        deployment.delete(deleted, OWNER)
        assert kept() == left
    assert deployment.conversations(OWNER) == ()


def test_a_second_question_during_a_turn_is_not_taken(conversation: Conversation) -> None:
    """One turn at a time: asking twice runs once."""
    conversation.ask("```python\nimport time; time.sleep(1)\n```")
    assert not conversation.ask("```python\nprint('twice')\n```")
    settle(conversation)
    asked = [stored for stored in conversation.snapshot().events if isinstance(stored.event, UserAsked)]
    opened = [stored for stored in conversation.snapshot().events if isinstance(stored.event, SandboxOpened)]
    assert (len(asked), len(opened)) == (1, 1)


def test_files_of_the_folder_go_into_the_next_sandbox(conversation: Conversation) -> None:
    """A new sandbox has the files that code wrote, in their folders, and none of its variables."""
    run(conversation, "import os; os.makedirs('deep'); x = 1\nopen('deep/a.txt', 'w').write('kept')\nNone")
    run(conversation, "open('gone.txt', 'w').write('x'); os.remove('gone.txt')")
    conversation.restart_sandbox()
    assert "NameError" in run(conversation, "print(x)").message
    assert run(conversation, "import os; print(sorted(os.listdir('.')), open('deep/a.txt').read())").stdout == (
        "['deep', 'inputs'] kept"
    )


def test_a_volume_is_the_persons_and_outlives_a_conversation(deployment: Deployment) -> None:
    """Under a volume, what one conversation wrote the person's next one finds, and nobody else's."""
    volume = Contract(filesystem=Filesystem(storage="volume"))
    first = deployment.create(OWNER, volume)
    run(first, "open('notes.txt', 'w').write('remember')\nNone")
    first.restart_sandbox()
    assert run(deployment.create(OWNER, volume), "print(open('notes.txt').read())").stdout == "remember"
    assert run(deployment.create("another", volume), "import os; print(os.path.exists('notes.txt'))").stdout == "False"
