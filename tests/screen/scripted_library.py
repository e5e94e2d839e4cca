"""A Library without a store."""

from collections.abc import Callable

from agent_core.session.library import Library, Shared, Volume
from agent_core.storage.search import Found


class ScriptedLibrary(Library):
    """Remembers what was asked of it."""

    def __init__(self, titles: Callable[[], dict[str, str]]) -> None:
        self._all_titles = titles
        self.pinned: dict[str, bool] = {}
        self.forks: list[tuple[str, int]] = []
        self.fork_to = ""
        self.links: dict[str, Shared] = {}

    def search(self, owner: str, words: str) -> tuple[Found, ...]:
        """By title alone, and anybody's: whose they are is for the real one's tests."""
        return tuple(Found(one, "") for one, title in self._all_titles().items() if words.lower() in title.lower())

    def pin(self, conversation_id: str, owner: str, *, pinned: bool) -> None:
        self.pinned[conversation_id] = pinned

    def fork(self, conversation_id: str, owner: str, up_to: int) -> str:
        self.forks.append((conversation_id, up_to))
        return self.fork_to

    def volume(self, owner: str) -> Volume:
        return Volume(0, 0)

    def shared(self, token: str) -> Shared:
        return self.links[token]
