"""What is measured, and how it is summed up."""

import re
from math import prod

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Aggregation, Condition, Group
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.defaults import (
    all_measures,
    default_aggregation,
    default_within,
    is_stock,
    obvious_measure,
)
from agent_core.analyst.understand.lexicon import AGGREGATIONS, SUPERLATIVES
from agent_core.analyst.understand.meanings import Unclear
from agent_core.analyst.understand.parts import Parts

Measured = tuple[tuple[Column, ...], Aggregation, tuple[str, ...]]
"""The columns, the way they are summed up, and sentences on what was assumed."""

GUESS = "No column was named to measure, so "
"""How an assumption begins that the person should not overlook."""


_WORKED_OUT = "|".join(word for word, how in AGGREGATIONS.items() if how in {"sum", "mean", "median", "std"})
_EXTREMES = "|".join(sorted(SUPERLATIVES))
_FEW_SIZES = 6
_SHARE_OF_ROWS = 0.05
_HALF = 0.5


def measured(parts: Parts, groups: tuple[Group, ...], numbers: tuple[Column, ...]) -> Measured | Unclear:
    """What is worked out for each group; where the question leaves it open, the most likely reading."""
    if parts.intent == "unique" and parts.subjects:
        return tuple(parts.subjects[:1]), "nunique", ()
    if parts.counts and not parts.aggregation:
        return _counted(parts, numbers)
    if parts.sort_by and parts.sort_by.role == "number" and not numbers:
        numbers = (parts.sort_by,)
    if parts.share and len(numbers) == 1 and numbers[0].is_two_valued:
        parts.share = False
        return numbers, "mean", (f"I took the share of rows where {code(numbers[0].name)} is 1.",)
    if numbers:
        return _named(parts, groups, numbers)
    flags = tuple(column for column in parts.subjects if column.is_two_valued)
    return (flags[:1], "mean", ()) if flags else _without_numbers(parts, groups)


def _without_numbers(parts: Parts, groups: tuple[Group, ...]) -> Measured | Unclear:
    """Where a total or an average is asked of a column by its name, no other is put in its place."""
    match = re.search(rf"\b(?:{_WORKED_OUT})(?: of)?(?: the)? <c(\d+)>(?! <[ct])", parts.marked.text)
    mention = parts.marked.mention(match[1]) if match else None
    if mention is None or not mention.sure or mention.column in parts.groups:
        return _unnamed(parts, groups)
    column = mention.column
    if column.role not in {"text", "category", "empty"}:
        return _unnamed(parts, groups)
    holds = f"text, such as {quoted(column.samples[0])}" if column.samples else "nothing that can be read"
    return Unclear(f"I can't work that out: {code(column.name)} holds {holds}.", parts.table)


def _counted(parts: Parts, numbers: tuple[Column, ...]) -> Measured:  # noqa: PLR0911 - one line for each reading
    conditions = {one.column for one in parts.filters}
    compared = set(numbers) <= conditions or (parts.bare and len(numbers) == 1)
    if compared and (parts.counts_rows or _counts_one_a_row(parts)):
        return (), "count", ()
    if numbers and parts.superlative and not parts.groups and parts.has(rf"\b(?:{_EXTREMES}) (?:number|count)s? of\b"):
        return numbers[:1], parts.superlative, ()
    flags = [column for column in parts.subjects if column.is_two_valued]
    if flags:
        truth: str | float = 1.0 if flags[0].role == "number" else "True"
        parts.filters.append(Condition(flags[0], "in", (truth,)))
        return (), "count", (f"I counted the rows where {code(flags[0].name)} is {'1' if truth == 1.0 else 'true'}.",)
    if numbers and not numbers[0].whole and _names_rows(parts, numbers[0]):
        return (), "count", ("I counted rows.",)
    if numbers and default_aggregation(numbers[0]) == "sum":
        return numbers[:1], "sum", (f"I added up {code(numbers[0].name)}.",)
    if numbers and (parts.in_total or _counts_things(numbers[0], parts.table.rows) or _is_people(parts, numbers[0])):
        return numbers[:1], "sum", (f"I added up {code(numbers[0].name)}.",)
    if numbers and not parts.groups:
        return numbers[:1], "nunique", (f"I counted the different values of {code(numbers[0].name)}.",)
    return (), "count", ()


def _counts_one_a_row(parts: Parts) -> bool:
    """Whether what is counted has a row of its own each: "in how many years was the volume above 1000"."""
    match = re.search(r"\b(?:how many|number of)(?: of)?(?: the)? <c(\d+)>", parts.marked.text)
    counted = parts.marked.mention(match[1]).column if match else None
    return counted is not None and counted.distinct == parts.table.rows


def _names_rows(parts: Parts, column: Column) -> bool:
    """Whether a column only lends its name to the rows: there is no number of 16.99 in "number of bills"."""
    named = [one for one in parts.marked.columns() if one.column == column]
    return all(not one.sure and one.phrase.lower().endswith("s") for one in named) and not parts.in_total


def _is_people(parts: Parts, column: Column) -> bool:
    """Whether people are what a column of whole numbers was named by: "how many people came" of a party's size."""
    named = {one.phrase.lower() for one in parts.marked.columns() if one.column == column}
    return column.whole and bool(named & {"people", "persons", "guests", "customers"})


def _counts_things(column: Column, rows: int) -> bool:
    """Whether its whole numbers are amounts rather than a handful of sizes or grades."""
    distinct = column.distinct or 0
    numbered = column.minimum in (0, 1) and column.maximum in (distinct, distinct - 1)
    return column.whole and not numbered and distinct > min(max(_FEW_SIZES, _SHARE_OF_ROWS * rows), _HALF * rows)


def _named(parts: Parts, groups: tuple[Group, ...], numbers: tuple[Column, ...]) -> Measured:
    if parts.aggregation:
        return numbers, parts.aggregation, ()
    if parts.superlative and not parts.asks_for_one and parts.limit is None:
        return numbers, parts.superlative, ()
    how = default_within(numbers[0], parts.table, parts.filters)
    if how == "mean" and is_stock(numbers[0]) and any(one.column.is_year and one.grain is None for one in groups):
        how = "sum"
    word = "added up" if how == "sum" else "averaged"
    names = " and ".join(f"{code(column.name)}" for column in numbers)
    said = (f"I {word} {names} within each group.",) if groups else (f"I {word} {names}.",)
    return numbers, how, said


def _unnamed(parts: Parts, groups: tuple[Group, ...]) -> Measured | Unclear:  # noqa: PLR0911 - one for each reading
    wants_number = parts.aggregation is not None or parts.over_time or parts.growth or parts.compares
    wants_number = wants_number or parts.how_much
    ranked_by_words = parts.superlative is not None and not parts.counts and not parts.has(r"\b(?:most|fewest|least)\b")
    only = parts.table.measures[0] if len(parts.table.measures) == 1 else None
    if parts.share and groups and only and default_aggregation(only) == "sum":
        return (only,), "sum", (f"I took {code(only.name)}.",)
    if len(groups) > 1 and only and not parts.counts and _one_row_each(groups, parts.table.rows):
        return (only,), default_aggregation(only), (f"Each pair has one row, so I took {code(only.name)}.",)
    if parts.table.is_panel and not parts.counts and not parts.share:
        wants_number = True
    if not wants_number and (not ranked_by_words or parts.limit):
        guessed = bool(groups) and not parts.counts and not parts.share
        return (), "count", (GUESS + "I counted rows.",) if guessed else ()
    obvious = obvious_measure(parts.table)
    if obvious:
        how = parts.aggregation or default_aggregation(obvious)
        return (obvious,), how, (f"{GUESS}I took {code(obvious.name)}.",)
    measures = all_measures(parts.table)
    if not measures:
        return no_numbers(parts) if parts.aggregation else ((), "count", ("I counted rows.",))
    if groups and not parts.asks_for_one:
        return measures, parts.aggregation or "mean", (GUESS + "I took each number.",)
    return Unclear("I can't tell which column you mean.", parts.table)


def _one_row_each(groups: tuple[Group, ...], rows: int) -> bool:
    """Whether the table has been counted already: as many rows as there are pairs."""
    return prod(group.column.distinct or 0 for group in groups) == rows


def no_numbers(parts: Parts) -> Unclear:
    """There is nothing to add up or to average."""
    return Unclear("I found no column of numbers in this table that this could be worked out from.", parts.table)
