"""Questions that sum up: by groups, over time, or the rows at the top."""

import re

from agent_core.analyst.markdown import code, listed
from agent_core.analyst.query import Aggregation, Condition, Group, Order, Query
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.defaults import (
    default_aggregation,
    default_within,
    is_stock,
    natural_order,
    obvious_measure,
)
from agent_core.analyst.understand.grouping import group_of, groups, labels, numbers, ranked
from agent_core.analyst.understand.lexicon import SUPERLATIVES
from agent_core.analyst.understand.meanings import Unclear
from agent_core.analyst.understand.measuring import GUESS, measured
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.write.titles import AGGREGATIONS

_MOST_GROUPS = 2


def aggregate(parts: Parts) -> Query | Unclear:
    """The query for totals, averages, counts and rankings."""
    if parts.chart in {"line", "area"} and parts.table.time and not parts.groups and not labels(parts):
        parts.over_time = True
    by, figures = _by(parts), numbers(parts)
    if special := _special(parts, by, figures):
        return special
    if _wants_rows(parts, by):
        return _extreme_rows(parts, figures, by)
    if counted := _counted_label(parts):
        by = tuple(group for group in by if group.column != counted)
        parts.subjects, parts.intent = [counted], "unique"
    found = measured(parts, by, figures)
    if isinstance(found, Unclear):
        return found
    measures, how, assumptions = found
    if len(by) > _MOST_GROUPS:
        left_out = code(by[_MOST_GROUPS].column.name)
        assumptions = (*assumptions, f"I grouped by two columns at most and left out {left_out}.")
    if len(by) > 1 and len(measures) > 1:
        measures, assumptions = measures[:1], (*assumptions, f"I took only {code(measures[0].name)}.")
    several = len(by) <= 1 and len(measures) == 1 and not (parts.share or parts.growth or parts.change or parts.having)
    several = several and not (parts.asks_for_one or parts.limit or parts.running)
    if parts.further and by and not several:
        words = listed([f"{AGGREGATIONS[one]} values" for one in parts.further])
        assumptions = (*assumptions, f"I worked out one figure for each group; ask again for the {words}.")
    return Query(
        "aggregate",
        parts.table,
        measures=measures,
        aggregation=how,
        further=tuple(parts.further) if several or not by else (),
        groups=by[:_MOST_GROUPS],
        order=_order(parts, how, by),
        asks_for_one=parts.asks_for_one,
        share=parts.share,
        guessed=any(one.startswith(GUESS) for one in assumptions),
        assumptions=assumptions,
    )


def _special(parts: Parts, by: tuple[Group, ...], figures: tuple[Column, ...]) -> Query | Unclear | None:
    """Figures that are worked out in a way of their own; None where the question asks for none of them."""
    if parts.change == "groups":
        return _moved(parts, by, figures)
    if parts.rows_per is not None:
        column, grain = parts.rows_per
        return Query("aggregate", parts.table, aggregation="count", each=Group(column, grain=grain))
    if parts.ratio is not None:
        return _divided(parts, by, parts.ratio)
    return _averaged_totals(parts, by, figures) if parts.each else None


def _moved(parts: Parts, by: tuple[Group, ...], figures: tuple[Column, ...]) -> Query | Unclear:
    obvious = figures[:1] or tuple(one for one in (obvious_measure(parts.table),) if one)
    if parts.table.time is None or not obvious:
        return Unclear("I can't tell what is to be followed over time.", parts.table)
    by = tuple(group for group in by if group.column in parts.groups)[:1]
    how = "sum" if is_stock(obvious[0]) else default_within(obvious[0], parts.table, ())
    if parts.having and parts.aggregation:
        how = parts.aggregation
    if how not in {"sum", "mean"}:
        return Unclear("I can only compare totals or averages of two years.", parts.table)
    said = () if figures else (f"{GUESS}I took {code(obvious[0].name)}.",)
    return Query(
        "aggregate",
        parts.table,
        measures=obvious,
        aggregation=how,
        groups=by,
        order=ranked(parts),
        asks_for_one=True,
        assumptions=said,
    )


def _divided(parts: Parts, by: tuple[Group, ...], ratio: tuple[Column, Column]) -> Query | Unclear:
    if not by and (parts.asks_for_one or parts.superlative or parts.limit):
        names = [one for one in parts.table.of_role("text", "category") if parts.table.is_fine_grained(one)]
        if not names:
            return Unclear("I can't tell of what I should rank the ratios.", parts.table)
        by = (Group(names[0]),)
        parts.asks_for_one = parts.limit is None
    if len(by) > 1:
        return Unclear("I can work out a ratio for one kind of group at a time.", parts.table)
    order = ranked(parts) if parts.asks_for_one or parts.limit is not None else parts.order
    return Query(
        "aggregate",
        parts.table,
        measures=ratio,
        aggregation="sum",
        groups=by,
        order=order,
        asks_for_one=parts.asks_for_one,
        share=parts.share,
        ratio=True,
    )


def _averaged_totals(parts: Parts, by: tuple[Group, ...], figures: tuple[Column, ...]) -> Query | None:
    """The average of the totals of each step in time; None where an average of the values is what is meant."""
    time = parts.table.time
    by = tuple(group for group in by if group.column != time)
    parts.grain, parts.over_time = None, False
    if by or len(figures) != 1 or time is None or default_aggregation(figures[0]) != "sum":
        return None
    each = Group(time) if time.is_year else Group(time, grain=parts.each)
    return Query("aggregate", parts.table, measures=figures, aggregation="mean", each=each)


def _counted_label(parts: Parts) -> Column | None:
    """The label whose different values are counted, in "number of countries per continent"."""
    names = labels(parts)
    over = parts.grain or parts.over_time or parts.chart
    panel = parts.table.is_panel and parts.aggregation is None and not over
    if (
        not ((parts.counts or panel) and len(names) == 1 and parts.groups and not numbers(parts))
        or names[0].is_two_valued
    ):
        return None
    return None if names[0].is_time_part or names[0].distinct == parts.table.rows else names[0]


def _order(parts: Parts, how: Aggregation, by: tuple[Group, ...]) -> Order:
    if parts.asks_for_one or parts.limit is not None or parts.sort_by:
        return ranked(parts)
    lowest_first = how == "min" and parts.order == "auto" and len(by) == 1 and not natural_order(by[0].column)
    return "ascending" if lowest_first else parts.order


def _by(parts: Parts) -> tuple[Group, ...]:
    by = groups(parts)
    if parts.has(r"\bon average\b") and not (parts.asks_for_one or parts.limit or parts.compares):
        one_figure = _one_figure_of_each_time(parts)
        by = tuple(
            group
            for group in by
            if not one_figure and (group.column.distinct != parts.table.rows or group.column.is_time)
        )
    counts_rows = parts.counts and any(column.distinct == parts.table.rows for column in labels(parts))
    for column in labels(parts) if not counts_rows else ():
        one_a_row = column.is_time_part or column.distinct == parts.table.rows
        dated = column.role == "date" and not (parts.grain or parts.over_time)
        if parts.intent == "unique" or ((one_a_row or dated) and parts.counts):
            continue
        apart = parts.aggregation or (by and not numbers(parts))
        if column.distinct == parts.table.rows and apart and (not parts.compares or _compared(parts)):
            continue
        if parts.aggregation and not parts.compares and parts.intent is None and _after_value(parts, column):
            continue
        if column.is_two_valued and (parts.counts or column.role == "number"):
            continue
        if all(group.column != column for group in by):
            by = (*by, group_of(parts, column))
    if (
        len(by) == _MOST_GROUPS
        and by[1].column.is_time
        and not by[0].column.is_time
        and not (parts.limit or parts.share)
    ):
        by = (by[1], by[0])
    combined = parts.several and not parts.compares and (parts.counts or parts.aggregation == "sum")
    if parts.compares or (parts.several and not combined):
        by = (*by, *(one for one in _compared(parts) if one not in by))
    return by


def _one_figure_of_each_time(parts: Parts) -> bool:
    """Whether rows of a year each are averaged: "how much did Chrysler invest per year on average"."""
    asked = parts.has(r"^(?:and |so )?how (?:much|many)\b.*\b(?:per|each|every|a) (?:year|<c\d+>)")
    time = parts.table.time
    yearly = time is not None and time.is_year and (parts.table.is_panel or time.distinct == parts.table.rows)
    return asked and yearly


def _after_value(parts: Parts, column: Column) -> bool:
    """Whether a label only says what a value is of: "the average population of European countries"."""
    marks = re.findall(r"\bof (?:the |all )?<v\d+> <c(\d+)>", parts.marked.text)
    if parts.aggregation == "sum":
        marks += re.findall(r"\bof all (?:of )?(?:the )?<c(\d+)>", parts.marked.text)
    return column in {parts.marked.mention(mark).column for mark in marks}


def _compared(parts: Parts) -> tuple[Group, ...]:
    several = [
        one.column
        for one in parts.filters
        if isinstance(one, Condition) and one.operator == "in" and len(one.values) > 1
    ]
    places = [column for column in several if not column.is_time]
    return tuple(Group(column) for column in (places or several)[:1])


def _wants_rows(parts: Parts, by: tuple[Group, ...]) -> bool:
    worked_out = parts.aggregation or parts.counts or parts.share or parts.change
    if worked_out or not (parts.superlative or parts.limit):
        return False
    if by and not numbers(parts) and parts.has(r"\b(?:most|fewest|least)\b|<t> (?:by|per|for each|in each) <c"):
        return False
    if _each_of(parts, by):
        return True
    each_row = [group for group in by if group.steps is None and parts.table.is_fine_grained(group.column)]
    one_each = len(by) == 1 and len(each_row) == 1 and by[0].column.role != "date"
    return (parts.asks_for_one or parts.limit is not None) and (not by or one_each)


def _each_of(parts: Parts, by: tuple[Group, ...]) -> bool:
    """Whether rows are wanted for each group ("the 3 heaviest penguins of each species")."""
    named = any(mention.phrase.lower() in SUPERLATIVES for mention in parts.marked.columns())
    rows_named = parts.has(r"\b(?:top|bottom|\w+est) (?:<n\d+> )?(?:<c\d+> )?<t>|<n\d+> \w+est <t>") or (
        named and parts.has(r"<c\d+> (?:<n\d+> )?<t>")
    )
    grouped = len(by) == 1 and by[0].grain is None and by[0].steps is None
    return (
        grouped
        and (parts.limit is not None or parts.asks_for_one)
        and rows_named
        and not parts.table.is_fine_grained(by[0].column)
    )


def _extreme_rows(parts: Parts, figures: tuple[Column, ...], by: tuple[Group, ...]) -> Query | Unclear:
    placed = next((column for column in parts.subjects if column.role == "number"), None)
    key = parts.sort_by or next(iter(figures), None) or placed or obvious_measure(parts.table)
    if key is None:
        return Unclear("I can't tell by which column to rank the rows.", parts.table)
    said = () if key in parts.subjects or key == parts.sort_by else (f"I ranked the rows by {code(key.name)}.",)
    return Query(
        "rows",
        parts.table,
        measures=(key,),
        groups=by,
        order=ranked(parts),
        limit=parts.limit or 1,
        asks_for_one=parts.asks_for_one,
        assumptions=said,
    )
