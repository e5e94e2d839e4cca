"""Rules for how figures are summed up: "average", "total", "how many", "the highest"."""

import re

from agent_core.analyst.markdown import quoted
from agent_core.analyst.query import Aggregation
from agent_core.analyst.schema.words import stem, stems
from agent_core.analyst.understand.adjectives import BASES, EXTREMES, HIGHEST, LOW, LOWEST
from agent_core.analyst.understand.defaults import is_bad
from agent_core.analyst.understand.lexicon import AGGREGATIONS, MEASURED_BY, SUPERLATIVES
from agent_core.analyst.understand.mentions import Mention
from agent_core.analyst.understand.names import score
from agent_core.analyst.understand.parts import Parts

_AGGREGATION = "|".join(sorted(AGGREGATIONS, key=len, reverse=True))
_TOP, _END = (
    "|".join(sorted({*HIGHEST, "maximum", "max", "most"})),
    "|".join(sorted({*LOWEST, "minimum", "min", "least"})),
)
_BOTH_ENDS = (
    rf"(?:{_TOP})(?: <c\d+>)? (?:and|to) (?:the |its |their )*(?:{_END})|"
    rf"(?:{_END})(?: <c\d+>)? (?:and|to) (?:the |its |their )*(?:{_TOP})"
)
_RANGE = (
    r"\b(?:differences?|gaps?|ranges?|spans?|distances?|spread) (?:between|from) (?:the |its |their )*"
    rf"(?:{_BOTH_ENDS})\b( <c\d+>)?"
)
"""The highest value less the lowest."""
_COUNTED_ROWS = (
    r"\b(?:how many|number of|count of|how often)(?: (?:of|the|all|these|those|<v\d+>))*"
    r"(?: <t>| (?:days|weeks|months|quarters|years|hours|times)\b|(?<=how often))"
)
_MONEY = {"bill", "amount", "total", "fee", "charge", "fare", "revenue", "value", "spend", "tip"}
_HOW_FAR = rf"\bhow ({'|'.join(BASES)})\b.* (?:get|gets|got|become|became)\b"


def read_aggregation(parts: Parts) -> None:
    """Read "average", "total", "how many", "the highest"."""
    if parts.take(r"\b(?:how many|number of|numbers of|count(?: of|s|ing)?|how often|frequency(?: of)?|frequencies)\b"):
        parts.counts = True
        parts.counts_rows = parts.has(_COUNTED_ROWS)
        parts.in_total = parts.has(r"\b(?:in total|altogether|in all|total)\b")
        parts.take_all(r"\b(?:in total|overall|altogether|in all|combined|total)\b")
    parts.how_much = parts.take(r"\bhow much\b") is not None
    if (parts.how_much or parts.counts) and parts.take(r"\b(?:put |taken )?together\b"):
        parts.take(r"\ball(?: of)?(?: the| our| their)? <c\d+>")
        parts.in_total, parts.aggregation = True, parts.aggregation or ("sum" if parts.how_much else None)
    parts.running = (
        parts.take(r"\b(?:cumulative(?:ly)?|cumulated|running total|accumulated|year to date|ytd)\b") is not None
    )
    parts.over_time = parts.over_time or (parts.running and parts.table.time is not None)
    if parts.take(r"\b(?:different|distinct|unique|differing)\b"):
        parts.intent = parts.intent or "unique"
    if parts.take(
        r"\b(?:on|in|for) an? (?:normal|usual|ordinary|regular|typical|average) "
        r"(?:<c\d+>|<t>|(?:day|night|week|month|year)\b)"
    ):
        parts.aggregation = parts.aggregation or "mean"
    if match := parts.take(_RANGE):
        parts.aggregation = "range"
        parts.text = parts.text.replace("|", f"| {' '.join(re.findall(r'<c[0-9]+>', match[0])[:1])}", 1)
    if parts.take(r"\bstandard deviations?\b"):
        parts.aggregation = "std"
    for match in parts.take_all(rf"\b(?:{_AGGREGATION})\b"):
        _aggregation(parts, match[0])
    if far := re.search(_HOW_FAR, parts.marked.original.lower()):
        parts.aggregation = parts.aggregation or ("min" if far[1] in LOW else "max")
    _within_names(parts)
    _adjectives(parts)
    _without_column(parts)
    _of_another_kind(parts)


def _without_column(parts: Parts) -> None:
    """A word such as "cheapest" means a column; another one must not stand in for it."""
    if any(one.column.role == "number" and not one.column.is_year for one in parts.marked.columns()):
        return
    said = set(parts.marked.text.split())
    for word in MEASURED_BY:
        if word in said:
            parts.problems.append(f"I found no column for {quoted(word)}.")


def _of_another_kind(parts: Parts) -> None:
    """In "the longest marriage", a column that is only half named has to hold lengths."""
    for mention in parts.marked.columns():
        before = re.search(rf"\b({'|'.join(MEASURED_BY)}) {re.escape(mention.phrase)}", parts.marked.original.lower())
        doubtful = mention.column.role == "number" and not mention.sure and before is not None
        money = before and MEASURED_BY[before[1]] == "price" and set(stems(mention.column.name)) & _MONEY
        fits = money or (before and any(score((stem(k),), k, mention.column) for k in MEASURED_BY[before[1]].split()))
        again = any(one.column == mention.column and one.start > mention.end for one in parts.marked.columns())
        if before and doubtful and not fits and not again:
            parts.problems.append(f"I found no column for {quoted(before[0])}.")


def _adjectives(parts: Parts) -> None:
    """A word such as "hottest" names a column, and that its extreme is wanted."""
    for number, mention in enumerate(parts.marked.entities):
        word = mention.phrase.lower() if isinstance(mention, Mention) and mention.value is None else ""
        if word not in EXTREMES:
            continue
        how: Aggregation = "min" if word in LOWEST else "max"
        each = rf"<c{number}> (?:day|hour|week|month|night)s? (?:per|of each|in each|for each|each|of every|by)\b"
        if parts.has(each) and (parts.grain or parts.groups):
            parts.aggregation = parts.aggregation or how
            continue
        if parts.superlative not in {None, how} and not parts.groups:
            _aggregation(parts, word)
        elif parts.superlative is None:
            parts.superlative = how
            parts.asks_for_one = parts.asks_for_one or parts.limit is None


def _aggregation(parts: Parts, word: str) -> None:
    how = AGGREGATIONS[word]
    if word in {"best", "worst"} and any(is_bad(one.column) for one in parts.marked.columns()):
        how = "min" if how == "max" else "max"
    if word.startswith("typical") and parts.aggregation is None:
        parts.aggregation, parts.further = how, ["mean"]
        return
    if parts.loosely and how in {"min", "max"} and word not in EXTREMES:
        parts.superlative, parts.loosely = how, False
        return
    if parts.superlative and how in {"min", "max"} and how != parts.superlative and not parts.groups:
        parts.aggregation, parts.superlative = parts.superlative, None
        parts.further.append(how)
        parts.asks_for_one = False
        return
    extreme = word in SUPERLATIVES or (how in {"min", "max"} and (parts.asks_for_one or parts.limit is not None))
    if extreme:
        parts.loosely = word in EXTREMES and parts.superlative is None
        parts.superlative = parts.superlative or how
    elif parts.aggregation is None:
        parts.aggregation = how
    elif how != parts.aggregation and how not in parts.further:
        parts.further.append(how)


def _within_names(parts: Parts) -> None:
    """A word such as "max" may have been read as part of "temp_max": "max temp" means both."""
    if parts.aggregation or parts.superlative:
        return
    compared = {one.column for one in parts.filters}
    for mention in (one for one in parts.marked.columns() if one.column not in compared):
        words = mention.phrase.lower().split()
        if len(words) > 1 and mention.score < 95 and words[0] in AGGREGATIONS:  # noqa: PLR2004
            _aggregation(parts, words[0])
