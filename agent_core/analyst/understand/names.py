"""How well words name a column."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import takewhile

from agent_core.analyst.schema.columns import Column, Table
from agent_core.analyst.schema.words import stem, stems, without_unit
from agent_core.analyst.understand.equivalents import spoken_as
from agent_core.analyst.understand.lexicon import (
    AGGREGATIONS,
    FILLER,
    MEASURED_BY,
    NOT_ALONE,
    ROW_NOUNS,
    SYNONYMS,
    words,
)

SURE = 88
"""From this score on, the words are the column's name and nothing has to be said about it."""

_ENDS = {"minimum": "min", "lowest": "min", "maximum": "max", "highest": "max"}
_CLOSE = 0.84
_FUZZY_LENGTH = 5
_SHORT = 3
_FAMILY = 6
_ENDING = 3
_SLIP = 40
_WORDS_OF_THEIR_OWN = words(
    """
    county religion reason quality original career dessert desert diner custom costumer produce sale scale prize prince
    spice patience patent planet winter layer carrier month mouth statue status breath breadth house horse trail medal
    metal model motel party parity principle principal form marital martial
    """
)
"""Stems of usual words that are a letter away from the names of usual columns, and no slips of the pen."""


class Names:
    """The columns of one table, prepared so that a phrase is only held against those that could fit."""

    def __init__(self, table: Table) -> None:
        self._columns = table.columns
        self._rows = {
            column
            for column in table.columns
            if column.is_identifier and column.distinct == table.rows and (column.whole or column.role != "number")
        }
        self._cores = [without_unit(stems(column.name)) for column in table.columns]
        self._whole: dict[str, set[int]] = {}
        self._touched: dict[str, frozenset[int]] = {}
        self._written = {part for column in table.columns for value in column.samples for part in stems(value)}
        for number, column in enumerate(table.columns):
            for text in (column.name, "".join(stems(column.name))):
                self._whole.setdefault(text, set()).add(number)

    def best(self, parts: tuple[str, ...], text: str) -> tuple[float, tuple[Column, ...]] | None:
        """The best score that any column reaches, and the columns that reach it; None where none does.

        A key of the table itself is only named by its whole name: in "passengers", PassengerId stands for rows.
        """
        fitting = [self._columns[number] for number in sorted(self._possible(parts, text))] if parts else []
        scored = [(score(parts, text, column), column) for column in fitting]
        scored = [(points, column) for points, column in scored if points >= SURE or column not in self._rows]
        best = max((points for points, _ in scored), default=0)
        if best == _SLIP and parts[0] in self._written:
            return None
        return (best, tuple(column for points, column in scored if points == best)) if best > 0 else None

    def _possible(self, parts: Iterable[str], text: str) -> set[int]:
        common = set.intersection(*(set(self._touching(part)) for part in parts))
        return common | self._whole.get(text, set()) | self._whole.get("".join(parts), set()) | self._cut(tuple(parts))

    def _cut(self, parts: tuple[str, ...]) -> set[int]:
        if len(parts) == 1:
            return set()
        initials = ("".join(part[0] for part in parts),)
        return {number for number, core in enumerate(self._cores) if _shortened(parts, core) or core == initials}

    def _touching(self, part: str) -> frozenset[int]:
        if part not in self._touched:
            fits = (
                n for n, core in enumerate(self._cores) if part in core or _alike(part, core) or _single(part, core)
            )
            self._touched[part] = frozenset(fits)
        return self._touched[part]


@lru_cache(maxsize=64)
def names_of(table: Table) -> Names:
    """The prepared names of a table."""
    return Names(table)


def column_for(table: Table, kinds: str) -> Column | None:
    """The measure that a kind of figure, such as "weight", names best; None where none does."""
    fits = [(score((stem(kind),), kind, column), column) for kind in kinds.split() for column in table.measures]
    best = max(fits, key=lambda fit: fit[0], default=(0.0, None))
    return best[1] if best[0] > 0 else None


def score(parts: tuple[str, ...], text: str, column: Column) -> float:
    """How well these stems name the column: 100 is its name, 0 is not at all."""
    name = stems(column.name)
    core = without_unit(name)
    if whole := _whole(parts, text, name, core, column.name):
        return whole
    if not name or all((part in NOT_ALONE and part not in MEASURED_BY) or len(part) == 1 for part in parts):
        return 0
    if set(parts) <= set(core):
        return 0 if column.is_identifier and set(parts) <= ROW_NOUNS else 60 + 25 * len(parts) / len(core)
    if len(parts) > 1:
        return _shortened(parts, core) or (58 if all(_alike(part, core) for part in parts) else 0)
    return _single(parts[0], core)


def _shortened(parts: tuple[str, ...], core: tuple[str, ...]) -> float:
    """A name cut short: `lifeExp` for "life expectancy", `gdpPercap` for "gdp per capita"."""
    cut = len(parts) == len(core) and all(
        part == one or (part.startswith(one) and len(one) >= _SHORT and not one.isdecimal())
        for part, one in zip(parts, core, strict=True)
    )
    spoken, written = "".join(parts), "".join(core)
    if len(core) == 1 and len(parts) > 1 and _of_beginnings(parts, written):
        return 80
    ends_in_last = len(written) > len("".join(parts[:-1])) and _figures(spoken) in {"", _figures(written)}
    return 85 if cut or (spoken.startswith(written) and len(written) >= _FAMILY and ends_in_last) else 0


def _of_beginnings(parts: tuple[str, ...], written: str) -> bool:
    """Whether a name is made of the beginnings of these words: `alumprice` for "aluminium price"."""
    if not parts:
        return not written
    first, *others = parts
    lengths = range(_SHORT, len(first) + 1)
    return any(
        written.startswith(first[:length]) and _of_beginnings(tuple(others), written[length:]) for length in lengths
    )


def _whole(parts: tuple[str, ...], text: str, name: tuple[str, ...], core: tuple[str, ...], written: str) -> float:
    if text == written:
        return 101
    if name and (parts == name or "".join(parts) == "".join(name)):
        return 100
    if parts == core:
        return 95
    initials = "".join(part[0] for part in parts) == "".join(core)
    if len(parts) > 1 and initials and parts[0] not in AGGREGATIONS and not set(parts) <= FILLER:
        return 75
    return 90 if len(parts) > 1 and set(parts) == set(core) else 0


def _single(part: str, core: tuple[str, ...]) -> float:
    """One word against a column's words: initials, beginnings, endings, synonyms, slips of the pen."""
    if part in NOT_ALONE and part not in MEASURED_BY:
        return 0
    rules = (
        (80, len(part) >= _SHORT and part == "".join(one[0] for one in core)),
        (90, len(core) == 1 and part in spoken_as(core[0])),
        (57, any(_begins(part, one) and min(len(one), len(part)) > _SHORT for one in core)),
        (52, len(part) >= _SHORT and any(one.endswith(part) for one in core)),
        (50 if len(core) == 1 else 45, _synonym(part, core)),
        (48, any(kin(part, one) or part in _inflected(one) for one in core)),
        (_SLIP, any(similar(part, one) for one in core)),
    )
    return next((points for points, holds in rules if holds), 0)


def _begins(part: str, name: str) -> bool:
    """Whether one begins with the other; never `col199` for "col1999"."""
    return (name.startswith(part) or part.startswith(name)) and _figures(part) in {"", _figures(name)}


def kin(one: str, other: str) -> bool:
    """Words of one family, such as "survival" and "survived"."""
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return common >= _FAMILY and common >= min(len(one), len(other)) - _ENDING


def _inflected(verb: str) -> set[str]:
    """Forms of a verb, such as "tipping" and "tipped" for `tip`."""
    if len(verb) < _SHORT:
        return set()
    stems_of = (verb, verb + verb[-1], verb.rstrip("e"))
    return {one + ending for one in stems_of for ending in ("ing", "ed")}


def _alike(part: str, core: tuple[str, ...]) -> bool:
    if part in _ENDS:
        return _ENDS[part] in core
    return part in core or (part not in NOT_ALONE and (_synonym(part, core) or any(similar(part, o) for o in core)))


def _synonym(part: str, core: tuple[str, ...]) -> bool:
    meant = {stem(kind) for kind in MEASURED_BY.get(part, part).split()}
    initials = "".join(one[0] for one in core)
    names = {*core, initials} if len(initials) >= _SHORT else set(core)
    return bool(meant & names) or any(meant & group and group & names for group in SYNONYMS)


def _figures(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


@lru_cache(maxsize=20_000)
def similar(one: str, other: str) -> bool:
    """Whether two longer words differ by a slip of the pen."""
    if min(len(one), len(other)) < _FUZZY_LENGTH or one in _WORDS_OF_THEIR_OWN:
        return False
    if one[0] != other[0] or _figures(one) != _figures(other):
        return False
    return SequenceMatcher(None, one, other).ratio() >= _CLOSE
