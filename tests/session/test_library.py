"""Finding, forking, sharing and emptying, over a real deployment."""

import pytest

from agent_core.contract import Filesystem
from agent_core.events import (
    CodeFinished,
    ContractDenied,
    ConversationForked,
    FileUploaded,
    SandboxOpened,
    TurnEnded,
    UserAsked,
)
from agent_core.session import Conversation, Deployment
from tests.session.conftest import ask, file, run, wait_for

SALES = b"region,revenue\nNorth,100\nSouth,250\nNorth,150\n"
WRITE = "open('{0}.txt', 'w').write('{0}')\nx = 1\nNone"


def last_of(conversation: Conversation, kind: type) -> int:
    return max(stored.seq for stored in conversation.snapshot().events if isinstance(stored.event, kind))


def test_a_fork_goes_on_with_the_files_and_without_what_came_later(
    shared: Deployment, conversation: Conversation, owner: str
) -> None:
    """Uploads, made files, the contract and the talk up to there; no sandbox, no variable and no cost."""
    ask(conversation, f"```python\n{WRITE.format('early')}\n```", file("sales.csv", SALES))
    at = last_of(conversation, TurnEnded)
    run(conversation, WRITE.format("late"))
    before = shared.spend(owner).total
    fork = shared.get(shared.library.fork(conversation.id, owner, at), owner)
    events = [stored.event for stored in fork.snapshot().events]
    assert isinstance(events[-1], ConversationForked)
    assert sum(isinstance(event, UserAsked) for event in events) == 1
    assert not any(isinstance(event, SandboxOpened) for event in events)
    assert fork.snapshot().cost.total_usd == 0
    assert shared.spend(owner).total.model_usd == before.model_usd
    assert (
        run(fork, "import os; print(sorted(os.listdir()), 'x' in globals())").stdout == "['early.txt', 'inputs'] False"
    )
    assert run(conversation, "print(x)").stdout == "1"
    answer = ask(fork, "What is the total revenue by region?")
    assert "250" in " ".join(getattr(event, "text", "") for event in answer)
    fork.restart_sandbox()


def test_a_fork_remembers_what_was_said_up_to_it(shared: Deployment, conversation: Conversation, owner: str) -> None:
    """The planner goes on from the question before the fork, and knows nothing of the one after."""
    ask(conversation, "What is the total revenue by region?", file("sales.csv", SALES))
    at = last_of(conversation, TurnEnded)
    ask(conversation, "How many rows are there per region?")
    fork = shared.get(shared.library.fork(conversation.id, owner, at), owner)
    events = ask(fork, "only North")
    said = " ".join(getattr(event, "text", "") for event in events)
    assert "250" in said, events
    fork.restart_sandbox()


def test_a_fork_in_the_middle_of_a_turn_begins_before_it(
    shared: Deployment, conversation: Conversation, owner: str
) -> None:
    run(conversation, "print('one')")
    run(conversation, "print('two')")
    middle = last_of(conversation, CodeFinished)
    fork = shared.get(shared.library.fork(conversation.id, owner, middle), owner)
    finished = [stored.event for stored in fork.snapshot().events if isinstance(stored.event, CodeFinished)]
    assert [event.stdout for event in finished] == ["one"]
    assert not fork.busy


def test_a_denial_is_audited_once(shared: Deployment, conversation: Conversation, owner: str) -> None:
    contract = conversation.snapshot().contract
    languages = contract.languages.model_copy(update={"allowed": ("python",)})
    conversation.amend(contract.model_copy(update={"languages": languages}))
    run(conversation, "echo no", "bash")
    audited = shared.audit(owner)
    assert {entry.kind for entry in audited} == {"denied", "changed"}
    fork = shared.get(shared.library.fork(conversation.id, owner, conversation.snapshot().last), owner)
    assert shared.audit(owner) == audited
    assert not any(isinstance(stored.event, ContractDenied) for stored in fork.snapshot().events)
    assert fork.snapshot().contract == conversation.snapshot().contract


def test_a_link_shows_what_there_was_and_nothing_later(
    shared: Deployment, conversation: Conversation, owner: str
) -> None:
    """Whoever has the link reads; the owner alone makes, sees and revokes it."""
    finished = run(conversation, "open('a.bin', 'wb').write(b'early')\nNone")
    link = shared.library.share(conversation.id, owner)
    later = run(conversation, "open('b.bin', 'wb').write(b'late')\nNone")
    reading = shared.library.shared(link.token)
    assert reading.read_artifact(finished.artifacts[0].sha256) == b"early"
    with pytest.raises(KeyError):
        reading.read_artifact(later.artifacts[0].sha256)
    assert not any(stored.seq > link.up_to for stored in reading.events)
    for act in (shared.library.share, shared.library.link, shared.library.unshare):
        with pytest.raises(KeyError):
            act(conversation.id, "somebody else")
    with pytest.raises(KeyError):
        shared.library.fork(conversation.id, "somebody else", 1)
    with pytest.raises(KeyError):
        shared.library.pin(conversation.id, "somebody else", pinned=True)
    shared.library.unshare(conversation.id, owner)
    with pytest.raises(KeyError):
        shared.library.shared(link.token)


def test_what_was_said_and_given_is_found(shared: Deployment, conversation: Conversation, owner: str) -> None:
    ask(conversation, "What is the total revenue by region?", file("autumn.csv", SALES))
    assert any(isinstance(stored.event, FileUploaded) for stored in conversation.snapshot().events)
    for words in ("REVENUE region", "autumn"):
        assert [one.conversation_id for one in shared.library.search(owner, words)] == [conversation.id]
    assert shared.library.search(owner, "winter") == ()
    assert shared.library.search("somebody else", "revenue") == ()


def test_a_volume_is_emptied(shared: Deployment, conversation: Conversation, owner: str) -> None:
    contract = conversation.snapshot().contract
    filesystem = contract.filesystem.model_dump() | {"storage": "volume"}
    conversation.amend(contract.model_copy(update={"filesystem": Filesystem.model_validate(filesystem)}))
    run(conversation, "open('kept.txt', 'w').write('kept')\nNone")
    conversation.restart_sandbox()
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none")
    assert (shared.library.volume(owner).files, shared.library.volume(owner).size) == (1, 4)
    shared.library.empty_volume(owner)
    assert shared.library.volume(owner).files == 0
    assert run(conversation, "import os; print(os.listdir())").stdout == "['inputs']"
