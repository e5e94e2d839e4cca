import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from agent_core.events import (
    ADAPTER,
    AgentSaid,
    Artifact,
    CodeFinished,
    Event,
    FileUploaded,
    SandboxClosed,
    SandboxOpened,
    Upload,
)
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore, StoredEvent, referenced
from tests.strategies import EVENT_TYPES, events_of
from tests.strategies import events as any_event


def said(text: str, **more: object) -> AgentSaid:
    return AgentSaid(turn="t", text=text, **more)


def test_events_are_numbered_from_one_and_read_back_in_order(events: EventStore, conversation: str) -> None:
    first, second, third = said("one"), said("two"), said("three")
    assert events.append(conversation, first) == (StoredEvent(1, first),)
    assert events.append(conversation, second, third) == (StoredEvent(2, second), StoredEvent(3, third))
    assert [one.event for one in events.read(conversation)] == [first, second, third]
    assert events.read(conversation, after=2) == (StoredEvent(3, third),)
    assert events.read(conversation, after=3) == ()


def test_appending_nothing_changes_nothing(events: EventStore, conversation: str) -> None:
    assert events.append(conversation) == ()
    assert events.append(conversation, said("x"))[0].seq == 1


def test_an_unknown_conversation_takes_no_event_and_has_none(events: EventStore) -> None:
    with pytest.raises(KeyError):
        events.append("nobody", said("lost"))
    assert events.read("nobody") == ()


def test_numbers_of_two_conversations_do_not_meet(
    events: EventStore, conversations: ConversationStore, conversation: str
) -> None:
    other = conversations.create("ada", "Another")
    events.append(conversation, said("a"), said("b"))
    assert events.append(other, said("c"))[0].seq == 1


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_every_kind_of_event_survives_storage(
    kind: type[BaseModel], events: EventStore, conversations: ConversationStore
) -> None:
    @settings(max_examples=15, deadline=None)
    @given(event=events_of(kind))
    def check(event: Event) -> None:
        conversation = conversations.create("ada", "Round trip")
        if isinstance(event, SandboxOpened | SandboxClosed):
            # Providers give ids that are no one else's.
            event = event.model_copy(update={"sandbox": uuid4().hex})
        events.append(conversation, event)
        assert events.read(conversation) == (StoredEvent(1, event),)

    check()


@settings(deadline=None)
@given(any_event)
def test_every_event_survives_json(event: Event) -> None:
    assert ADAPTER.validate_json(ADAPTER.dump_json(event)) == event


def test_events_outlive_the_process_that_wrote_them(url: str) -> None:
    first = Database.open(url)
    conversation = ConversationStore(first).create("ada", "Kept")
    EventStore(first).append(conversation, said("still here"))
    first.close()
    second = Database.open(url)
    assert [one.event.text for one in EventStore(second).read(conversation)] == ["still here"]
    second.close()


WRITER = """
import sys
from agent_core.events import AgentSaid
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
url, conversation, name, count = sys.argv[1:]
database = Database.open(url)
events = EventStore(database)
for number in range(int(count)):
    events.append(conversation, AgentSaid(turn=name, text=f"{number}a"), AgentSaid(turn=name, text=f"{number}b"))
database.close()
"""


def test_two_processes_and_four_threads_leave_no_gap_and_split_no_append(
    url: str, events: EventStore, conversation: str
) -> None:
    """Every writer's pairs stay together, in its own order, and the numbers are 1 to n."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, conversation, name, "40"], stderr=subprocess.PIPE)
        for name in ("p1", "p2")
    ]

    def write(name: str) -> None:
        for number in range(20):
            events.append(conversation, *(AgentSaid(turn=name, text=f"{number}{half}") for half in "ab"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, ("t1", "t2", "t3", "t4")))
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors
    stored = events.read(conversation)
    assert [one.seq for one in stored] == list(range(1, 2 * (2 * 40 + 4 * 20) + 1))
    for first, second in zip(stored[::2], stored[1::2], strict=True):
        assert (first.event.turn, first.event.text[:-1] + "b") == (second.event.turn, second.event.text)
    for name, count in {"p1": 40, "p2": 40, "t1": 20}.items():
        own = [one.event.text for one in stored if one.event.turn == name]
        assert own == [f"{number}{half}" for number in range(count) for half in "ab"]


def test_a_failed_append_leaves_nothing_behind(events: EventStore, conversation: str) -> None:
    whole = said("x")
    broken = AgentSaid.model_construct(kind="agent_said", turn="t", text="\ud800", at=whole.at)
    with pytest.raises(PydanticSerializationError):
        events.append(conversation, whole, broken)
    assert events.read(conversation) == ()
    assert events.append(conversation, said("next"))[0].seq == 1


def artifact(sha256: str, full_data: str | None = None) -> Artifact:
    return Artifact(id="a", name="n", kind="table", media_type="text/csv", size=1, sha256=sha256, full_data=full_data)


def test_references_name_uploads_artifacts_and_full_tables(events: EventStore, conversation: str) -> None:
    upload = FileUploaded(upload=Upload(name="a.csv", size=1, sha256="a" * 64))
    run = CodeFinished(
        turn="t", run="r", exit_code=0, seconds=1, artifacts=(artifact("b" * 64, "c" * 64), artifact("d" * 64))
    )
    assert referenced(said("nothing")) == frozenset()
    events.append(conversation, upload, run)
    events.append(conversation, upload)
    assert events.references(conversation) == {letter * 64 for letter in "abcd"}
    assert events.references() == events.references(conversation)
    assert events.references("nobody") == frozenset()


def test_owned_events_are_one_persons_of_the_kinds_and_times_asked_for(
    events: EventStore, conversations: ConversationStore, conversation: str
) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    theirs = conversations.create("bob", "Not yours")
    events.append(conversation, said("old", at=noon - timedelta(hours=1)), said("new", at=noon))
    events.append(conversation, FileUploaded(upload=Upload(name="a", size=1, sha256="a" * 64), at=noon))
    events.append(theirs, said("secret", at=noon))
    found = events.owned("ada", kinds=["agent_said"], since=noon)
    assert [(one.conversation_id, one.seq, one.event.text) for one in found] == [(conversation, 2, "new")]
    assert [one.seq for one in events.owned("ada")] == [1, 2, 3]
    assert events.owned("eve") == ()


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_reading_after_any_number_gives_the_rest(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('db')}/one.db")
    conversation = ConversationStore(database).create("ada", "x")
    store = EventStore(database)
    store.append(conversation, *(said(str(number)) for number in range(5)))
    after = data.draw(st.integers(0, 7))
    assert [one.seq for one in store.read(conversation, after)] == list(range(after + 1, 6))
    database.close()
