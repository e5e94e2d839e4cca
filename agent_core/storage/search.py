"""Looks for words in what a person's conversations are called, asked, answered and given."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from agent_core.events import ADAPTER, AgentSaid, Event, FileUploaded, UserAsked
from agent_core.storage import schema
from agent_core.storage.database import Database

_KINDS = ("user_asked", "agent_said", "file_uploaded")
_MOST_CONDITIONS = 50
"""Words that the database looks for; SQLite takes no more than a thousand, and here all are looked for again."""
_AROUND = 40
"""Characters shown on each side of a word that was found."""


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation in which all the words were found."""

    conversation_id: str
    excerpt: str
    """The text around the first of them; empty where the title alone has it. Hostile."""


class ConversationSearch:
    """Reads only; finds whatever letters the words are of, in either case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, owner: str, words: str) -> tuple[Found, ...]:
        """The person's conversations whose title, or one of whose messages, has every word; the newest first."""
        wanted = tuple(dict.fromkeys(words.casefold().split()))
        if not wanted:
            return ()
        found: dict[str, str] = {}
        for conversation_id, title in self._titles(owner):
            if all(word in title.casefold() for word in wanted):
                found[conversation_id] = ""
        for conversation_id, text in self._texts(owner, wanted):
            if not found.get(conversation_id) and all(word in text.casefold() for word in wanted):
                found[conversation_id] = _excerpt(text, wanted[0])
        order = [conversation_id for conversation_id, _ in self._titles(owner)]
        return tuple(Found(one, found[one]) for one in order if one in found)

    def _titles(self, owner: str) -> list[tuple[str, str]]:
        table = schema.conversations
        query = (
            select(table.c.id, table.c.title)
            .where(table.c.owner == owner)
            .order_by(table.c.updated_at.desc(), table.c.id)
        )
        with self._database.reading() as connection:
            return [(row.id, row.title) for row in connection.execute(query)]

    def _texts(self, owner: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        table, conversations = schema.events, schema.conversations
        plain = [word for word in wanted if _is_plain(word)][:_MOST_CONDITIONS]
        query = (
            select(table.c.conversation_id, table.c.body)
            .join(conversations, conversations.c.id == table.c.conversation_id)
            .where(conversations.c.owner == owner, table.c.kind.in_(_KINDS), *map(_may_hold, plain))
            .order_by(table.c.conversation_id, table.c.seq)
        )
        with self._database.reading() as connection:
            for row in connection.execute(query):
                yield row.conversation_id, _text(ADAPTER.validate_json(row.body))


def _may_hold(word: str) -> ColumnElement[bool]:
    return func.lower(schema.events.c.body).contains(word, autoescape=True)


def _is_plain(word: str) -> bool:
    """Whether the database's own `lower` and the JSON around it leave the word as it is."""
    return word.isascii() and word.isalnum()


def _text(event: Event) -> str:
    match event:
        case UserAsked() | AgentSaid():
            return event.text
        case FileUploaded():
            return event.upload.name
        case _:
            return ""


def _excerpt(text: str, word: str) -> str:
    line = " ".join(text.split())
    at = max(0, line.casefold().find(word))
    begin, end = max(0, at - _AROUND), at + len(word) + _AROUND
    return f"{'…' if begin else ''}{line[begin:end].strip()}{'…' if end < len(line) else ''}"
