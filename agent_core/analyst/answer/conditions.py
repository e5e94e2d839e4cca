"""Filters in words."""

from datetime import timedelta
from itertools import pairwise

from agent_core.analyst.answer.numbers import MONTHS, number
from agent_core.analyst.markdown import code, plain
from agent_core.analyst.query import Condition, Filter, Operator, Span

_WORDS = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}


def where(filters: tuple[Filter, ...]) -> str:
    """`where `region` is West and ...`; empty where there is no filter."""
    return "where " + " and ".join(_one(one) for one in filters) if filters else ""


def _one(one: Filter) -> str:
    return _span(one) if isinstance(one, Span) else _condition(one)


def _value(value: str | float) -> str:
    return plain(value) if isinstance(value, str) else f"{value:g}" if value < 1e6 else number(value)  # noqa: PLR2004


def _condition(one: Condition) -> str:
    values = [_value(value) for value in one.values]
    if one.other is not None:
        values = [code(one.other.name)]
    if one.middle:
        values = ["its average" if one.middle == "mean" else "its median"]
    said = f"{code(one.column.name)} {_said(one.operator, values)}"
    return f"{said} or {_condition(one.alternative)}" if one.alternative else said


def _said(operator: Operator, values: list[str]) -> str:
    match operator:
        case "in" | "not_in":
            return f"{'is' if operator == 'in' else 'is not'} {' or '.join(values)}"
        case "contains":
            return f"contains “{values[0]}”"
        case "between":
            return f"is between {values[0]} and {values[1]}"
        case "present" | "missing":
            return "is not missing" if operator == "present" else "is missing"
        case _:
            return f"is {_WORDS[operator]} {values[0]}"


def _in_a_row(months: tuple[int, ...]) -> bool:
    follow = all(after == before % len(MONTHS) + 1 for before, after in pairwise(months))
    return follow and len(months) > 2  # noqa: PLR2004 - two are simply named


def _span(one: Span) -> str:  # noqa: PLR0911 - one line for each kind
    name = code(one.column.name)
    if one.last is not None:
        unit = one.unit if one.last > 1 else one.unit.removesuffix("s")
        return f"{name} is within the last {one.last} {unit} of the data"
    if one.hours:
        first, last = one.hours[0], one.hours[-1]
        return f"the hour of {name} is {first}" + (f" to {last}" if last != first else "")
    if one.months:
        names = [MONTHS[month - 1] for month in one.months]
        return f"{name} is in {f'{names[0]} to {names[-1]}' if _in_a_row(one.months) else ' or '.join(names)}"
    if one.years:
        return f"{name} is in {' or '.join(map(str, one.years))}"
    if one.start and one.end:
        if (one.start.month, one.start.day, one.end.month, one.end.day) == (1, 1, 1, 1):
            last = one.end.year - 1
            return f"{name} is in {one.start.year}" + ("" if last == one.start.year else f" to {last}")
        return f"{name} is from {one.start} to {one.end - timedelta(days=1)}"
    return f"{name} is {one.start} or later" if one.start else f"{name} is before {one.end}"
