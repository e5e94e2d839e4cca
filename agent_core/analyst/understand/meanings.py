"""What a question can turn out to be."""

from dataclasses import dataclass
from typing import Literal

from agent_core.analyst.query import Query
from agent_core.analyst.schema.columns import Table
from agent_core.contract import Language


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Code that the person wrote, to be run as it is."""

    code: str
    language: Language


@dataclass(frozen=True, slots=True)
class Explain:
    """Code that is to be put into words, and not run."""

    code: str
    language: Language


@dataclass(frozen=True, slots=True)
class Talk:
    """Not about data."""

    kind: Literal["greeting", "help", "thanks"]


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not understood, or not possible with this table; `reason` is a whole sentence."""

    reason: str
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class NoData:
    """There is no table to look at; `reason` is a whole sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Search:
    """Words that may be values: the data has to be looked into before the question is clear."""

    table: Table
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word was found: in which column, as which whole value or else as part of values."""

    column: str
    value: str | None
    part: str


Meaning = Query | Verbatim | Explain | Talk | Unclear | NoData | Search
