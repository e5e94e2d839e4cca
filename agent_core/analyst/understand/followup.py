"""Questions that change the question before: "as a line chart", "only 2023", "now by region"."""

import re
from dataclasses import replace

from agent_core.analyst.markdown import code
from agent_core.analyst.query import Aggregation, Filter, Group, Order, Query, Span
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.comparing import compared
from agent_core.analyst.understand.complete import complete
from agent_core.analyst.understand.defaults import default_aggregation, obvious_measure
from agent_core.analyst.understand.grouping import group_of, is_figure
from agent_core.analyst.understand.intents import kinds
from agent_core.analyst.understand.meanings import Unclear
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.understand.ratios import of_that

_IT = "(?:it|this|that|them)"
_STRONG = re.compile(
    r"^(?:ok(?:ay)?,? |please |can you |could you )*"
    r"(?:and|now|what about|how about|same|but|also|instead|then|as an?|in a|switch|use|"
    rf"(?:show|make|turn|plot|draw) {_IT}|change (?:{_IT}|to)|"
    rf"(?:sort|order|rank|export|save|download|filter|split|group|restrict|limit|break|colou?r)"
    rf"(?: {_IT}| the results?)?|"
    r"again|keep|add|try|only|just|exclude|excluding|without|drop|remove|ignore|log|linear|not)\b"
    r"|\binstead\b|\b(?:too|as well)\s*\??$"
)
_WEAK = re.compile(
    r"^(?:with|by|per|in|for|top|bottom|over|since|from|before|after|between|above|below|under|on|daily|weekly|"
    r"monthly|quarterly|yearly|annually|percent|the)\b"
)
_ADDING = (
    r"\b(?:also|too|as well|in addition|additionally|split|broken down|break|colou?r(?:ed)?|further|and over time)\b"
)
_CHANGEABLE = {"aggregate", "distribution", "relation", "rows", "portion", "unique", "outliers"}
_SHORT = 5


_SIDE = re.compile(r"^(?:and |but |what about |how about )*(after|before|since|until)(?: that| then| it)?[ ?.|]*$")
_THOSE = re.compile(r"\b(?:their|them|they|those|these)\b")


def changes(parts: Parts, previous: Query) -> bool:
    """Whether this question is to be read as a change of the previous one."""
    text = parts.marked.text
    numbers = [column for column in parts.subjects if is_figure(column)]
    whole = bool(numbers) and bool(parts.aggregation or parts.groups or parts.grain or parts.over_time)
    alone = {"quality", "columns", "overview", "outliers", "correlation", "clean"} & {*kinds(parts), parts.intent}
    if _SIDE.match(text) or of_that(previous, parts):
        return True
    if previous.filters and _THOSE.search(text) and not alone:
        return True
    if (alone and not parts.drop_missing and not parts.export and _says_nothing(parts)) or (
        whole and "instead" not in text
    ):
        return False
    if _STRONG.search(text):
        return previous.intent in _CHANGEABLE or _only_dressing(parts)
    short = len(text.split()) <= _SHORT and not re.match(
        r"(?:how|what|which|who|show|list|describe|compare|plot|count)\b", text
    )
    return not numbers and bool(_WEAK.search(text) or short) and not _says_nothing(parts)


def _says_nothing(parts: Parts) -> bool:
    said = parts.groups, parts.filters, parts.bare, parts.subjects, parts.aggregation, parts.grain, parts.chart
    rest = (
        parts.limit,
        parts.over_time,
        parts.share,
        parts.growth,
        parts.export,
        parts.drop_missing,
        parts.clears_filters,
        parts.superlative,
    )
    return not any((*said, *rest)) and parts.log is None and parts.order == "auto" and not parts.counts


def _only_dressing(parts: Parts) -> bool:
    return bool(parts.filters or parts.export or parts.drop_missing or parts.clears_filters) and not parts.subjects


def merge(previous: Query, parts: Parts) -> Query | Unclear:  # noqa: PLR0911 - one line for each kind
    """The previous question with everything that this one says outright put over it."""
    if turned := _other_side(previous, parts):
        return turned
    if problems := [*parts.problems, *parts.unsettled]:
        return Unclear(problems[0], parts.table)
    if ratio := of_that(previous, parts):
        return replace(previous, measures=ratio, aggregation="sum", share=True, ratio=True, assumptions=())
    parts.adds = parts.has(_ADDING)
    numbers = tuple(column for column in parts.subjects if is_figure(column))
    if parts.share and numbers and previous.measures and numbers != previous.measures:
        return Unclear("The built-in analyst can't do this: ratios of two columns.", parts.table)
    base = _reshaped(previous, parts, numbers)
    if base is None:
        parts.filters = [*previous.filters, *parts.filters]
        return complete(parts)
    bare = compared(parts, base)
    if isinstance(bare, Unclear):
        return bare
    query = replace(
        base,
        filters=_filters(previous, parts, base, bare),
        order=parts.order if parts.order != "auto" else base.order,
        limit=parts.limit or base.limit,
        skip=parts.skip or (0 if parts.superlative else base.skip),
        share=base.share or parts.share,
        growth=base.growth or parts.growth,
        log=base.log if parts.log is None else parts.log,
        drop_missing=base.drop_missing or parts.drop_missing,
        export=parts.export,
        assumptions=tuple(parts.assumptions),
    )
    return _sorted(_charted(_turned(query, previous, parts), parts), parts)


def _other_side(previous: Query, parts: Parts) -> Query | None:
    """The same on the other side of a moment: "and after?" behind "before 1900"."""
    spans = [one for one in previous.filters if isinstance(one, Span) and (one.start is None) != (one.end is None)]
    match = _SIDE.match(parts.marked.text)
    if match is None or len(spans) != 1:
        return None
    (span,) = spans
    moment = span.start or span.end
    start, end = (moment, None) if match[1] in {"after", "since"} else (None, moment)
    other = replace(span, start=start, end=end)
    kept = tuple(other if one == span else one for one in previous.filters)
    return replace(previous, filters=kept, assumptions=())


def _turned(query: Query, previous: Query, parts: Parts) -> Query:
    """The other end of a ranking: "and the lightest?" after "which car is the heaviest?"."""
    ranked = previous.asks_for_one or previous.intent == "rows"
    if not ranked or parts.superlative is None or parts.order != "auto":
        return query
    order: Order = "ascending" if parts.superlative == "min" else "descending"
    return replace(
        query,
        order=order,
        aggregation=previous.aggregation if query.groups else query.aggregation,
        asks_for_one=previous.asks_for_one,
    )


def _reshaped(previous: Query, parts: Parts, numbers: tuple[Column, ...]) -> Query | None:
    groups = _groups(previous, parts)
    if previous.intent == "rows" and (
        parts.groups or parts.grain or parts.over_time or parts.aggregation or parts.counts
    ):
        return None
    if previous.intent in {"unique", "outliers", "portion"} and (groups != previous.groups or parts.aggregation):
        return None if previous.intent != "portion" else replace(previous, groups=groups)
    measures = (*previous.measures, *numbers) if parts.adds and numbers else (numbers or previous.measures)
    if previous.intent != "aggregate":
        return replace(previous, measures=measures, groups=groups[:1] if previous.intent != "rows" else groups)
    how = _aggregation(previous, parts, numbers)
    if how == "count":
        measures = ()
    if how != "count" and not measures:
        obvious = obvious_measure(parts.table)
        if obvious is None:
            return None
        measures = (obvious,)
        parts.assumptions.append(f"No column was named to measure, so I took {code(obvious.name)}.")
    plain = groups == previous.groups
    return replace(
        previous,
        measures=measures,
        aggregation=how,
        groups=groups,
        chart=previous.chart if plain else "auto",
        order=previous.order if plain else "auto",
        limit=previous.limit if plain else None,
        asks_for_one=previous.asks_for_one and plain,
    )


def _aggregation(previous: Query, parts: Parts, numbers: tuple[Column, ...]) -> Aggregation:
    if parts.aggregation:
        return parts.aggregation
    if parts.counts and not numbers:
        return "count"
    if parts.superlative and parts.limit is None and previous.measures and not parts.asks_for_one:
        return parts.superlative
    if numbers and previous.aggregation in {"count", "nunique"}:
        return default_aggregation(numbers[0])
    return previous.aggregation


def _groups(previous: Query, parts: Parts) -> tuple[Group, ...]:
    named = [*parts.groups, *(one for one in parts.subjects if not is_figure(one))]
    new = [group_of(parts, column) for column in named if parts.sort_by != column]
    time = parts.table.time
    if (parts.grain or parts.over_time) and time and not any(group.column.is_time for group in new):
        new.insert(0, group_of(parts, time))
    if not new:
        return previous.groups
    replaces = parts.has(r"\b(?:now|instead|just|only|rather)\b")
    over_time = len(previous.groups) == 1 and previous.groups[0].column.is_time and not replaces
    if parts.adds or (parts.over_time and not parts.groups) or (over_time and not new[0].column.is_time):
        kept = [one for one in previous.groups if all(one.column != other.column for other in new)]
        both = [*kept, *new]
        return tuple(sorted(both, key=lambda group: not group.column.is_time)[:2])
    return tuple(new[:2])


def _filters(previous: Query, parts: Parts, base: Query, bare: tuple[Filter, ...]) -> tuple[Filter, ...]:
    new = [*parts.filters, *bare]
    if parts.clears_filters:
        return tuple(new)
    replaced = {one.column for one in new}
    if previous.intent == "portion" and base.intent == "portion":
        wanted = next((one for one in new if one.column == previous.filters[-1].column), previous.filters[-1])
        kept = [one for one in previous.filters[:-1] if one.column not in replaced]
        return (*kept, *(one for one in new if one != wanted), wanted)
    return (*(one for one in previous.filters if one.column not in replaced), *new)


def _charted(query: Query, parts: Parts) -> Query:
    match parts.chart:
        case None:
            return query
        case "histogram" | "box" if query.intent in {"aggregate", "distribution"} and query.measures:
            return replace(
                query, intent="distribution", measures=query.measures[:1], chart=parts.chart, groups=query.groups[:1]
            )
        case _:
            return replace(query, chart=parts.chart)


def _sorted(query: Query, parts: Parts) -> Query:
    if parts.limit and query.order == "auto":
        query = replace(query, order="descending")
    if parts.sort_by and query.intent == "rows":
        return replace(query, measures=(parts.sort_by,))
    return query
