"""Pinning, searching and sharing, on every database."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from agent_core.events import AgentSaid, CodeStarted, FileUploaded, Upload, UserAsked
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from agent_core.storage.search import ConversationSearch
from agent_core.storage.shares import Shares


def asked(text: str) -> UserAsked:
    return UserAsked(turn="t", text=text, files=(), contract_version=1)


def test_a_pin_stays_and_moves_nothing(conversations: ConversationStore) -> None:
    first, second = conversations.create("ada", "First"), conversations.create("ada", "Second")
    conversations.pin(first, pinned=True)
    assert [(row.id, row.pinned) for row in conversations.list("ada")] == [(second, False), (first, True)]
    third = conversations.create("ada", "Third")
    assert [row.id for row in conversations.list("ada", most=2)] == [first, third]
    conversations.pin(first, pinned=False)
    assert not any(row.pinned for row in conversations.list("ada"))
    with pytest.raises(KeyError):
        conversations.pin("nobody", pinned=True)


def test_words_are_found_in_titles_questions_answers_and_file_names(
    conversations: ConversationStore, events: EventStore, database: Database
) -> None:
    titled = conversations.create("ada", "Sales of the NORTH")
    talked = conversations.create("ada", "Another")
    given = conversations.create("ada", "A third")
    theirs = conversations.create("bob", "Sales north")
    events.append(
        talked, asked("What about sales?"), AgentSaid(turn="t", text=f"{'x ' * 60}In the north, sales doubled.")
    )
    events.append(given, FileUploaded(upload=Upload(name="north-sales.csv", size=1, sha256="0" * 64)))
    events.append(theirs, asked("sales north"))
    found = ConversationSearch(database).find("ada", "  north SALES ")
    assert [one.conversation_id for one in found] == [given, talked, titled]
    assert found[0].excerpt == "north-sales.csv"
    assert found[1].excerpt.startswith("…")
    assert "In the north, sales doubled." in found[1].excerpt
    assert found[2].excerpt == ""


@pytest.mark.parametrize("word", ["größe", "GRÖSSE", "100%", 'say "so"', "back\\slash", "日本", "a_b", "kind"])
def test_any_letters_are_found_and_no_name_of_a_field(
    conversations: ConversationStore, events: EventStore, database: Database, word: str
) -> None:
    hit, miss = conversations.create("ada", "One"), conversations.create("ada", "Two")
    events.append(hit, asked('Größe at 100% in 日本, say "so" to back\\slash and a_b of this kind'))
    events.append(
        miss,
        asked("turn text axb 1000"),
        CodeStarted(turn="t", run="r", code=word, language="python", contract_version=1),
    )
    assert [one.conversation_id for one in ConversationSearch(database).find("ada", word)] == [hit]


def test_nothing_is_looked_for_without_a_word(database: Database, conversation: str) -> None:
    assert ConversationSearch(database).find("ada", "  ") == ()


def test_a_whole_page_can_be_looked_for(
    conversations: ConversationStore, events: EventStore, database: Database
) -> None:
    page = " ".join(f"word{number}" for number in range(3_000))
    hit, miss = conversations.create("ada", "One"), conversations.create("ada", "Two")
    events.append(hit, asked(page))
    events.append(miss, asked(page.replace("word2999", "")))
    assert [one.conversation_id for one in ConversationSearch(database).find("ada", page)] == [hit]


def test_one_link_a_conversation(database: Database, conversation: str, conversations: ConversationStore) -> None:
    shares = Shares(database)
    assert shares.of(conversation) is None
    first = shares.make(conversation, 3)
    second = shares.make(conversation, 5)
    assert len(second.token) >= 32
    assert shares.find(first.token) is None
    assert shares.find(second.token) == shares.of(conversation) == second
    assert (datetime.now(UTC) - second.made_at).total_seconds() < 60
    shares.revoke(conversation)
    assert shares.find(second.token) is None
    third = shares.make(conversation, 5)
    conversations.delete(conversation)
    assert shares.find(third.token) is None
    with pytest.raises(IntegrityError):
        shares.make("nobody", 1)
