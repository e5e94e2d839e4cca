"""Rules for limits that are no plain number: an average, another column, and limits on the figure of a group."""

import re
from typing import Literal

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Aggregation, Condition, Operator
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.adjectives import COMPARATIVES, HIGHER, LOWER
from agent_core.analyst.understand.defaults import obvious_measure
from agent_core.analyst.understand.grouping import is_figure
from agent_core.analyst.understand.names import column_for
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.understand.times import UNITS
from agent_core.analyst.understand.units import in_unit_of

_MORE = rf"(?:more|{'|'.join(sorted(HIGHER))})"
_LESS = rf"(?:less|fewer|{'|'.join(sorted(LOWER))})"
_SIGNS: tuple[tuple[Operator, str], ...] = (
    ("at_least", rf"at least|no less than|{_MORE} than or equal to|(?<!\S)>="),
    ("at_most", rf"at most|no more than|up to|{_LESS} than or equal to|(?<!\S)<="),
    ("above", rf"above|over|exceed(?:s|ed|ing)?|{_MORE} than|{_MORE}(?= <c\d+> than)|(?<!\S)>"),
    ("below", rf"below|under|{_LESS} than|{_LESS}(?= <c\d+> than)|(?<!\S)<(?= )"),
)
_SIGN = "|".join(f"(?P<{name}>{words})" for name, words in _SIGNS)
_HOW: dict[str, Aggregation] = {
    "average": "mean", "avg": "mean", "mean": "mean", "median": "median", "total": "sum", "sum": "sum",
    "combined": "sum", "overall": "sum", "in total": "sum", "altogether": "sum", "in all": "sum",
    "on average": "mean", "maximum": "max", "minimum": "min",
}  # fmt: skip
_BEFORE = "average|avg|mean|median|total|sum|combined|overall|maximum|minimum"
_AFTER = "in total|altogether|overall|on average|combined|in all"
_ASKED = (
    r"^(?:(?:and|so|in|on|for|please|can you|tell me) )*(?:which|what|how many|number of|list|show|find|name|give me)"
)
_IS = r"(?:is|are|was|were)"
_GOT = r"(?:get|gets|got|have|has|had|win|wins|won|receive|receives|received|score|scores|scored|sell|sells|sold)"
_WITH = r"(?:with|that|whose|where|having|have|has|had)"


_FIGURE = r"<n(?P<n>\d+)>"
_MEASURED = r"<c(?P<m>\d+)>"
_MIDDLE = re.compile(
    r"(?:\b(?:with|where|whose|have|has|had|having|of)(?: the| a| an)? )?"
    rf"(?:<c(?P<a>\d+)>(?: {_IS})? )?(?:{_IS} )?(?:{_SIGN})"
    r"(?: <c(?P<c>\d+)> than)? (?:the |an? |its |their )?(?P<how>average|avg|mean|median)"
    r"(?: <t>(?! <))?(?: (?:for|of|over) (?:the|all)(?: the)? <t>)?"
    r"(?:(?: of)? <c(?P<b>\d+)>)?(?! (?:(?:for|of|in) )?(?:the |an? )?<[vmcn])"
)
_PAIRS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"<c(?P<a>\d+)>(?: {_GOT})? (?P<above>{_MORE})(?: [a-z]+)? than(?: the)? <c(?P<b>\d+)>",
        rf"<c(?P<a>\d+)>(?: {_GOT})? (?P<below>{_LESS})(?: [a-z]+)? than(?: the)? <c(?P<b>\d+)>",
        rf"(?:\b{_WITH} )?(?P<above>{_MORE}) <c(?P<a>\d+)> than <c(?P<b>\d+)>",
        rf"(?:\b{_WITH} )?(?P<below>{_LESS}) <c(?P<a>\d+)> than <c(?P<b>\d+)>",
        (
            rf"(?:\b(?:{_WITH}|when)(?: the| a)? )?<c(?P<a>\d+)>(?: {_IS})? "
            rf"(?P<above>above|over|exceed(?:s|ed)?|{_MORE} than)(?: the)? <c(?P<b>\d+)>"
        ),
        (
            rf"(?:\b(?:{_WITH}|when)(?: the| a)? )?<c(?P<a>\d+)>(?: {_IS})? (?P<below>below|under|{_LESS} than)"
            r"(?: the)? <c(?P<b>\d+)>"
        ),
    )
)
_OF_GROUPS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:an? |the )?\b(?P<how>{_BEFORE})(?: of)?(?: the)? {_MEASURED}(?: (?:{_IS}|of))? (?:{_SIGN}) {_FIGURE}",
        rf"(?:an? |the )?\b(?P<how>{_BEFORE})(?: of)? (?:{_SIGN}) <n(?P<n>\d+)>(?: of)?(?: {_MEASURED})?",
        rf"(?:{_MEASURED} )?(?:{_SIGN}) <n(?P<n>\d+)>(?: (?P<how>{_AFTER}))",
        rf"(?:{_SIGN}) <n(?P<n>\d+)>(?: of| in)? {_MEASURED} (?P<how>{_AFTER})",
        rf"\b{_WITH} (?:{_SIGN}) <n(?P<n>\d+)> <t>(?! <c)",
    )
)


def read_limits(parts: Parts) -> None:
    """Read limits that are no plain number; to be called before those that are."""
    if "<n" in parts.text:
        _groups(parts)
    if re.search(r"\b(?:average|avg|mean|median)\b", parts.text):
        _middles(parts)
    if parts.text.count("<c") > 1:
        _columns(parts)


def _operator(match: re.Match[str]) -> Operator:
    return next(name for name, _ in _SIGNS if match[name])


def _middles(parts: Parts) -> None:
    """Read "above average horsepower" and "heavier than the average"."""
    for match in parts.take_all(_MIDDLE):
        mark = match["a"] or match["b"] or match["c"]
        column = parts.column(mark) if mark else _compared(parts, match[0])
        if column is None or column.role != "number":
            parts.problems.append(f"I can't tell of which column you mean the {match['how']}.")
            continue
        middle: Literal["mean", "median"] = "median" if match["how"] == "median" else "mean"
        parts.filters.append(Condition(column, _operator(match), middle=middle))


def _compared(parts: Parts, said: str) -> Column | None:
    """The column that a comparing word speaks of, or the only number that is named."""
    word = next((word for word in COMPARATIVES if re.search(rf"\b{word}\b", said)), None)
    if word is not None:
        column = column_for(parts.table, COMPARATIVES[word])
        if column is not None:
            parts.assumptions.append(f"I took {code(column.name)} for {quoted(word)}.")
        return column
    named = {one.column for one in parts.marked.columns() if is_figure(one.column)}
    return named.pop() if len(named) == 1 else None


def _columns(parts: Parts) -> None:
    """Read "more gold than silver" and "open above close"."""
    for pattern in _PAIRS:
        for match in pattern.finditer(parts.text):
            one, other = (parts.marked.mention(match[name]).column for name in "ab")
            if one == other or not (is_figure(one) and is_figure(other)) or one.is_two_valued or other.is_two_valued:
                continue
            given = match.groupdict()
            sign: Operator = "above" if given.get("above") else "below"
            parts.filters.append(Condition(parts.column(match["a"]), sign, other=parts.column(match["b"])))
            parts.text = parts.text.replace(match[0], "|", 1)


def _groups(parts: Parts) -> None:
    """Read "which firms invested more than 5000 in total": a limit on the figure of each group."""
    group = _group(parts)
    if group is None:
        return
    noun, column = group
    for form in _OF_GROUPS:
        match = form.search(parts.text)
        if match is not None and _limited(parts, match):
            parts.text = parts.text.replace(match[0], "|", 1)
            parts.text = re.sub(rf"(?:\b(?:how many|number of) )?{re.escape(noun)}", "|", parts.text, count=1)
            if column is not None:
                parts.groups.append(column)
            else:
                parts.grain = UNITS[noun.removesuffix("s")]
            return


def _group(parts: Parts) -> tuple[str, Column | None] | None:
    """What is asked for: its words as marked, and its column; None for the column where it is a stretch of time."""
    sorting = [mark for mark in re.findall(r"<c(\d+)>", parts.text) if _sorts(parts, mark)]
    noun = rf"(?P<noun><c(?P<c>{'|'.join(sorting) or '-'})>|\b(?:days|weeks|months|quarters|years|decades)\b)"
    asked = rf"{_ASKED}\b(?: (?:me|all|of|the|are|different))* {noun}"
    match = re.search(asked, parts.text) or re.search(rf"^(?:the |all )*{noun} {_WITH}\b", parts.text)
    if match is None or (match["c"] is None and parts.table.time is None):
        return None
    return match["noun"], parts.marked.mention(match["c"]).column if match["c"] else None


def _sorts(parts: Parts, mark: str) -> bool:
    column = parts.marked.mention(mark).column
    named = column.role in {"category", "text"} or column.is_year
    return named and 1 < (column.distinct or 0) < parts.table.rows


def _limited(parts: Parts, match: re.Match[str]) -> bool:
    given = match.groupdict()
    if "how" not in given:
        parts.counts = True
        parts.having.append((_operator(match), parts.marked.figure(match["n"])))
        return True
    measure = _measure(parts, given.get("m"))
    if measure is None:
        return False
    try:
        bound = in_unit_of(measure, parts.marked.figure(match["n"]))
    except ValueError:
        return False
    parts.subjects.append(measure)
    parts.aggregation = _HOW[match["how"]]
    parts.having.append((_operator(match), bound))
    return True


def _measure(parts: Parts, mark: str | None) -> Column | None:
    if mark is not None:
        column = parts.marked.mention(mark).column
        return parts.column(mark) if is_figure(column) else None
    named = {one.column for one in parts.marked.columns() if is_figure(one.column)}
    if len(named) > 1:
        return None
    return named.pop() if named else obvious_measure(parts.table)
