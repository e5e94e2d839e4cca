"""Rules for what is measured, how, by what, and in which order."""

import re

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Aggregation
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.adjectives import COMPARATIVES
from agent_core.analyst.understand.grouped import COMPARE, lists_values, others_named
from agent_core.analyst.understand.intents import asks_whether_together
from agent_core.analyst.understand.lexicon import AGGREGATIONS, SUPERLATIVES
from agent_core.analyst.understand.names import column_for
from agent_core.analyst.understand.parts import Parts

_SUPERLATIVE = "|".join(sorted(SUPERLATIVES, key=len, reverse=True))
_AGGREGATION = "|".join(sorted(AGGREGATIONS, key=len, reverse=True))
_UNABLE = (
    ("forecasts", r"\b(?:forecast\w*|predict\w*|projections?|extrapolat\w*)\b|\bnext (?:month|year|week|quarter)\b"),
    (
        "statistical tests",
        r"\b(?:t test|p values?|significan\w*|anova|chi squared?|hypothesis|confidence intervals?)\b",
    ),
    ("models and clusters", r"\b(?:clusters?|clustering|regression|classif\w+|machine learning|train|neural)\b"),
    ("moving averages", r"\b(?:moving|rolling) (?:average|mean|sum|median)s?\b"),
    ("maps", r"\b(?:maps?|choropleth)\b(?<!heat map)"),
)
_PART_OF_MOMENT = (
    r"(?<!by the )(?<!since the )(?<!until the )(?<!from the )(?<!before the )(?<!after the )(?<!to the )"
    r"\b(end|start|beginning|middle) of (?:the year )?<m"
)
_UNREAD = (
    r"\b(?:more|less|longer|shorter|over|under|at least|at most|within) (?:than )?(?:an?|one|half an?) "
    r"(?:second|minute|hour|day|week|month|year|decade)\b|"
    r"\band (?:after|before|since)\b(?! <)|"
    r"\b(?:(?:first|second|third|fourth|last) (?:half|day|week|month|quarter|year)|"
    r"not|never|except|excluding|without|neither|nor|minus|plus|times|twice|double|half|others|the rest|everyone else|"
    r"previous|opposite|streaks?|consecutive|in a <t>|gap|margins?|latest|newest|opening|closing|middle|growth|"
    r"(?<!<)(?:first|next)(?! ,|$| \?)|last(?!$| \?)|(?:per|each|every) (?=[a-z<])|"
    r"(?:before|since|until) (?=\S)|after (?=\S)|at the (?:start|end|beginning))(?!\w)"
)
_SECOND = (
    r"^(?:.* )?(?:what|which|how|who|where|when|show|list|give|tell)\b.*[\w>] (?:and|,|;|\?)(?: and)?(?: also)? "
    r"(?:what|which|how many|how much|who|where)(?:'s)?"
    r"(?: (?:<t>|<[cv]\d+>))? (?:is|are|was|were|did|does|do|has|have|had)\b"
)
"""A question behind the question."""
_NOT_COMPARED = "".join(
    f"(?<!{word} )" for word in ("least", "most", "than", "over", "above", "under", "below", "exactly")
)
_SIZES = {"bigger": "size", "larger": "size", "smaller": "size"}
_ALL = 10
_FEW = 12
_SOME_ROWS = r"\b(?:first|last|some|few|couple of|sample)(?: few)?(?: of the)? (?:rows|lines|records|entries)\b"


def read_order(parts: Parts) -> None:
    """Read "top 5", "the 3 largest", "sorted by price", "first 10 rows"."""
    parts.text = re.sub(r"\b(?:all|both|each)(?: of)?(?: the)? <n\d+> (?=<c)", "all ", parts.text)
    sort = (
        r"\b(?:sort(?:ed)?|order(?:ed)?|rank(?:ed|ing)?)(?: "
        r"(?:it|them|this|that|the <t>))?(?: (?:ascending|descending))?"
    )
    if match := parts.take(rf"{sort} by(?: the)?(?: (?P<how>{_AGGREGATION}))? <c(?P<c>\d+)>"):
        parts.sort_by = parts.column(match["c"])
        parts.order = "descending" if parts.sort_by.role == "number" else "ascending"
        parts.aggregation = AGGREGATIONS[match["how"]] if match["how"] else parts.aggregation
    elif match := parts.take(rf"{sort}\b(?: by (?:value|size|amount|count))?"):
        parts.order = "ascending" if "ascending" in match[0] else "descending"
    if parts.take(r"\b(?:ascending|asc|(?:smallest|lowest|least) first|alphabetical(?:ly)?|a to z)\b"):
        parts.order = "ascending"
    elif parts.take(r"\b(?:descending|desc|(?:largest|highest|biggest|most) first|reversed?)\b"):
        parts.order = "descending"
    _read_limit(parts)
    _first_or_last(parts)


def _counts(parts: Parts) -> str:
    """The marks of columns with a handful of whole numbers: "8 cylinder cars" are not eight cars."""
    marks = set(re.findall(r"<n\d+> <c(\d+)>", parts.text))
    few = [
        m
        for m in marks
        if parts.marked.mention(m).column.whole and (parts.marked.mention(m).column.distinct or 99) <= _FEW
    ]
    return "|".join(sorted(few)) or "-"


def _read_limit(parts: Parts) -> None:
    extremes = [mark for mark in re.findall(r"<c(\d+)>", parts.text) if parts.marked.mention(mark).extreme]
    parts.text = re.sub(rf"(<c(?:{'|'.join(extremes) or '-'})>) (<n\d+>)(?= <[vtc])", r"\2 \1", parts.text)
    if match := parts.take(r"\b(top|bottom|best|worst)(?: the)? <n(\d+)>"):
        _limit(parts, parts.marked.figure(match[2]), "max" if match[1] in {"top", "best"} else "min")
    elif (match := parts.take(rf"<n(\d+)> (?:of the )?(?=(?:{_SUPERLATIVE})\b)")) or (
        match := parts.take(rf"<n(\d+)> (?=(?:<c\d+>|<t>)(?: \w+)? with the (?:{_SUPERLATIVE})\b)")
    ):
        _limit(parts, parts.marked.figure(match[1]), None)
    elif match := parts.take(rf"\b(?:which|what)(?: are the)? <n(\d+)> (?=(?:<c\d+>|<t>).* (?:{_SUPERLATIVE})\b)"):
        _limit(parts, parts.marked.figure(match[1]), None)
        parts.text = parts.text.replace("|", "which", 1)
    elif (match := _trailing(parts)) or (
        match := parts.take(
            rf"{_NOT_COMPARED}<n(\d+)>(?= <c(?!(?:{_counts(parts)})>)\d+>(?: <v\d+>)* "
            r"(?:<t>|(?:days|weeks|months|years)\b))"
        )
    ):
        _limit(parts, parts.marked.figure(match[1]), None)
    elif match := parts.take(rf"(?<=, )({_SUPERLATIVE}) <n(\d+)>(?=$)"):
        _limit(parts, parts.marked.figure(match[2]), "min" if AGGREGATIONS[match[1]] == "min" else "max")
    elif match := parts.take(r"\b(first|last|random|any)(?: the)? <n(\d+)>(?: random)?"):
        _limit(parts, parts.marked.figure(match[2]), None)
        parts.last_rows = match[1] == "last"
        parts.intent = parts.intent or "rows"
    elif match := parts.take(r"\b(?:show|list|display|print|give)(?: me| us)?(?: only| just)? <n(\d+)>(?= <t>| \||$)"):
        _limit(parts, parts.marked.figure(match[1]), None)
    elif re.search(_SOME_ROWS, parts.marked.original, re.IGNORECASE) and (
        match := parts.take(r"\b(first|last|some|few|couple|sample)(?: few| couple)?(?: of)?(?: the)? <t>")
    ):
        parts.last_rows = match[1] == "last"
        parts.limit, parts.intent = _ALL, parts.intent or "rows"
    elif match := parts.take(r"\b(top|bottom)\b"):
        _limit(parts, _ALL, "max" if match[1] == "top" else "min")


def _first_or_last(parts: Parts) -> None:
    """Read "who was hired last" as the newest row."""
    match = re.search(
        r"^(?:who|which|what)\b.* <c(\d+)> (first|last|most recently|earliest|latest)\b(?! <)", parts.text
    )
    if match is None or parts.marked.mention(match[1]).column.role != "date":
        return
    parts.sort_by = parts.column(match[1])
    parts.order = "ascending" if match[2] in {"first", "earliest"} else "descending"
    parts.limit, parts.intent = 1, "rows"
    parts.text = parts.text.replace(match[0], f"{match[0][: match.start(1) - 2]}|", 1)


def _trailing(parts: Parts) -> re.Match[str] | None:
    """The limit in "sorted by price, 5 rows"; the number in "with target 0" belongs to its column."""
    if parts.has(r"\b(?:with|where|whose|has|have|had|for|is|are|only|about) <c\d+> <n\d+>$"):
        return None
    return parts.take(r"(?<=\d> )<n(\d+)>(?= (?:days?|ones|<t>|times|cases)|$)")


def read_comparatives(parts: Parts) -> None:
    """In "are men taller than women", "taller" names the column."""
    related = asks_whether_together(parts)
    if any(one.column.role == "number" for one in parts.marked.columns()) and not related:
        return
    said = set(parts.marked.text.split())
    for word, meant in (COMPARATIVES | _SIZES if related else COMPARATIVES).items():
        if (
            word in said
            and parts.has(rf"\b{word}\b(?! than (?:in )?<[nm])|<m\d+> {word} than (?:in )?<m")
            and (column := column_for(parts.table, meant))
        ):
            if related and any(one.column == column for one in parts.marked.columns()):
                return
            parts.take(rf"\b{word}\b")
            parts.subjects.append(column)
            parts.assumptions.append(f"I took {code(column.name)} for {quoted(word)}.")
            parts.compares = parts.compares or parts.has(r"\bthan\b")
            return


def _limit(parts: Parts, count: float, superlative: Aggregation | None) -> None:
    if 1 <= count == int(count):
        parts.limit = int(count)
    else:
        parts.problems.append("I can only list a whole number of rows, at least one.")
    if superlative:
        parts.superlative = superlative
        parts.order = "descending" if superlative == "max" else "ascending"


def read_unable(parts: Parts) -> None:
    """What no rule of ours can do is refused by name."""
    if match := re.search(_PART_OF_MOMENT, parts.marked.text):
        parts.problems.append(f"I can't tell which rows are at the {match[1]} of that time.")
    for mark in re.findall(r"\b(?:in|of|for|from) (?:my|our) (?:own )?<c(\d+)>", parts.marked.text):
        own = parts.marked.mention(mark)
        if own.column.role in {"category", "text"} and not own.phrase.endswith("s"):
            parts.problems.append(f"I can't tell which {quoted(own.phrase)} is yours.")
    for what, pattern in _UNABLE:
        if parts.has(pattern):
            parts.problems.append(f"The built-in analyst can't do this: {what}.")


def read_rest(parts: Parts) -> None:
    """Columns that no rule has placed are what the question is about."""
    if match := re.search(_UNREAD, parts.text):
        parts.unsettled.append(f"I can't tell what {quoted(match[0].replace('<t>', 'row'))} refers to.")
    if re.search(r"\bthan\b", parts.text) and not _compares(parts):
        parts.unsettled.append("I can't tell what is to be compared with what.")
    if not parts.wanted and not parts.gap and parts.has(_SECOND):
        parts.problems.append("I answer one question at a time: please ask the second part on its own.")
    parts.take_all(COMPARE)
    apart = r"\bthan\b|\bdiffer\w*\b|\b(of|for|among) (?:the |all )?<v\d+> and \1 (?:the |all )?<v\d+>"
    if parts.has(COMPARE) or (lists_values(parts) and parts.has(apart)):
        parts.compares = True
    for match in parts.take_all(r"<c(\d+)>"):
        column: Column = parts.column(match[1])
        if column not in parts.subjects and column not in parts.groups:
            contrasted = column.is_two_valued and parts.compares and others_named(parts, column)
            (parts.groups if contrasted else parts.subjects).append(column)
            others = parts.marked.mention(match[1]).others
            if others and parts.has(rf"\b(?:all|each|both|every|the|of)(?: of)?(?: the)? (?:<n\d+> )?<c{match[1]}>"):
                parts.subjects += [one for one in others if one not in parts.subjects and _numbered(one, column)]


def _compares(parts: Parts) -> bool:
    """Whether what stands on both sides of "than" is read otherwise: values of a column, or two numbers."""
    values = lists_values(parts) or len({one.value for one in parts.marked.values()}) > 1 or parts.several
    return values or parts.compares or asks_whether_together(parts) or parts.has(r"<m\d+> .*than (?:in )?<m")


def _numbered(one: Column, other: Column) -> bool:
    """Whether two names differ by their number alone, as `test_1` and `test_2`."""
    return re.sub(r"\d+", "", one.name) == re.sub(r"\d+", "", other.name)
