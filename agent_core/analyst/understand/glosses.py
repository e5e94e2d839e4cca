"""Words that a name in brackets explains: "pupil teacher ratio (PTRATIO)", "Netflix (NFLX)"."""

import re
from collections.abc import Sequence

from agent_core.analyst.schema.columns import Table
from agent_core.analyst.schema.words import stems
from agent_core.analyst.understand.adjectives import COMPARATIVES
from agent_core.analyst.understand.lexicon import AGGREGATIONS, FILLER, words
from agent_core.analyst.understand.mentions import Piece
from agent_core.analyst.understand.names import names_of

_BRACKETS = re.compile(r"\(([^()]{1,60})\)")
_SURE = 95
_MOST_WORDS = 4
_BETWEEN = {"vs", "versus", "or"}
_NOUNS = words("ratio rate level number share percentage price value index score amount count time size proportion")
"""Words that carry nothing alone, but are a part of what brackets explain."""


def without_glosses(question: str, pieces: Sequence[Piece], table: Table) -> list[Piece]:
    """The pieces without the words before a column or a value in brackets: they say the same in other words."""
    dropped: set[int] = set()
    for match in _BRACKETS.finditer(question):
        column = _sure(re.split(r"\s*[=<>]", match[1])[0], table)
        if column is not None or _is_value(match[1], table):
            before = [place for place, one in enumerate(pieces) if one.start < match.start()]
            dropped |= _explained(pieces, before, table, column)
    return [one for place, one in enumerate(pieces) if place not in dropped]


def _explained(pieces: Sequence[Piece], before: list[int], table: Table, column: str | None) -> set[int]:
    found: set[int] = set()
    for place in reversed(before[-_MOST_WORDS:]):
        piece, text = pieces[place], pieces[place].word.text.lower()
        if found and text in _BETWEEN:
            continue
        plain = piece.figure is None and not piece.sign and not piece.word.quoted
        carries = text in FILLER or text in AGGREGATIONS or text in COMPARATIVES
        other = _sure(text, table) not in {None, column} or (column is None and _sure(text, table, 1) is not None)
        if not plain or (carries and text not in _NOUNS) or other or (text in _NOUNS and column is None):
            break
        found.add(place)
    return found


def _sure(text: str, table: Table, least: float = _SURE) -> str | None:
    best = names_of(table).best(stems(text), text)
    return best[1][0].name if best and best[0] >= least else None


def _is_value(text: str, table: Table) -> bool:
    said = text.strip().casefold()
    return any(said == value.casefold() for column in table.of_role("category", "text") for value in column.samples)
