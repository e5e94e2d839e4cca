"""Rules for conditions on what equals a figure: "with 4 or 6 cylinders", "first class", "non-smokers"."""

import re
from collections.abc import Iterable

from agent_core.analyst.markdown import code
from agent_core.analyst.query import Condition, Operator
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.lexicon import SIZES
from agent_core.analyst.understand.names import column_for
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.understand.units import in_unit_of

NUMBER = r"<[nm](\d+)>(?: %)?"
WHERE = (
    r"(?:\b(?:and |but )?(?:only |just )?(?:where|with|when|whose|having|"
    r"if|that have|that has|which have|who have|for|of|in|by|and|only)(?: "
    r"the| a| an)? )?"
)
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_OF = r"\b(?:of|in|among|for|only)(?: in| from)?(?: the| all)? <c"
_COUNTED_OF = r"\b(?:how many|number of|of|for|among|only|all)(?: the)?(?: <v\d+>)*"
_FEW = 12


def read_equal_numbers(parts: Parts) -> None:
    """Read "with 8 cylinders", "cylinders is 8" and "first class"; to be called once limits are read."""
    for match in re.finditer(rf"(?:\b(?:for|in|of|the|only) )*\b({'|'.join(_ORDINALS)}) <c(\d+)>", parts.text):
        column = parts.marked.mention(match[2]).column
        if column.role == "number" and column.whole and (column.distinct or 0) <= _FEW:
            parts.filters.append(Condition(parts.column(match[2]), "in", (float(_ORDINALS[match[1]]),)))
            parts.text = parts.text.replace(match[0], "|", 1)
    _several_numbers(parts)
    _sizes(parts)
    _read_truths(parts)
    _read_flags(parts)
    for match in list(re.finditer(rf"{NUMBER} <c(\d+)> (?=<t>)", parts.text)):
        column = parts.marked.mention(match[2]).column
        if column.whole and (column.distinct or 99) <= _FEW and "<n" in match[0]:
            put_condition(parts, match[2], "in", [match[1]])
            parts.text = parts.text.replace(match[0], "| ", 1)
    for match in parts.take_all(rf"{WHERE}<c(\d+)> (?:is|are|was|=|equals?|equal to|:) (?:exactly )?{NUMBER}"):
        put_condition(parts, match[1], "in", [match[2]])
    for match in parts.take_all(rf"\b(?:with|where|having)(?: an?| the)? <c(\d+)> of (?:exactly )?{NUMBER}"):
        put_condition(parts, match[1], "in", [match[2]])
    for match in parts.take_all(rf"\b(?:with|having|have|has|for|of|only)(?: exactly)? {NUMBER} <c(\d+)>"):
        put_condition(parts, match[2], "in", [match[1]])
    for match in parts.take_all(rf"\b(?:for|where|with|only|from|in|of) <c(\d+)> {NUMBER}"):
        put_condition(parts, match[1], "in", [match[2]])
    for match in parts.take_all(rf"<c(\d+)> (?:(?:level|grade|class|group|number|no|type) )?{NUMBER}(?! <)"):
        put_condition(parts, match[1], "in", [match[2]])


def _several_numbers(parts: Parts) -> None:
    """Read "with 4 or 6 cylinders" and "cylinders 4 and 6"."""
    several = r"(<n\d+>(?:(?: ,| or| and| vs| versus)+ <n\d+>)+)"
    for form in (
        rf"(?:\b(?:with|have|has|having|for|of|in) )?{several} <c(?P<c>\d+)>",
        rf"<c(?P<c>\d+)> (?:(?:is|are|of) )?(?:either )?{several}",
    ):
        for match in re.finditer(form, parts.text):
            column, listed = parts.marked.mention(match["c"]).column, next(one for one in match.groups() if "<n" in one)
            figures = [parts.marked.figure(one) for one in re.findall(r"<n(\d+)>", listed)]
            if column.role == "number" and column.whole and not column.is_year:
                parts.filters.append(Condition(parts.column(match["c"]), "in", tuple(figures)))
                parts.several = parts.several or " or " not in listed
                parts.text = parts.text.replace(match[0], "|", 1)


def _sizes(parts: Parts) -> None:
    """Read "parties of six" and "tables for two", where a column says how many they are."""
    for match in re.finditer(r"<c(\d+)> (?:of|for) <n(\d+)>", parts.text):
        column = parts.marked.mention(match[1]).column
        if column.role == "number" and column.whole and (column.distinct or 0) <= _FEW:
            parts.filters.append(Condition(parts.column(match[1]), "in", (parts.marked.figure(match[2]),)))
            parts.text = parts.text.replace(match[0], "<t>", 1)
    size = next((one for kind in SIZES if (one := column_for(parts.table, kind)) and one.whole), None)
    named = r"\b(?:tables?|part(?:y|ies)|groups?|households?|famil(?:y|ies)|teams?) (?:of|for) (?:exactly )?<n(\d+)>"
    if size is not None and (sized := parts.take(named)):
        parts.filters.append(Condition(size, "in", (parts.marked.figure(sized[1]),)))
        parts.assumptions.append(f"I took {code(size.name)} for how many they are.")


def _read_truths(parts: Parts) -> None:
    """Read "smokers" and "non-smokers" where `smoker` holds yes and no; where both are named they are compared."""
    named = [number for number in re.findall(r"<c(\d+)>", parts.text) if parts.marked.mention(number).column.truths]
    if len({parts.marked.mention(number).column for number in named}) < len(named):
        parts.text = re.sub(r"\bnon (?=<c)", "", parts.text)
        return
    for number in named:
        plural = parts.marked.mention(number).phrase.lower().endswith("s")
        whose = rf"(?:\b(?:how many|number of|of|for|among|only|all)(?: <v\d+>)* )<c{number}>"
        if parts.take(rf"\b(?:non|not|no|without|excluding|except)(?: any| the)? <c{number}>(?: <t>)?"):
            _truth(parts, number, yes=False)
        elif parts.has(rf"{_COUNTED_OF} <c{number}> (?:<t>|<c\d+>)") and parts.take(rf"<c{number}>(?= )"):
            _truth(parts, number, yes=True)
        elif parts.has(
            rf"\b(?:how many|number of|share of|percentage of)\b.* (?:are|is|were|was) <c{number}>"
        ) and parts.take(rf"\b(?:are|is|were|was) <c{number}>"):
            _truth(parts, number, yes=True)
            parts.counts_rows = True
        elif plural and parts.has(whose) and parts.take(rf"<c{number}>(?: <t>)?"):
            _truth(parts, number, yes=True)
            parts.text = re.sub(r"\b(how many|number of)\b(?=(?: \|)+)", r"\1 <t>", parts.text)


def _truth(parts: Parts, number: str, *, yes: bool) -> None:
    column = parts.column(number)
    truths = column.truths
    assert truths
    parts.filters.append(Condition(column, "in", (truths[0 if yes else 1],)))


def _read_flags(parts: Parts) -> None:
    """Read "of survivors" beside another number as a condition."""
    others = [one for one in parts.marked.columns() if one.column.role == "number" and not one.column.is_two_valued]
    if not others and not parts.has(r"^(?:and )?(?:only|just)\b"):
        return
    two_valued = [
        number
        for number in re.findall(
            r"\b(?:of|in|among|for|only)(?: in| from)?(?: the| all)? <c(\d+)>(?! (?:is|are|was|=|<[nmqv]))", parts.text
        )
        if parts.marked.mention(number).column.is_two_valued
    ]
    for number in two_valued:
        parts.take(rf"{_OF}{number}>")
        put_flag(parts, parts.column(number), truth=True)


def put_condition(parts: Parts, mark: str, operator: Operator, figures: Iterable[str]) -> None:
    """Add a condition on the column behind a mark, in the unit of that column."""
    column = parts.column(mark)
    numbers = tuple(parts.marked.figure(figure) for figure in figures)
    if column.role == "number":
        try:
            numbers = tuple(in_unit_of(column, number) for number in numbers)
        except ValueError:
            parts.problems.append(f"I can't tell how the unit of your number relates to {code(column.name)}.")
        ordered = tuple(sorted(numbers)) if operator == "between" else numbers
        parts.filters.append(Condition(column, operator, ordered))
    elif column.role in {"category", "text"} and operator == "in":
        parts.filters.append(Condition(column, "in", tuple(f"{number:g}" for number in numbers)))
    else:
        parts.problems.append(
            f"The column {code(column.name)} doesn't hold numbers, so I can't compare it with a number."
        )


def put_flag(parts: Parts, column: Column, *, truth: bool) -> None:
    """Add the condition that a yes-or-no column is so."""
    value: str | float = float(truth) if column.role == "number" else str(truth)
    parts.filters.append(Condition(column, "in", (value,)))
