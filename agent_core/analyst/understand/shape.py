"""Rules for what is measured, how, by what, and in which order."""

import re

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Aggregation
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.schema.words import stem, stems
from agent_core.analyst.understand.adjectives import BASES, COMPARATIVES, EXTREMES, LOW, LOWEST
from agent_core.analyst.understand.grouped import COMPARE, lists_values, others_named
from agent_core.analyst.understand.intents import asks_whether_together
from agent_core.analyst.understand.lexicon import AGGREGATIONS, MEASURED_BY, SUPERLATIVES
from agent_core.analyst.understand.names import column_for, score
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
NO_SIDES = "I can't tell what is to be compared with what."
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
    r"previous|opposite|streaks?|consecutive|in a row|gap|margins?|latest|newest|opening|closing|middle|growth|"
    r"(?<!<)(?:first|next) (?=[^|,])|last (?=[^|? ])|(?:per|each|every) (?=[a-z<])|"
    r"(?:before|since|until) (?=\S)|after (?=\S)|at the (?:start|end|beginning))(?!\w)"
)
_COUNTED_ROWS = (
    r"\b(?:how many|number of|count of|how often)(?: (?:of|the|all|these|those|<v\d+>))*"
    r"(?: <t>| (?:days|weeks|months|quarters|years|hours|times)\b|(?<=how often))"
)
_MONEY = {"bill", "amount", "total", "fee", "charge", "fare", "revenue", "value", "spend", "tip"}
_SIZES = {"bigger": "size", "larger": "size", "smaller": "size"}
_HOW_FAR = rf"\bhow ({'|'.join(BASES)})\b.* (?:get|gets|got|become|became)\b"
_ALL = 10
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


def _read_limit(parts: Parts) -> None:
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
        match := parts.take(r"<n(\d+)>(?= <c\d+> (?:<t>|(?:days|weeks|months|years)\b))")
    ):
        _limit(parts, parts.marked.figure(match[1]), None)
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


def read_aggregation(parts: Parts) -> None:
    """Read "average", "total", "how many", "the highest"."""
    if parts.take(r"\b(?:how many|number of|numbers of|count(?: of|s|ing)?|how often|frequency(?: of)?|frequencies)\b"):
        parts.counts = True
        parts.counts_rows = parts.has(_COUNTED_ROWS)
        parts.in_total = parts.has(r"\b(?:in total|altogether|in all|total)\b")
        parts.take_all(r"\b(?:in total|overall|altogether|in all|combined|total)\b")
    parts.how_much = parts.take(r"\bhow much\b") is not None
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
    for mention in parts.marked.columns():
        word = mention.phrase.lower()
        if word not in EXTREMES:
            continue
        how: Aggregation = "min" if word in LOWEST else "max"
        if parts.superlative not in {None, how} and not parts.groups:
            _aggregation(parts, word)
        elif parts.superlative is None:
            parts.superlative = how
            parts.asks_for_one = parts.asks_for_one or parts.limit is None


def _aggregation(parts: Parts, word: str) -> None:
    how = AGGREGATIONS[word]
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


def _numbered(one: Column, other: Column) -> bool:
    """Whether two names differ by their number alone, as `test_1` and `test_2`."""
    return re.sub(r"\d+", "", one.name) == re.sub(r"\d+", "", other.name)


def _within_names(parts: Parts) -> None:
    """A word such as "max" may have been read as part of "temp_max": "max temp" means both."""
    if parts.aggregation or parts.superlative:
        return
    compared = {one.column for one in parts.filters}
    for mention in (one for one in parts.marked.columns() if one.column not in compared):
        words = mention.phrase.lower().split()
        if len(words) > 1 and mention.score < 95 and words[0] in AGGREGATIONS:  # noqa: PLR2004
            _aggregation(parts, words[0])


def read_unable(parts: Parts) -> None:
    """What no rule of ours can do is refused by name."""
    if match := re.search(_PART_OF_MOMENT, parts.marked.text):
        parts.problems.append(f"I can't tell which rows are at the {match[1]} of that time.")
    for what, pattern in _UNABLE:
        if parts.has(pattern):
            parts.problems.append(f"The built-in analyst can't do this: {what}.")


def read_rest(parts: Parts) -> None:
    """Columns that no rule has placed are what the question is about."""
    if match := re.search(_UNREAD, parts.text):
        parts.problems.append(f"I can't tell what {quoted(match[0])} refers to.")
    if re.search(r"\bthan\b", parts.text) and not _compares(parts):
        parts.problems.append(NO_SIDES)
    parts.take_all(COMPARE)
    if parts.has(COMPARE) or (lists_values(parts) and parts.has(r"\bthan\b|\bdiffer\w*\b")):
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
