"""Answers about steps in time, limits on groups, and averages of totals."""

from collections.abc import Callable
from typing import Any

from agent_core.analyst.answer.facts import Facts, NotFound
from agent_core.analyst.answer.numbers import key, number
from agent_core.analyst.markdown import code, listed
from agent_core.analyst.query import Operator, Query
from agent_core.analyst.write.titles import GRAINS, grouped

_MOST_TOLD = 12
_WORDS: dict[Operator, str] = {"above": "above", "at_least": "of at least", "below": "below", "at_most": "of at most"}


def changed(query: Query, facts: Facts, what: str) -> list[str] | None:
    """What moved, or which groups are within limits; None where the query asks for neither."""
    if query.change == "groups":
        return movers(query, facts)
    if query.having:
        return limited(query, facts, what)
    if query.change == "steps" and len(query.measures) <= 1 and len(query.groups) == 1:
        return steps(query, facts, what)
    return None


def steps(query: Query, facts: Facts, what: str) -> list[str]:
    """From one point in time to the next."""
    if query.aggregation == "mean":
        what = code(query.measures[0].name)  # "changed by 3 on average" needs no second average
    moved = facts.rows("steps")
    if not moved:
        return ["There is only one point in time, so nothing changed."]
    grain = query.groups[0].grain
    unit = GRAINS[grain] if grain else "year" if query.groups[0].column.is_year else "point"
    up, down = moved

    def told(row: list[Any]) -> str:
        return f"**{key(row[0], grain)}** (**{number(row[2])}**, to {number(row[1])})"

    if query.asks_for_one:
        first = down if query.order == "ascending" else up
        word = "fell most" if query.order == "ascending" else "rose most"
        return [f"{what[:1].upper()}{what[1:]} {word} in {told(first)}, held against the {unit} before."]
    average = number(facts.number("average step"))
    return [
        (
            f"From one {unit} to the next, {what} changed by "
            f"**{average}** on average. The largest rise was in {told(up)}, the largest fall in {told(down)}."
        ),
        "The table has each change.",
    ]


def whole(query: Query, first: list[Any], last: list[Any], what: str) -> str:
    """From the first point in time to the last."""
    grain = query.groups[0].grain
    start, end = first[len(query.groups)], last[len(query.groups)]
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        raise NotFound("ends")
    share = f" ({abs(100 * (end - start) / start):,.1f} %)" if start > 0 and end != start else ""
    word = "rose" if end > start else "fell" if end < start else "changed"
    return (
        f"The {what} {word} by **{number(abs(end - start))}{share}**, from **{number(start)}** "
        f"({key(first[0], grain)}) to {number(end)} ({key(last[0], grain)})."
    )


def limited(query: Query, facts: Facts, what: str) -> list[str]:
    """The groups whose figure is as wanted."""
    count, before = facts.count("groups"), facts.count("before")
    bounds = listed([f"{_WORDS[sign]} {number(bound)}" for sign, bound in query.having])
    group = query.groups[0]
    name = f"{GRAINS[group.grain]}s" if group.grain else f"values of {code(group.column.name)}"
    article = "an" if what.startswith("average") else "the" if what.startswith(("number", "m")) else "a"
    opening = f"**{count:,}** of {before:,} {name} {'has' if count == 1 else 'have'} {article} {what} {bounds}"
    found = facts.rows("result")[:_MOST_TOLD] if count else []
    named = [f"{key(row[0], query.groups[0].grain)} ({number(row[1])})" for row in found]
    if count > len(named):
        named = [*named, f"{count - len(named):,} more"]
    return [f"{opening}: {listed(named)}." if named else f"{opening}."]


def averaged(query: Query, facts: Facts) -> list[str]:
    """The average of totals."""
    assert query.each
    what = f"total {code(query.measures[0].name)}" if query.measures else "number of rows"
    return [
        (
            f"The average {what} of a {grouped(query.each)} is **{number(facts.number('value'))}**, "
            f"over {facts.count('each'):,} of them."
        )
    ]


def ratio(query: Query) -> str:
    """What is divided by what."""
    first, second = (code(column.name) for column in query.measures)
    return f"{first} in percent of {second}" if query.share else f"{first} divided by {second}"


def divided(query: Query, facts: Facts, shown: Callable[[float], str]) -> list[str]:
    """One column divided by another, for all rows."""
    first, second = (code(column.name) for column in query.measures)
    whole, each = shown(facts.number("value")), shown(facts.number("each"))
    said = f"makes up **{whole}** of" if query.share else f"is **{whole}** times"
    return [f"Taken together, {first} {said} {second}.", f"Row by row that is **{each}** on average."]


def movers(query: Query, facts: Facts) -> list[str]:
    """How far each group went from its first point in time to its last."""
    if query.having:
        return _changed_so(query, facts)
    found = [row for row in facts.rows("result") if row[3] is not None]
    if not found:
        return ["No group has a value to work with."]
    first, rest = found[0], found[1:4]
    down = query.order == "ascending"
    word = "fell" if first[3] < 0 else "rose"
    opening = f"**{key(first[0])}** {word} {'least' if down == (first[3] > 0) else 'most'}"
    told = [
        (
            f"{opening}: {code(query.measures[0].name)} went from {number(first[1])} to {number(first[2])}, "
            f"a change of **{_moved(first)}**."
        )
    ]
    if rest:
        told.append(f"Then follow {listed([f'{key(row[0])} by {_moved(row)}' for row in rest])}.")
    for name, *_, share in facts.rows("steepest"):
        if not down and not query.growth and name != first[0]:
            told.append(f"In percent, {key(name)} rose most: {number(share)} %.")
    return told


def _changed_so(query: Query, facts: Facts) -> list[str]:
    """The groups that rose, or those that fell."""
    count, before = facts.count("groups"), facts.count("before")
    higher = query.having[0][0] == "above"
    what = f"{'total' if query.aggregation == 'sum' else 'average'} {code(query.measures[0].name)}"
    opening = (
        f"In **{count:,}** of {before:,} values of {code(query.groups[0].column.name)}, "
        f"the {what} was {'higher' if higher else 'lower'} in the later year"
    )
    found = facts.rows("result") if count else []
    named = [f"**{key(row[0])}** (from {number(row[1])} to {number(row[2])})" for row in found]
    if count > len(named):
        named = [*named, f"{count - len(named):,} more"]
    return [f"{opening}: {listed(named)}." if named else f"{opening}."]


def _moved(row: list[Any]) -> str:
    share = f" ({number(row[4])} %)" if row[4] is not None else ""
    return f"{number(row[3])}{share}"
