"""Questions that point at the answer before: "which one has the most?", "when was that?", "what is its mpg?"."""

import re
from dataclasses import replace

from agent_core.analyst.query import Order, Query
from agent_core.analyst.understand.grouping import group_of
from agent_core.analyst.understand.lexicon import AGGREGATIONS, SUPERLATIVES
from agent_core.analyst.understand.parts import Parts

_SUPERLATIVE = "|".join(sorted(SUPERLATIVES, key=len, reverse=True))
_UNIT = r"(?:day|date|month|year|time)"
_OPENING = r"^(?:(?:and|so|but|ok|then) )*"
_WHICH = re.compile(
    rf"{_OPENING}(?:which|what|who)(?: one| ones| of them| of those| <c(?P<c>\d+)>| {_UNIT})?"
    rf" (?:is|was|are|were|has|had|have|got)(?: it)? (?:the )?(?P<how>{_SUPERLATIVE})(?: one| <t>| of all)?(?: \?)?$"
)
_WHEN = re.compile(
    rf"{_OPENING}(?:when|(?:in |on )?(?:which|what) {_UNIT}) (?:was|is|did)(?: (?:that|it|this))?"
    r"(?: (?:happen|occur)\w*)?(?: \?)?$"
)
_THAT = re.compile(
    rf"{_OPENING}(?:which|what|who)(?: (?:one|<t>|<c(?P<c>\d+)>))? (?:is|was|were|are) "
    r"(?:that|it|this|those)(?: one)?(?: \?)?$"
)
_ITS = re.compile(r"\b(?:its|his|her|their)\b|\b(?:is|was|does|did|has|had) (?:it|he|she|that(?: one| <t>))(?!\S)")
_SHARE = re.compile(
    rf"{_OPENING}(?:what (?:share|percentage|percent|proportion|fraction) (?:is|was|are|were) "
    r"(?:that|this|it|those|they)|(?:as|in) (?:a |an )?(?:percent(?:age)?|share))"
)


def pointed(previous: Query, parts: Parts) -> Query | None:
    """The question before, asked on; None where this one stands for itself."""
    text = parts.marked.text
    if match := _WHICH.match(text):
        return _which(previous, parts, match)
    if match := _THAT.match(text):
        return _that(previous, parts, match["c"])
    if _WHEN.match(text):
        return _when(previous, parts)
    if _SHARE.match(text) and previous.intent == "aggregate" and previous.aggregation == "count":
        filters = tuple(sorted(previous.filters, key=lambda one: not one.column.is_time))
        portion = replace(previous, intent="portion", filters=filters, share=True, assumptions=())
        return portion if previous.filters and not previous.groups and not parts.filters else None
    return _its(previous, parts) if _ITS.search(text) else None


def _which(previous: Query, parts: Parts, match: re.Match[str]) -> Query | None:
    order: Order = "ascending" if AGGREGATIONS[match["how"]] == "min" else "descending"
    groups = (group_of(parts, parts.column(match["c"])),) if match["c"] else previous.groups[:1]
    if previous.intent != "aggregate" or not groups or groups[0].column in previous.measures or groups[0].steps:
        return None
    ranked = replace(previous, groups=groups, order=order, asks_for_one=True, limit=None, chart="auto", change=None)
    return replace(ranked, assumptions=())


def _that(previous: Query, parts: Parts, mark: str | None) -> Query | None:
    """The row behind a highest or lowest figure, and what is asked of it."""
    row = _row(previous)
    asked = (parts.column(mark),) if mark else ()
    return replace(row, wanted=tuple(one for one in asked if one not in row.measures), assumptions=()) if row else None


def _row(previous: Query) -> Query | None:
    """The question before as one for a row; None where its figure is that of no row."""
    if len(previous.measures) != 1:
        return None
    if previous.intent == "rows" and previous.limit == 1:
        return previous
    if previous.intent != "aggregate" or previous.groups or previous.aggregation not in {"max", "min"}:
        return None
    order: Order = "ascending" if previous.aggregation == "min" else "descending"
    row = Query("rows", previous.table, measures=previous.measures, filters=previous.filters)
    return replace(row, order=order, limit=1, asks_for_one=True)


def _when(previous: Query, parts: Parts) -> Query | None:
    time, row = parts.table.time, _row(previous)
    return replace(row, wanted=(time,), assumptions=()) if row and time else None


def _its(previous: Query, parts: Parts) -> Query | None:
    asked = tuple(one for one in parts.subjects if one not in previous.measures)
    worked_out = parts.aggregation or parts.superlative or parts.groups or parts.filters or parts.bare or parts.counts
    if previous.intent != "rows" or previous.limit != 1 or not previous.measures or not asked or worked_out:
        return None
    return replace(previous, wanted=asked, assumptions=tuple(parts.assumptions))
