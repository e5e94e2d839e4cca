from hypothesis import given, settings
from hypothesis import strategies as st

from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.transcripts import TranscriptRows

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
entries = st.lists(st.fixed_dictionaries({"type": st.text(max_size=9)}, optional={"more": json_values}), min_size=1)


def test_entries_come_back_in_order_and_deep_equal(database: Database, conversations: ConversationStore) -> None:
    @settings(max_examples=30, deadline=None)
    @given(first=entries, second=entries)
    def check(first: list[dict[str, object]], second: list[dict[str, object]]) -> None:
        rows = TranscriptRows(database, conversations.create("ada", "x"))
        rows.append("p", "s", "", first)
        rows.append("p", "s", "", second)
        assert rows.load("p", "s") == first + second

    check()


def test_what_was_never_written_is_none(database: Database, conversation: str) -> None:
    rows = TranscriptRows(database, conversation)
    rows.append("p", "s", "", [])
    assert rows.load("p", "s") is None


def test_an_entry_with_a_known_uuid_is_kept_once(database: Database, conversation: str) -> None:
    rows = TranscriptRows(database, conversation)
    one, two, plain = {"type": "a", "uuid": "1"}, {"type": "b", "uuid": "2"}, {"type": "title"}
    rows.append("p", "s", "", [one, plain, one])
    rows.append("p", "s", "", [one, two, plain])
    assert rows.load("p", "s") == [one, plain, two, plain]
    rows.append("p", "s", "subagents/x", [one])
    assert rows.load("p", "s", "subagents/x") == [one]


def test_sessions_and_subpaths_are_listed(database: Database, conversation: str) -> None:
    rows = TranscriptRows(database, conversation)
    for session, subpath in (("s1", ""), ("s1", "b"), ("s1", "a"), ("s2", ""), ("s3", "only")):
        rows.append("p", session, subpath, [{"type": "x"}])
    assert sorted(session for session, _ in rows.sessions("p")) == ["s1", "s2"]
    assert all(moment.tzinfo is not None for _, moment in rows.sessions("p"))
    assert rows.subpaths("p", "s1") == ["a", "b"]
    assert rows.sessions("elsewhere") == []


def test_deleting_a_session_takes_its_subpaths_and_deleting_a_subpath_only_itself(
    database: Database, conversation: str
) -> None:
    rows = TranscriptRows(database, conversation)
    for session, subpath in (("s1", ""), ("s1", "a"), ("s1", "b"), ("s2", "")):
        rows.append("p", session, subpath, [{"type": "x"}])
    rows.delete("p", "s1", "a")
    assert rows.subpaths("p", "s1") == ["b"]
    rows.delete("p", "s1")
    assert (rows.load("p", "s1"), rows.subpaths("p", "s1")) == (None, [])
    assert rows.load("p", "s2") == [{"type": "x"}]


def test_one_conversation_never_sees_anothers_transcript(database: Database, conversations: ConversationStore) -> None:
    first, second = (TranscriptRows(database, conversations.create("ada", "x")) for _ in range(2))
    first.append("p", "s", "", [{"type": "mine", "uuid": "1"}])
    assert second.load("p", "s") is None
    second.append("p", "s", "", [{"type": "theirs", "uuid": "1"}])
    second.delete("p", "s")
    assert first.load("p", "s") == [{"type": "mine", "uuid": "1"}]
