"""What a person does with conversations as a whole: find, pin, fork, share and delete them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent_core.events import ConversationForked
from agent_core.session.fork import forked, kept, next_question
from agent_core.session.workspace import folder_of, volume_of
from agent_core.storage.artifacts import ArtifactStore
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore, StoredEvent, referenced
from agent_core.storage.puts import Puts
from agent_core.storage.search import ConversationSearch, Found
from agent_core.storage.shares import Share, Shares
from agent_core.storage.transcripts import TranscriptRows
from agent_core.storage.workspaces import WorkspaceStore

_COPY = " (copy)"


@dataclass(frozen=True, slots=True)
class Shared:
    """A conversation as a link shows it: what there was when the link was made, to read and nothing else."""

    title: str
    events: tuple[StoredEvent, ...]
    read_artifact: Callable[[str], bytes]
    """The bytes of an artifact that these events refer to. Raises KeyError for any other."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A person's own files between sandboxes."""

    files: int
    size: int
    """In bytes."""


class Library:
    """Every method but `shared` is for the owner alone, and raises KeyError for a conversation of anybody else's."""

    def __init__(self, database: Database, artifacts: ArtifactStore) -> None:
        self._database = database
        self._conversations = ConversationStore(database)
        self._events = EventStore(database)
        self._search = ConversationSearch(database)
        self._shares = Shares(database)
        self._workspaces = WorkspaceStore(database)
        self._puts = Puts(database)
        self._artifacts = artifacts

    def search(self, owner: str, words: str) -> tuple[Found, ...]:
        """The person's conversations in which all words stand, the newest first."""
        return self._search.find(owner, words)

    def pin(self, conversation_id: str, owner: str, *, pinned: bool) -> None:
        """Keep a conversation at the top of the list, or no longer."""
        self._own(conversation_id, owner)
        self._conversations.pin(conversation_id, pinned=pinned)

    def fork(self, conversation_id: str, owner: str, up_to: int) -> str:
        """Copy a conversation's turns up to an event's number into a new one, and return its id.

        Uploads, the contract and its versions, what the planner remembers, and the files in the working folder that
        were made by then come along; sandboxes, variables and costs don't.
        """
        title = self._own(conversation_id, owner)
        files = self._workspaces.files(folder_of(conversation_id))
        origin = ConversationForked(source=conversation_id, title=title)
        events = self._events.read(conversation_id)
        copied = forked(events, up_to, origin)
        made = self._conversations.create(owner, _copied(title))
        self._puts.note(made, *self._events.references(conversation_id), *(file.sha256 for file in files.values()))
        if self._conversations.owner_of(conversation_id) != owner:
            self._conversations.delete(made)
            raise KeyError(conversation_id)
        self._events.append(made, *copied)
        self._fork_transcript(conversation_id, made, next_question(events, copied))
        whole = not events or up_to >= events[-1].seq
        self._workspaces.replace(folder_of(made), files if whole else kept(files, copied))
        return made

    def delete(self, conversation_id: str, owner: str) -> None:
        """Delete a conversation with its events, its files, and the artifacts that nobody else refers to."""
        self._own(conversation_id, owner)
        files = self._workspaces.files(folder_of(conversation_id)).values()
        mine = self._events.references(conversation_id) | {file.sha256 for file in files}
        self._conversations.delete(conversation_id)
        self._workspaces.replace(folder_of(conversation_id), {})
        self._puts.let_go(conversation_id, mine, self._artifacts.delete)
        self._artifacts.delete_unreferenced(self._events.references() | self._workspaces.references())

    def share(self, conversation_id: str, owner: str) -> Share:
        """Make a link to a conversation as it is now; the one before leads nowhere from then on."""
        self._own(conversation_id, owner)
        events = self._events.read(conversation_id)
        return self._shares.make(conversation_id, events[-1].seq if events else 0)

    def link(self, conversation_id: str, owner: str) -> Share | None:
        """The link to a conversation, if it is shared."""
        self._own(conversation_id, owner)
        return self._shares.of(conversation_id)

    def unshare(self, conversation_id: str, owner: str) -> None:
        """Have its link lead nowhere."""
        self._own(conversation_id, owner)
        self._shares.revoke(conversation_id)

    def volume(self, owner: str) -> Volume:
        """What lies on the person's volume, which all of their conversations share."""
        files = self._workspaces.files(volume_of(owner))
        return Volume(len(files), sum(file.size for file in files.values()))

    def empty_volume(self, owner: str) -> None:
        """Delete the files on the person's volume. A sandbox that is open keeps its copies until it closes."""
        self._workspaces.replace(volume_of(owner), {})

    def shared(self, token: str) -> Shared:
        """What a link leads to. Raises KeyError where it leads nowhere."""
        share = self._shares.find(token)
        title = self._conversations.title_of(share.conversation_id) if share else None
        if share is None or title is None:
            raise KeyError(token)
        events = tuple(stored for stored in self._events.read(share.conversation_id) if stored.seq <= share.up_to)
        known = frozenset[str]().union(*(referenced(stored.event) for stored in events))

        def read_artifact(sha256: str) -> bytes:
            if sha256 not in known:
                raise KeyError(sha256)
            return self._artifacts.read(sha256)

        return Shared(title, events, read_artifact)

    def _fork_transcript(self, source: str, made: str, before: datetime | None) -> None:
        from agent_core.planning.fork import fork_transcript  # noqa: PLC0415 - it brings the SDK, a second of imports

        rows = (TranscriptRows(self._database, one) for one in (source, made))
        fork_transcript(next(rows), source, next(rows), made, before)

    def _own(self, conversation_id: str, owner: str) -> str:
        """The title of a person's own conversation."""
        if self._conversations.owner_of(conversation_id) != owner:
            raise KeyError(conversation_id)
        return self._conversations.title_of(conversation_id) or ""


def _copied(title: str) -> str:
    return title if title.endswith(_COPY) else title + _COPY
