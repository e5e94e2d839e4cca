"""Which columns and which values a question speaks of."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent_core.analyst.schema.columns import Column, Table
from agent_core.analyst.schema.words import split, stem, stems
from agent_core.analyst.understand.adjectives import BASES, COMPARATIVES, EXTREMES, LOW, LOWER, LOWEST
from agent_core.analyst.understand.equivalents import spoken_as
from agent_core.analyst.understand.lexicon import AGGREGATIONS, NOT_ALONE, SEXES, SUPERLATIVES
from agent_core.analyst.understand.names import SURE, Names, column_for, names_of, similar

_VALUE = 92
_CLOSE_VALUE = 56
_LONGEST_PHRASE = 6
_SHORT = 3
_JOINING = {"per", "of", "in", "by", "the", "for", "and", "to", "a", "an", "on", "with"}
_PEOPLE = {"people", "person", "persons", "customers", "guests"}
_LEAST_FOR_MEASURE = 45
_MORE = {"more", "less", "most", "least", "much", "little", "of"}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the question as it was written, with its stems."""

    text: str
    stems: tuple[str, ...]
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, a number or a sign of the question, and where it starts."""

    start: int
    word: Word
    figure: float | None = None
    sign: bool = False


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
    def adjective(self) -> tuple[str, str]:
        """What stands before and after the thing itself: ("widest", "") in "widest petals"."""
        words = self.phrase.lower().split() if self.value is None else []
        before = words[0] if len(words) > 1 and words[0] in {*EXTREMES, *COMPARATIVES} else ""
        after = words[-1] if len(words) > 1 and words[-1] in COMPARATIVES else ""
        return before, after

    @property
    def extreme(self) -> bool:
        """Whether it is a superlative, such as "hottest", that names a column by itself."""
        return self.value is None and self.phrase.lower() in EXTREMES

    @property
    def sure(self) -> bool:
        """Whether the words leave no doubt."""
        return self.score >= SURE


@dataclass(frozen=True, slots=True)
class Seen:
    """Words of a question that are a value of a column, which only a look into the data could tell."""

    words: str
    column: str
    value: str


def word(text: str, *, quoted: bool = False) -> Word:
    """A word with its stems."""
    return Word(text, stems(text), quoted)


def mentions(words: Sequence[Word], table: Table, seen: tuple[Seen, ...] = ()) -> tuple[Mention, ...]:
    """The best mentions that do not overlap, from left to right. `seen` are values that were found in the data."""
    found = [one for one in _candidates(words, table, seen) if not _is_measure(one, words, table)]
    found.sort(key=lambda mention: -mention.score - 2 * (mention.end - mention.start))
    taken: set[int] = set()
    kept: list[Mention] = []
    for mention in found:
        span = set(range(mention.start, mention.end))
        if not span & taken:
            taken |= span
            kept.append(mention)
    kept = [_as_value(one, kept, found) for one in kept]
    return tuple(sorted(_without_ways(_without_rows(kept, words), table.measures), key=lambda mention: mention.start))


def _as_value(mention: Mention, kept: list[Mention], found: list[Mention]) -> Mention:
    """In "how many districts did Joly win" the name is a value of `winner`, though a column is called by it too."""
    named = {one.column for one in kept if one.value is None and one is not mention}
    same = (one for one in found if one.value is not None and (one.start, one.end) == (mention.start, mention.end))
    return next((one for one in same if one.column in named), mention) if mention.value is None else mention


def _without_rows(found: list[Mention], words: Sequence[Word]) -> list[Mention]:
    """In "when do people tip most" people are no size, as another figure is named."""
    doubtful = [
        one
        for one in found
        if one.phrase.lower() in _PEOPLE
        and not one.sure
        and one.column.role == "number"
        and words[one.start - 1].text.lower() in {"do", "did", "does"}
    ]
    figures = {one.column for one in found if one.value is None and one.column.role == "number"}
    return [one for one in found if one not in doubtful or figures == {one.column}]


def _without_ways(found: list[Mention], measures: tuple[Column, ...]) -> list[Mention]:
    """In "the longest bill" and "total votes", "longest" and "total" are no columns of their own."""
    extremes = [one for one in found if one.value is None and one.phrase.lower() in SUPERLATIVES]
    others = (one for one in found if one.value is None and one not in extremes)
    named = any(one.column.role == "number" and not one.column.is_year for one in others)
    left = [one for one in found if not (named and one in extremes)]
    ways = [one for one in left if one.value is None and one.phrase.lower() in AGGREGATIONS]
    measured = any(one.value is None and one.column in measures and one not in ways for one in left)
    return [one for one in left if not (measured and one in ways)]


def _is_measure(mention: Mention, words: Sequence[Word], table: Table) -> bool:
    """Whether a value is also a word for a column of numbers, and that is what is meant: "how much rain"."""
    if mention.value is None or mention.end - mention.start > 1:
        return False
    best = names_of(table).best(words[mention.start].stems, words[mention.start].text)
    if best is None or best[0] < _LEAST_FOR_MEASURE or best[1][0].role != "number":
        return False
    said = [one.text.lower() for one in words]
    kind = said[mention.start].endswith("y") and said[mention.start] != mention.value.lower()
    if kind and said[mention.start - 1] == "of":
        return False
    if {"much", "amount", "total"} & set(said[: mention.start]) or (
        said[mention.start - 1] in _MORE and said[max(0, mention.start - 2) : mention.start] != ["many", "more"]
    ):
        return True
    counted = {"many", "number", "count", "days", "often", "share", "percentage"} & set(said)
    others = (names_of(table).best(one.stems, one.text) for one in words if one is not words[mention.start])
    measured = any(one and one[1][0].role == "number" and not one[1][0].is_year for one in others)
    return not counted and not measured and len(said) > 1


def _candidates(words: Sequence[Word], table: Table, seen: tuple[Seen, ...]) -> Iterator[Mention]:
    values, names = _with_seen(table, seen), names_of(table)
    own = {column.name for column in table.columns}
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + _LONGEST_PHRASE) + 1):
            phrase = words[start:end]
            if not all(one.stems for one in phrase):
                break
            parts = tuple(part for one in phrase for part in one.stems)
            text = " ".join(one.text for one in phrase)
            if text.lower().endswith("s") and text.lower() in table.nouns and text.lower() != parts[0]:
                continue
            best = None if text.isdecimal() and text not in own else names.best(parts, text)
            if (
                best
                and best[0] < SURE
                and len(phrase) > 1
                and {phrase[0].text.lower(), phrase[-1].text.lower()} & _JOINING
            ):
                best = None
            if best and not (best[0] < SURE and set(parts) <= table.nouns and not _short_measure(best[1][0], table)):
                score, columns = best[0], _by_end(best[1], text)
                yield Mention(start, end, score, text, columns[0], others=columns[1:])
            if described := _described(phrase, names):
                yield Mention(start, end, described[0], text, described[1][0], others=described[1][1:])
            if holders := _holders(parts, phrase, values):
                column, value = holders[0]
                others = tuple(other for other, _ in holders[1:] if other != column)
                yield Mention(start, end, _VALUE, text, column, value, others)
            elif end == start + 1 and not _measured(text, table) and (holders := _close_holders(parts, values)):
                column, value = holders[0]
                yield Mention(start, end, _CLOSE_VALUE, text, column, value)


def _by_end(columns: tuple[Column, ...], text: str) -> tuple[Column, ...]:
    """Of a lower and an upper figure the one that a superlative speaks of: the coldest day is that of `temp_min`."""
    word = text.lower()
    if not (word in EXTREMES or word in COMPARATIVES or word in BASES):
        return columns
    wanted = {"min", "low", "minimum"} if word in LOWEST | LOWER | LOW else {"max", "high", "maximum"}
    return tuple(sorted(columns, key=lambda column: not wanted & set(stems(column.name))))


def _described(phrase: Sequence[Word], names: Names) -> tuple[float, tuple[Column, ...]] | None:
    """Find `petal_width` for "widest petals" and for "petals wider"."""
    if len(phrase) == 1:
        return None
    first, last = phrase[0].text.lower(), phrase[-1].text.lower()
    kind, thing = (EXTREMES.get(first) or COMPARATIVES.get(first), phrase[1:])
    if kind is None:
        kind, thing = COMPARATIVES.get(last), phrase[:-1]
    if kind is None:
        return None
    said = tuple(part for one in thing for part in one.stems)
    found = (names.best((*said, stem(one)), " ".join((*said, one))) for one in kind.split())
    return next((best for best in found if best and best[0] >= SURE), None)


def _short_measure(column: Column, table: Table) -> bool:
    """Whether a word of the file's name is better read as this column: "investment" for `invest`."""
    return column in table.measures and len(stems(column.name)) <= 2  # noqa: PLR2004 - a word and a unit


def _measured(word: str, table: Table) -> bool:
    """Whether a comparing word speaks of a column of numbers: "rainier" where precipitation is given."""
    kinds = COMPARATIVES.get(word.lower()) or EXTREMES.get(word.lower())
    return kinds is not None and column_for(table, kinds) is not None


Holders = dict[tuple[str, ...], list[tuple[Column, str]]]


@lru_cache(maxsize=64)
def _with_seen(table: Table, seen: tuple[Seen, ...]) -> Holders:
    if not seen:
        return _values(table)
    found = {key: list(holders) for key, holders in _values(table).items()}
    for one in seen:
        column = next((column for column in table.columns if column.name == one.column), None)
        if column is not None:
            found[stems(one.words)] = [(column, one.value)]
    return found


@lru_cache(maxsize=64)
def _values(table: Table) -> Holders:
    found: Holders = {}
    for column in table.of_role("category", "text"):
        for value in column.samples:
            key = stems(value)
            for same in _also(key, column):
                found.setdefault((same,), []).append((column, value))
            for same in spoken_as(" ".join(value.split()).casefold()):
                found.setdefault(stems(same), []).append((column, value))
            if key and (len(key) > 1 or not key[0].isdigit()) and not _is_a_number(value):
                found.setdefault(key, []).append((column, value))
    return found


@lru_cache(maxsize=64)
def words_of(table: Table) -> frozenset[str]:
    """The stems of the names and values of a table, and of what its rows are called."""
    values = {part for key in _values(table) for part in key}
    return frozenset({part for column in table.columns for part in stems(column.name)} | values | table.nouns)


def _is_a_number(value: str) -> bool:
    return re.fullmatch(r"[\d.,'\s]+", value) is not None


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
    if len(parts) > 1 or (word in NOT_ALONE and word not in EXTREMES):
        return []
    for key, holders in values.items():
        if len(key) == 1 and (_adjective_of(key[0], word) or similar(key[0], word)):
            return holders
    return []


def _adjective_of(noun: str, word: str) -> bool:
    stems_of = (noun, noun + noun[-1])
    return len(noun) >= _SHORT and word in {one + end for one in stems_of for end in ("y", "ier", "iest")}
