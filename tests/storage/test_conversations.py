import re

import pytest
from sqlalchemy.exc import IntegrityError

from agent_core.events import AgentSaid
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from agent_core.storage.transcripts import TranscriptRows
from agent_core.storage.values import ConversationValues


def test_an_id_is_random_and_safe_in_a_url(conversations: ConversationStore) -> None:
    ids = {conversations.create("ada", "x") for _ in range(20)}
    assert len(ids) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", one) for one in ids)


def test_each_person_sees_their_own_newest_first(conversations: ConversationStore) -> None:
    first, second = conversations.create("ada", "First"), conversations.create("ada", "Second")
    theirs = conversations.create("bob", "Bob's")
    assert [row.id for row in conversations.list("ada")] == [second, first]
    assert [(row.id, row.title, row.owner) for row in conversations.list("bob")] == [(theirs, "Bob's", "bob")]
    assert conversations.list("eve") == ()


def test_an_append_brings_a_conversation_to_the_top(conversations: ConversationStore, events: EventStore) -> None:
    first, second = conversations.create("ada", "First"), conversations.create("ada", "Second")
    before = {row.id: row.updated_at for row in conversations.list("ada")}
    events.append(first, AgentSaid(turn="t", text="x"))
    rows = conversations.list("ada")
    assert [row.id for row in rows] == [first, second]
    assert rows[0].updated_at > before[first]
    assert rows[0].updated_at.tzinfo is not None


def test_the_owner_is_known_and_none_for_an_unknown_conversation(conversations: ConversationStore) -> None:
    assert conversations.owner_of(conversations.create("ada", "x")) == "ada"
    assert conversations.owner_of("nobody") is None


def test_renaming_keeps_the_place_and_cuts_a_long_title(conversations: ConversationStore) -> None:
    first, second = conversations.create("ada", "First"), conversations.create("ada", "Second")
    conversations.rename(first, "n" * 500)
    assert [(row.id, row.title) for row in conversations.list("ada")] == [(second, "Second"), (first, "n" * 200)]
    with pytest.raises(KeyError):
        conversations.rename("nobody", "x")


def test_deleting_takes_events_transcripts_and_values_along(
    conversations: ConversationStore, events: EventStore, database: Database
) -> None:
    gone, kept = conversations.create("ada", "Gone"), conversations.create("ada", "Kept")
    values = ConversationValues(database)
    for one in (gone, kept):
        events.append(one, AgentSaid(turn="t", text="x"))
        TranscriptRows(database, one).append("p", "s", "", [{"type": "user"}])
        values.set(one, "planner session id", "s")
    conversations.delete(gone)
    conversations.delete(gone)
    assert [row.id for row in conversations.list("ada")] == [kept]
    assert (events.read(gone), TranscriptRows(database, gone).load("p", "s")) == ((), None)
    assert values.get(gone, "planner session id") is None
    assert len(events.read(kept)) == 1
    assert TranscriptRows(database, kept).load("p", "s") == [{"type": "user"}]
    assert values.get(kept, "planner session id") == "s"


def test_a_value_is_set_changed_and_forgotten(database: Database, conversation: str) -> None:
    values = ConversationValues(database)
    assert values.get(conversation, "session") is None
    values.set(conversation, "session", "one")
    values.set(conversation, "session", "two")
    values.set(conversation, "other", "three")
    assert values.get(conversation, "session") == "two"
    values.set(conversation, "session", None)
    assert values.get(conversation, "session") is None
    assert values.get(conversation, "other") == "three"
    with pytest.raises(IntegrityError):
        values.set("nobody", "session", "x")
