"""Answers about totals, averages and counts."""

import math
from dataclasses import replace
from typing import Any

from agent_core.analyst.answer import changes
from agent_core.analyst.answer.conditions import where
from agent_core.analyst.answer.facts import Facts
from agent_core.analyst.answer.numbers import key, number, percent, placed, rows
from agent_core.analyst.markdown import code, listed
from agent_core.analyst.query import Query, Span
from agent_core.analyst.write.aggregate import by_value, columns, is_series
from agent_core.analyst.write.charts import MOST_BARS
from agent_core.analyst.write.titles import AGGREGATIONS, grouped

_TOLD = 4
_PAIR = 2
_MOST_TOLD = 12
_MOST_LINES = 6
_EXTREMES = {"max": "maximum", "min": "minimum"}
_LAST_MONTH = 12
_LAST = -1


def measured(query: Query) -> str:
    """What was measured, with the columns' own names."""
    return f"running {_measured(query)}" if query.running else _measured(query)


def _measured(query: Query) -> str:
    if query.aggregation == "count" or not query.measures:
        return "number of rows"
    names = listed([code(column.name) for column in query.measures])
    if query.ratio:
        return changes.ratio(query)
    if query.aggregation == "nunique":
        return f"number of different {names} values"
    if query.aggregation == "quantile":
        return f"{_ordinal(round(100 * query.quantile))} percentile of {names}"
    return f"{_EXTREMES.get(query.aggregation) or AGGREGATIONS[query.aggregation]} {names}"


def _ordinal(number: int) -> str:
    ending = "th" if number // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _figure(query: Query, value: Any) -> str:
    if query.ratio and query.share and isinstance(value, int | float):
        return percent(value)
    two_valued = query.measures and query.measures[0].is_two_valued and query.aggregation == "mean"
    if two_valued and isinstance(value, int | float):
        return percent(100 * value)
    return number(value)


def single(query: Query, facts: Facts) -> list[str]:
    """One figure for all rows."""
    if query.each:
        return changes.averaged(query, facts)
    if query.ratio:
        return changes.divided(query, facts, lambda value: _figure(query, value))
    if query.aggregation == "count" or not query.measures:
        count = facts.number("rows")
        if query.filters:
            return [
                (
                    f"There {'is' if count == 1 else 'are'} **{rows(count)}** "
                    f"{where(query.filters)}, of {query.table.rows:,} in "
                    f"all."
                )
            ]
        return [f"There {'is' if count == 1 else 'are'} **{rows(count)}**."]
    values = facts.numbers("value")
    asked = [(column, how) for column in query.measures for how in (query.aggregation, *query.further)]
    told = [
        f"The {measured(replace(query, measures=(column,), aggregation=how))} is **{_figure(query, value)}**."
        for (column, how), value in zip(asked, values, strict=False)
    ]
    if all(math.isnan(value) for value in values):
        return [f"There is no value of {listed([code(one.name) for one in query.measures])} to work with."]
    return told


def groups(query: Query, facts: Facts) -> list[str]:  # noqa: PLR0911 - one line for each kind
    """Figures by one or two groups."""
    if told := changes.changed(query, facts, measured(query)):
        return told
    if facts.number("groups") == 0:
        return ["There are no groups to show."]
    if is_series(query):
        several = len(query.measures) > 1 and not query.ratio
        return _several_series(query, facts) if several else _series(query, facts)
    ranked = facts.rows("result")
    if len(query.measures) > 1 and query.aggregation != "count" and not query.ratio:
        return _several(query, ranked)
    if query.further:
        return _each_way(query, ranked)
    if query.limit and len(query.groups) > 1:
        return _top_of_each(query, ranked)
    if query.gap and len(query.groups) == 1 and len(ranked) == facts.count("groups") == _PAIR and not query.share:
        return _gap(query, ranked)
    return _ranked(query, facts, ranked) if by_value(query) or len(query.groups) > 1 else _in_order(query, ranked)


def _each_way(query: Query, rows: list[list[Any]]) -> list[str]:
    """Several ways of summing up for each group."""
    ways = [AGGREGATIONS[how] for how in (query.aggregation, *query.further)]
    each = [[f"{way} {number(value)}" for way, value in zip(ways, row[1:], strict=False)] for row in rows[:_MOST_TOLD]]
    told = [f"**{_name(query, row)}**: {listed(said)}" for row, said in zip(rows, each, strict=False)]
    more = f"; and {len(rows) - _MOST_TOLD} more in the table" if len(rows) > _MOST_TOLD else ""
    return [f"{code(query.measures[0].name)} by {grouped(query.groups[0])}: {'; '.join(told)}{more}."]


def _top_of_each(query: Query, ranked: list[list[Any]]) -> list[str]:
    each: dict[str, list[str]] = {}
    for row in ranked:
        name = f"{key(row[1], query.groups[1].grain)} ({_shown(query, row)})"
        each.setdefault(key(row[0], query.groups[0].grain), []).append(name)
    word = "Lowest" if query.order == "ascending" else "Highest"
    told = "; ".join(f"**{first}**: {listed(names)}" for first, names in list(each.items())[:_MOST_LINES])
    more = f"; and {len(each) - _MOST_LINES} more in the table" if len(each) > _MOST_LINES else ""
    return [f"{word} {measured(query)} for each {grouped(query.groups[0])}: {told}{more}."]


def _name(query: Query, row: list[Any]) -> str:
    return ", ".join(key(value, group.grain) for value, group in zip(row, query.groups, strict=False))


def _value(query: Query, row: list[Any]) -> Any:
    return row[len(query.groups)]


def _shown(query: Query, row: list[Any]) -> str:
    text = _figure(query, _value(query, row))
    if query.share and not query.ratio and isinstance(row[_LAST], int | float):
        return f"{percent(row[_LAST])}, {text}"
    return text


def _ranked(query: Query, facts: Facts, rows: list[list[Any]]) -> list[str]:
    known = [row for row in rows if _value(query, row) is not None]
    if not known:
        return ["No group has a value to work with."]
    first, rest = known[0], known[1:_TOLD]
    if query.limit:
        rest = known[1 : query.limit]
    word = placed(query)
    opening = f"**{_name(query, first)}** has the {_extreme(query, word)}: **{_shown(query, first)}**"
    ties = [row for row in rest if _value(query, row) == _value(query, first)]
    if ties:
        opening += f" (together with {listed([_name(query, row) for row in ties])})"
        rest = [row for row in rest if row not in ties]
    if rest:
        opening += f", then {listed([f'{_name(query, row)} ({_shown(query, row)})' for row in rest])}"
    told = [opening + "."]
    total = facts.count("groups")
    last = _lowest(facts, known, total)
    if last and not query.limit and not query.asks_for_one and total > len(rest) + len(ties) + 1:
        other = _extreme(query, "highest" if query.order == "ascending" else "lowest").split(" ")[0]
        told.append(f"{_name(query, last)} has the {other}: {_shown(query, last)}.")
    return told + _counted(query, total)


def _gap(query: Query, rows: list[list[Any]]) -> list[str]:
    """How far two groups lie apart."""
    known = sorted((row for row in rows if _value(query, row) is not None), key=lambda row: _value(query, row))
    if len(known) != _PAIR:
        return ["Only one of the two has a value to work with."]
    low, top = known
    less, more = _value(query, low), _value(query, top)
    share = f" ({100 * (more - less) / less:,.1f} %)" if less > 0 and more != less else ""
    what = "more rows" if query.aggregation == "count" or not query.measures else f"the higher {measured(query)}"
    apart = _figure(query, more - less)
    return [
        f"**{_name(query, top)}** has {what}, by **{apart}**{share}: "
        f"{_figure(query, more)} against {_figure(query, less)} for {_name(query, low)}."
        if more != less
        else f"There is a difference of **0**: both are {_figure(query, more)}."
    ]


def _extreme(query: Query, word: str) -> str:
    if query.aggregation == "count" or not query.measures:
        return word.replace("highest", "most rows").replace("lowest", "fewest rows")
    return f"{word} {measured(query)}"


def _lowest(facts: Facts, known: list[list[Any]], total: int) -> list[Any] | None:
    if total == len(known):
        return known[_LAST]
    printed = facts.rows("last") if "last" in facts.lines else []
    return printed[0] if printed else None


def _counted(query: Query, total: int) -> list[str]:
    if len(query.groups) == 1 and total > MOST_BARS and not query.limit and query.chart != "table":
        return [f"There are {total:,} groups; the chart shows the first {MOST_BARS}, the table all."]
    if query.limit and total < query.limit:
        return [f"There are only {total:,}."]
    return []


def _in_order(query: Query, rows: list[list[Any]]) -> list[str]:
    known = [row for row in rows if _value(query, row) is not None]
    if not known:
        return ["No group has a value to work with."]
    top = max(known, key=lambda row: _value(query, row))
    low = min(known, key=lambda row: _value(query, row))
    by = grouped(query.groups[0])
    if top is low:
        return [f"The {measured(query)} is **{_shown(query, top)}** for {by} {_name(query, top)}."]
    highest = f"highest for **{_name(query, top)}** (**{_shown(query, top)}**)"
    return [f"By {by}, the {measured(query)} is {highest} and lowest for {_name(query, low)} ({_shown(query, low)})."]


def _series(query: Query, facts: Facts) -> list[str]:
    ends = facts.rows("ends")
    if not ends:
        return ["No group has a value to work with."]
    first, last, top, low = ends
    told = []
    what = measured(query)
    if len(query.groups) == 1 and query.change == "whole":
        told.append(changes.whole(query, first, last, what))
    elif len(query.groups) == 1:
        change = "" if query.running else _change(query, first, last)
        start = f"**{_figure(query, _value(query, first))}** ({_name(query, first)})"
        told.append(
            f"The {what} went from {start} to **{_figure(query, _value(query, last))}** ({_name(query, last)}){change}."
        )
    elif "each" in facts.lines:
        told += _lines(query, facts)
    told.append(
        f"The highest is {_figure(query, _value(query, top))} ({_name(query, top)}), "
        f"the lowest {_figure(query, _value(query, low))} ({_name(query, low)})."
    )
    grain = query.groups[0].grain
    if grain and len(query.groups) == 1:
        told.append(f"Each point is one {grain}.")
    if query.further:
        told.append(f"The table has the {listed([AGGREGATIONS[how] for how in query.further])} of each, too.")
    elif query.growth and len(columns(query).values) > 1:
        told.append("The table has the change from each point to the next.")
    return told + _incomplete(query)


def _several_series(query: Query, facts: Facts) -> list[str]:
    first, last = facts.rows("first")[0], facts.rows("last")[0]
    parts = [
        (
            f"{code(column.name)} from {number(first[place])} to "
            f"{number(last[place])}{_change_of(first[place], last[place])}"
        )
        for place, column in enumerate(query.measures, start=1)
    ]
    how = _EXTREMES.get(query.aggregation) or AGGREGATIONS[query.aggregation]
    return [f"From {_name(query, first)} to {_name(query, last)} the {how} went: {'; '.join(parts)}."]


def _incomplete(query: Query) -> list[str]:
    """A year that is cut off looks like a fall."""
    group = query.groups[0]
    latest = group.column.latest
    limited = any(isinstance(one, Span) for one in query.filters)
    if group.grain != "year" or query.aggregation not in {"sum", "count"} or limited or latest is None:
        return []
    earliest, moments = group.column.earliest, group.column.distinct
    if earliest is None or moments is None or moments <= latest.year - earliest.year + 1:
        return []
    return [f"The data ends on {latest}, so the last year is not complete."] if latest.month < _LAST_MONTH else []


def _lines(query: Query, facts: Facts) -> list[str]:
    parts = [
        f"{key(row[0])} from {_figure(query, row[1])} to {_figure(query, row[2])}{_change_of(row[1], row[2])}"
        for row in facts.rows("each")[:_MOST_LINES]
    ]
    more = facts.count("lines") - len(parts)
    return [f"From first to last point: {'; '.join(parts)}{f'; and {more} more' if more > 0 else ''}."]


def _change(query: Query, first: list[Any], last: list[Any]) -> str:
    return _change_of(_value(query, first), _value(query, last))


def _change_of(start: Any, end: Any) -> str:
    if not isinstance(start, int | float) or not isinstance(end, int | float) or start <= 0 or end == start:
        return ""
    change = 100 * (end - start) / start
    return f", {'up' if change > 0 else 'down'} {abs(change):,.1f} %"


def _several(query: Query, rows: list[list[Any]]) -> list[str]:
    told = []
    for position, column in enumerate(query.measures):
        place = len(query.groups) + position
        known = [row for row in rows if isinstance(row[place], int | float)]
        if known:
            top = max(known, key=lambda row: row[place])
            told.append(
                f"{_EXTREMES.get(query.aggregation) or AGGREGATIONS[query.aggregation]} "
                f"{code(column.name)} is highest for **{_name(query, top)}** ({number(top[place])})"
            )
    return [f"{one[:1].upper()}{one[1:]}." for one in told] or ["No group has a value to work with."]
