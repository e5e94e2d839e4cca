"""Questions that fit the columns, and that the built-in analyst answers right."""

from collections.abc import Iterator, Mapping, Sequence

from agent_core.analyst.query import Query
from agent_core.analyst.schema.columns import Column, Table, tables
from agent_core.analyst.schema.words import label, split
from agent_core.analyst.understand.defaults import default_aggregation, obvious_measure
from agent_core.analyst.understand.question import understand
from agent_core.analyst.write.titles import lowered
from agent_core.events import FileProfile

_MOST = 3
_LONGEST = 90
_FEW_STEPS = 10


def suggest(files: Mapping[str, FileProfile | None]) -> tuple[str, ...]:
    """At most three questions for these files by their names, the last file first.

    They are plain text; columns with long or odd names are left out.
    """
    return questions(tables([(name, profile) for name, profile in files.items() if profile]))


def questions(known: Sequence[Table]) -> tuple[str, ...]:
    """At most three questions for these tables, the last table first."""
    for table in reversed(known):
        found = [one for one in dict.fromkeys(_candidates(table)) if _answered(one, table)]
        if found:
            return tuple(found[:_MOST])
    return ()


def _answered(question: str, table: Table) -> bool:
    meaning = understand(question, (table,), None, {})
    return len(question) <= _LONGEST and isinstance(meaning, Query)


def _candidates(table: Table) -> Iterator[str]:
    measure = _measure(table)
    by = next((column for column in table.categories if _plain(column)), None)
    time = table.time if table.time and _plain(table.time) else None
    if measure and by:
        yield f"What is the {_how(measure)} {_name(measure)} by {_name(by)}?"
    if measure and time:
        yield f"How did the {_how(measure)} {_name(measure)} change over time?"
    if measure and not (by and time):
        yield f"How is {_name(measure)} distributed?"
    others = [one for one in table.measures if one != measure and _plain(one) and not one.is_two_valued]
    if measure and others and not time:
        yield f"Is there a relationship between {_name(measure)} and {_name(others[0])}?"
    if by:
        yield f"How many rows are there per {_name(by)}?"
    yield "Are there missing values or duplicates?"
    yield "What is in this file?"
    yield "Show the first 10 rows"


def _measure(table: Table) -> Column | None:
    obvious = obvious_measure(table)
    if obvious and _plain(obvious):
        return obvious
    plain = [column for column in table.measures if _plain(column) and not column.is_two_valued]
    fine = (column for column in plain if not column.whole or (column.distinct or 0) > _FEW_STEPS)
    return next(fine, plain[0] if plain else None)


def _how(column: Column) -> str:
    return "total" if default_aggregation(column) == "sum" else "average"


def _plain(column: Column) -> bool:
    words = split(column.name)
    return 0 < len(words) <= 5 and any(len(word) > 1 for word in words) and len(column.name) <= 40  # noqa: PLR2004


def _name(column: Column) -> str:
    return lowered(label(column.name)).split(" (")[0]
