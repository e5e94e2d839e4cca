"""What a person meets where a disk is full: run by `test_full_disk`, on disks that can be filled to the last byte."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_core.errors import StoreUnavailable
from agent_core.events import CodeFinished, FileUploaded, SandboxClosed
from agent_core.session import Conversation, Deployment
from tests.session.conftest import OWNER, ask, ended, file, run, settings, settle, wait_for
from tests.session.small_disk import filled

SALES = b"region,revenue\nNorth,100\n"
LARGE = b"a,b\n" + b"1,2\n" * 20_000


def the_stores_is_full(deployment: Deployment, conversation: Conversation, disk: Path) -> None:
    """Nothing can be asked, changed or made, in a plain sentence each; all that was there is, and it goes on."""
    before = conversation.snapshot().events
    other = conversation.snapshot().contract.model_copy(update={"name": "Another"})
    attempts: tuple[Callable[[], object], ...] = (
        lambda: conversation.ask("```python\nprint('never')\n```"),
        lambda: conversation.upload([file("large.csv", LARGE)]),
        lambda: conversation.amend(other),
        lambda: conversation.rename("Another"),
        lambda: deployment.create(OWNER),
        deployment.check,
    )
    with filled(disk):
        for attempt in attempts:
            with pytest.raises(StoreUnavailable, match=r"(disk is full|make room).*try again then\.$"):
                attempt()
        assert conversation.snapshot().events == before
        assert len(deployment.conversations(OWNER)) == 1
        (uploaded,) = [one.event for one in before if isinstance(one.event, FileUploaded)]
        assert conversation.read_artifact(uploaded.upload.sha256) == SALES
    assert run(conversation, "print(open('kept.txt').read(), x)").stdout.strip() == "kept 1"
    assert conversation.snapshot().events[: len(before)] == before


def it_fills_while_code_runs(conversation: Conversation, disk: Path) -> None:
    """The file that can't be kept is told of; once there is room the turn is on record, to its end, and the file is."""
    code = "import time\nopen('made.txt', 'w').write('made' * 50_000)\nprint('begun', flush=True)\ntime.sleep(2)"
    began = conversation.snapshot().last
    conversation.ask(f"```python\n{code}\n```")
    wait_for(lambda: "begun" in getattr(conversation.snapshot().draft, "output", ""))
    with filled(disk):
        wait_for(lambda: not conversation._bench._draft.current or not conversation._bench._draft.current.running)
    settle(conversation)
    wait_for(lambda: ended_since(conversation, began))
    events = [stored.event for stored in conversation.snapshot(began).events]
    (finished,) = [event for event in events if isinstance(event, CodeFinished)]
    assert "make room" in finished.message
    assert ended(events).outcome == "done"
    assert run(conversation, "print(len(open('made.txt').read()), x)").stdout.strip() == "200000 1"


def ended_since(conversation: Conversation, seq: int) -> bool:
    return any(stored.event.kind == "turn_ended" for stored in conversation.snapshot(seq).events)


def the_machines_is_full(deployment: Deployment, conversation: Conversation, disk: Path) -> None:
    """An upload is kept and can't be looked at; no planner and no sandbox begins, and both say why."""
    with filled(disk):
        (uploaded,) = [
            event
            for event in ask(conversation, "```python\nprint(x)\n```", file("large.csv", LARGE))
            if isinstance(event, FileUploaded)
        ]
        assert uploaded.profile is not None
        assert "make room" in (uploaded.profile.problem or "")
        conversation.restart_sandbox()
        wait_for(lambda: isinstance(conversation.snapshot().events[-1].event, SandboxClosed))
        assert "make room" in run(conversation, "print('never')").message
        fresh = deployment.create(OWNER)
        told = ended(ask(fresh, "hello"))
        assert "make room" in told.message, told
    said = run(conversation, "print(open('kept.txt').read(), len(open('inputs/large.csv').read()))").stdout
    assert said.split() == ["kept", str(len(LARGE))]
    assert ended(ask(fresh, "hello")).outcome == "done"


def main() -> None:
    disk, temporary = map(Path, sys.argv[1:])
    tempfile.tempdir = str(temporary)
    deployment = Deployment(settings(disk / "home"))
    conversation = deployment.create(OWNER)
    ask(conversation, "```python\nopen('kept.txt', 'w').write('kept'); x = 1\n```", file("sales.csv", SALES))
    the_stores_is_full(deployment, conversation, disk)
    it_fills_while_code_runs(conversation, disk)
    the_machines_is_full(deployment, conversation, temporary)
    deployment.close()


if __name__ == "__main__":
    main()
