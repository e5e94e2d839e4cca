"""Which columns a question places where: numbers, labels, groups."""

from agent_core.analyst.query import Grain, Group, Order
from agent_core.analyst.schema.columns import Column, Table
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.understand.times import grain_for

_STEPS = 6
_FEW_STEPS = 25
_MOST_POINTS = 400


def is_figure(column: Column) -> bool:
    """Whether it is a number to work with, and not one that names or dates a row."""
    return column.role == "number" and not column.is_year and not column.is_identifier


def numbers(parts: Parts) -> tuple[Column, ...]:
    """Numbers that are named without a place of their own."""
    return tuple(dict.fromkeys(column for column in parts.subjects if is_figure(column)))


def labels(parts: Parts) -> tuple[Column, ...]:
    """Other columns that are named without a place of their own."""
    return tuple(column for column in parts.subjects if not is_figure(column))


def group_of(parts: Parts, column: Column) -> Group:
    """How rows are put together by a column."""
    if column.role == "date":
        grain = parts.grain or _named_grain(column) or _each_point(column, parts.table) or grain_for(column)
        return Group(column, grain=grain)
    if column.is_year and parts.grain == "decade":
        return Group(column, grain="decade")
    many = column.distinct is None or column.distinct > _FEW_STEPS
    if is_figure(column) and many:
        return Group(column, steps=_STEPS)
    return Group(column)


def _each_point(column: Column, table: Table) -> Grain | None:
    """A day each, where every row is a day of its own and there are few enough to be drawn as they are."""
    return "day" if column.distinct == table.rows <= _MOST_POINTS else None


def _named_grain(column: Column) -> Grain | None:
    name = column.name.lower()
    return "year" if name in {"year", "yr"} else "month" if name == "month" else None


def groups(parts: Parts) -> tuple[Group, ...]:
    """The groups that a question names, time first."""
    columns = list(parts.groups)
    time = parts.table.time
    if (parts.grain or parts.over_time) and time and not any(column.is_time for column in columns):
        columns.insert(0, time)
    return tuple(group_of(parts, column) for column in columns)


def ranked(parts: Parts) -> Order:
    """Which end of a ranking comes first."""
    if parts.order != "auto":
        return parts.order
    return "ascending" if parts.superlative == "min" else "descending"
