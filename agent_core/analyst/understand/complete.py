"""From what a question says outright to a whole `Query`, or to a sentence on why there is none."""

import re
from dataclasses import replace
from itertools import combinations
from typing import Literal

from agent_core.analyst.markdown import code
from agent_core.analyst.query import Condition, Filter, Group, Intent, Query, Span
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.adjectives import LOWEST
from agent_core.analyst.understand.aggregating import aggregate
from agent_core.analyst.understand.changing import MOVED
from agent_core.analyst.understand.comparing import compared
from agent_core.analyst.understand.defaults import all_measures, obvious_measure
from agent_core.analyst.understand.grouping import group_of, groups, labels, numbers, ranked
from agent_core.analyst.understand.intents import asks_whether_together, intent
from agent_core.analyst.understand.meanings import Unclear
from agent_core.analyst.understand.measuring import no_numbers
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.understand.ratios import names_a_whole

_PAIR = 2
_NO_SHARE = "I can't tell what is to be taken as a share of what."


def complete(parts: Parts) -> Query | Unclear:  # noqa: PLR0911 - one line for each kind
    """A query that says everything, with its assumptions; or why that can't be."""
    if problems := [*parts.problems, *parts.unsettled]:
        return Unclear(problems[0], parts.table)
    if problem := _about_two(parts):
        return Unclear(problem, parts.table)
    kind = intent(parts)
    if kind is None:
        return Unclear("I didn't understand what to work out.", parts.table)
    query = _shaped(parts, kind)
    if isinstance(query, Unclear):
        return query
    bare = compared(parts, query) if not _shares_nothing(parts, query) else Unclear(_NO_SHARE, parts.table)
    if isinstance(bare, Unclear):
        return bare
    filters = _joined(parts, (*parts.filters, *bare))
    if isinstance(filters, Unclear):
        return filters
    return replace(
        query,
        filters=filters,
        order=parts.order if parts.order != "auto" else query.order,
        limit=parts.limit if query.limit is None else query.limit,
        chart=parts.chart or query.chart,
        log=bool(parts.log),
        drop_missing=parts.drop_missing,
        last_rows=parts.last_rows,
        export=parts.export,
        ratio=parts.ratio is not None and query.intent == "aggregate",
        growth=parts.growth,
        gap=parts.gap and query.intent == "aggregate",
        change=_change(parts, query),
        quantile=parts.quantile,
        skip=parts.skip,
        having=tuple(parts.having) if query.groups else (),
        running=parts.running and query.intent == "aggregate",
        assumptions=(*parts.assumptions, *query.assumptions),
    )


def _change(parts: Parts, query: Query) -> Literal["steps", "whole", "groups"] | None:
    """How far two times lie apart is the change from the one to the other."""
    if query.intent != "aggregate":
        return None
    two_times = parts.gap and len(query.groups) == 1 and query.groups[0].column.is_time
    return "whole" if two_times and parts.change is None else parts.change


def _apart(one: Span, other: Span) -> bool:
    """Whether nothing can be in both."""
    if one.column != other.column or not (one.start and one.end and other.start and other.end):
        return False
    return one.end <= other.start or other.end <= one.start


def _narrows_twice(parts: Parts) -> bool:
    """Whether two times narrow the rows one after the other, where each was meant alone."""
    spans = [one for one in parts.filters if isinstance(one, Span)]
    times = [
        one.column for one in spans if (one.start or one.years) and (parts.compares or (one.start and not one.end))
    ]
    return len(set(times)) < len(times)


def _joined(parts: Parts, filters: tuple[Filter, ...]) -> tuple[Filter, ...] | Unclear:
    """The filters, those that "or" joins as one: "younger than 18 or older than 60"."""
    conditions = [one for one in filters if isinstance(one, Condition)]
    if len(conditions) < _PAIR or not re.search(r"\| or (?:[a-z]+ )*\|", parts.text):
        return filters
    if len(conditions) > _PAIR or parts.compares:
        return Unclear("I can't tell which of your conditions “or” joins.", parts.table)
    first, second = conditions
    others = tuple(one for one in filters if one not in conditions)
    return (*others, replace(first, alternative=second))


def _shares_nothing(parts: Parts, query: Query) -> bool:
    return parts.share and query.intent == "aggregate" and not (query.groups or parts.ratio)


def _about_two(parts: Parts) -> str | None:  # noqa: PLR0911 - one line for each reading
    """What keeps a question about two columns from being answered."""
    if parts.share and parts.ratio is None and len([one for one in numbers(parts) if not one.is_two_valued]) > 1:
        return "The built-in analyst can't do this: ratios of two columns."
    spans = [one for one in parts.filters if isinstance(one, Span) and one.start and one.end]
    if any(_apart(one, other) for one, other in combinations(spans, 2)) or _narrows_twice(parts):
        return "I can't tell how the times in your question go together."
    extremes = [one for one in parts.marked.columns() if one.extreme]
    if len({one.column for one in extremes}) > 1 and {one.phrase.lower() in LOWEST for one in extremes} == {
        True,
        False,
    }:
        return "I answer one question at a time: please ask for the highest and the lowest on their own."
    if parts.gap and parts.asks_for_one and parts.groups and not any(one.is_time for one in parts.groups):
        return "I can't rank groups by how far others lie apart within them."
    if (
        parts.has(r"^(?:(?:which|what|list|show|the|all) )*<c\d+> (?:where|whose|in which) .*" + MOVED)
        and not parts.bare
    ):
        return "I can't pick groups by how they changed."
    if _against_one(parts):
        return "I can't pick groups by comparing each with another."
    if names_a_whole(parts):
        return "I can't tell what is to be taken as a share of that column."
    if asks_whether_together(parts) and len(numbers(parts)) == 1 and not _sorts(parts):
        return "I can't tell which two columns you mean."
    return None


def _against_one(parts: Parts) -> bool:
    """Whether it asks which groups are above one of them, or which months are above those of another year."""
    if parts.has(r"^(?:in )?(?:which|what) (?:day|week|weekday|month|quarter)s?\b.*<m\d+> than (?:in )?<m"):
        return True
    match = re.search(r"^(?:in )?(?:which|what) <c(\d+)> .*\bthan (?:(?:in|of|that|the) )*<v(\d+)>", parts.marked.text)
    same = match is not None and parts.marked.mention(match[1]).column == parts.marked.mention(match[2]).column
    return same and len(parts.marked.values()) == 1


def _sorts(parts: Parts) -> bool:
    """Whether something is named that sorts the rows into groups that can be compared."""
    names = (*labels(parts), *parts.groups)
    return bool(parts.filters or parts.bare) or any(one.distinct != parts.table.rows for one in names)


def _shaped(parts: Parts, kind: Intent) -> Query | Unclear:  # noqa: PLR0911 - one line for each kind
    match kind:
        case "aggregate":
            return aggregate(parts)
        case "distribution":
            return _distribution(parts)
        case "relation" if len(numbers(parts)) > _PAIR:
            return _correlation(parts)
        case "relation":
            return replace(_plain(parts, kind), measures=_axes(parts), groups=_colours(parts))
        case "portion":
            _put_whole_first(parts)
            return replace(_plain(parts, kind), measures=_portioned(parts), groups=groups(parts)[:1])
        case "rows":
            return _rows(parts)
        case "unique":
            return replace(_plain(parts, kind), measures=tuple(parts.subjects[:1]))
        case "outliers":
            measures = numbers(parts) or all_measures(parts.table)
            return replace(_plain(parts, kind), measures=measures) if measures else no_numbers(parts)
        case "correlation":
            return _correlation(parts)
        case _:
            return _plain(parts, kind)


def _put_whole_first(parts: Parts) -> None:
    """In "what percentage of dinners had more than 4 guests" the dinners are the whole."""
    named = re.search(r"\bof (?:all |the )*<v(\d+)> .*\b(?:had|have|has|are|were|is|was|with)\b", parts.marked.text)
    if named is not None:
        whole = parts.marked.mention(named[1])
        parts.filters.sort(key=lambda one: one.column not in {whole.column, *whole.others})


def _portioned(parts: Parts) -> tuple[Column, ...]:
    """What a share is of: the figure that is named, or the one that there is where counting rows says nothing."""
    only = obvious_measure(parts.table)
    compared_with = {one.column for one in parts.filters}
    rows = re.findall(r"\bof (?:the |all )*<c(\d+)> (?:with|that|which|where|whose)\b", parts.marked.text)
    if any(not parts.marked.mention(one).sure and parts.marked.mention(one).phrase.endswith("s") for one in rows):
        return ()
    if numbers(parts) and (set(numbers(parts)) <= compared_with or (parts.bare and len(numbers(parts)) == 1)):
        return ()
    if numbers(parts) or only is None or not parts.table.is_panel or parts.has(r"<t>|\b(?:cases|times)\b"):
        return numbers(parts)[:1]
    parts.assumptions.append(f"I took the share of {code(only.name)}.")
    return (only,)


def _plain(parts: Parts, kind: Intent) -> Query:
    return Query(kind, parts.table, measures=numbers(parts))


def _correlation(parts: Parts) -> Query | Unclear:
    if len(parts.table.measures) < _PAIR:
        return Unclear("A correlation needs two columns of numbers, and this table has fewer.", parts.table)
    return _plain(parts, "correlation")


def _rows(parts: Parts) -> Query:
    query = _plain(parts, "rows")
    key = parts.sort_by or next(iter(numbers(parts)), None) if parts.order != "auto" or parts.superlative else None
    wanted = tuple(one for one in parts.wanted if one != key) if key else ()
    named = tuple(group_of(parts, column) for column in parts.groups[:1]) if wanted else ()
    measures = (key,) if key else ()
    return replace(query, measures=measures, order=ranked(parts) if key else "auto", wanted=wanted, groups=named)


def _distribution(parts: Parts) -> Query:
    figures = numbers(parts)
    if not figures:
        counted = labels(parts)[0]
        return replace(
            _plain(parts, "aggregate"), aggregation="count", groups=(group_of(parts, counted), *groups(parts))[:2]
        )
    by = tuple(group_of(parts, column) for column in labels(parts))
    return replace(_plain(parts, "distribution"), measures=figures[:1], groups=(*groups(parts), *by)[:1])


def _axes(parts: Parts) -> tuple[Column, ...]:
    """In "a against b" and "a depends on b", b is the horizontal axis."""
    first, second, *_ = numbers(parts)
    upright = parts.has(r"\b(?:vs|versus|against|depends? on|as a function of)\b")
    return (second, first) if upright else (first, second)


def _colours(parts: Parts) -> tuple[Group, ...]:
    named = tuple(group_of(parts, column) for column in labels(parts) if column.role != "date")
    return tuple(group for group in (*groups(parts), *named) if group.steps is None and group.grain is None)[:1]
