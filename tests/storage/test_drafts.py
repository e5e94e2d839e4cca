"""What running turns show is told to other processes."""

from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.drafts import Drafts


def test_a_draft_is_replaced_and_removed_and_goes_with_its_conversation(
    database: Database, conversations: ConversationStore
) -> None:
    drafts = Drafts(database)
    one, two = (conversations.create("ada", title) for title in ("One", "Two"))
    drafts.put({one: (3, "first"), two: (1, "other"), "deleted": (1, "nobody's")})
    drafts.put({one: (4, "second")})
    assert (drafts.read(one), drafts.read(two), drafts.read("deleted")) == ((4, "second"), (1, "other"), None)
    drafts.put({one: None})
    conversations.delete(two)
    assert (drafts.read(one), drafts.read(two)) == (None, None)
