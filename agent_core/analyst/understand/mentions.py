"""Which columns and which values a question speaks of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent_core.analyst.schema.columns import Column, Table
from agent_core.analyst.schema.words import split, stems
from agent_core.analyst.understand.lexicon import NOT_ALONE, SEXES, SUPERLATIVES
from agent_core.analyst.understand.names import SURE, names_of, similar

_VALUE = 92
_CLOSE_VALUE = 56
_LONGEST_PHRASE = 6
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the question as it was written, with its stems."""

    text: str
    stems: tuple[str, ...]
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """Words from `start` up to `end` that speak of a column, or of a value of a column."""

    start: int
    end: int
    score: float
    phrase: str
    column: Column
    value: str | None = None
    others: tuple[Column, ...] = ()
    """Columns that would fit these words as well."""

    @property
    def sure(self) -> bool:
        """Whether the words leave no doubt."""
        return self.score >= SURE


def word(text: str, *, quoted: bool = False) -> Word:
    """A word with its stems."""
    return Word(text, stems(text), quoted)


def mentions(words: Sequence[Word], table: Table) -> tuple[Mention, ...]:
    """The best mentions that do not overlap, from left to right."""
    found = sorted(_candidates(words, table), key=lambda mention: -mention.score - 2 * (mention.end - mention.start))
    taken: set[int] = set()
    kept: list[Mention] = []
    for mention in found:
        span = set(range(mention.start, mention.end))
        if not span & taken:
            taken |= span
            kept.append(mention)
    return tuple(sorted(_without_extremes(kept), key=lambda mention: mention.start))


def _without_extremes(found: list[Mention]) -> list[Mention]:
    """In "the longest bill", "longest" is no column of its own."""
    extremes = [one for one in found if one.value is None and one.phrase.lower() in SUPERLATIVES]
    named = any(one.column.role == "number" and one.value is None for one in found if one not in extremes)
    return [one for one in found if not (named and one in extremes)]


def _candidates(words: Sequence[Word], table: Table) -> Iterator[Mention]:
    values, names = _values(table), names_of(table)
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + _LONGEST_PHRASE) + 1):
            phrase = words[start:end]
            if not all(one.stems for one in phrase):
                break
            parts = tuple(part for one in phrase for part in one.stems)
            text = " ".join(one.text for one in phrase)
            best = names.best(parts, text)
            if best and not (best[0] < SURE and set(parts) <= table.nouns):
                score, columns = best
                yield Mention(start, end, score, text, columns[0], others=columns[1:])
            if holders := _holders(parts, phrase, values):
                column, value = holders[0]
                others = tuple(other for other, _ in holders[1:] if other != column)
                yield Mention(start, end, _VALUE, text, column, value, others)
            elif end == start + 1 and (holders := _close_holders(parts, values)):
                column, value = holders[0]
                yield Mention(start, end, _CLOSE_VALUE, text, column, value)


Holders = dict[tuple[str, ...], list[tuple[Column, str]]]


@lru_cache(maxsize=64)
def _values(table: Table) -> Holders:
    found: Holders = {}
    for column in table.of_role("category", "text"):
        for value in column.samples:
            key = stems(value)
            for same in _also(key, column):
                found.setdefault((same,), []).append((column, value))
            if key and not all(part.isdigit() for part in key):
                found.setdefault(key, []).append((column, value))
    return found


def _also(key: tuple[str, ...], column: Column) -> frozenset[str]:
    if len(key) != 1 or (len(key[0]) == 1 and not {"sex", "gender"} & set(stems(column.name))):
        return frozenset()
    return SEXES.get(key[0], frozenset())


def _holders(parts: tuple[str, ...], phrase: Sequence[Word], values: Holders) -> list[tuple[Column, str]]:
    holders = values.get(parts, [])
    if len(phrase) == 1 and (len(parts[0]) < _SHORT or set(split(phrase[0].text)) <= NOT_ALONE):
        return [(column, value) for column, value in holders if value == phrase[0].text and not value.islower()]
    return holders


def _close_holders(parts: tuple[str, ...], values: Holders) -> list[tuple[Column, str]]:
    """Find "sun" for "sunny", and words with a slip of the pen."""
    word = parts[0]
    if len(parts) > 1 or word in NOT_ALONE:
        return []
    for key, holders in values.items():
        if len(key) == 1 and (_adjective_of(key[0], word) or similar(key[0], word)):
            return holders
    return []


def _adjective_of(noun: str, word: str) -> bool:
    return len(noun) >= _SHORT and word in {noun + "y", noun + noun[-1] + "y"}
