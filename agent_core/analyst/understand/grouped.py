"""Rules for what rows are put together by: "by region and year", "which region", "most common species"."""

import re

from agent_core.analyst.query import Condition
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.schema.words import stem
from agent_core.analyst.understand.grouping import is_figure
from agent_core.analyst.understand.lexicon import SUPERLATIVES
from agent_core.analyst.understand.parts import Parts

_SUPERLATIVE = "|".join(sorted(SUPERLATIVES, key=len, reverse=True))
_BY = (
    r"\b(?:by|per|for each|for every|in each|within each|each|every|across(?: all| the| different)*|group(?:ed)? by|"
    r"split by|broken down by|break down by|depending on|for (?:the )?different|for (?:the )?various|among(?: the)?|"
    r"for all|"
    r"colou?red by|separately for|over|between(?: the)?)"
)
_LISTED = r"<c\d+>(?:(?: ,| and| by| per| &| x| /| then| for each)+(?: the)? <c\d+>)*"
COMPARE = r"\b(?:vs|versus|against|compar(?:e|ed|ing|ison))\b"
_MANY_STEPS = 25


def read_groups(parts: Parts) -> None:
    """Read "by region and year", "which region", "most common species", "top 5 regions"."""
    _plain_groups(parts)
    parts.text = re.sub(r"\b(?:across|over|in|for) both(?: the)? <c\d+>", "|", parts.text)
    _most_of_rows(parts)
    _common(parts)
    _by_kind(parts)
    _most_rows(parts)
    _read_leading(parts)
    if parts.limit is None and parts.has(rf"\b(?:{_SUPERLATIVE}) (?:<c\d+> )?<t>"):
        parts.asks_for_one = True
    for listed in parts.take_all(rf"{_BY}(?: the| each| their)? ({_LISTED})"):
        for number in re.findall(r"<c(\d+)>", listed[1]):
            _group_or_measure(parts, number, between=listed[0].startswith(("between", "over")))
    if match := parts.take(r"\b(?:which|what|whose|who) (?:are the |is the )?(?:of the )?(?:<n\d+> )?<c(\d+)>"):
        _which(parts, match[1])
    if match := parts.take(
        rf"<c(\d+)>(?= (?:with|has|have|had|having) (?:the )?(?:{_SUPERLATIVE}|max|min|maximum|minimum)\b)"
    ):
        _which(parts, match[1])
    if (
        parts.limit
        and not parts.groups
        and (match := parts.take(r"<c(\d+)>(?=(?: \|)* (?:by|with|for|in|on|according)\b|(?: \|)*$)"))
    ):
        column = parts.column(match[1])
        (parts.subjects if column.role == "number" and not column.is_year else parts.groups).append(column)
    _asked_for_one(parts)


def _most_of_rows(parts: Parts) -> None:
    """In "who won the most districts", where each row is a district, the rows are counted."""
    for match in re.finditer(r"\b(most|fewest|least) <c(\d+)>(?: \?)?$", parts.text):
        label = parts.marked.mention(match[2]).column
        if label.role in {"category", "text"} and label.distinct == parts.table.rows:
            parts.counts = parts.counts_rows = parts.asks_for_one = True
            parts.superlative = "max" if match[1] == "most" else "min"
            parts.text = parts.text.replace(match[0], f"| {match[1]}", 1)


def _common(parts: Parts) -> None:
    """Read "the most common species" and "which is more common"."""
    counted = any(one.column.role in {"number", "flag"} for one in parts.marked.columns())
    common = r"\b(more|less) (?:common|frequent(?:ly)?|often|popular|numerous)\b(?! <)"
    there = r"\b(?:is|are|was|were) there (more|fewer|less)(?= <v| \\|)"
    if not counted and (more := parts.take(common) or parts.take(there)):
        parts.counts = parts.compares = True
        parts.order = "descending" if more[1] == "more" else "ascending"
    if match := parts.take(
        r"\b(?:most|least) (?:common|frequent|popular|often|numerous)(?: (?:values? (?:of|in|for)))?(?: the)? <c(\d+)>"
    ):
        parts.counts = parts.asks_for_one = True
        parts.superlative = "min" if match[0].startswith("least") else "max"
        _group(parts, match[1])


def _asked_for_one(parts: Parts) -> None:
    """Whether "which", "what" or "when" asks for the one at the end of a ranking."""
    if parts.has(r"^(?:and )?(?:when|at what time)\b") and re.search(
        rf"\b(?:{_SUPERLATIVE}|max|min|maximum|minimum)\b", parts.text
    ):
        parts.asks_for_one = True
    verb = rf"(?:has|have|had|is|are|was|were|got|with|the (?:{_SUPERLATIVE}))"
    if parts.take(rf"\b(?:which|what|who)(?: <t>| one)?(?= .*\b{verb}\b)") and not parts.groups:
        parts.asks_for_one = (
            bool(re.search(rf"\b(?:{_SUPERLATIVE}|max|min|maximum|minimum)\b", parts.text)) or parts.asks_for_one
        )


def _by_kind(parts: Parts) -> None:
    """In "was it sunnier in 2012 or in 2014" the days of a kind are counted."""
    for mention in parts.marked.values():
        word = mention.phrase.lower()
        if not word.endswith(("ier", "iest")) or stem(word) == stem((mention.value or "").lower()):
            continue
        parts.counts = True
        parts.order = "descending" if parts.order == "auto" else parts.order
        if word.endswith("iest"):
            parts.superlative, parts.asks_for_one = "max", True


def _most_rows(parts: Parts) -> None:
    """In "which island did we sample most", with no figure named, the most rows are meant."""
    if any(is_figure(one.column) for one in parts.marked.columns()):
        return
    said = (
        r"\b(?:which|what) <c(\d+)> (?:(?:did|do|does) (?:we|they|you|people|<t>) (?:<t>|[a-z]+)|"
        r"(?:is|are|was|were) [a-z]+) (?:the )?(?P<how>most|least)(?: often| frequently)?(?= \?|$)"
    )
    if match := parts.take(said):
        parts.counts = parts.asks_for_one = True
        parts.superlative = "max" if match["how"] == "most" else "min"
        _group(parts, match[1])


def _plain_groups(parts: Parts) -> None:
    """Leave only the column of "by the number of cylinders" and "by type of death"."""
    parts.text = re.sub(
        rf"({_BY}(?: the)?) (?:(?:number|count|amount|kind|type|level)s? of|class|category|group|type|kind) (?=<c\d+>)",
        r"\1 ",
        parts.text,
    )
    if parts.has(r"\b(?:by|per)\b"):
        parts.text = re.sub(r"\band (?:the )?(?:number|count|amount)s? of (?=<c\d+>)", "and ", parts.text)


def _read_leading(parts: Parts) -> None:
    """In "best selling product", "highest revenue region" the label after the superlative is what is ranked."""
    match = re.search(rf"\b(?:{_SUPERLATIVE}|top) (?:<c(\d+)> )?<c(\d+)>(?: (?:by|per)\b(?: <c(\d+)>)?)?", parts.text)
    if (
        match is None
        or (match[0].endswith((" by", " per")))
        or _has_most(parts)
        or (match[3] and not is_figure(parts.marked.mention(match[3]).column))
        or parts.limit is not None
        or parts.marked.mention(match[2]).column.role not in {"category", "text"}
    ):
        return
    parts.asks_for_one = True
    _group(parts, match[2])
    parts.text = parts.text.replace(f"<c{match[2]}>", "|", 1)


def _has_most(parts: Parts) -> bool:
    """Whether the values of one label are counted within another: "which continent has the most countries"."""
    match = re.search(
        r"\b(?:which|what) <c(\d+)> (?:has|have|had) (?:the )?(most|fewest|least) (?:different )?<c(\d+)>(?: \?)?$",
        parts.text,
    )
    if match is None:
        return False
    one, other = (parts.marked.mention(match[number]).column for number in (1, 3))
    if one == other or other.role not in {"category", "text"}:
        return False
    parts.counts, parts.aggregation = True, None
    return True


def _which(parts: Parts, number: str) -> None:
    if not re.search(rf"\b(?:{_SUPERLATIVE}|max|min|maximum|minimum)\b", parts.text) and not parts.superlative:
        parts.subjects.append(parts.column(number))
        return
    parts.asks_for_one = True
    column = parts.marked.mention(number).column
    if column.role == "number" and not column.is_year and (column.distinct or _MANY_STEPS + 1) > _MANY_STEPS:
        parts.subjects.append(parts.column(number))
    elif not (column.is_time_part and parts.table.time and parts.table.time.is_year):
        _group(parts, number)


def _group(parts: Parts, number: str) -> None:
    column = parts.column(number)
    if column not in parts.groups:
        parts.groups.append(column)


def _group_or_measure(parts: Parts, number: str, *, between: bool) -> None:
    column = parts.column(number)
    ranked = parts.limit is not None or parts.order != "auto" or parts.has(COMPARE) or parts.asks_for_one
    distinct = column.distinct or _MANY_STEPS + 1
    many = column.role == "number" and not column.is_year and distinct > min(_MANY_STEPS, parts.table.rows / 2)
    alone = many and not parts.has(r"\b(?:how many|number of|count)\b") and not others_named(parts, column)
    measured = (between or alone) and column.role == "number" and not column.is_year
    compared = parts.has(COMPARE) and lists_values(parts) and column.role == "number" and not column.is_year
    if measured or compared or (ranked and many):
        parts.subjects.append(column)
    elif column not in parts.groups:
        parts.groups.append(column)


def others_named(parts: Parts, column: Column) -> bool:
    """Whether another column is named that could be what is worked out for each group."""
    return any(one.column != column for one in parts.marked.columns())


def lists_values(parts: Parts) -> bool:
    """Whether several values of a column are named."""
    return any(isinstance(one, Condition) and len(one.values) > 1 for one in parts.filters)
