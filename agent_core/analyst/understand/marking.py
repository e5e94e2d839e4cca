"""A question with its mentions replaced by marks, so that rules can read its grammar.

"average bill length for Adelie above 40" becomes "average <c0> for <v1> above <n2>". The rules take
out what they have read; what is left in the end was not understood.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from agent_core.analyst.schema.columns import Table
from agent_core.analyst.schema.words import comparable, stem
from agent_core.analyst.understand.glosses import without_glosses
from agent_core.analyst.understand.lexicon import NUMBER_WORDS, ROW_NOUNS
from agent_core.analyst.understand.mentions import Mention, Piece, Seen, Word, mentions, word, words_of
from agent_core.analyst.understand.moments import Moment, find
from agent_core.analyst.understand.spelling import known_word
from agent_core.analyst.understand.units import Quantity, unit_of

_TOKEN = re.compile(
    r"(?P<quoted>\"[^\"\n]{1,120}\"|“[^”\n]{1,120}”|`[^`\n]{1,120}`|(?<!\w)'[^'\n]{1,120}'(?!\w))"
    r"|(?P<number>(?<![\w.])-?\d+(?:,\d+)*(?:\.\d+)?(?![\w])|(?<![\w.])-?\d+(?:\.\d+)?(?P<suffix>k|m|bn|kg|g|lbs?|mm|cm|km)\b)"
    r"|(?P<word>[^\W]+(?:['’][a-z]+)?)"
    r"|(?P<sign>[<>=!]+|≥|≤|≠|[,;?%:&/+])",
    re.IGNORECASE,
)
_SCALES = {"k": 1e3, "m": 1e6, "bn": 1e9}
_SCALE_WORDS = {"thousand": 1e3, "million": 1e6, "millions": 1e6, "mio": 1e6, "billion": 1e9, "billions": 1e9}
_COMPARING = {"above", "below", "under", "least", "most", "exceeding", "exceed", "exceeds", "exceeded"}
_YEARS = (1600, 2199)
_IN_TIME = {"later", "earlier", "older", "newer", "rather", "other"}
_POSSESSIVE = re.compile(r"['’]s$")
LONGEST_QUESTION = 1_000
"""Characters; what is longer is no question for rules."""

Entity = Mention | Moment | float | str
"""A column or value, a moment, a number, or a text in quotation marks."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """Words that are taken on trust, in lower case: nouns for a row, and words that say nothing of their own."""

    rows: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()


NOTHING = Supposed()


@dataclass(frozen=True, slots=True)
class Marked:
    """The marked text and what its marks mean."""

    text: str
    entities: tuple[Entity, ...]
    original: str
    corrected: tuple[tuple[str, str], ...] = ()
    """Words with a slip of the pen, and the words of the rules that they were taken for."""

    def mention(self, number: str) -> Mention:
        """The mention behind a mark `<cN>` or `<vN>`."""
        entity = self.entities[int(number)]
        if not isinstance(entity, Mention):
            raise TypeError(f"Mark {number} is not a mention.")
        return entity

    def moment(self, number: str) -> Moment:
        """The moment behind a mark `<mN>`."""
        entity = self.entities[int(number)]
        if not isinstance(entity, Moment):
            raise TypeError(f"Mark {number} is not a moment.")
        return entity

    def figure(self, number: str) -> float:
        """The number behind a mark `<nN>`; a year counts as its number."""
        entity = self.entities[int(number)]
        if isinstance(entity, Moment) and entity.year is not None:
            return float(entity.year)
        if not isinstance(entity, float):
            raise TypeError(f"Mark {number} is not a number.")
        return entity

    def columns(self) -> tuple[Mention, ...]:
        """Columns that the question names, in order."""
        return tuple(one for one in self.entities if isinstance(one, Mention) and one.value is None)

    def values(self) -> tuple[Mention, ...]:
        """Values that the question names, in order."""
        return tuple(one for one in self.entities if isinstance(one, Mention) and one.value is not None)


@lru_cache(maxsize=512)
def mark(question: str, table: Table, seen: tuple[Seen, ...] = (), supposed: Supposed = NOTHING) -> Marked:
    """Mark the mentions of one table's columns and values, and numbers, moments and quoted text.

    Cached, because a request holds the whole conversation and is read from its start.
    """
    moments = sorted(find(question), key=lambda found: found[0]) if table.time else []
    pieces = [one for one in _pieces(question) if one.word.text.lower() not in supposed.prose]
    pieces = without_glosses(question, pieces, table)
    nouns = table.nouns | ROW_NOUNS | supposed.rows
    pieces, corrected = _spelt(pieces, table)
    found = mentions([piece.word for piece in pieces], table, seen)
    return replace(_join(question, pieces, found, moments, nouns), corrected=corrected)


def _spelt(pieces: Sequence[Piece], table: Table) -> tuple[list[Piece], tuple[tuple[str, str], ...]]:
    """The pieces with words that are a known one but for a slip of the pen put right, and what was put right."""
    own, out, corrected = words_of(table), [], []
    for place, piece in enumerate(pieces):
        text = piece.word.text
        read = piece.sign or piece.figure is not None or piece.word.quoted or set(piece.word.stems) & own
        spoken = text.islower() or (place == 0 and text[1:].islower())
        meant = known_word(text.lower(), own) if spoken and not read else None
        out.append(replace(piece, word=word(meant)) if meant else piece)
        corrected += [(text, meant)] if meant else []
    return out, tuple(corrected)


def _pieces(question: str) -> list[Piece]:
    pieces = []
    for match in _TOKEN.finditer(question):
        text = match[0]
        if match["quoted"]:
            pieces.append(Piece(match.start(), word(text[1:-1], quoted=True)))
        elif match["number"]:
            suffix = (match["suffix"] or "").lower()
            figure = float(text[: len(text) - len(suffix)].replace(",", "")) * _SCALES.get(suffix, 1)
            figure = Quantity(figure, unit) if (unit := unit_of(suffix)) else figure
            pieces.append(Piece(match.start(), word(text), figure=figure))
        elif match["word"]:
            pieces.append(Piece(match.start(), word(_POSSESSIVE.sub("", text))))
        else:
            pieces.append(Piece(match.start(), Word(text, ()), sign=True))
    return pieces


def _join(
    question: str,
    pieces: Sequence[Piece],
    found: Sequence[Mention],
    moments: Sequence[tuple[int, int, Moment]],
    nouns: frozenset[str],
) -> Marked:
    starts = {mention.start: mention for mention in found}
    entities: list[Entity] = []
    out: list[str] = []
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        if mention := starts.get(position):
            before, after = mention.adjective
            out += [before, f"<{'c' if mention.value is None else 'v'}{len(entities)}>", after]
            entities.append(mention)
            position = mention.end
            continue
        moment = next((one for one in moments if one[0] == piece.start), None)
        if moment and not _is_amount(pieces, position):
            out.append(f"<m{len(entities)}>")
            entities.append(moment[2])
            position += 1
            while position < len(pieces) and pieces[position].start < moment[1]:
                position += 1
            continue
        out.append(_plain(piece, entities, nouns))
        position += 1
        if out[-1].startswith("<n") and position < len(pieces) and position not in starts:
            position += _with_unit(pieces[position], entities)
    text = " ".join(one for one in out if one)
    for first, second in re.findall(r"<n(\d+)> (?:and|to|or|-) <n(\d+)>", text):
        one, other = entities[int(first)], entities[int(second)]
        if isinstance(one, float) and isinstance(other, Quantity) and not isinstance(one, Quantity):
            entities[int(first)] = Quantity(one, other.unit)
    return Marked(text, tuple(entities), question)


def _is_amount(pieces: Sequence[Piece], position: int) -> bool:
    """Whether what may be a year is an amount: "less than 2000 lbs", "above 1900"."""
    if pieces[position].figure is None:
        return False
    before = [one.word.text.lower() for one in pieces[max(0, position - 2) : position]]
    after = pieces[position + 1].word.text if position + 1 < len(pieces) else ""
    years = any(one.figure is not None and _YEARS[0] <= one.figure <= _YEARS[1] for one in pieces[:position])
    compared = (
        not years and before[-1:] and (before[-1] in _COMPARING or (before[-1] == "than" and before[0] not in _IN_TIME))
    )
    return bool(compared) or unit_of(after) is not None


def _with_unit(piece: Piece, entities: list[Entity]) -> int:
    """Take a unit to the figure before it: how many pieces that were."""
    figure = entities[-1]
    scale = None if piece.sign or piece.word.quoted else _SCALE_WORDS.get(piece.word.text.lower())
    if scale is not None and isinstance(figure, float) and not isinstance(figure, Quantity):
        entities[-1] = figure * scale
        return 1
    unit = None if piece.sign or piece.word.quoted else unit_of(piece.word.text)
    if unit is None or not isinstance(figure, float):
        return 0
    entities[-1] = Quantity(figure, unit)
    return 1


def _plain(piece: Piece, entities: list[Entity], nouns: frozenset[str]) -> str:
    text = piece.word.text
    if piece.word.quoted:
        entities.append(text)
        return f"<q{len(entities) - 1}>"
    figure = piece.figure if piece.figure is not None else NUMBER_WORDS.get(text.lower())
    if figure is not None:
        entities.append(figure if isinstance(figure, Quantity) else float(figure))
        return f"<n{len(entities) - 1}>"
    if piece.sign:
        return {"≥": ">=", "≤": "<=", "≠": "!=", "=>": ">=", "=<": "<=", "==": "="}.get(text, text)
    if {text.lower(), stem(text.lower()), comparable(text.lower())} & nouns and text.lower() != "data":
        return "<t>"
    return text.lower()
