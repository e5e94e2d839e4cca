"""Rules for what changes: from one point in time to the next, over the whole of it, and averages of totals."""

import re

from agent_core.analyst.query import Condition, Grain, Span
from agent_core.analyst.schema.words import split
from agent_core.analyst.understand.adjectives import HIGHER, LOWER
from agent_core.analyst.understand.grouping import group_of, is_figure
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.understand.times import UNITS

_UP = r"(?:rise|rose|risen|grow|grew|grown|increase[ds]?|climb(?:ed)?|gain(?:ed)?|go up|went up|gone up|jump(?:ed)?)"
_DOWN = (
    r"(?:fall|fell|fallen|drop(?:ped|s)?|decrease[ds]?|declin(?:e|ed|es)|sink|sank|shrink|shrank|shrunk|lose|lost|"
    r"go down|went down|gone down)"
)
_MOVED = rf"(?:change[ds]?|develop(?:ed)?|move[ds]?|{_UP}|{_DOWN})"
MOVED = rf"\b(?:{_UP}|{_DOWN})\b"
"""Verbs of rising and falling."""
_UNIT = r"(day|week|month|quarter|year)"
_EACH = {
    "yearly": "year",
    "annual": "year",
    "monthly": "month",
    "weekly": "week",
    "daily": "day",
    "quarterly": "quarter",
}
_RISE = "rise|growth|increase|gain|jump|improvement"
_FALL = "fall|drop|decrease|decline|loss"
_STEP = r"(?: (?:day|week|month|quarter|year|date|one|<t>|<c\d+>))?"
_WHOLE_TIME = (
    rf"\b(?:from|between) the (?:very )?(?:first|earliest){_STEP} (?:to|until|till|and) "
    rf"the (?:very )?(?:last|latest){_STEP}(?= \?|$| \|)"
)
_COMPARED = rf"(?:more|better|less|fewer|worse|{'|'.join(sorted(HIGHER | LOWER))})"
_ALONE = r"(?! (?:together|along|with|in line|as|when))"
_MOST = r"(?:the )?(?:most|strongest|fastest|steepest|quickest|sharpest|biggest|largest)"


def read_changes(parts: Parts) -> None:
    """Read "change from month to month", "by how much did it rise", and "average monthly sales"."""
    _average_of_rows(parts)
    if parts.table.time is None:
        return
    if parts.take(_WHOLE_TIME) and parts.has(rf"\b{_MOVED}\b"):
        parts.over_time = True
    if _higher_later(parts):
        return
    before = parts.text
    parts.text = re.sub(r"<c(\d+)>", lambda match: _unit(parts, match), before)
    if re.search(_MOST, parts.text):
        _movers(parts)
    _steps(parts)
    if not parts.change:
        parts.text = before
    _whole(parts)
    _average_of_totals(parts)


def _higher_later(parts: Parts) -> bool:
    """Read "which site had a higher yield in 1932 than in 1931": the groups that changed so between two years."""
    time = parts.table.time
    match = re.search(
        rf"^(?:and )?(?:(?:in|at|for) )?(?:which|what)(?: of the)? <c(?P<by>\d+)>(?P<rest>.*?) (?:in |during )?"
        rf"<m(?P<one>\d+)>(?P<after> {_COMPARED})? (?:than(?: in| during)?|and) <m(?P<other>\d+)>",
        parts.text,
    )
    word = re.search(rf"\b{_COMPARED}(?!\S)", match["rest"] + (match["after"] or "")) if match else None
    if match is None or word is None or time is None or "<m" in match["rest"] or not parts.has(r"\bthan\b"):
        return False
    by = parts.marked.mention(match["by"]).column
    one, other = parts.marked.moment(match["one"]).year, parts.marked.moment(match["other"]).year
    if by.role != "category" or one is None or other is None or one == other:
        return False
    years = (float(one), float(other))
    parts.filters.append(Condition(time, "in", years) if time.is_year else Span(time, years=(one, other)))
    rises = (word[0] in {"more", "better", *HIGHER}) == (one > other)
    parts.change, parts.asks_for_one, parts.superlative = "groups", True, "max" if rises else "min"
    parts.having.append(("above" if rises else "below", 0.0))
    parts.groups.append(parts.column(match["by"]))
    parts.text = parts.text.replace(match[0], f"| {match['rest'].replace(word[0], '', 1)} |", 1)
    return True


def _movers(parts: Parts) -> None:
    """Read "which company grew the most": the difference from the first to the last point in time, for each."""
    labels = [
        mark for mark in re.findall(r"<c(\d+)>", parts.text) if parts.marked.mention(mark).column.role == "category"
    ]
    which = rf"\b(?:which|what)(?: (?:of the|are the|is the))? <c(?P<c>{'|'.join(labels) or '-'})>"
    noun = r"(?P<up2>rise|growth|increase|gain|jump|improvement)|(?P<down2>fall|drop|decrease|decline|loss)"
    verb = rf"(?:(?P<up>{_UP}|improved?|added?)|(?P<down>{_DOWN}))(?: (?:in|its|their) <c(?P<b>\d+)>)? {_MOST}"
    noun = rf"(?:the )?{_MOST} (?:{noun})(?: (?:in|of) <c(?P<d>\d+)>)?"
    match = re.search(rf"{which}(?: <c(?P<a>\d+)>)?(?: (?:has|have|had))? (?:{verb}|{noun})", parts.text)
    if match is None:
        return
    figures = " ".join(f"<c{match[name]}>" for name in ("a", "b", "d") if match[name])
    parts.text = parts.text.replace(match[0], f"| {figures}", 1)
    parts.groups.append(parts.column(match["c"]))
    parts.change, parts.asks_for_one = "groups", True
    parts.superlative = "max" if match["up"] or match["up2"] else "min"
    parts.growth = parts.has(r"\b(?:percent|percentage|relative(?:ly)?|fastest|proportionally)\b")


def _unit(parts: Parts, match: re.Match[str]) -> str:
    """The plain word where a column of times is called by it: "month to month"."""
    one = parts.marked.mention(match[1])
    return one.phrase.lower() if one.column.is_time and one.phrase.lower() in UNITS else match[0]


def _steps(parts: Parts) -> None:
    """Read steps in time, and when the largest of them was."""
    if parts.change or parts.has(r"\b(?:growth|growing|grew|grow)\b(?! (?:the )?(?:most|fastest))"):
        return
    moved = rf"(?:\bchanges?\b|\bdifferences?\b|\b{_MOVED}\b)"
    largest = re.search(rf"{_MOST} (?:(?P<up>{_RISE})|(?P<down>{_FALL}))\b", parts.text)
    if match := parts.take(
        rf"{moved}?(?: (?:in|of)(?: the)? <c\d+>)?(?: from)?(?: one)? {_UNIT} (?:to|by|over|on) (?:the next|{_UNIT})\b"
    ):
        parts.text += f" {' '.join(re.findall(r'<c[0-9]+>', match[0]))}"
        _step(parts, match[1])
        if largest:
            parts.asks_for_one = True
            parts.superlative = "max" if largest["up"] else "min"
            parts.take_all(rf"\b(?:the )?{_MOST}\b|\b(?:{_RISE}|{_FALL})\b")
    elif match := parts.take(
        r"\b(monthly|weekly|daily|quarterly|yearly|annual) (?:changes?|differences?)(?: (?:in|of))?\b"
    ):
        _step(parts, _EACH[match[1]])
    else:
        _largest_step(parts)


def _largest_step(parts: Parts) -> None:
    if not re.search(rf"\b(?:which|what) {_UNIT}\b|^when\b", parts.text):
        return
    unit = re.search(rf"\b(?:which|what) {_UNIT}\b", parts.text)
    verb = parts.take(rf"\b(?P<up>{_UP}) {_MOST}\b|\b(?P<down>{_DOWN}) {_MOST}\b") or parts.take(
        rf"\b{_MOST} (?:(?P<up>rise|growth|increase|gain|jump)|(?P<down>fall|drop|decrease|decline|loss))\b"
        r"(?: (?:in|of))?"
    )
    if verb is None:
        return
    if unit:
        parts.text = parts.text.replace(unit[0], "|", 1)
    _step(parts, unit[1] if unit else None)
    parts.asks_for_one = True
    parts.superlative = "max" if verb["up"] else "min"


def _step(parts: Parts, unit: str | None) -> None:
    parts.change = "steps"
    parts.over_time = True
    parts.grain = UNITS[unit] if unit else None


def _whole(parts: Parts) -> None:
    """Read "by how much did it rise"."""
    named = any(is_figure(one.column) for one in parts.marked.columns())
    if parts.change or not (named or len(parts.table.measures) == 1):
        return
    if parts.has(
        rf"\bhow (?:much|many (?:percent|%)|strongly)\b.*\b(?:did|has|have|do)\b.*\b{_MOVED}\b"
    ) and parts.take(rf"\b{_MOVED}\b"):
        parts.take(r"\b(?:by )?how (?:much|many(?: percent| %)?|strongly)(?: percent)?\b")
        parts.change = "whole"
        parts.over_time = True
    elif parts.has(
        rf"^(?:did|has|have) (?:the |our )?(?:(?:in|of|for|the)? ?<[cv]\d+> )+(?:{_UP}|{_DOWN})\b{_ALONE}"
    ) and parts.take(rf"\b{_MOVED}\b"):
        parts.change = "whole"
        parts.over_time = True


def _average_of_rows(parts: Parts) -> None:
    """Read "the average number of orders per customer", where an order is a row."""
    match = re.search(
        rf"\b(?:average|mean|avg|typical) (?:number|count) of (?:the |all )?"
        r"(?:<t>|days|weeks|months|quarters|years|hours|<c(?P<c>\d+)>) "
        r"(?:per|for each|for every|by|each|in each|at each|on each|a|an)(?: the)? "
        rf"(?:<c(?P<by>\d+)>|(?P<unit>{_UNIT[1:-1]})\b)",
        parts.text,
    )
    time = parts.table.time
    if match is None or (match["c"] and not _only_names_rows(parts, match["c"])) or (match["unit"] and time is None):
        return
    parts.text = parts.text.replace(match[0], "|", 1)
    if match["by"]:
        column = parts.column(match["by"])
        parts.rows_per = (column, group_of(parts, column).grain)
    elif time is not None:
        parts.rows_per = (time, None if time.is_year else UNITS[match["unit"]])


def _only_names_rows(parts: Parts, mark: str) -> bool:
    mention = parts.marked.mention(mark)
    word = mention.phrase.lower()
    return not mention.sure and word.endswith("s") and word not in split(mention.column.name)


def _average_of_totals(parts: Parts) -> None:
    """In "average monthly sales" the totals of months are averaged; "monthly average of ..." is a row of averages."""
    match = parts.take(rf"\b(?:average|mean|avg|typical) ({'|'.join(_EACH)}) (?=(?:(?:[a-z]\w*|<v\d+>) ){{0,2}}<c)")
    if match is not None:
        grain: Grain = UNITS[_EACH[match[1]]]
        parts.aggregation, parts.each = "mean", grain
