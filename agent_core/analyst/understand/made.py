"""Figures that are made of several columns: "the gap between a and b", "a minus b", "a and b together".

They are columns of their own from here on, so that all that can be asked of a column can be asked of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from agent_core.analyst.schema.columns import Column, Made, Table
from agent_core.analyst.schema.words import stems
from agent_core.analyst.understand.adjectives import HIGHER, LOWER
from agent_core.analyst.understand.defaults import measures_a_kind
from agent_core.analyst.understand.lexicon import AGGREGATIONS, SUPERLATIVES
from agent_core.analyst.understand.marking import Marked
from agent_core.analyst.understand.mentions import Mention

_WAYS = "|".join(sorted(AGGREGATIONS.keys() - SUPERLATIVES))
_OF = rf"(?:(?:the|its|their|an?|{_WAYS}) )*"
_A, _B = rf"(?P<way>{_OF})<c(?P<a>\d+)>", rf"{_OF}<c(?P<b>\d+)>"
_APART = r"(?:differences?|gaps?|margins?|spreads?|ranges?|distances?|gulfs?|races?|disparity|disparities)"
_MORE = rf"(?:more|{'|'.join(sorted(HIGHER))})"
_LESS = rf"(?:less|fewer|{'|'.join(sorted(LOWER))})"
_IS = r"(?:(?:is|are|was|were|does|do|did|has|have|had)(?: there)? )?"
_BEAT = r"(?:exceed(?:s|ed)?|beats?|outnumber(?:s|ed)?|surpass(?:es|ed)?|outperform(?:s|ed)?|win against|won against)"
_RANKED = "|".join(sorted(SUPERLATIVES | {"closest", "tightest", "narrowest"}))
_CLOSE = re.compile(r"\b(?:closest|tightest|narrowest)\b(?= <c\d+>)")
_FORMS: tuple[tuple[Literal["apart", "minus", "back"], str], ...] = (
    ("apart", rf"\b{_APART}(?: in (?:[a-z]+|<t>))? (?:between|of|from) {_A} (?:and|to|vs|versus) {_B}"),
    ("minus", rf"{_A} (?:minus|less the|without the) {_B}"),
    ("minus", rf"\b(?:by )?how (?:much|many) {_MORE} {_IS}{_A} {_IS}than {_IS}{_B}"),
    ("back", rf"\b(?:by )?how (?:much|many) {_LESS} {_IS}{_A} {_IS}than {_IS}{_B}"),
    ("minus", rf"\b(?:by )?how (?:much|many)(?: [a-z]+| <t>)? (?:does|do|did|has|have) {_A} {_BEAT} {_B}"),
    ("minus", rf"\blead of {_A} over {_B}"),
)
_LIST = rf"{_OF}<c\d+>(?:(?: ,| and| plus| &| \+)+ {_OF}<c\d+>)+"
_TOGETHER = (
    rf"(?:sum|total) of (?:both )?({_LIST})",
    rf"\bcombined ({_LIST})",
    rf"(?:both )?({_LIST})(?: <t>)? (?:combined|added(?: up| together)?|put together|taken together)\b",
    rf"\b(?:how many|how much|total|number of)\b.*?(?:both )?({_LIST})(?=.*\b(?:together|in total)\b)",
    rf"({_OF}<c\d+>(?: (?:plus|\+) {_OF}<c\d+>)+)",
)
_ONE_NAME = re.compile(
    r"<c(?P<a>\d+)> (?:range|spread|swing|difference)\b|\b(?:range|spread|swing) (?:of|in)(?: the)? <c(?P<b>\d+)>"
)
_UPPER, _LOWER = {"max", "high", "maximum"}, {"min", "low", "minimum"}
_COUNTED = re.compile(r"\b(?P<how>total|how many|number of|most|fewest|least|sum of|all)(?: the)?(?: number of)? <t>")
_MOST_PARTS = 6


def with_made(marked: Marked, table: Table) -> Marked:
    """The question with a mark of its own for each figure that is made of several columns."""
    for how, form in _FORMS:
        match = re.search(form, marked.text)
        parts = _figures(marked, (match["a"], match["b"])) if match else ()
        if match and len(parts) == 2:  # noqa: PLR2004 - a difference has two sides
            ranked = how == "apart" and re.search(rf"\b(?:{_RANKED}) $", marked.text[: match.start()]) is not None
            made = _made("apart", parts) if ranked else _difference(how, parts)
            way = match["way"] or ("total" if _BEAT in form else "")
            marked = _put(marked, match, way, made, (match["a"], match["b"]))
    for form in _TOGETHER:
        match = re.search(form, marked.text)
        marks = re.findall(r"<c(\d+)>", match[1]) if match else []
        parts = _figures(marked, marks)
        if match and 1 < len(parts) == len(marks) and all(one.role == "number" for one in parts):
            way = "" if re.search(rf"\b(?:{_WAYS}) ", match[1]) else "total"
            kept = re.sub(r"^(?:how many|how much|number of)", "", marked.text[match.start() : match.start(1)])
            marked = _put(marked, match, f"{kept} {way}", _made("plus", parts), marks)
    return _only_figure(_of_siblings(_of_one_name(marked), table), table)


def _only_figure(marked: Marked, table: Table) -> Marked:
    """In "the highest value ever", where a table has one figure alone, that is what is meant."""
    match = re.search(r"\b(?:values?|figures?|readings?|amounts?)\b(?! (?:of|for|are|is|in) (?:the )?<c)", marked.text)
    named = any(one.column.role == "number" and not one.column.is_year for one in marked.columns())
    if (
        match is None
        or named
        or len(table.measures) != 1
        or re.search(r"\bmissing|different|distinct|unique", marked.text)
    ):
        return marked
    return _put(marked, match, "", table.measures[0], ())


def _figures(marked: Marked, marks: Sequence[str]) -> tuple[Column, ...]:
    """The columns behind these marks where they are different figures, or dates; else nothing."""
    columns = tuple(dict.fromkeys(marked.mention(mark).column for mark in marks))
    numbers = all(one.role == "number" and not one.is_year and not one.is_two_valued for one in columns)
    return columns if numbers or all(one.role == "date" for one in columns) else ()


def _difference(how: Literal["apart", "minus", "back"], parts: tuple[Column, ...]) -> Column:
    one, other = parts
    if one.names_a_year or one.role == "date":
        later = sorted(parts, key=lambda column: str(column.earliest or column.name), reverse=True)
        return _made("minus", tuple(later))
    if how == "apart" and not (_above(one, other) or _above(other, one)):
        return _made("apart", parts)
    return _made("minus", (other, one) if how == "back" or (how == "apart" and _above(other, one)) else parts)


def _above(one: Column, other: Column) -> bool:
    """Whether a column lies above another as far as its profile tells: highs above lows, bills above tips."""
    if one.minimum is None or other.minimum is None or one.maximum is None or other.maximum is None:
        return False
    return one.minimum >= other.minimum and one.maximum > other.maximum


def _made(how: Literal["minus", "apart", "plus"], parts: tuple[Column, ...]) -> Column:
    names = [part.name for part in parts]
    name = f"gap of {' and '.join(names)}" if how == "apart" else f" {how} ".join(names)
    days = " in days" if parts[0].role == "date" else ""
    return Column(name + days, "number", whole=all(one.whole for one in parts), made=Made(how, parts))


def _put(marked: Marked, match: re.Match[str], before: str, column: Column, marks: Sequence[str]) -> Marked:
    """The question with one mark in the place of what was matched."""
    taken = [marked.mention(mark) for mark in marks]
    start, end = (taken[0].start, taken[-1].end) if taken else (0, 0)
    entities = tuple("" if str(place) in marks else one for place, one in enumerate(marked.entities))
    text = f"{marked.text[: match.start()]}{before} <c{len(entities)}>{marked.text[match.end() :]}"
    text = _CLOSE.sub("lowest", " ".join(text.split()))
    return replace(marked, text=text, entities=(*entities, Mention(start, end, 100, column.name, column)))


def _of_one_name(marked: Marked) -> Marked:
    """In "the largest temperature range", the words fit the upper and the lower figure alike."""
    for match in _ONE_NAME.finditer(marked.text):
        mark = match["a"] or match["b"]
        mention = marked.mention(mark)
        fitting = [one for one in (mention.column, *mention.others) if one.role == "number"]
        upper = next((one for one in fitting if _UPPER & set(stems(one.name))), None)
        lower = next((one for one in fitting if _LOWER & set(stems(one.name))), None)
        if upper and lower and upper != lower and not re.search(r"\brange of\b", match[0]):
            return _put(marked, match, "", _made("minus", (upper, lower)), (mark,))
    return marked


def _of_siblings(marked: Marked, table: Table) -> Marked:
    """In "total medals" of a table with gold, silver and bronze, the columns are the kinds of what is counted."""
    match = _COUNTED.search(marked.text)
    kinds = tuple(_siblings(table))
    named = any(one.column.role == "number" and not one.column.is_year for one in marked.columns())
    if match is None or not kinds or named:
        return marked
    nouns = table.nouns & set(stems(marked.original))
    if not nouns or any(nouns & set(stems(one.name)) for one in table.of_role("text", "category")):
        return marked
    how = "total" if match["how"] not in {"most", "fewest", "least"} else match["how"]
    return _put(marked, match, how, _made("plus", kinds), ())


def all_kinds(table: Table) -> Column | None:
    """The figures of a table that count one thing by its kinds, added up; None where they don't."""
    kinds = tuple(_siblings(table))
    return _made("plus", kinds) if kinds else None


def _siblings(table: Table) -> Iterator[Column]:
    """The figures of a table that count one thing by its kinds, where each row is one place or one time."""
    figures = table.measures
    names = [one for one in table.of_role("text", "category") if one.distinct == table.rows]
    keyed = any(not {"name", "title"} & set(stems(one.name)) for one in names) or (
        table.time is not None and table.time.distinct == table.rows
    )
    counts = all(
        one.whole and (one.minimum or 0) >= 0 and not one.is_two_valued and not one.names_a_year for one in figures
    )
    if keyed and counts and 1 < len(figures) <= _MOST_PARTS and not any(measures_a_kind(one) for one in figures):
        yield from figures
